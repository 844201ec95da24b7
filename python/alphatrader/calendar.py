"""Sessions of the New York exchanges, option settlement, and New York text for instants.

The facts come from ``exchange-calendars`` (XNYS), which pulls pandas and is slow to import; so it is loaded at the
first question and its answers are kept in plain dictionaries. Whatever goes wrong inside it counts as a closed market:
a trader that cannot tell whether there is a session must not trade.

Instants are nanoseconds since the Unix epoch (UTC); dates are New York dates.
"""

import bisect
import datetime as dt
import warnings
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from alphatrader.domain.errors import ClosedMarketError, DataError

NEW_YORK = ZoneInfo("America/New_York")
FIRST_DATE = "2010-01-04"
LAST_DATE = "2031-12-31"
"""The range within which sessions are known; holidays past it are not decided yet."""

NS = 1_000_000_000

_FULL_CLOSE = dt.time(16, 0)
_EXTENDED_NS = 15 * 60 * NS
"""Options on the broad ETFs and on cash indices trade a quarter of an hour past the close of the stock market."""
_AM_SETTLED = frozenset({"SPX", "NDX", "RUT", "DJX", "VIX"})
"""Classes that settle on the opening prices of their expiry and stop trading the session before."""
_CASH_SETTLED = _AM_SETTLED | {"SPXW", "XSP", "NDXP", "XND", "RUTW", "MRUT", "VIXW", "SPXPM"}
"""Classes of index options: cash changes hands at expiry, never shares."""
_TRADES_LATE = frozenset({"SPY", "QQQ", "IWM", "DIA"})
"""Physically settled classes whose expiring series still trade in the extra quarter of an hour."""


class CalendarRangeError(ClosedMarketError):
    """A date outside the years for which sessions are known."""


@dataclass(frozen=True, slots=True)
class Session:
    """One trading day. ``date`` is ``YYYY-MM-DD``; ``half_day`` if it closes before 16:00 New York."""

    date: str
    open_ns: int
    close_ns: int
    half_day: bool


@dataclass(frozen=True, slots=True)
class _Table:
    sessions: dict[str, Session]
    dates: list[str]
    opens: list[int]


@lru_cache(maxsize=1)
def _table() -> _Table:
    try:
        # Imported here because it costs a second or more, which commands without a session must not pay.
        import exchange_calendars  # noqa: PLC0415

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own use of pandas, which the operator can do nothing about
            exchange = exchange_calendars.get_calendar("XNYS", start=FIRST_DATE, end=LAST_DATE)
        labels = [str(label.date()) for label in exchange.sessions]
        opens = [int(value) for value in exchange.opens_nanos]
        closes = [int(value) for value in exchange.closes_nanos]
    except Exception as error:  # whatever the library raises, the answer is "closed"
        raise ClosedMarketError(
            f"the exchange calendar could not be loaded ({type(error).__name__}: {error}); "
            "without it every day counts as closed: reinstall exchange-calendars"
        ) from error
    sessions = {
        label: Session(label, open_ns, close_ns, _local(close_ns).time() < _FULL_CLOSE)
        for label, open_ns, close_ns in zip(labels, opens, closes, strict=True)
    }
    return _Table(sessions, labels, opens)


def _local(ts_ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ts_ns // NS, NEW_YORK)


def _iso(date: str | dt.date) -> str:
    """Return the date as ``YYYY-MM-DD``, checked and inside the known range."""
    if isinstance(date, dt.datetime):
        raise DataError(f"a date is needed but {date!r} is an instant; pass its New York date")
    if isinstance(date, str):
        try:
            parsed = dt.date.fromisoformat(date)
        except ValueError as error:
            raise DataError(f"{date!r} is not a date; write it as YYYY-MM-DD") from error
        text = parsed.isoformat()
    else:
        text = date.isoformat()
    if not FIRST_DATE <= text <= LAST_DATE:
        raise CalendarRangeError(
            f"the exchange calendar knows {FIRST_DATE} to {LAST_DATE}, not {text}; such a day counts as closed"
        )
    return text


def session_for(date: str | dt.date) -> Session:
    """Return the session of a New York date.

    Raises ClosedMarketError on weekends and holidays, CalendarRangeError (a ClosedMarketError) outside the known years,
    DataError for text that is no date.
    """
    text = _iso(date)
    session = _table().sessions.get(text)
    if session is None:
        day = dt.date.fromisoformat(text).strftime("%A")
        raise ClosedMarketError(f"there is no session on {text} ({day}): the market is closed; pick a trading day")
    return session


def session_at(ts_ns: int) -> Session | None:
    """Return the session that is open at an instant (open <= instant < close), or None. Raises CalendarRangeError."""
    _iso(_local(ts_ns).date())
    table = _table()
    index = bisect.bisect_right(table.opens, ts_ns) - 1
    if index < 0:
        return None
    session = table.sessions[table.dates[index]]
    return session if ts_ns < session.close_ns else None


def latest_session(on_or_before: str | dt.date) -> Session:
    """Return the newest session, half days included, on or before a date. Raises CalendarRangeError."""
    text = _iso(on_or_before)
    table = _table()
    index = bisect.bisect_right(table.dates, text) - 1
    if index < 0:
        raise CalendarRangeError(f"the exchange calendar knows no session on or before {text}")
    return table.sessions[table.dates[index]]


def latest_full_session(on_or_before: str | dt.date) -> Session:
    """Return the newest regular session (no half day) on or before a date. Raises CalendarRangeError."""
    session = latest_session(on_or_before)
    while session.half_day:
        session = sessions_before(session.date, 1)[0]
    return session


def sessions_after(date: str | dt.date, count: int) -> list[Session]:
    """Return the next ``count`` sessions strictly after a date, oldest first. Raises CalendarRangeError."""
    text = _iso(date)
    table = _table()
    first = bisect.bisect_right(table.dates, text)
    if first + count > len(table.dates):
        raise CalendarRangeError(f"the exchange calendar ends {LAST_DATE}: it lacks {count} sessions after {text}")
    return [table.sessions[label] for label in table.dates[first : first + count]]


def sessions_before(date: str | dt.date, count: int) -> list[Session]:
    """Return the last ``count`` sessions strictly before a date, oldest first. Raises CalendarRangeError."""
    text = _iso(date)
    table = _table()
    end = bisect.bisect_left(table.dates, text)
    if count > end:
        raise CalendarRangeError(f"the exchange calendar starts {FIRST_DATE}: it lacks {count} sessions before {text}")
    return [table.sessions[label] for label in table.dates[end - count : end]]


def known_sessions_before(date: str | dt.date, at_most: int) -> list[Session]:
    """Return the last sessions strictly before a date, oldest first: fewer than asked for where the calendar starts."""
    text = _iso(date)
    table = _table()
    end = bisect.bisect_left(table.dates, text)
    return [table.sessions[label] for label in table.dates[max(0, end - at_most) : end]]


@lru_cache(maxsize=1_024)
def expiry_date(expiry: str) -> str:
    """Turn an option's ``YYYYMMDD`` into ``YYYY-MM-DD``. Raises DataError if it is no calendar date."""
    if len(expiry) != 8 or not (expiry.isascii() and expiry.isdigit()):
        raise DataError(f"expiry {expiry!r} is not YYYYMMDD")
    try:
        return dt.date(int(expiry[:4]), int(expiry[4:6]), int(expiry[6:])).isoformat()
    except ValueError as error:
        raise DataError(f"expiry {expiry!r} is not a calendar date") from error


def option_settlement_ns(trading_class: str, expiry: str) -> int:
    """Return the instant whose price settles the option.

    SPX and the other AM-settled classes settle on the opening prices of the expiry; all others (SPY, SPXW, ...) on its
    closing prices: 16:00, or 13:00 on a half day. An expiry without a session (a holiday, or the Saturdays of monthly
    series before 2015) settles with the session before it. Raises DataError, ClosedMarketError.
    """
    session = latest_session(expiry_date(expiry))
    return session.open_ns if trading_class in _AM_SETTLED else session.close_ns


def am_settled(trading_class: str) -> bool:
    """Whether a class settles on the opening prices of its expiry."""
    return trading_class in _AM_SETTLED


def cash_settled(trading_class: str) -> bool:
    """Whether an option of this class settles in cash; a class that is not known counts as physically settled."""
    return trading_class in _CASH_SETTLED


def option_last_trade_ns(trading_class: str, expiry: str) -> int:
    """Return the instant at which trading in the expiring option ends.

    AM-settled classes stop the session before, 15 minutes past the close; SPY and the like trade those 15 minutes on
    the expiry itself; all others (SPXW, single stocks) end with the session. Raises DataError, ClosedMarketError.
    """
    session = latest_session(expiry_date(expiry))
    if trading_class in _AM_SETTLED:
        return sessions_before(session.date, 1)[0].close_ns + _EXTENDED_NS
    return session.close_ns + (_EXTENDED_NS if trading_class in _TRADES_LATE else 0)


def to_ns(date: str, clock: str) -> int:
    """Return the instant of a New York wall time, ``to_ns("2026-11-20", "09:30")``. Raises DataError."""
    try:
        local = dt.datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=NEW_YORK)
    except ValueError as error:
        raise DataError(f"{date!r} {clock!r} is no New York date and time; write YYYY-MM-DD and HH:MM[:SS]") from error
    return int(local.timestamp()) * NS + local.microsecond * 1000


def to_text(ts_ns: int) -> str:
    """Write an instant as ``YYYY-MM-DD HH:MM:SS`` in New York."""
    return _local(ts_ns).strftime("%Y-%m-%d %H:%M:%S")


def date_of(ts_ns: int) -> str:
    """Return the New York date of an instant as ``YYYY-MM-DD``."""
    return _local(ts_ns).date().isoformat()
