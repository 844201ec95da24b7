"""Brackets: what is sent for a signal, a bracket for each step, and the lone closing order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execution.terms import OPEN_NS, SPY, TICK, S, bracket, option, plan, signal

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import Leg, OrderTicket, PriceCondition
from alphatrader.execution.brackets import (
    IntentIds,
    build_close,
    marketable_buy_limit,
    marketable_sell_limit,
    order_count,
)

SCALE_OUT = plan((0.2, 0.5), (0.4, 0.25))
"""Half at +20%, a quarter at +40%, the rest runs with its stop alone."""


def underlying_stop(price: str | None) -> StopTerms:
    return StopTerms(
        kind="underlying_price",
        loss_fraction=0.5,
        underlying_price=None if price is None else Decimal(price),
        trigger_method=7,
    )


def test_a_plan_of_one_target_is_entry_stop_and_target() -> None:
    intent = bracket(plan((0.4, 1.0)), 4)
    entry, stop, target = intent.tickets
    assert entry == OrderTicket(1, Leg.ENTRY, "BUY", 4, "LMT", "DAY", limit_price=Decimal("1.51"))
    exits = {"parent_id": 1, "oca_group": "r.1:oca"}
    assert stop == OrderTicket(2, Leg.STOP, "SELL", 4, "STP", "GTC", stop_price=Decimal("1.12"), **exits)  # type: ignore[arg-type]
    assert target == OrderTicket(3, Leg.TARGET, "SELL", 4, "LMT", "GTC", limit_price=Decimal("2.10"), **exits)  # type: ignore[arg-type]


def test_the_intent_says_what_it_is_about() -> None:
    terms = plan((0.4, 1.0), max_hold_s=60.0)
    intent = bracket(terms, 4)
    assert (intent.purpose, intent.strategy, intent.signal_id) == ("open", "armed", "r.s1")
    assert (intent.created_ns, intent.deadline_ns) == (OPEN_NS, OPEN_NS + 10 * S)
    assert (intent.con_id, intent.contract) == (7, option().option)
    assert (intent.exit_plan, intent.reference_price) == (terms, Decimal("1.50"))
    assert intent.premium_usd == Decimal("1.51") * 4 * 100
    assert intent.risk_usd == Decimal(100)


def test_a_scale_out_is_one_bracket_a_step() -> None:
    intent = bracket(SCALE_OUT, 8, first_id=40)
    assert [intent.order_ref(t) for t in intent.tickets] == [
        "r.1:entry", "r.1:stop", "r.1:target", "r.1:entry2", "r.1:stop2", "r.1:target2", "r.1:entry3", "r.1:stop3",
    ]  # fmt: skip
    assert [t.order_id for t in intent.tickets] == list(range(40, 48))
    assert [t.quantity for t in intent.tickets] == [4, 4, 4, 2, 2, 2, 2, 2]
    assert [t.parent_id for t in intent.tickets] == [0, 40, 40, 0, 43, 43, 0, 46]
    assert [t.oca_group for t in intent.tickets if t.leg is Leg.STOP] == ["r.1:oca", "r.1:oca2", "r.1:oca3"]
    assert [t.oca_group for t in intent.tickets if t.leg is Leg.TARGET] == ["r.1:oca", "r.1:oca2"]
    assert [t.limit_price for t in intent.tickets if t.leg is Leg.TARGET] == [Decimal("1.80"), Decimal("2.10")]
    assert {t.stop_price for t in intent.tickets if t.leg is Leg.STOP} == {Decimal("1.12")}


def test_a_step_without_a_contract_is_left_out_and_the_others_are_counted_on() -> None:
    intent = bracket(plan((0.2, 0.2), (0.4, 0.8)), 1)
    assert [intent.order_ref(t) for t in intent.tickets] == ["r.1:entry", "r.1:stop", "r.1:target"]
    assert intent.tickets[2].limit_price == Decimal("2.10"), "the second target's"


def test_a_plan_without_targets_rests_a_stop_alone() -> None:
    intent = bracket(plan(), 3)
    assert [t.leg for t in intent.tickets] == [Leg.ENTRY, Leg.STOP]


def test_the_trigger_method_rides_on_the_stop_alone() -> None:
    intent = bracket(plan((0.4, 1.0), stop=StopTerms(loss_fraction=0.25, trigger_method=8)), 2)
    assert {t.leg: t.trigger_method for t in intent.tickets} == {Leg.ENTRY: 0, Leg.STOP: 8, Leg.TARGET: 0}


@pytest.mark.parametrize(("right", "rises"), [(Right.CALL, False), (Right.PUT, True)])
def test_a_stop_on_the_underlying_waits_for_the_side_that_hurts(right: Right, rises: bool) -> None:
    intent = bracket(plan((0.4, 0.5), stop=underlying_stop("645.50")), 4, option(right=right))
    stops = [t for t in intent.tickets if t.leg is Leg.STOP]
    condition = PriceCondition(SPY.con_id, "SMART", rises, Decimal("645.50"), 7)
    assert [(t.order_type, t.stop_price, t.limit_price, t.condition) for t in stops] == [
        ("MKT", None, None, condition)
    ] * 2
    assert {t.time_in_force for t in stops} == {"GTC"}
    assert all(t.condition is None for t in intent.tickets if t.leg is not Leg.STOP)


def test_a_stop_on_the_underlying_without_a_price_has_no_condition() -> None:
    """The gate refuses it (tests/risk); building it must not end in an error that halts all trading."""
    _, stop, _ = bracket(plan((0.4, 1.0), stop=underlying_stop(None)), 1).tickets
    assert stop.condition is None
    assert stop.stop_price is None


def test_no_contract_at_all_still_makes_a_bracket_for_the_gate_to_refuse() -> None:
    intent = bracket(SCALE_OUT, 0)
    assert intent.tickets
    assert {t.quantity for t in intent.tickets} == {0}
    assert intent.premium_usd == 0


PLANS = st.builds(
    lambda shares, conditional: plan(
        *((0.1 * (i + 1), share) for i, share in enumerate(shares)),
        stop=underlying_stop("640") if conditional else None,
    ),
    st.lists(st.floats(0.01, 0.6), max_size=5),
    st.booleans(),
)


@given(PLANS, st.integers(0, 60))
def test_every_bracket_is_protected_whole_and_as_many_orders_as_were_counted(terms: ExitPlan, quantity: int) -> None:
    tickets = bracket(terms, quantity, first_id=9).tickets
    assert len(tickets) == order_count(signal(terms), quantity)
    assert [t.order_id for t in tickets] == list(range(9, 9 + len(tickets)))
    entries = [t for t in tickets if t.leg is Leg.ENTRY]
    assert sum(t.quantity for t in entries) == quantity
    assert len({t.ref_suffix for t in tickets}) == len(tickets)
    for entry in entries:
        children = [t for t in tickets if t.parent_id == entry.order_id]
        assert [t.leg for t in children].count(Leg.STOP) == 1
        assert {t.quantity for t in children} == {entry.quantity}
        assert len({t.oca_group for t in children}) == 1
        assert {t.step for t in children} == {entry.step}
    assert len({t.oca_group for t in tickets if t.oca_group}) == len(entries)


def test_a_closing_order_is_a_lone_limit_sale() -> None:
    opening = bracket(plan(), 3)
    intent = build_close(opening, option(), 3, IntentIds("r.2", 9), Decimal("1.38"), OPEN_NS, 10 * S)
    assert intent.tickets == (OrderTicket(9, Leg.FLATTEN, "SELL", 3, "LMT", "DAY", limit_price=Decimal("1.38")),)
    assert (intent.purpose, intent.con_id, intent.deadline_ns) == ("close", 7, OPEN_NS + 10 * S)
    assert intent.order_ref(intent.tickets[0]) == "r.2:flatten"
    assert (intent.strategy, intent.signal_id) == (opening.strategy, opening.signal_id) == ("armed", "r.s1")


def test_a_closing_order_without_a_price_goes_to_market() -> None:
    (ticket,) = build_close(bracket(plan(), 3), option(), 3, IntentIds("r.2", 9), None, OPEN_NS, S).tickets
    assert (ticket.order_type, ticket.limit_price) == ("MKT", None)


def test_marketable_limits_cross_the_quote_by_their_ticks_on_the_grid() -> None:
    nickel = Decimal("0.05")
    assert marketable_sell_limit(1.40, TICK, 2) == Decimal("1.38")
    assert marketable_sell_limit(1.43, nickel, 1) == Decimal("1.35"), "rounded down"
    assert marketable_sell_limit(0.01, TICK, 2) == TICK, "never under one tick"
    assert marketable_buy_limit(1.40, TICK, 1) == Decimal("1.41")
    assert marketable_buy_limit(1.43, nickel, 1) == Decimal("1.50"), "rounded up"
