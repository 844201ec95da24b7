"""Price bars of any interval: this session's from the simulated prints, older ones invented to join them.

The service knows years of history, so that an indicator has values from the first minute of a day. The simulated market
has one session; the bars before it are a seeded random walk that ends at its previous close.
"""

import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from alphatrader import calendar
from alphatrader.sim.market.types import Bar, MarketTables

INTERVAL_MINUTES = {"1min": 1, "5min": 5, "15min": 15, "30min": 30, "60min": 60}
DAILY = "daily"
INTERVALS = (*INTERVAL_MINUTES, DAILY)

_PAST_BARS = 250
_MINUTE_NS = 60 * calendar.NS
_MINUTES_A_SESSION = 390
_DAILY_SIGMA = 0.0105


class Series(NamedTuple):
    """Bars, oldest first, with the texts under which the service lists them."""

    keys: list[str]
    bars: list[Bar]


def series(market: MarketTables, symbol: str, interval: str, now_ns: int) -> Series:
    """Return the bars of an interval up to now: minutes only once they are complete, the day as it stands."""
    minutes = market.minute_bars(symbol)
    past = list(_past(symbol, market.session_date, interval, market.previous_close(symbol)))
    if interval == DAILY:
        bars = past + ([_merge(minutes)] if minutes else [])
        return Series([calendar.date_of(bar.start_ns) for bar in bars], bars)
    complete = [bar for bar in minutes if bar.start_ns + _MINUTE_NS <= now_ns]
    step_ns = INTERVAL_MINUTES[interval] * _MINUTE_NS
    groups: dict[int, list[Bar]] = {}
    for bar in complete:
        groups.setdefault((bar.start_ns - market.open_ns) // step_ns, []).append(bar)
    current = [_merge(group)._replace(start_ns=market.open_ns + number * step_ns) for number, group in groups.items()]
    bars = past + current
    return Series([calendar.to_text(bar.start_ns)[:16] for bar in bars], bars)


def _merge(bars: list[Bar]) -> Bar:
    return Bar(
        start_ns=bars[0].start_ns,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=sum(bar.volume for bar in bars),
    )


@lru_cache(maxsize=64)
def _past(symbol: str, session_date: str, interval: str, last_close: float) -> tuple[Bar, ...]:
    """Invent the bars before the session, always the same for the same arguments."""
    starts = _past_starts(session_date, interval)
    generator = np.random.default_rng([zlib.crc32(symbol.encode()), zlib.crc32(f"{session_date}{interval}".encode())])
    minutes = INTERVAL_MINUTES.get(interval, _MINUTES_A_SESSION)
    sigma = _DAILY_SIGMA * (minutes / _MINUTES_A_SESSION) ** 0.5
    moves = sigma * generator.standard_normal(len(starts))
    closes = last_close * np.exp(np.concatenate((np.cumsum(moves[::-1])[::-1][1:], [0.0])))
    opens = np.concatenate(([closes[0] * float(np.exp(-moves[0]))], closes[:-1]))
    reach = 0.5 * sigma * np.abs(generator.standard_normal((2, len(starts))))
    highs = np.maximum(opens, closes) * (1.0 + reach[0])
    lows = np.minimum(opens, closes) * (1.0 - reach[1])
    volumes = 70_000.0 * minutes * np.exp(0.3 * generator.standard_normal(len(starts)))
    columns = (np.round(column, 2).tolist() for column in (opens, highs, lows, closes, np.floor(volumes)))
    return tuple(Bar(*row) for row in zip(starts, *columns, strict=True))


def _past_starts(session_date: str, interval: str) -> list[int]:
    """Return the start times of the last bars before the session."""
    if interval == DAILY:
        return [session.open_ns for session in calendar.sessions_before(session_date, _PAST_BARS)]
    step_ns = INTERVAL_MINUTES[interval] * _MINUTE_NS
    sessions = calendar.sessions_before(session_date, 2 + _PAST_BARS * INTERVAL_MINUTES[interval] // 200)
    starts = [start for session in sessions for start in range(session.open_ns, session.close_ns, step_ns)]
    return starts[-_PAST_BARS:]
