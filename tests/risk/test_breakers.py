"""Budgets of loss and activity."""

from decimal import Decimal

from alphatrader.risk.breakers import Breakers
from alphatrader.settings import RiskLimits

S = 1_000_000_000
LIMITS = RiskLimits(max_orders_per_minute=6, max_orders_per_day=9, max_consecutive_losses=2)


def codes(breakers: Breakers, now: int, result: str = "0") -> set[str]:
    return {denial.code for denial in breakers.check(now, 3, Decimal(result))}


def test_a_runaway_strategy_is_stopped_within_the_minute_and_for_the_day() -> None:
    breakers = Breakers(LIMITS)
    for second in range(6):
        assert codes(breakers, second * S) == ({"order_rate"} if second > 3 else set())
        breakers.on_order(second * S)
    assert codes(breakers, 59 * S) == {"order_rate"}
    assert codes(breakers, 70 * S) == set()
    breakers.on_order(70 * S)
    assert codes(breakers, 200 * S) == {"orders_per_day"}


def test_the_daily_loss_counts_at_the_limit() -> None:
    breakers = Breakers(LIMITS)
    assert codes(breakers, 0, "-999.99") == set()
    assert codes(breakers, 0, "-1000") == {"daily_loss"}


def test_a_streak_of_losses_stops_and_a_win_ends_it() -> None:
    breakers = Breakers(LIMITS)
    for result in ("-1", "5", "-1", "0", "-1"):
        breakers.on_trade_closed(Decimal(result))
    assert codes(breakers, 0) == {"loss_streak"}, "a scratch changes nothing"
    breakers.on_trade_closed(Decimal(1))
    assert codes(breakers, 0) == set()
