"""What a trade knows of itself from its orders."""

from decimal import Decimal

import pytest
from msgspec import structs
from tests.execution.terms import bracket, plan, trade_of
from tests.execution.trade_bench import ONE_TARGET, RUNNER, TWO_STEPS, TradeBench

from alphatrader.domain.orders import Leg
from alphatrader.execution.tracking import OrderState


def test_what_is_held_is_the_sum_of_executions() -> None:
    bench = TradeBench(TWO_STEPS, 10).working().fill(1, 5).fill(4, 3).fill(3, 2)
    assert (bench.trade.own_quantity, bench.trade.open_quantity) == (6, 6)
    bench.trade.sold_elsewhere = 4
    assert (bench.trade.own_quantity, bench.trade.open_quantity) == (6, 2)


def test_legs_are_told_oldest_first() -> None:
    trade = TradeBench(TWO_STEPS, 10).trade
    assert [order.ticket.order_id for order in trade.legs(Leg.STOP)] == [2, 5]
    newest = trade.leg(Leg.TARGET)
    assert newest is not None
    assert newest.ticket.order_id == 6
    assert trade.leg(Leg.FLATTEN) is None
    assert [order.ticket.order_id for order in trade.exits()] == [2, 3, 5, 6]


def test_a_trade_is_entered_when_no_entry_can_fill_any_more() -> None:
    bench = TradeBench(TWO_STEPS, 10).working().fill(1, 5)
    assert not bench.trade.entered
    assert bench.status(4, "Cancelled").trade.entered


def test_of_an_oca_group_only_the_larger_order_goes_out() -> None:
    bench = TradeBench(TWO_STEPS, 10).open()
    assert bench.trade.outgoing_quantity() == 10
    bench.fill(3, 2).status(2, "PreSubmitted", quantity=3)
    assert bench.trade.outgoing_quantity() == 8
    bench.status(5, "Cancelled")
    assert bench.trade.outgoing_quantity() == 8, "the target of the step is still there"
    bench.status(6, "Cancelled")
    assert bench.trade.outgoing_quantity() == 3


def test_a_closing_order_is_counted_beside_the_groups_from_its_intent_on() -> None:
    bench = TradeBench(RUNNER, 10).open().status(5, "Cancelled").flattening(9, 5)
    assert bench.trade.outgoing_quantity() == 10
    bench.order(9).state = OrderState.INTENDED
    assert bench.trade.outgoing_quantity() == 10


def test_a_stop_covers_what_its_own_entry_has_bought() -> None:
    bench = TradeBench(TWO_STEPS, 10).working().fill(1, 2)
    assert bench.trade.stopped_quantity() == 2
    bench.fill(4, 5)
    assert bench.trade.stopped_quantity() == 7
    assert bench.trade.stop_resting()
    bench.order(5).cancel_requested_ns = 1
    assert bench.trade.stopped_quantity() == 2, "a stop under cancel protects nobody"
    assert not bench.trade.stop_resting()


def test_nothing_held_needs_no_stop_and_shows_none() -> None:
    assert not TradeBench().working().trade.stop_resting()


def test_sales_that_only_a_status_told_of_are_known() -> None:
    bench = TradeBench().open().status(3, "Submitted", filled=3).fill(3, 1)
    assert bench.trade.unheard_sales == 2
    bench.status(2, "PreSubmitted", filled=1)
    assert bench.trade.unheard_sales == 3
    bench.fill(3, 2).fill(2, 1)
    assert bench.trade.unheard_sales == 0


def test_a_trade_is_closed_when_flat_dead_and_heard_out() -> None:
    bench = TradeBench().open()
    assert not bench.trade.closed
    bench.status(2, "Cancelled").fill(3, 4)
    assert bench.trade.closed
    unheard = TradeBench().working().status(1, "Cancelled", filled=1).status(2, "Cancelled").status(3, "Cancelled")
    assert unheard.trade.open_quantity == 0
    assert not unheard.trade.closed, "a fill is still to come"


def test_a_trade_is_uncertain_while_an_order_is_unknown() -> None:
    bench = TradeBench().working()
    assert not bench.trade.uncertain
    bench.order(2).state = OrderState.UNKNOWN
    assert bench.trade.uncertain


@pytest.mark.parametrize(("reference", "expected"), [(Decimal("1.45"), "1.45"), (None, "1.51")])
def test_fractions_refer_to_the_ask_of_the_signal_or_else_to_the_limit(
    reference: Decimal | None, expected: str
) -> None:
    intent = structs.replace(bracket(ONE_TARGET, 4), reference_price=reference)
    assert trade_of(intent).reference == Decimal(expected)


def test_a_trade_without_a_plan_has_one_that_ends_nothing() -> None:
    silent = trade_of(structs.replace(bracket(plan((0.4, 1.0), max_hold_s=9), 4), exit_plan=None)).plan
    assert (silent.targets, silent.trailing, silent.max_hold_s, silent.latest) == ((), None, 0.0, None)
