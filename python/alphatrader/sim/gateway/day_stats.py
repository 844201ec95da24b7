"""What a contract has done in its session: open, high, low, volume, value, and the last minutes."""

from collections import deque

from msgspec import Struct, field

from alphatrader.sim.market.types import Print

_MINUTE_NS = 60_000_000_000
_MINUTES_KEPT = 10


class DayStats(Struct):
    """Open, high, low and volume-weighted average of a contract's session, fed by its prints."""

    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    volume: float = 0.0
    value: float = 0.0
    trades: int = 0
    minutes: deque[list[float]] = field(default_factory=lambda: deque(maxlen=_MINUTES_KEPT))
    """The last minutes with trades: [minute since the epoch, trades, volume]."""

    def add(self, tick: Print) -> None:
        """Count a print."""
        if self.trades == 0:
            self.open = self.high = self.low = tick.price
        elif tick.price > self.high:
            self.high = tick.price
        elif tick.price < self.low:
            self.low = tick.price
        self.trades += 1
        self.volume += tick.size
        self.value += tick.price * tick.size
        minute = tick.ts_ns // _MINUTE_NS
        if self.minutes and self.minutes[-1][0] == minute:
            self.minutes[-1][1] += 1
            self.minutes[-1][2] += tick.size
        else:
            self.minutes.append([minute, 1, tick.size])

    @property
    def vwap(self) -> float:
        """Average price over all prints; 0 before the first."""
        return self.value / self.volume if self.volume else 0.0

    def recent(self, now_ns: int, minutes: int) -> tuple[float, float]:
        """Return trades and volume of the last ``minutes`` (10 at most), the one that runs included."""
        first = now_ns // _MINUTE_NS - minutes + 1
        chosen = [entry for entry in self.minutes if entry[0] >= first]
        return sum(entry[1] for entry in chosen), sum(entry[2] for entry in chosen)
