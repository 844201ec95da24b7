"""Price bars of any interval: this session's from the simulated prints, older ones from the market's past.

The service knows years of history, so that an indicator has values from the first minute of a day.
"""

from collections.abc import Iterable
from typing import NamedTuple

from alphatrader import calendar
from alphatrader.sim.market.past import MINUTE_NS, Past, merged
from alphatrader.sim.market.types import Bar, MarketTables

INTERVAL_MINUTES = {"1min": 1, "5min": 5, "15min": 15, "30min": 30, "60min": 60}
DAILY = "daily"
INTERVALS = (*INTERVAL_MINUTES, DAILY)

_PAST_BARS = 250


class Series(NamedTuple):
    """Bars, oldest first, with the texts under which the service lists them."""

    keys: list[str]
    bars: list[Bar]


def series(market: MarketTables, past: Past, symbol: str, interval: str, now_ns: int) -> Series:
    """Return the bars of an interval up to now: minutes only once they are complete, the day as it stands."""
    minutes = market.minute_bars(symbol)
    if interval == DAILY:
        bars = past.days(symbol)[-_PAST_BARS:] + ([merged(minutes)] if minutes else [])
        return Series([calendar.date_of(bar.start_ns) for bar in bars], bars)
    complete = [bar for bar in minutes if bar.start_ns + MINUTE_NS <= now_ns]
    step_ns = INTERVAL_MINUTES[interval] * MINUTE_NS
    sessions = calendar.sessions_before(market.session_date, 2 + _PAST_BARS * INTERVAL_MINUTES[interval] // 200)
    bars = []
    for session in sessions:
        bars += _grouped(past.minutes(symbol, session.open_ns, session.close_ns), session.open_ns, step_ns)
    bars = bars[-_PAST_BARS:] + _grouped(complete, market.open_ns, step_ns)
    return Series([calendar.to_text(bar.start_ns)[:16] for bar in bars], bars)


def _grouped(minutes: Iterable[Bar], open_ns: int, step_ns: int) -> list[Bar]:
    """Merge minutes into intervals counted from the open."""
    groups: dict[int, list[Bar]] = {}
    for bar in minutes:
        groups.setdefault((bar.start_ns - open_ns) // step_ns, []).append(bar)
    return [merged(group)._replace(start_ns=open_ns + number * step_ns) for number, group in groups.items()]
