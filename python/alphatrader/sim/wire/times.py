"""Times as the protocol writes them, and the several ways in which clients write them."""

import re
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alphatrader.domain.errors import DataError
from alphatrader.sim.wire.handshake import ZONED_DATES

EASTERN = ZoneInfo("America/New_York")
_NS = 1_000_000_000

_REQUEST_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(-| +)(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +(\S+))?)?")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?: +\S+)?")
_DATE_DIGITS = 8
_DURATION = re.compile(r"(\d+) ([SDWMY])")
_MAX_SECONDS = 86_400
_MAX_DAYS = 365
_DAYS = {"D": 1, "W": 7, "M": 28}

DAY_S, WEEK_S, MONTH_S = 86_400, 7 * 86_400, 30 * 86_400
BAR_SIZES = {
    **{f"{count} {unit}": count for count in (1, 5, 10, 15, 30) for unit in ("secs", "sec")},
    **{f"{count} {unit}": 60 * count for count in (1, 2, 3, 5, 10, 15, 20, 30) for unit in ("min", "mins")},
    **{f"{count} {unit}": 3600 * count for count in (1, 2, 3, 4, 8) for unit in ("hour", "hours")},
    **dict.fromkeys(("1 day", "1d", "1 days"), DAY_S),
    **dict.fromkeys(("1 week", "1w", "1 w"), WEEK_S),
    **dict.fromkeys(("1 month", "1m", "1 m"), MONTH_S),
}
"""Bar sizes in seconds by their texts in lower case."""


class TimeTextError(DataError):
    """A time, duration or bar size that cannot be read."""


def eastern(ts_ns: int) -> datetime:
    """Return the New York time of an instant."""
    return datetime.fromtimestamp(ts_ns / _NS, EASTERN)


def zoned_text(ts_ns: int) -> str:
    """Write an instant the way gateways do since version 174: ``20260413 15:27:04 US/Eastern``."""
    return f"{eastern(ts_ns):%Y%m%d %H:%M:%S} US/Eastern"


def stamp(ts_ns: int, version: int) -> str:
    """Write an instant for a session of that server version: with its zone, or in the older form without.

    Before version 174 the date and the time of day stood two spaces apart, in the time zone of the login.
    """
    return zoned_text(ts_ns) if version >= ZONED_DATES else f"{eastern(ts_ns):%Y%m%d  %H:%M:%S}"


def utc_text(ts_ns: int) -> str:
    """Write an instant as ``20260413-19:27:04`` (UTC), the form of head timestamps."""
    return f"{datetime.fromtimestamp(ts_ns / _NS, UTC):%Y%m%d-%H:%M:%S}"


def read_time(text: str) -> int | None:
    """Read ``20260413 15:27:04 US/Eastern``, ``20260413-19:27:04`` (UTC), or without zone (New York); empty = None."""
    if not text:
        return None
    match = _REQUEST_TIME.fullmatch(text.strip())
    if match is None:
        raise TimeTextError(f"Invalid date, time, or time-zone entered: {text!r}")
    year, month, day, separator, hour, minute, second, zone_name = match.groups()
    try:
        zone = UTC if separator == "-" and not zone_name else ZoneInfo(zone_name or "America/New_York")
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
        )
    except (ValueError, OSError, KeyError):
        raise TimeTextError(f"Invalid date, time, or time-zone entered: {text!r}") from None
    return int(moment.timestamp()) * _NS


def read_moment(text: str, now_ns: int) -> int | None:
    """Read a time as ``read_time`` does; ``15:59:00 US/Eastern`` means today, a date alone its last second."""
    stated = text.strip()
    if _TIME_OF_DAY.fullmatch(stated):
        return read_time(f"{eastern(now_ns):%Y%m%d} {stated}")
    if len(stated) == _DATE_DIGITS and stated.isdigit():
        return read_time(f"{stated} 23:59:59")
    return read_time(stated)


class Duration(NamedTuple):
    """How far back a request reaches: so many seconds, days (sessions), weeks, months or years."""

    length: int
    unit: str


def read_duration(text: str) -> Duration:
    """Read ``1800 S``, ``2 D`` and their like."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise TimeTextError(
            "Historical data request duration format is invalid; write a whole number, a space and S, D, W, M or Y"
        )
    count, unit = int(match[1]), match[2]
    if unit == "S" and count > _MAX_SECONDS:
        raise TimeTextError("Historical data requests for durations longer than 86400 seconds must be made in days.")
    if unit != "Y" and count * _DAYS.get(unit, 0) > _MAX_DAYS:
        raise TimeTextError("Historical data requests for durations longer than 365 days must be made in years.")
    return Duration(count, unit)


def read_bar_size_s(text: str) -> int:
    """Read ``5 secs``, ``1 min``, ``1 day``: the length in seconds; a week is 7 days of them, a month 30."""
    size = BAR_SIZES.get(" ".join(text.strip().lower().split()))
    if size is None:
        raise TimeTextError(
            "Historical data bar size setting is invalid. Legal ones are: 1 secs,5 secs,10 secs,15 secs,30 secs,1 min,"
            "2 mins,3 mins,5 mins,10 mins,15 mins,20 mins,30 mins,1 hour,2 hours,3 hours,4 hours,8 hours,1 day,1W,1M"
        )
    return size
