"""Times as the protocol writes them, and the several ways in which clients write them."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from alphatrader.domain.errors import DataError
from alphatrader.sim.wire.handshake import ZONED_DATES

EASTERN = ZoneInfo("America/New_York")
_NS = 1_000_000_000

_REQUEST_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(-| +)(\d{1,2}):(\d{2})(?::(\d{2}))?(?: +(\S+))?)?")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?: +\S+)?")
_DATE_DIGITS = 8
_DURATION = re.compile(r"(\d+) ([SDWMY])")
_SECONDS = {"S": 1, "D": 86_400, "W": 7 * 86_400, "M": 30 * 86_400, "Y": 365 * 86_400}
_BAR_SIZES = {"secs": 1, "sec": 1, "mins": 60, "min": 60, "hours": 3600, "hour": 3600, "day": 86_400, "days": 86_400}


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


def read_duration_ns(text: str) -> int:
    """Read ``1800 S``, ``2 D`` and their like."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise TimeTextError(f"Historical data bar duration setting is invalid: {text!r}")
    return int(timedelta(seconds=int(match[1]) * _SECONDS[match[2]]).total_seconds()) * _NS


def read_bar_size_s(text: str) -> int:
    """Read ``5 secs``, ``1 min``, ``1 day``: the length in seconds."""
    number, _, unit = text.strip().partition(" ")
    if not number.isdigit() or unit not in _BAR_SIZES or not int(number):
        raise TimeTextError(f"Historical data bar size setting is invalid: {text!r}")
    return int(number) * _BAR_SIZES[unit]
