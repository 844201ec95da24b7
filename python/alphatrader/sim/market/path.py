"""The course of one underlying over a whole day, as arrays that history and the live market are both cut from.

Because the live part is read from the same arrays as the past, it joins history exactly, and it cannot depend on how
a caller cuts time into calls.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.types import Interval

STEP_NS = 100_000_000
"""The market's step."""
STEPS_PER_QUOTE = 2
QUOTE_NS = STEP_NS * STEPS_PER_QUOTE
"""Quotes and books may change every 200 ms; in between trades take what is displayed."""

Ints = NDArray[np.int32]
Small = NDArray[np.int8]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Prints:
    """All prints of the day in order of time: nanoseconds, dollars, shares, and indices of venue and conditions."""

    ts_ns: NDArray[np.int64]
    price: Floats
    size: Ints
    venue: Small
    condition: NDArray[np.int16]
    venue_names: tuple[str, ...]
    condition_texts: tuple[str, ...]
    volume: NDArray[np.int64]
    """Shares traded up to and including each print."""


AuctionKind = Literal["open", "close", "reopen"]


class Cross(NamedTuple):
    """The cross of an auction: its official price in dollars. ``reopen`` ends a halt."""

    ts_ns: int
    kind: AuctionKind
    price: float
    size: int


class Book(Protocol):
    """Displayed sizes behind the best prices of a day path."""

    venues: tuple[str, ...]
    """Names, in the order of the last axis."""

    def sizes(self, path: "DayPath", intervals: Indices) -> Ints:
        """Return shares displayed as ``[interval, side, level, venue]``, side 0 bid and 1 ask, level in cents behind.

        Some venue always shows something at level 0.
        """
        ...


@dataclass(frozen=True)
class DayPath:
    """One underlying over one day. Bid and ask in cents for each 200 ms interval from ``start_ns`` to ``end_ns``.

    For an index both are its value. ``crosses`` are its auctions, in order; ``open_price`` and ``close_price`` the
    official ones. ``halts`` are the spans in which nothing trades.
    """

    symbol: str
    open_ns: int
    close_ns: int
    previous_close: float
    day_sigma: float
    """Standard deviation of the session's log return that options are priced on."""
    bid_cents: Ints
    ask_cents: Ints
    book: Book | None
    prints: Prints
    variance_factor: Floats
    """For each second of regular hours: how much more (>1) or less variance than usual options expect."""
    start_ns: int = 0
    """Start of the arrays: the pre-market, or (0) the open."""
    crosses: tuple[Cross, ...] = ()
    halts: tuple[Interval, ...] = field(default=())

    @cached_property
    def first_ns(self) -> int:
        """The instant at which the arrays begin."""
        return self.start_ns or self.open_ns

    @cached_property
    def end_ns(self) -> int:
        """The instant at which the arrays end."""
        return self.first_ns + len(self.bid_cents) * QUOTE_NS

    def interval_at(self, ts_ns: int) -> int:
        """Return the 200 ms interval that holds an instant, clamped to the day."""
        return min(max((ts_ns - self.first_ns) // QUOTE_NS, 0), len(self.bid_cents) - 1)

    def mid_at(self, ts_ns: int) -> float:
        """Return the mid price in dollars at an instant; before the day it is the previous close."""
        if ts_ns < self.first_ns:
            return self.previous_close
        interval = self.interval_at(ts_ns)
        return (int(self.bid_cents[interval]) + int(self.ask_cents[interval])) / 200.0

    def print_count(self, ts_ns: int) -> int:
        """Return how many prints happened before an instant."""
        return int(np.searchsorted(self.prints.ts_ns, ts_ns, side="left"))

    def halted_at(self, ts_ns: int) -> bool:
        """Return whether trading is halted at an instant."""
        return bool(self.halts) and any(start_ns <= ts_ns < end_ns for start_ns, end_ns in self.halts)

    @cached_property
    def open_price(self) -> float:
        """The official opening price: the opening cross, or where there was none the mid at the open."""
        return self._official("open", self.open_ns)

    @cached_property
    def close_price(self) -> float:
        """The official close: the closing cross, or where there was none the mid at the close."""
        return self._official("close", self.close_ns - 1)

    def _official(self, kind: AuctionKind, at_ns: int) -> float:
        return next((cross.price for cross in self.crosses if cross.kind == kind), round(self.mid_at(at_ns), 2))
