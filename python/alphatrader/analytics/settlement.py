"""When an option settles, from the exchange's holiday rules alone.

For files: loading the full calendar takes seconds, and a listed expiry is a trading day already, so all that is open is
whether it is a half day. ``tests/analytics/test_settlement.py`` holds it against :mod:`alphatrader.calendar`, which
decides wherever money is at stake.
"""

import datetime as dt
from zoneinfo import ZoneInfo

from alphatrader.domain.errors import DataError

NEW_YORK = ZoneInfo("America/New_York")

AM_SETTLED = frozenset({"SPX", "NDX", "RUT", "DJX", "VIX"})
"""Classes that settle on the opening prices of their expiry."""


def is_half_day(day: dt.date) -> bool:
    """Tell whether a trading day ends at 13:00: around Thanksgiving, Christmas and Independence Day."""
    if day.month == 11:  # the day after the fourth Thursday of November
        return day.weekday() == 4 and 23 <= day.day <= 29
    if (day.month, day.day) == (12, 24):  # a Friday would be the holiday itself
        return day.weekday() < 4
    if (day.month, day.day) == (7, 3):
        return day.weekday() < 4
    return False


def settlement_instant_ns(root: str, expiry: str) -> int:
    """Return the instant (ns since the epoch) whose price settles an option. ``expiry`` is YYYYMMDD.

    AM-settled classes: 09:30 New York; all others 16:00, or 13:00 on a half day. Raises DataError.
    """
    try:
        day = dt.datetime.strptime(expiry, "%Y%m%d").date()  # noqa: DTZ007 - a date without a zone is what it is
    except ValueError:
        raise DataError(f"'{expiry}' is not an expiry: it is written YYYYMMDD") from None
    closes = dt.time(13) if is_half_day(day) else dt.time(16)
    return instant_ns(dt.datetime.combine(day, dt.time(9, 30) if root in AM_SETTLED else closes, NEW_YORK))


def instant_ns(moment: dt.datetime) -> int:
    """Return the nanoseconds since the epoch of an aware time."""
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000
