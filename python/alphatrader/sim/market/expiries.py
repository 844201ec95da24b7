"""Which expiries a class lists on a date: every session for a week, Fridays for a month, third Fridays beyond."""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from alphatrader import calendar
from alphatrader.sim.market.option_products import OptionClass

Kind = Literal["daily", "friday", "monthly"]

_FRIDAY = 4
_NEXT_MONTH = dt.timedelta(days=32)


def expiries_of(option_class: OptionClass, session_date: str) -> list[str]:
    """Return the listed expiries as ``YYYYMMDD``, nearest first; today is among them where the class has it.

    A Friday without a session is replaced by the session before it. Raises ClosedMarketError at the calendar's end.
    """
    schedule = option_class.schedule
    today = dt.date.fromisoformat(session_date)
    dates: list[str] = []
    if schedule.daily:
        sessions = calendar.sessions_after(session_date, schedule.daily - 1)
        dates = [session_date, *(session.date for session in sessions)]
    friday = today + dt.timedelta(days=(_FRIDAY - today.weekday()) % 7)
    dates += _later_than(
        dates, (friday + dt.timedelta(weeks=week) for week in range(60)), schedule.fridays, session_date
    )
    first = today.replace(day=1)
    months = []
    for _ in range(schedule.monthlies + 4):
        months.append(_third_friday(first))
        first = (first + _NEXT_MONTH).replace(day=1)
    dates += _later_than(dates, iter(months), schedule.monthlies, session_date)
    return [date.replace("-", "") for date in dates]


def _later_than(dates: list[str], days: Iterator[dt.date], count: int, session_date: str) -> list[str]:
    """Return the next ``count`` expiries at those days that come after all that are listed already."""
    found: list[str] = []
    while len(found) < count:
        date = calendar.latest_session(next(days)).date
        if date >= session_date and date > max(dates, default=""):
            found.append(date)
    return found


def kind_of(expiry: str) -> Kind:
    """Return what kind of expiry a date (``YYYYMMDD``) is: a third Friday, another Friday, or any other day.

    A Thursday before a Friday holiday counts as that Friday.
    """
    date = dt.date.fromisoformat(calendar.expiry_date(expiry))
    friday = date + dt.timedelta(days=(_FRIDAY - date.weekday()) % 7)
    if calendar.latest_session(friday).date != date.isoformat():
        return "daily"
    return "monthly" if friday == _third_friday(friday.replace(day=1)) else "friday"


def sessions_until(session_date: str, expiry: str) -> int:
    """Return how many sessions after ``session_date`` an expiry falls; 0 = the same day."""
    date = calendar.expiry_date(expiry)
    days = (dt.date.fromisoformat(date) - dt.date.fromisoformat(session_date)).days
    return sum(1 for session in calendar.sessions_after(session_date, days) if session.date <= date) if days > 0 else 0


def _third_friday(first_of_month: dt.date) -> dt.date:
    return first_of_month + dt.timedelta(days=(_FRIDAY - first_of_month.weekday()) % 7 + 14)
