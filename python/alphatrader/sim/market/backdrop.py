"""What the options see of their underlying, by pricing instant: price, variance left, how hard it is to quote."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.shape import volatility_shape, volume_shape

GRID_NS = 500_000_000
"""Options are priced twice a second."""
TICKS_A_MINUTE = 60 * calendar.NS // GRID_NS
LATE_NS = 15 * 60 * calendar.NS
"""The longest that options trade past the close of the stock market."""

Floats = NDArray[np.float64]

_JUMP_TICKS, _MOMENTUM_TICKS = 20, 120
_JUMP_FROM_SD, _JUMP_WIDENING, _MOST_WIDENING = 2.5, 0.6, 2.5
_OPEN_WIDENING, _OPEN_S = 1.4, 1_100.0
_CLOSE_WIDENING, _CLOSE_S = 0.25, 400.0


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Arrays with an entry for each pricing instant, from the open to a quarter of an hour past the close.

    ``left``: part of the session's variance still to come; ``factor``: how busy the market is against normal;
    ``widening``: factor on spreads, above 1 near the open, at the close and after jumps; ``momentum``: the last
    minute's move in standard deviations. ``activity`` is by the minute: its share of the day's option volume.
    """

    open_ns: int
    spot: Floats
    left: Floats
    factor: Floats
    widening: Floats
    momentum: Floats
    halted: NDArray[np.bool_]
    activity: Floats

    @property
    def ticks(self) -> int:
        """Number of pricing instants."""
        return len(self.spot)

    def tick_at(self, ts_ns: int) -> int:
        """Return the latest pricing instant at or before an instant; below 0 before the open."""
        return (ts_ns - self.open_ns) // GRID_NS

    def instant(self, tick: int) -> int:
        """Return the nanoseconds of a pricing instant."""
        return self.open_ns + tick * GRID_NS


def backdrop_of(path: DayPath) -> Backdrop:
    """Read the options' view of a day from the path of the underlying."""
    ticks = (path.close_ns + LATE_NS - path.open_ns) // GRID_NS
    length_s = (path.close_ns - path.open_ns) / calendar.NS
    seconds = np.arange(ticks) * (GRID_NS / calendar.NS)
    fraction = np.minimum(seconds / length_s, 1.0)
    since_start_ns = path.open_ns - path.first_ns + np.arange(ticks) * GRID_NS
    interval = np.minimum(since_start_ns // QUOTE_NS, len(path.bid_cents) - 1)
    spot = (path.bid_cents[interval].astype(np.float64) + path.ask_cents[interval]) / 200.0
    shape = volatility_shape(fraction)
    gone = np.cumsum(np.where(seconds < length_s, shape**2, 0.0))
    factor = path.variance_factor[np.minimum(seconds.astype(np.int64), len(path.variance_factor) - 1)]
    tick_sd = path.day_sigma * np.sqrt(GRID_NS / calendar.NS / length_s) * shape
    jump = np.abs(_moved(spot, _JUMP_TICKS)) / (tick_sd * np.sqrt(_JUMP_TICKS))
    widening = (1.0 + np.clip(_JUMP_WIDENING * (jump - _JUMP_FROM_SD), 0.0, _MOST_WIDENING)) * (
        1.0
        + _OPEN_WIDENING * np.exp(-seconds / _OPEN_S)
        + _CLOSE_WIDENING * np.exp(-np.abs(seconds - length_s) / _CLOSE_S)
    )
    return Backdrop(
        open_ns=path.open_ns,
        spot=spot,
        left=np.maximum(1.0 - np.concatenate(([0.0], gone[:-1])) / gone[-1], 0.0),
        factor=factor,
        widening=widening * np.sqrt(factor),
        momentum=_moved(spot, _MOMENTUM_TICKS) / (tick_sd * np.sqrt(_MOMENTUM_TICKS)),
        halted=_halted(path, ticks),
        activity=_activity(fraction, seconds < length_s, factor),
    )


def _halted(path: DayPath, ticks: int) -> NDArray[np.bool_]:
    halted = np.zeros(ticks, dtype=np.bool_)
    for start_ns, end_ns in path.halts:
        low, high = (min(max(-(-(ts_ns - path.open_ns) // GRID_NS), 0), ticks) for ts_ns in (start_ns, end_ns))
        halted[low:high] = True
    return halted


def _moved(spot: Floats, ticks: int) -> Floats:
    """Return the log return of the last so many instants, shorter at the start."""
    log_price = np.log(spot)
    return np.asarray(log_price - np.concatenate((np.full(ticks, log_price[0]), log_price[:-ticks])))


def _activity(fraction: Floats, open_: NDArray[np.bool_], factor: Floats) -> Floats:
    """Return each minute's share of the day's volume; the quarter of an hour past the close has little."""
    raw = np.where(open_, volume_shape(fraction) * np.sqrt(factor), 0.12)[::TICKS_A_MINUTE]
    return np.asarray(raw / raw.sum(), dtype=np.float64)
