"""Displayed books: rows of several venues around a path of best prices, leaning with the flow and eaten by trades."""

import itertools

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.path import QUOTE_NS, ROWS, Book, Floats, Ints
from alphatrader.sim.market.profiles import VENUES

LAYOUTS = ((0, 0, 1, 1, 1, 2, 2, 3), (0, 0, 0, 1, 1, 2, 2, 3), (0, 0, 0, 0, 1, 1, 2, 3))
"""Ticks behind the best price for each row; how many venues share the best price varies."""
RANKINGS = tuple(order + order[: ROWS - len(VENUES)] for order in itertools.permutations(range(len(VENUES))))
"""Which venue holds which row. A venue's second row is always at a worse price than its first."""

_AT_BEST = np.array([layout.count(0) for layout in LAYOUTS])
_RANKING_TABLE = np.array(RANKINGS, dtype=np.int8)
_ROW_SIZE = np.array([1.0, 1.0, 1.0, 1.1, 1.4, 1.6, 2.0, 2.4])
_LOT = 100
_LEAN_INTERVALS = 5
"""The lean of the book is renewed once a second."""

Arrangement = tuple[NDArray[np.int8], NDArray[np.int16]]
"""Layout and ranking, by interval and side, as in :class:`Book`."""


def draw_arrangement(generator: np.random.Generator, intervals: int) -> Arrangement:
    """Draw layout and ranking for each interval and side; both persist for a while."""
    layout = _sticky(generator, generator.integers(0, len(LAYOUTS), (intervals, 2)), 0.15)
    ranking = _sticky(generator, generator.integers(0, len(RANKINGS), (intervals, 2)), 0.04)
    return layout.astype(np.int8), ranking.astype(np.int16)


def venue_at_best(
    arrangement: Arrangement, generator: np.random.Generator, interval: NDArray[np.int64], side: NDArray[np.int64]
) -> NDArray[np.int8]:
    """Pick for each trade one of the venues that show the best price it takes."""
    layout, ranking = arrangement
    at_best = _AT_BEST[layout[interval, side]]
    row = (generator.random(len(interval)) * at_best).astype(np.int64)
    return np.asarray(_RANKING_TABLE[ranking[interval, side], row], dtype=np.int8)


def venue_at_row(
    arrangement: Arrangement, interval: NDArray[np.int64], side: NDArray[np.int64], row: NDArray[np.int64]
) -> NDArray[np.int8]:
    """Name the venue of a given row, for the legs of a sweep."""
    return np.asarray(_RANKING_TABLE[arrangement[1][interval, side], row % len(VENUES)], dtype=np.int8)


def build_book(
    generator: np.random.Generator,
    arrangement: Arrangement,
    lean: Floats,
    taken: Floats,
    best_size: Floats | None = None,
) -> Book:
    """Build the displayed sizes.

    ``lean`` (-1..1) for each interval: positive thickens the bid and thins the ask. ``taken[interval, side]``: shares
    that trades took; the next interval shows what they left, the one after is refilled. ``best_size[interval, side]``:
    shares known to stand at the best price (a recorded quote), NaN where unknown.
    """
    intervals = len(lean)
    layout, ranking = arrangement
    noise = generator.standard_normal((intervals, 2, ROWS), dtype=np.float32)
    fresh = generator.random((intervals, 2, ROWS), dtype=np.float32) < 0.3
    held = lean[np.arange(intervals) // _LEAN_INTERVALS * _LEAN_INTERVALS]
    tilt = np.exp(0.65 * held)
    level = np.stack((tilt, 1.0 / tilt), axis=1)[:, :, None] * _ROW_SIZE
    lots = np.exp(1.1 + 0.55 * _hold(noise, fresh)) * level
    at_best = np.arange(ROWS) < _AT_BEST[layout][:, :, None]
    if best_size is not None:
        lots = _scale_best(lots, at_best, best_size / _LOT)
    standing = np.where(at_best, lots, 0.0).sum(axis=2) * _LOT
    eaten = np.zeros((intervals, 2))
    eaten[1:] = np.clip(taken[:-1] / np.maximum(standing[1:], 1.0), 0.0, 0.75)
    if best_size is None:
        lots = np.where(at_best, lots * (1.0 - eaten[:, :, None]), lots)
    sizes = np.maximum(1.0, np.rint(lots)).astype(np.int32) * _LOT
    return Book(sizes=sizes, layout=layout, ranking=ranking)


def taken_by_interval(
    ts_ns: NDArray[np.int64], size: Ints, sign: NDArray[np.int64], open_ns: int, intervals: int
) -> Floats:
    """Add up what buyers took from the ask (column 1) and sellers from the bid (column 0) in each interval."""
    interval = np.minimum((ts_ns - open_ns) // QUOTE_NS, intervals - 1)
    cell = interval * 2 + (sign > 0)
    totals = np.bincount(cell, weights=size, minlength=intervals * 2)[: intervals * 2]
    return np.asarray(totals.reshape(intervals, 2), dtype=np.float64)


def _scale_best(lots: Floats, at_best: NDArray[np.bool_], best_lots: Floats) -> Floats:
    """Scale the rows at the best price so that they add up to a recorded size."""
    shown = np.where(at_best, lots, 0.0).sum(axis=2)
    factor = np.where(np.isfinite(best_lots), best_lots / shown, 1.0)
    return np.where(at_best, lots * factor[:, :, None], lots)


def _sticky(generator: np.random.Generator, drawn: NDArray[np.int64], renewal: float) -> NDArray[np.int64]:
    """Let each drawn value persist until the next renewal."""
    return _hold(drawn, generator.random(drawn.shape) < renewal)


def _hold(values: NDArray, fresh: NDArray[np.bool_]) -> NDArray:  # type: ignore[type-arg]
    """Carry forward along the first axis the last value marked fresh (the first row always counts as fresh)."""
    row = np.arange(len(values)).reshape((-1,) + (1,) * (values.ndim - 1))
    source = np.maximum.accumulate(np.where(fresh, row, 0), axis=0)
    return np.take_along_axis(values, source, axis=0)
