"""Which stretch of time a request for bars means, and at which instants its bars start."""

import datetime as dt

from msgspec import Struct

from alphatrader import calendar
from alphatrader.sim.market.types import Interval, ListedContract, SimulatedMarket
from alphatrader.sim.wire.times import DAY_S, MONTH_S, WEEK_S, Duration, eastern

_NS = calendar.NS
_MAX_SESSIONS = 1260
_SAMPLES_A_BAR = 6
_MAX_SAMPLE_S = 60


class Window(Struct, frozen=True):
    """Trading time, oldest first: of days before the present session, and of it; ``bar_s`` seconds a bar."""

    past: tuple[Interval, ...]
    today: tuple[Interval, ...]
    bar_s: int

    @property
    def whole(self) -> Interval:
        """From the first instant to the last; empty windows are 0 to 0."""
        intervals = self.past + self.today
        return (intervals[0][0], intervals[-1][1]) if intervals else (0, 0)

    @property
    def daily(self) -> bool:
        """Whether a bar is a day or longer."""
        return self.bar_s >= DAY_S

    @property
    def sample_ns(self) -> int:
        """How far apart quotes are looked at."""
        return min(max(self.bar_s // _SAMPLES_A_BAR, 1), _MAX_SAMPLE_S) * _NS

    def start_of(self, ts_ns: int) -> int:
        """Return where the bar of an instant starts: by the clock, and not before trading does."""
        if self.daily:
            return _day_start(ts_ns, self.bar_s)
        midnight = eastern(ts_ns).replace(hour=0, minute=0, second=0, microsecond=0)
        origin_ns, bar_ns = int(midnight.timestamp()) * _NS, self.bar_s * _NS
        start_ns = origin_ns + (ts_ns - origin_ns) // bar_ns * bar_ns
        opens = (interval[0] for interval in self.past + self.today if interval[0] <= ts_ns < interval[1])
        return max(start_ns, next(opens, start_ns))


def _day_start(ts_ns: int, bar_s: int) -> int:
    """Return midnight of the day, or of the first day of its week or month."""
    midnight = eastern(ts_ns).replace(hour=0, minute=0, second=0, microsecond=0)
    if bar_s == WEEK_S:
        midnight -= dt.timedelta(days=midnight.weekday())
    if bar_s == MONTH_S:
        midnight = midnight.replace(day=1)
    return int(midnight.timestamp()) * _NS


def find_window(
    market: SimulatedMarket,
    contract: ListedContract,
    end_ns: int,
    duration: Duration,
    bar_s: int,
    *,
    regular_hours: bool,
) -> Window:
    """Return the trading time that a duration up to ``end_ns`` covers. Days are sessions, as real gateways count."""
    hours = market.hours(contract.con_id)
    present = [each for each in (hours.liquid if regular_hours else hours.trading) if each[0] < market.now_ns]
    end_ns = min(end_ns, market.now_ns)
    count = _sessions_needed(duration)
    before = _sessions(market.session_date, count) if _reaches_back(present, end_ns, duration, bar_s) else []
    days = [*((session.open_ns, session.close_ns) for session in before), *_days(present)]
    days = [(start_ns, min(stop_ns, end_ns)) for start_ns, stop_ns in days if start_ns < end_ns]
    if duration.unit == "S":
        start_ns = (days[-1][1] if days else end_ns) - duration.length * _NS
    elif duration.unit == "D":
        start_ns = days[-duration.length :][0][0] if days else end_ns
    else:
        start_ns = _calendar_start(end_ns, duration)
    first_today_ns = present[0][0] if present else market.open_ns
    past = [each for each in days if each[0] < first_today_ns and each[1] > start_ns]
    today = [(max(a, start_ns), min(b, end_ns)) for a, b in present if a < end_ns and b > start_ns]
    return Window(tuple((max(a, start_ns), b) for a, b in past), tuple(today), bar_s)


def _days(intervals: list[Interval]) -> list[Interval]:
    """Join the intervals of each New York date."""
    days: list[Interval] = []
    for start_ns, end_ns in intervals:
        if days and calendar.date_of(days[-1][0]) == calendar.date_of(start_ns):
            days[-1] = (days[-1][0], end_ns)
        else:
            days.append((start_ns, end_ns))
    return days


def _reaches_back(present: list[Interval], end_ns: int, duration: Duration, bar_s: int) -> bool:
    """Whether days before the present session are meant: not for what it covers, so that no calendar is loaded."""
    if not present or end_ns <= present[0][0] or bar_s > DAY_S:
        return True
    if duration.unit == "D":
        return duration.length > 1
    return duration.unit != "S" or end_ns - duration.length * _NS < present[0][0]


def _sessions_needed(duration: Duration) -> int:
    days = {"S": 2, "D": duration.length + 1, "W": duration.length * 5 + 5, "M": duration.length * 23 + 5}
    return min(days.get(duration.unit, duration.length * 253), _MAX_SESSIONS)


def _sessions(before_date: str, count: int) -> list[calendar.Session]:
    return calendar.known_sessions_before(before_date, count)


def _calendar_start(end_ns: int, duration: Duration) -> int:
    end = eastern(end_ns)
    if duration.unit == "W":
        start = end - dt.timedelta(weeks=duration.length)
    else:
        months = duration.length * (12 if duration.unit == "Y" else 1)
        year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
        start = end.replace(year=year, month=month + 1, day=min(end.day, 28))
    return int(start.timestamp()) * _NS
