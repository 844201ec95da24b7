"""Which session is traded at an instant, and when it is over."""

from types import SimpleNamespace
from typing import Any

import pytest

from alphatrader.calendar import NS, CalendarRangeError, session_for, to_ns
from alphatrader.trader.sessions import exits_end_ns, session_over, session_to_trade

FRIDAY, HALF_DAY = session_for("2026-11-20"), session_for("2026-11-27")


def trade(trading_class: str = "SPY", quantity: int = 3, reason: str = "due", contract: bool = True) -> Any:
    key = SimpleNamespace(symbol="SPY", trading_class=trading_class, expiry="20261123")
    intent = SimpleNamespace(contract=key if contract else None)
    return SimpleNamespace(open_quantity=quantity, exit_reason=reason, intent=intent)


@pytest.mark.parametrize(
    ("date", "clock", "traded"),
    [
        ("2026-11-20", "12:00", "2026-11-20"),  # open
        ("2026-11-20", "03:00", "2026-11-20"),  # the same morning
        ("2026-11-20", "15:59:59", "2026-11-20"),
        ("2026-11-20", "16:00", "2026-11-23"),  # closed: over the weekend
        ("2026-11-21", "12:00", "2026-11-23"),  # a Saturday
        ("2026-11-25", "20:00", "2026-11-27"),  # over Thanksgiving
        ("2026-11-27", "12:59", "2026-11-27"),  # a half day
        ("2026-11-27", "13:00", "2026-11-30"),
        ("2026-10-31", "12:00", "2026-11-02"),  # the night in which clocks change
    ],
)
def test_the_session_that_is_open_else_the_next(date: str, clock: str, traded: str) -> None:
    assert session_to_trade(to_ns(date, clock)).date == traded


def test_past_the_calendar_there_is_none() -> None:
    with pytest.raises(CalendarRangeError):
        session_to_trade(to_ns("2031-12-31", "23:00"))


@pytest.mark.parametrize("session", [FRIDAY, HALF_DAY])
def test_a_session_is_over_a_little_after_its_close(session: Any) -> None:
    assert not session_over(session, 30, session.close_ns, [])
    assert not session_over(session, 30, session.close_ns + 29 * NS, [])
    assert session_over(session, 30, session.close_ns + 30 * NS, [])


def test_what_is_held_over_night_keeps_no_session_open() -> None:
    assert session_over(FRIDAY, 30, FRIDAY.close_ns + 30 * NS, [trade(reason="")])
    assert session_over(FRIDAY, 30, FRIDAY.close_ns + 30 * NS, [trade(quantity=0)])


def test_an_exit_goes_on_as_long_as_its_contract_trades() -> None:
    quarter_past = FRIDAY.close_ns + 15 * 60 * NS
    assert exits_end_ns(FRIDAY, [trade("SPY")]) == quarter_past
    assert not session_over(FRIDAY, 30, quarter_past - 1, [trade("SPY")])
    assert session_over(FRIDAY, 30, quarter_past, [trade("SPY")])
    assert exits_end_ns(FRIDAY, [trade("AAPL")]) == FRIDAY.close_ns
    assert exits_end_ns(FRIDAY, [trade("SPX")]) == FRIDAY.close_ns, (
        "an AM-settled class ends the day before: never earlier"
    )
    assert exits_end_ns(FRIDAY, [trade(contract=False)]) == FRIDAY.close_ns
    assert exits_end_ns(FRIDAY, [trade("AAPL"), trade("SPY")]) == quarter_past
