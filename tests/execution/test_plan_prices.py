"""Prices, quantities and instants of exit plans."""

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.execution.terms import TICK, option, plan

from alphatrader.calendar import to_ns
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms
from alphatrader.execution.plan_prices import (
    Outset,
    deadline_of,
    ends_at_once,
    round_to_tick,
    step_quantities,
    stop_price,
    target_prices,
    trailing_stop,
)
from alphatrader.execution.settings import ExecutionSettings

SETTINGS = ExecutionSettings()
MINUTE_NS = 60_000_000_000
NICKEL = Decimal("0.05")


# ------------------------------------------------------------------------------------------ prices


def test_a_stop_is_rounded_away_from_the_money_and_a_target_up() -> None:
    two_targets = plan((0.333, 0.5), (0.4, 0.5), stop=StopTerms(loss_fraction=0.333))
    assert stop_price(two_targets, Decimal("1.51"), TICK) == Decimal("1.00")
    assert target_prices(two_targets, Decimal("1.51"), TICK) == [Decimal("2.02"), Decimal("2.12")]
    assert stop_price(two_targets, Decimal("1.50"), NICKEL) == Decimal("1.00")
    assert target_prices(two_targets, Decimal("1.50"), NICKEL) == [Decimal("2.00"), Decimal("2.10")]


def test_a_price_that_is_on_the_grid_stays() -> None:
    assert stop_price(plan(), Decimal("2.00"), TICK) == Decimal("1.50")
    assert target_prices(plan((0.4, 1.0)), Decimal("2.00"), TICK) == [Decimal("2.80")]


def test_no_price_is_under_one_tick() -> None:
    assert stop_price(plan(stop=StopTerms(loss_fraction=1.0)), Decimal("0.50"), NICKEL) == NICKEL
    assert round_to_tick(Decimal("-0.02"), TICK, ROUND_DOWN) == TICK


@given(
    st.decimals("0.01", "100", places=2), st.sampled_from([TICK, NICKEL, Decimal("0.10")]), st.floats(0.01, 0.99),
    st.floats(0.01, 5)
)  # fmt: skip
def test_stop_and_target_are_on_the_grid_and_enclose_what_the_plan_says(
    ask: Decimal, tick: Decimal, loss: float, gain: float
) -> None:
    terms = plan((gain, 1.0), stop=StopTerms(loss_fraction=loss))
    stop, (target,) = stop_price(terms, ask, tick), target_prices(terms, ask, tick)
    exact_stop, exact_target = ask * (1 - Decimal(repr(loss))), ask * (1 + Decimal(repr(gain)))
    assert stop % tick == target % tick == 0
    assert stop == max(tick, round_to_tick(exact_stop, tick, ROUND_DOWN))
    assert 0 <= target - exact_target < tick
    assert exact_stop - stop < tick


def test_a_trailing_stop_starts_at_its_gain_and_follows_the_best_bid() -> None:
    terms = plan(trailing=(0.2, 0.1))
    assert trailing_stop(terms, Decimal("1.50"), 1.79, TICK) is None
    assert trailing_stop(terms, Decimal("1.50"), 1.80, TICK) == Decimal("1.62")
    assert trailing_stop(terms, Decimal("1.50"), 2.55, TICK) == Decimal("2.29"), "rounded down"
    assert trailing_stop(plan(), Decimal("1.50"), 99.0, TICK) is None


@given(st.floats(0.05, 50), st.floats(0.05, 50), st.floats(0, 1), st.floats(0.01, 0.99))
def test_a_higher_best_bid_never_lowers_the_trailing_stop(a: float, b: float, start: float, distance: float) -> None:
    terms = plan(trailing=(start, distance))
    low, high = (trailing_stop(terms, Decimal("1.00"), round(bid, 2), TICK) for bid in sorted((a, b)))
    assert (low or Decimal(0)) <= (high or Decimal(0))


# ------------------------------------------------------------------------------------------ quantities


def test_shares_are_rounded_along_their_sum() -> None:
    thirds = plan((0.2, 1 / 3), (0.4, 1 / 3), (0.6, 1 / 3))
    assert step_quantities(thirds, 10) == [(3, 0), (4, 1), (3, 2)]
    assert step_quantities(thirds, 2) == [(1, 0), (1, 2)]
    assert step_quantities(thirds, 1) == [(1, 1)]
    assert step_quantities(plan((0.2, 0.5)), 5) == [(3, 0), (2, None)], "the rest runs with its stop alone"
    assert step_quantities(plan(), 7) == [(7, None)]


def test_shares_over_the_whole_do_not_sell_more() -> None:
    assert step_quantities(plan((0.2, 0.7), (0.4, 0.7)), 10) == [(7, 0), (3, 1)]


@given(st.lists(st.floats(0.001, 1.0), max_size=6), st.integers(1, 500))
def test_steps_add_up_for_every_quantity_and_every_shares(shares: list[float], quantity: int) -> None:
    terms = plan(*((0.1 * (number + 1), share) for number, share in enumerate(shares)))
    steps = step_quantities(terms, quantity)
    assert sum(contracts for contracts, _ in steps) == quantity
    assert all(contracts >= 1 for contracts, _ in steps)
    targets = [target for _, target in steps if target is not None]
    assert targets == sorted(set(targets)), "in the plan's order, none twice"
    assert [target for _, target in steps].count(None) <= 1
    if sum(map(Decimal, map(repr, shares))) >= 1:
        assert None not in [target for _, target in steps]


# ------------------------------------------------------------------------------------------ instants


def exit_at(terms: object, instrument: object = None) -> tuple[int | None, str]:
    deadline = deadline_of(terms, getattr(instrument, "option", None), SETTINGS)  # type: ignore[arg-type]
    return deadline.exit_ns, deadline.reason


def test_a_plan_without_an_end_has_none() -> None:
    assert exit_at(plan()) == (None, "")


def test_at_is_the_instant_itself() -> None:
    ns = to_ns("2026-11-24", "15:30")
    due, reason = exit_at(plan(latest=LatestExit(kind="at", ts_ns=ns)))
    assert due == ns
    assert reason == "the latest exit of its plan, 2026-11-24 15:30:00"


@pytest.mark.parametrize(("date", "close"), [("2026-11-24", "16:00"), ("2026-11-27", "13:00")])
def test_before_close_counts_from_the_close_of_its_session(date: str, close: str) -> None:
    due, reason = exit_at(plan(latest=LatestExit(kind="before_close", date=date, lead_s=600)))
    assert due == to_ns(date, close) - 10 * MINUTE_NS
    assert date in reason


def test_overnight_until_is_a_time_of_new_york() -> None:
    summer = LatestExit(kind="overnight_until", date="2026-07-07", clock="10:15")
    winter = LatestExit(kind="overnight_until", date="2026-11-25", clock="10:15")
    assert exit_at(plan(latest=summer))[0] == to_ns("2026-07-07", "10:15")
    assert exit_at(plan(latest=winter))[0] == to_ns("2026-11-25", "10:15")


@pytest.mark.parametrize("clock", ["13:00", "14:30", "23:59"])
def test_overnight_until_a_time_after_the_close_ends_before_it(clock: str) -> None:
    half_day = LatestExit(kind="overnight_until", date="2026-11-27", clock=clock)
    due, reason = exit_at(plan(latest=half_day))
    assert due == to_ns("2026-11-27", "13:00") - 5 * MINUTE_NS
    assert "after the close" in reason


@pytest.mark.parametrize("kind", ["before_close", "overnight_until"])
@pytest.mark.parametrize("date", ["2026-11-26", "2026-11-28", "2099-01-04", "tomorrow", "2026-13-01", ""])
def test_a_date_without_a_session_closes_at_once(kind: str, date: str) -> None:
    latest = LatestExit(kind=kind, date=date, clock="10:00", lead_s=60)  # type: ignore[arg-type]
    due, reason = exit_at(plan(latest=latest), option("20261218"))
    assert due == 0
    assert reason.startswith("its exit plan cannot be placed in the calendar (")


def test_a_time_that_is_none_closes_at_once() -> None:
    assert exit_at(plan(latest=LatestExit(kind="overnight_until", date="2026-11-25", clock="ten")))[0] == 0
    assert exit_at(plan(latest=LatestExit(kind="before_close", date="2026-11-25", lead_s=float("nan"))))[0] == 0
    assert exit_at(plan(latest=LatestExit(kind="before_close", date="2026-11-25", lead_s=1e300)))[0] == 0
    for ts_ns in (2**40 * 10**9, 2**60 * 10**9, 10**30, -(10**30)):
        assert exit_at(plan(latest=LatestExit(kind="at", ts_ns=ts_ns)))[0] == 0


@pytest.mark.parametrize("at_expiry", ["", "close", "settle"])
@pytest.mark.parametrize(("expiry", "close"), [("20261124", "16:00"), ("20261127", "13:00")])
def test_a_physical_contract_is_left_before_its_cut_off_whatever_the_plan_says(
    at_expiry: str, expiry: str, close: str
) -> None:
    date = f"{expiry[:4]}-{expiry[4:6]}-{expiry[6:]}"
    deadline = deadline_of(plan(at_expiry=at_expiry), option(expiry).option, SETTINGS)
    assert deadline.exit_ns == to_ns(date, close) - 20 * MINUTE_NS
    assert deadline.last_trade_ns == to_ns(date, close) + 15 * MINUTE_NS, "SPY trades a quarter of an hour longer"
    assert "shares" in deadline.reason


def test_a_contract_that_expires_on_a_holiday_is_left_on_the_session_before() -> None:
    deadline = deadline_of(plan(), option("20261126").option, SETTINGS)
    assert deadline.exit_ns == to_ns("2026-11-25", "16:00") - 20 * MINUTE_NS


@pytest.mark.parametrize("at_expiry", ["", "settle"])
def test_a_cash_contract_settles_unless_its_plan_closes_it(at_expiry: str) -> None:
    contract = option("20261124", listed_class="SPXW").option
    silent = deadline_of(plan(at_expiry=at_expiry), contract, SETTINGS)
    assert silent.exit_ns is None
    assert silent.last_trade_ns == to_ns("2026-11-24", "16:00")
    assert deadline_of(plan(at_expiry="close"), contract, SETTINGS).exit_ns == to_ns("2026-11-24", "15:55")


def test_an_am_settled_class_ends_the_session_before() -> None:
    contract = option("20261218", listed_class="SPX").option
    closing = deadline_of(plan(at_expiry="close"), contract, SETTINGS)
    assert closing.last_trade_ns == to_ns("2026-12-17", "16:15")
    assert closing.exit_ns == to_ns("2026-12-17", "16:10")
    assert deadline_of(plan(), contract, SETTINGS).exit_ns is None


def test_a_contract_that_expired_yesterday_is_overdue_and_trades_no_more() -> None:
    deadline = deadline_of(plan(), option("20261123").option, SETTINGS)
    assert deadline.exit_ns is not None
    assert deadline.last_trade_ns is not None
    assert deadline.exit_ns < deadline.last_trade_ns < to_ns("2026-11-24", "09:30")


def test_an_expiry_that_is_no_date_closes_at_once() -> None:
    deadline = deadline_of(plan(), option("20261340").option, SETTINGS)
    assert (deadline.exit_ns, deadline.last_trade_ns) == (0, None)


def test_the_earlier_of_plan_and_expiry_counts() -> None:
    early = LatestExit(kind="before_close", date="2026-11-24", lead_s=3_600)
    late = LatestExit(kind="before_close", date="2026-11-24", lead_s=60)
    assert exit_at(plan(latest=early), option())[0] == to_ns("2026-11-24", "15:00")
    due, reason = exit_at(plan(latest=late), option())
    assert due == to_ns("2026-11-24", "15:40")
    assert reason == "it expires today and is settled in shares"


# ------------------------------------------------------------------------------------------ a trade that is none


def outset(clock: str = "11:30", bid: str = "1.49", spot: float | None = 650.0) -> Outset:
    return Outset(to_ns("2026-11-24", clock), Decimal(bid), Decimal("1.50"), TICK, spot)


def on_spot(price: str) -> StopTerms:
    return StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal(price))


@pytest.mark.parametrize(
    ("terms", "right", "at", "why"),
    [
        (plan(), Right.CALL, outset(), ""),
        (plan(), Right.CALL, outset("15:39"), ""),
        (plan(), Right.CALL, outset("15:40"), "it expires today and is settled in shares"),
        (plan(latest=LatestExit(kind="before_close", date="2026-11-24", lead_s=600)), Right.CALL, outset("15:39"), ""),
        (plan(latest=LatestExit(kind="before_close", date="2026-11-23")), Right.CALL, outset(), "closed at once"),
        (plan(latest=LatestExit(kind="at", ts_ns=1_764_000_000)), Right.CALL, outset(), "1969-12-31"),
        (
            plan(latest=LatestExit(kind="overnight_until", date="2026-11-26", clock="10:00")),
            Right.CALL,
            outset(),
            "no session on 2026-11-26",
        ),
        (plan(stop=StopTerms(loss_fraction=0.001)), Right.CALL, outset(), "its stop at 1.49 is not under the bid"),
        (plan(stop=StopTerms(loss_fraction=0.02)), Right.CALL, outset(), ""),
        (plan(stop=on_spot("645")), Right.CALL, outset(), ""),
        (plan(stop=on_spot("645")), Right.CALL, outset(spot=645.0), "past its stop"),
        (plan(stop=on_spot("645")), Right.PUT, outset(), "past its stop"),
        (plan(stop=on_spot("655")), Right.PUT, outset(), ""),
        (plan(stop=on_spot("645")), Right.CALL, outset(spot=None), "no quote of the underlying"),
    ],
)
def test_a_trade_that_would_end_as_it_begins_is_told(terms: ExitPlan, right: Right, at: Outset, why: str) -> None:
    contract = option(right=right).option
    assert contract is not None
    told = ends_at_once(terms, contract, at, SETTINGS)
    assert why in told
    assert bool(told) == bool(why)


def test_a_contract_that_has_stopped_trading_is_not_entered() -> None:
    monthly = option("20261120", listed_class="SPX").option  # settled on the morning of the 20th
    assert monthly is not None
    assert ends_at_once(plan(), monthly, outset(), SETTINGS) == "its contract has stopped trading"
