"""Sessions, half days, both clock changes, option settlement."""

import datetime as dt

import exchange_calendars
import pytest

from alphatrader import calendar
from alphatrader.domain.errors import ClosedMarketError, DataError

HOUR_NS = 3600 * calendar.NS


def test_every_session_of_2015_to_2030_is_a_plausible_trading_day() -> None:
    seen = 0
    day = dt.date(2015, 1, 1)
    while day.year <= 2030:
        try:
            session = calendar.session_for(day)
        except ClosedMarketError:
            day += dt.timedelta(days=1)
            continue
        seen += 1
        assert day.weekday() < 5
        assert calendar.to_text(session.open_ns) == f"{day} 09:30:00"
        assert calendar.to_text(session.close_ns) == f"{day} {'13:00:00' if session.half_day else '16:00:00'}"
        day += dt.timedelta(days=1)
    assert 16 * 249 <= seen <= 16 * 253


@pytest.mark.parametrize("date", ["2026-11-27", "2026-12-24", "2027-11-26", "2013-07-03"])
def test_half_days_close_at_one(date: str) -> None:
    session = calendar.session_for(date)
    assert session.half_day
    assert session.close_ns == calendar.to_ns(date, "13:00")


@pytest.mark.parametrize("date", ["2026-11-26", "2026-12-25", "2026-11-22", "2027-01-01", "2018-12-05"])
def test_holidays_and_weekends_are_closed(date: str) -> None:
    with pytest.raises(ClosedMarketError, match=date):
        calendar.session_for(date)


def test_the_clock_changes_move_the_open_in_utc_only() -> None:
    before, after = calendar.session_for("2026-03-06"), calendar.session_for("2026-03-09")
    assert (after.open_ns - before.open_ns) == (3 * 24 - 1) * HOUR_NS
    before, after = calendar.session_for("2026-10-30"), calendar.session_for("2026-11-02")
    assert (after.open_ns - before.open_ns) == (3 * 24 + 1) * HOUR_NS


def test_session_at_is_half_open() -> None:
    session = calendar.session_for("2026-11-20")
    assert calendar.session_at(session.open_ns - 1) is None
    assert calendar.session_at(session.open_ns) == session
    assert calendar.session_at(session.close_ns - 1) == session
    assert calendar.session_at(session.close_ns) is None
    assert calendar.session_at(calendar.to_ns("2026-11-22", "12:00")) is None


def test_latest_full_session_skips_weekends_and_half_days() -> None:
    assert calendar.latest_full_session("2026-11-22").date == "2026-11-20"
    assert calendar.latest_full_session(dt.date(2026, 11, 29)).date == "2026-11-25"
    assert calendar.latest_full_session("2013-10-10").date == "2013-10-10"


@pytest.mark.parametrize("date", ["1999-01-04", "2045-01-04"])
def test_dates_outside_the_calendar_are_refused_with_a_typed_error(date: str) -> None:
    for question in (calendar.session_for, calendar.latest_full_session):
        with pytest.raises(calendar.CalendarRangeError, match=date):
            question(date)
    with pytest.raises(calendar.CalendarRangeError):
        calendar.session_at(calendar.to_ns(date, "12:00"))


@pytest.mark.parametrize("text", ["2026-02-30", "today", "", "20-11-2026"])
def test_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        calendar.session_for(text)


def test_a_calendar_that_cannot_load_means_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no data")

    calendar._table.cache_clear()
    monkeypatch.setattr(exchange_calendars, "get_calendar", broken)
    try:
        with pytest.raises(ClosedMarketError, match="no data"):
            calendar.session_for("2026-11-20")
    finally:
        monkeypatch.undo()
        calendar._table.cache_clear()


@pytest.mark.parametrize(
    ("trading_class", "expiry", "settles", "last_trade"),
    [
        ("SPY", "20261120", "2026-11-20 16:00:00", "2026-11-20 16:15:00"),
        ("SPY", "20261127", "2026-11-27 13:00:00", "2026-11-27 13:15:00"),
        ("SPXW", "20261120", "2026-11-20 16:00:00", "2026-11-20 16:00:00"),
        ("SPXW", "20261224", "2026-12-24 13:00:00", "2026-12-24 13:00:00"),
        ("SPX", "20261120", "2026-11-20 09:30:00", "2026-11-19 16:15:00"),
        ("AAPL", "20261120", "2026-11-20 16:00:00", "2026-11-20 16:00:00"),
        ("SPY", "20131019", "2013-10-18 16:00:00", "2013-10-18 16:15:00"),
        ("SPY", "20250418", "2025-04-17 16:00:00", "2025-04-17 16:15:00"),
    ],
)
def test_option_settlement(trading_class: str, expiry: str, settles: str, last_trade: str) -> None:
    assert calendar.to_text(calendar.option_settlement_ns(trading_class, expiry)) == settles
    assert calendar.to_text(calendar.option_last_trade_ns(trading_class, expiry)) == last_trade


@pytest.mark.parametrize("expiry", ["20260230", "2026-11-20", "", "２０２６１１２０"])
def test_an_expiry_that_is_no_date_is_refused(expiry: str) -> None:
    with pytest.raises(DataError):
        calendar.option_settlement_ns("SPY", expiry)


def test_sessions_before_and_after() -> None:
    assert [s.date for s in calendar.sessions_after("2026-11-20", 3)] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert [s.date for s in calendar.sessions_before("2026-11-20", 2)] == ["2026-11-18", "2026-11-19"]
    with pytest.raises(calendar.CalendarRangeError):
        calendar.sessions_after("2031-12-30", 5)


def test_text_and_instant_round_trip() -> None:
    ts_ns = calendar.to_ns("2026-11-20", "12:45:30")
    assert calendar.to_text(ts_ns) == "2026-11-20 12:45:30"
    assert calendar.date_of(ts_ns) == "2026-11-20"
    with pytest.raises(DataError):
        calendar.to_ns("2026-11-20", "25:00")
