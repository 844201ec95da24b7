"""Displayed queues by venue and price: orders that arrive, wait, trade and leave.

Each venue has a few slots at each price. A slot holds one order (or none) for a span of time, then another: their
arrivals and cancellations make the queue. What is at a price stays there when the best price moves past it, prints eat
from the venue they trade at, and it refills within seconds; a new best price starts thin, and one that is about to
give way is thinned by cancellations.

All is a pure function of price, venue and time: no state is carried, so that any page of the day can be computed by
itself, in no particular order, and nothing of it needs to be kept.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.path import QUOTE_NS, DayPath, Floats, Indices, Ints
from alphatrader.sim.market.profiles import VENUES

LEVELS = 5
"""Levels a side, a cent apart."""
_LOT = 100
_SLOT_LIFE = np.array([13, 41, 127], dtype=np.int64)
"""Lifetime of the order in each slot, in intervals of 200 ms."""
_PRESENT = np.array([0.45, 0.40, 0.35])
_MEDIAN_LOTS = np.array([1.3, 2.0, 3.0])
_SPREAD_LOTS = 0.75
_LEVEL_FACTOR = np.array([1.0, 1.15, 1.35, 1.5, 1.6])
_VENUE_FACTOR = np.array([1.2, 1.25, 1.05, 0.8, 0.8, 0.45])
_FIRST_SHARE, _FIRST_INTERVALS = 0.25, 4.0
"""Part of its size with which a new best price starts, and how fast it fills."""
_GIVING_WAY = np.array([0.35, 0.6, 0.8])
"""What is left in the last intervals before a best price is gone."""
_EATEN = ((5, 0.5), (20, 0.5))
"""Prints of the last intervals that are missing from a queue, and their weight."""
_MOST_EATEN = 0.8
_EXTENDED_FACTOR = 0.4
_EXTENDED_PACE = 12
"""Outside regular hours books are thinner, and orders stay this much longer."""

_BYTES = 256
_NOWHERE = 15
"""Stands for venues without a displayed book."""


class QueueBook:
    """The queues of one underlying over one day; ``regular`` are the intervals of regular hours, first and end.

    ``lean`` (-1..1) by second: positive thickens bids, thins asks.
    """

    venues: tuple[str, ...] = VENUES

    def __init__(self, words: Sequence[int], regular: tuple[int, int], lean: Floats) -> None:
        self._key = np.random.SeedSequence(list(words)).generate_state(1, np.uint64)[0]
        self._tilt = np.exp(0.6 * lean).astype(np.float32)
        self._regular = regular
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(words))))
        self._lots = np.stack([_order_sizes(generator, slot) for slot in range(len(_SLOT_LIFE))])
        self._changes: tuple[tuple[Indices, Indices], ...] | None = None

    def sizes(self, path: DayPath, intervals: Indices) -> Ints:
        """Return shares displayed as ``[interval, side, level, venue]`` (see ``path.Book``)."""
        cents = _level_cents(path, intervals, LEVELS)
        lots = self._waiting(cents, intervals)
        lots *= (_LEVEL_FACTOR[:, None] * _VENUE_FACTOR).astype(np.float32)
        lots *= self._side_factor(intervals)[:, :, None, None]
        lots[:, :, 0, :] *= self._age_factor(path, intervals)[:, :, None]
        lots[self._outside(intervals)] *= _EXTENDED_FACTOR
        shares = np.ceil(lots - 0.35) * _LOT
        near = shares[:, :, :2, :]
        eaten = self._eaten(path, cents[:, :, :2], intervals)
        near -= np.minimum(np.round(eaten / _LOT), np.floor(near * (_MOST_EATEN / _LOT))) * _LOT
        self._never_empty(shares, intervals)
        return np.asarray(shares, dtype=np.int32)

    def waiting_at(self, cents: Indices, intervals: Indices) -> Floats:
        """Return about how much each venue shows at a price, ``[trade, venue]``, to choose where a trade happens."""
        lots = self._waiting(cents[:, None, None], intervals)[:, 0, 0, :]
        lots[lots.sum(axis=1) == 0.0] = 1.0
        return np.asarray(lots * _VENUE_FACTOR, dtype=np.float64)

    def _waiting(self, cents: Indices, intervals: Indices) -> NDArray[np.float32]:
        """Return the lots of all orders waiting at each price and venue: ``[..., venue]``."""
        venue = np.arange(len(VENUES), dtype=np.int64)
        place = cents[..., None] * len(VENUES) + venue
        pace = np.where(self._outside(intervals), intervals // _EXTENDED_PACE, intervals)
        at = pace.reshape((-1,) + (1,) * (place.ndim - 1))
        total = np.zeros(place.shape, dtype=np.float32)
        for slot, life in enumerate(_SLOT_LIFE.tolist()):
            epoch = (at + place * (7 + 4 * slot)) // life
            draw = _mixed((place << 24) + (epoch << 2) + slot, self._key)
            total += self._lots[slot][draw]
        return total

    def _outside(self, intervals: Indices) -> NDArray[np.bool_]:
        return (intervals < self._regular[0]) | (intervals >= self._regular[1])

    def _side_factor(self, intervals: Indices) -> NDArray[np.float32]:
        pace = np.where(self._outside(intervals), intervals // 75 * 75, intervals)
        tilt = self._tilt[np.minimum(pace // 5, len(self._tilt) - 1)]
        return np.stack((tilt, 1.0 / tilt), axis=1)

    def _age_factor(self, path: DayPath, intervals: Indices) -> Floats:
        """Return how full the best level is: filling after it improved, thinning before it gives way."""
        if self._changes is None:
            self._changes = (_changes(path.bid_cents, 1), _changes(path.ask_cents, -1))
        factor = np.ones((len(intervals), 2))
        for side, (improved, gives_way) in enumerate(self._changes):
            last = np.searchsorted(improved, intervals, side="right") - 1
            age = np.where(last >= 0, intervals - improved[np.maximum(last, 0)], 1_000_000)
            factor[:, side] = 1.0 - (1.0 - _FIRST_SHARE) * np.exp(-age / _FIRST_INTERVALS)
            coming = np.searchsorted(gives_way, intervals, side="right")
            known = coming < len(gives_way)
            left = np.where(known, gives_way[np.minimum(coming, len(gives_way) - 1)] - intervals - 1, 99)
            thin = left < len(_GIVING_WAY)
            factor[thin, side] *= _GIVING_WAY[left[thin]]
        return factor

    def _eaten(self, path: DayPath, cents: Indices, intervals: Indices) -> Floats:
        """Return how much recent prints took from each of the near queues: ``[interval, side, level, venue]``."""
        prints = path.prints
        reach = max(length for length, _ in _EATEN)
        first = path.first_ns + (int(intervals.min()) - reach) * QUOTE_NS
        last = path.first_ns + int(intervals.max()) * QUOTE_NS
        part = slice(path.print_count(first), path.print_count(last))
        if part.start == part.stop:
            return np.zeros((*cents.shape, len(VENUES)))
        when = (prints.ts_ns[part] - path.first_ns) // QUOTE_NS
        venue = np.array([VENUES.index(name) if name in VENUES else _NOWHERE for name in prints.venue_names])
        place = np.rint(prints.price[part] * 100.0).astype(np.int64) * 16 + venue[prints.venue[part]]
        key = (place << 24) + when
        order = np.argsort(key, kind="stable")
        key = key[order]
        total = np.concatenate(([0.0], np.cumsum(prints.size[part][order], dtype=np.float64)))
        queue = (cents[..., None] * 16 + np.arange(len(VENUES))) << 24
        now = intervals[:, None, None, None]
        until = np.searchsorted(key, queue + now, side="left")
        eaten = np.zeros(queue.shape)
        for length, weight in _EATEN:
            eaten += weight * (
                total[until] - total[np.searchsorted(key, queue + np.maximum(now - length, 0), side="left")]
            )
        return eaten

    def _never_empty(self, shares: Floats, intervals: Indices) -> None:
        """Give an empty best level one lot, at a venue that changes now and then."""
        interval, side = np.nonzero(shares[:, :, 0, :].sum(axis=2) < _LOT)
        shares[interval, side, 0, (intervals[interval] // 25 + side) % len(VENUES)] = _LOT


def _order_sizes(generator: np.random.Generator, slot: int) -> NDArray[np.float32]:
    """Return the table of a slot's order sizes in lots, none in part of the entries."""
    lots = _MEDIAN_LOTS[slot] * np.exp(_SPREAD_LOTS * generator.standard_normal(_BYTES))
    return np.where(generator.random(_BYTES) < _PRESENT[slot], lots, 0.0).astype(np.float32)


def _mixed(value: Indices, key: np.uint64) -> NDArray[np.uint8]:
    """Return a byte that depends on all bits of a value (the finaliser of splitmix64)."""
    mixed = value.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + key
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(56)).astype(np.uint8)


def _level_cents(path: DayPath, intervals: Indices, levels: int) -> Indices:
    """Return the price of each level: ``[interval, side, level]``."""
    step = np.arange(levels)
    bid = path.bid_cents[intervals].astype(np.int64)[:, None] - step
    ask = path.ask_cents[intervals].astype(np.int64)[:, None] + step
    return np.stack((bid, ask), axis=1)


def _changes(cents: Ints, better: int) -> tuple[Indices, Indices]:
    """Return the intervals in which a side's best price had just improved, and those in which it had given way."""
    moved = np.sign(np.diff(cents)) * better
    return np.flatnonzero(moved > 0) + 1, np.flatnonzero(moved < 0) + 1
