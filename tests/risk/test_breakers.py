"""Budgets of loss and activity."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from alphatrader.risk.breakers import Breakers
from alphatrader.risk.settings import RiskLimits

S = 1_000_000_000
LIMITS = RiskLimits(max_orders_per_minute=6, max_orders_per_day=9, max_consecutive_losses=2)


def codes(breakers: Breakers, now: int, result: str = "0", orders: int = 3) -> set[str]:
    return {denial.code for denial in breakers.check(now, orders, Decimal(result))}


def test_a_runaway_strategy_is_stopped_within_the_minute_and_for_the_day() -> None:
    breakers = Breakers(LIMITS)
    for second in range(6):
        assert codes(breakers, second * S) == ({"order_rate"} if second > 3 else set())
        breakers.on_order(second * S)
    assert codes(breakers, 59 * S) == {"order_rate"}
    assert codes(breakers, 70 * S) == set()
    breakers.on_order(70 * S)
    assert codes(breakers, 200 * S) == {"orders_per_day"}


def test_a_bracket_of_many_steps_is_counted_with_all_its_orders() -> None:
    breakers = Breakers(LIMITS)
    assert codes(breakers, 0, orders=6) == set()
    assert codes(breakers, 0, orders=7) == {"order_rate"}
    assert codes(breakers, 0, orders=10) == {"order_rate", "orders_per_day"}


def test_the_daily_loss_counts_at_the_limit() -> None:
    breakers = Breakers(LIMITS)
    assert codes(breakers, 0, "-999.99") == set()
    assert codes(breakers, 0, "-1000") == {"daily_loss"}
    assert codes(breakers, 0, "5000") == set()


def test_a_streak_of_losses_stops_and_a_win_ends_it() -> None:
    breakers = Breakers(LIMITS)
    for result in ("-1", "5", "-1", "0", "-1"):
        breakers.on_trade_closed(Decimal(result))
    assert codes(breakers, 0) == {"loss_streak"}, "a scratch changes nothing"
    breakers.on_trade_closed(Decimal(1))
    assert codes(breakers, 0) == set()


def test_all_breakers_are_told_at_once() -> None:
    breakers = Breakers(LIMITS)
    for _ in range(9):
        breakers.on_order(0)
        breakers.on_trade_closed(Decimal(-1))
    assert codes(breakers, 0, "-5000") == {"daily_loss", "order_rate", "orders_per_day", "loss_streak"}


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 12))
def test_the_rate_is_that_of_the_last_minute_whatever_came_before(seconds: list[int], orders: int) -> None:
    limits = RiskLimits(max_orders_per_minute=12, max_orders_per_day=10_000)
    breakers, now = Breakers(limits), 300 * S
    for second in seconds:
        breakers.on_order(second * S)
    recent = sum(now - second * S < 60 * S for second in seconds)
    assert codes(breakers, now, orders=orders) == ({"order_rate"} if recent + orders > 12 else set())
