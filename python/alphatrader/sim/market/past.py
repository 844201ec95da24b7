"""The years before the simulated market began: seeded bars that end at its first previous close.

Days that the market has lived through since stand behind them as they were. Gateway and Alpha Vantage server ask the
same object, so both say the same of the past.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.types import Bar, Print, SimulatedMarket

SESSIONS_KEPT = 1260
"""Five years of sessions are invented."""
DAILY_SIGMA = 0.0105
VOLUME_A_MINUTE = 70_000.0
MINUTE_NS = 60 * calendar.NS
_SESSIONS_AT_ONCE = 10
_NIGHT_SHARE = 0.3
"""Part of a day's variance that falls between close and open."""

Floats = NDArray[np.float64]


class Past:
    """What came before: daily bars, and the minutes and seconds of any day among them."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._anchor_date = market.session_date
        underlyings = [contract for contract in market.contracts() if contract.sec_type != "OPT"]
        self._con_ids = {contract.symbol: contract.con_id for contract in underlyings}
        self._anchors = {symbol: market.previous_close(symbol) for symbol in self._con_ids}
        self._lived: dict[str, list[calendar.Session]] = {symbol: [] for symbol in self._con_ids}
        self._lived_minutes: dict[tuple[str, str], tuple[Bar, ...]] = {}
        self._noted_date = market.session_date

    def on_day(self) -> None:
        """Keep the sessions that have ended since the last call. Call it when the market has listed another day."""
        date = self._market.session_date
        if date <= self._noted_date:
            return
        ended = calendar.sessions_before(date, _SESSIONS_AT_ONCE)
        for session in [session for session in ended if session.date >= self._noted_date]:
            self._note(session)
        self._noted_date = date

    def _note(self, session: calendar.Session) -> None:
        for symbol, con_id in self._con_ids.items():
            prints = self._market.history(con_id, session.open_ns, session.close_ns)
            if minutes := tuple(bars_of_prints(prints, MINUTE_NS)):
                self._lived[symbol].append(session)
                self._lived_minutes[symbol, session.date] = minutes

    def knows(self, symbol: str) -> bool:
        """Whether there is a past of this symbol."""
        return symbol in self._con_ids

    def first_ns(self, symbol: str) -> int:
        """Return the open of the oldest session."""
        return invented_days(symbol, self._anchor_date, self._anchors[symbol])[0].start_ns

    def days(self, symbol: str) -> list[Bar]:
        """Return one bar a session before the present one, oldest first; each starts at its session's open."""
        invented = invented_days(symbol, self._anchor_date, self._anchors[symbol])
        lived = [merged(self._lived_minutes[symbol, session.date]) for session in self._lived[symbol]]
        starts = [session.open_ns for session in self._lived[symbol]]
        return [*invented, *(bar._replace(start_ns=start_ns) for bar, start_ns in zip(lived, starts, strict=True))]

    def minutes(self, symbol: str, start_ns: int, end_ns: int) -> list[Bar]:
        """Return the minute bars of past sessions that start within ``[start, end)``, oldest first."""
        days = self.days(symbol)
        starts = [day.start_ns for day in days]
        first = max(bisect_left(starts, start_ns) - 1, 0)
        found: list[Bar] = []
        for day in days[first:]:
            if day.start_ns >= end_ns:
                break
            found += [bar for bar in self._minutes_of(symbol, day) if start_ns <= bar.start_ns < end_ns]
        return found

    def seconds(self, symbol: str, start_ns: int, end_ns: int) -> list[Bar]:
        """Return one-second bars of past sessions that start within ``[start, end)``."""
        minutes = self.minutes(symbol, start_ns - MINUTE_NS, end_ns)
        bars = (bar for minute in minutes for bar in _divided(symbol, minute, 60, calendar.NS))
        return [bar for bar in bars if start_ns <= bar.start_ns < end_ns]

    def _minutes_of(self, symbol: str, day: Bar) -> Sequence[Bar]:
        date = calendar.date_of(day.start_ns)
        lived = self._lived_minutes.get((symbol, date))
        if lived is not None:
            return lived
        session = calendar.session_for(date)
        return _divided(symbol, day, (session.close_ns - session.open_ns) // MINUTE_NS, MINUTE_NS)


def bars_of_prints(prints: Iterable[Print], step_ns: int) -> list[Bar]:
    """Collect prints into bars that start at whole steps; a step without a print has no bar."""
    bars: list[Bar] = []
    for tick in prints:
        start_ns = tick.ts_ns // step_ns * step_ns
        if bars and bars[-1].start_ns == start_ns:
            old = bars[-1]
            high, low = max(old.high, tick.price), min(old.low, tick.price)
            bars[-1] = Bar(start_ns, old.open, high, low, tick.price, old.volume + tick.size)
        else:
            bars.append(Bar(start_ns, tick.price, tick.price, tick.price, tick.price, tick.size))
    return bars


def merged(bars: Sequence[Bar]) -> Bar:
    """Make one bar of several; it starts where the first does."""
    return Bar(
        start_ns=bars[0].start_ns,
        open=bars[0].open,
        high=max(bar.high for bar in bars),
        low=min(bar.low for bar in bars),
        close=bars[-1].close,
        volume=sum(bar.volume for bar in bars),
    )


@lru_cache(maxsize=32)
def invented_days(symbol: str, before_date: str, last_close: float) -> tuple[Bar, ...]:
    """Invent the sessions before a date, always the same for the same arguments; the last closes at ``last_close``."""
    sessions = calendar.known_sessions_before(before_date, SESSIONS_KEPT)
    count = len(sessions)
    # Drawn from the last session backwards, so that the same returns precede whatever the number of sessions.
    draw = np.random.default_rng([zlib.crc32(symbol.encode()), zlib.crc32(before_date.encode())])
    moves = DAILY_SIGMA * draw.standard_normal((count, 2))[::-1] * np.sqrt([_NIGHT_SHARE, 1.0 - _NIGHT_SHARE])
    reach = 0.4 * DAILY_SIGMA * np.abs(draw.standard_normal((count, 2))[::-1])
    busy = np.exp(0.3 * draw.standard_normal(count)[::-1])
    total = moves.sum(axis=1)
    closes = last_close * np.exp(-np.concatenate((np.cumsum(total[::-1])[::-1][1:], [0.0])))
    opens = closes * np.exp(-moves[:, 1])
    highs = np.maximum(opens, closes) * (1.0 + reach[:, 0])
    lows = np.minimum(opens, closes) * (1.0 - reach[:, 1])
    minutes = np.array([(session.close_ns - session.open_ns) / MINUTE_NS for session in sessions])
    columns = (np.round(column, 2).tolist() for column in (opens, highs, lows, closes))
    volumes = np.floor(VOLUME_A_MINUTE * minutes * busy).tolist()
    starts = [session.open_ns for session in sessions]
    return tuple(Bar(*row) for row in zip(starts, *columns, volumes, strict=True))


@lru_cache(maxsize=2048)
def _divided(symbol: str, bar: Bar, parts: int, step_ns: int) -> tuple[Bar, ...]:
    """Divide a bar into parts that add up to it: a bridge from open to close that reaches high and low."""
    draw = np.random.default_rng([zlib.crc32(symbol.encode()), bar.start_ns // calendar.NS, parts])
    steps = np.concatenate(([0.0], np.cumsum(draw.standard_normal(parts))))
    at = np.arange(parts + 1) / parts
    bridge = steps - at * steps[-1]
    spread = max((bar.high - bar.low) * 0.5, 1e-9)
    path = bar.open + (bar.close - bar.open) * at + bridge * spread / max(float(np.abs(bridge).max()), 1e-9)
    path = _within(path, bar)
    opens, closes = path[:-1], path[1:]
    highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
    highs[int(np.argmax(highs))] = bar.high
    lows[int(np.argmin(lows))] = bar.low
    shape = (1.0 + 1.5 * (2.0 * (np.arange(parts) + 0.5) / parts - 1.0) ** 2) * np.exp(
        0.3 * draw.standard_normal(parts)
    )
    volumes = np.floor(bar.volume * shape / shape.sum())
    volumes[-1] += bar.volume - volumes.sum()
    columns = (np.round(column, 2).tolist() for column in (opens, highs, lows, closes))
    starts = [bar.start_ns + part * step_ns for part in range(parts)]
    return tuple(Bar(*row) for row in zip(starts, *columns, volumes.tolist(), strict=True))


def _within(path: Floats, bar: Bar) -> Floats:
    """Press what lies beyond open and close into the bar's range."""
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    over, under = float(path.max()) - top, bottom - float(path.min())
    up = np.where(path > top, top + (path - top) * (bar.high - top) / max(over, 1e-9), path)
    return np.asarray(np.where(up < bottom, bottom - (bottom - up) * (bottom - bar.low) / max(under, 1e-9), up))
