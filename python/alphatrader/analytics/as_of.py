"""Reading the date line of a downloaded chain, in the language of whoever downloaded it.

Seen in the wild: ``September 14, 2023 at 4:31 PM EDT``, ``14 April 2023, 18:34 UTC-4``, ``11 April, 2023 à 22:23``,
``23 de marzo de 2022, 10:11 GMT-4``, ``4 June 4, 3:15 PM EDT`` (no year: the file's name may say it).
"""

import datetime as dt
import re
import unicodedata

from alphatrader.analytics.settlement import NEW_YORK
from alphatrader.domain.errors import DataError

_MONTHS: dict[str, int] = {
    prefix: month
    for month, prefixes in enumerate(
        (
            ("jan", "ene", "gen"),
            ("feb", "fev"),
            ("mar", "mrz"),
            ("apr", "abr", "avr"),
            ("may", "mai", "mag"),
            ("jun", "juin", "giu"),
            ("jul", "juil", "lug"),
            ("aug", "ago", "aou"),
            ("sep", "set"),
            ("oct", "okt", "ott", "out"),
            ("nov",),
            ("dec", "dez", "dic"),
        ),
        start=1,
    )
    for prefix in prefixes
}
_ISO = re.compile(r"(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_CLOCK = re.compile(r"(\d{1,2})\s*[:h]\s*(\d{2})(?::(\d{2}))?(?:\s*([ap])\.?\s?m\b)?")
_OFFSET = re.compile(r"(?:utc|gmt)\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?")
_WORD = re.compile(r"[a-z]+")
_WEEKDAYS_LIKE_MARCH = frozenset({"mardi", "martedi", "martes"})


def parse_as_of(text: str, *, default_time: dt.time, default_date: dt.date | None = None) -> dt.datetime | None:
    """Return the aware time that ``text`` states, or None if it names no date and there is no default.

    A zone other than an offset from UTC is New York's, since that is where the quotes are from.
    """
    plain = (
        unicodedata.normalize("NFKD", text.replace("\N{MINUS SIGN}", "-")).encode("ascii", "ignore").decode().lower()
    )
    clock = _CLOCK.search(plain)
    date = _date(_CLOCK.sub(" ", _OFFSET.sub(" ", plain))) or default_date
    if date is None:
        return None
    time = default_time if clock is None else _time(clock)
    if time is None:
        return None
    offset = _OFFSET.search(plain)
    if clock is None or offset is None:
        return dt.datetime.combine(date, time, NEW_YORK)
    ahead = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    return dt.datetime.combine(date, time, dt.timezone(ahead if offset[1] == "+" else -ahead))


def date_in_name(name: str) -> dt.date | None:
    """Return the date that a file's name holds (``SPY_2023-06-04.csv.gz``, ``20131010_tick_trade.zip``), if any."""
    found = _ISO.search(name)
    return _checked(int(found[1]), int(found[2]), int(found[3])) if found else None


def _date(text: str) -> dt.date | None:
    if iso := _ISO.search(text):
        return _checked(int(iso[1]), int(iso[2]), int(iso[3]))
    numbers = [int(number) for number in re.findall(r"(?<!\d)\d+(?!\d)", text)]
    years = [number for number in numbers if 2000 <= number < 2100]
    days = [number for number in numbers if 1 <= number <= 31]
    months = [
        _MONTHS[key]
        for word in _WORD.findall(text)
        if word not in _WEEKDAYS_LIKE_MARCH
        for key in (word[:4], word[:3])
        if key in _MONTHS
    ]
    if not (years and days and months):
        return None
    return _checked(years[0], months[0], days[0])


def _checked(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _time(clock: re.Match[str]) -> dt.time | None:
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    if clock[4]:
        hour = hour % 12 + (12 if clock[4] == "p" else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def parse_as_of_option(text: str) -> dt.datetime:
    """Return the aware time of ``2026-11-20T15:30`` or alike; New York unless it has an offset. Raises DataError."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise DataError(f"'{text}' is no time: write it as 2026-11-20T15:30 (New York)") from None
    if len(text.strip()) <= 10:
        moment = dt.datetime.combine(moment.date(), dt.time(16))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=NEW_YORK)
