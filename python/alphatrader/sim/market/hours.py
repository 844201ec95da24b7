"""When what trades: the parts of a session by the real calendar, for stocks, indices and options.

Stocks trade from 04:00 to 20:00 New York, to 17:00 on half days. Options on broad ETFs and on indices trade a quarter
of an hour past the close, others to the close; a series that expires ends as
:func:`alphatrader.calendar.option_last_trade_ns` says.
"""

from functools import lru_cache
from typing import NamedTuple

from alphatrader import calendar
from alphatrader.sim.market.profiles import PROFILES
from alphatrader.sim.market.types import Interval, ListedContract, Phase, TradingHours

_PRE_MARKET = "04:00"
_AFTER_HOURS_NS = 4 * 3600 * calendar.NS
"""The after-hours session lasts four hours, on half days too (13:00 to 17:00)."""
LATE_NS = 15 * 60 * calendar.NS
_SESSIONS_AHEAD = 5


class Span(NamedTuple):
    """A trading day from the start of the pre-market to the end of the after-hours session."""

    date: str
    start_ns: int
    open_ns: int
    close_ns: int
    end_ns: int


@lru_cache(maxsize=512)
def span_of(session: calendar.Session) -> Span:
    """Return the parts of a session's day."""
    start_ns = calendar.to_ns(session.date, _PRE_MARKET)
    return Span(session.date, start_ns, session.open_ns, session.close_ns, session.close_ns + _AFTER_HOURS_NS)


def midnight_of(date: str) -> int:
    """Return the instant at which a date begins in New York."""
    return calendar.to_ns(date, "00:00")


def phase_of(contract: ListedContract, span: Span, now_ns: int) -> Phase:
    """Return the phase of a contract by the clock alone; halts come on top."""
    if contract.sec_type == "STK":
        if not span.start_ns <= now_ns < span.end_ns:
            return Phase.CLOSED
        if now_ns < span.open_ns:
            return Phase.PRE
        return Phase.REGULAR if now_ns < span.close_ns else Phase.POST
    interval = _regular(contract, span.open_ns, span.close_ns)
    return Phase.REGULAR if interval is not None and interval[0] <= now_ns < interval[1] else Phase.CLOSED


@lru_cache(maxsize=20_000)
def hours_of(contract: ListedContract, session_date: str) -> TradingHours:
    """Return when a contract trades in a session and the five after it; the calendar's end may cut that short."""
    sessions = [calendar.session_for(session_date)]
    try:
        sessions += calendar.sessions_after(session_date, _SESSIONS_AHEAD)
    except calendar.CalendarRangeError:
        sessions = sessions[:1]
    regular = [_regular(contract, session.open_ns, session.close_ns) for session in sessions]
    liquid = tuple(interval for interval in regular if interval is not None)
    if contract.sec_type != "STK":
        return TradingHours(liquid, liquid)
    spans = [span_of(session) for session in sessions]
    return TradingHours(tuple((span.start_ns, span.end_ns) for span in spans), liquid)


@lru_cache(maxsize=20_000)
def last_trade_ns(trading_class: str, expiry: str) -> int:
    """Return the end of trading of an option series (:func:`alphatrader.calendar.option_last_trade_ns`)."""
    return calendar.option_last_trade_ns(trading_class, expiry)


@lru_cache(maxsize=20_000)
def settlement_ns(trading_class: str, expiry: str) -> int:
    """Return the instant whose price settles a series (:func:`alphatrader.calendar.option_settlement_ns`)."""
    return calendar.option_settlement_ns(trading_class, expiry)


def _regular(contract: ListedContract, open_ns: int, close_ns: int) -> Interval | None:
    """Return the regular hours of a contract on a session, None if it does not trade then."""
    if contract.sec_type == "STK":
        return open_ns, close_ns
    profile = PROFILES.get(contract.symbol)  # a recorded day may hold any symbol
    if contract.sec_type == "IND":
        # The S&P indices are calculated to the close of the stock market, VIX as long as SPX options trade.
        return open_ns, close_ns + (0 if profile is None or profile.index_ratio else LATE_NS)
    end_ns = close_ns + (LATE_NS if profile is not None and profile.options_late else 0)
    end_ns = min(end_ns, last_trade_ns(contract.trading_class, contract.expiry))
    return (open_ns, end_ns) if end_ns > open_ns else None
