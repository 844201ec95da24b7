"""The course of one underlying over a whole session, as arrays that history and the live market are both cut from.

Because the live part is read from the same arrays as the past, it joins history exactly, and it cannot depend on how
a caller cuts time into calls.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_NS = 100_000_000
"""The market's step."""
STEPS_PER_QUOTE = 2
QUOTE_NS = STEP_NS * STEPS_PER_QUOTE
"""Quotes and books may change every 200 ms; in between trades take what is displayed."""
ROWS = 8
"""Displayed rows a side."""

Ints = NDArray[np.int32]
Small = NDArray[np.int8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prints:
    """All prints of the session in order of time: nanoseconds, dollars, shares, and indices of venue and conditions."""

    ts_ns: NDArray[np.int64]
    price: Floats
    size: Ints
    venue: Small
    condition: NDArray[np.int16]
    venue_names: tuple[str, ...]
    condition_texts: tuple[str, ...]
    volume: NDArray[np.int64]
    """Shares traded up to and including each print."""


@dataclass(frozen=True, slots=True)
class Book:
    """Displayed sizes for each 200 ms interval and side: ``sizes[interval, side, row]``, side 0 bid and 1 ask.

    ``layout`` and ``ranking`` index :data:`alphatrader.sim.market.book.LAYOUTS` (ticks behind the best price, a row
    each) and ``RANKINGS`` (which venue holds which row).
    """

    sizes: Ints
    layout: Small
    ranking: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class DayPath:
    """One underlying over one session. Bid and ask in cents for each 200 ms interval."""

    symbol: str
    open_ns: int
    close_ns: int
    previous_close: float
    day_sigma: float
    """Standard deviation of the session's log return that options are priced on."""
    bid_cents: Ints
    ask_cents: Ints
    book: Book
    prints: Prints
    variance_factor: Floats
    """For each second: how much more (>1) or less variance than usual options expect."""

    def interval_at(self, ts_ns: int) -> int:
        """Return the 200 ms interval that holds an instant, clamped to the session."""
        return min(max((ts_ns - self.open_ns) // QUOTE_NS, 0), len(self.bid_cents) - 1)

    def mid_at(self, ts_ns: int) -> float:
        """Return the mid price in dollars at an instant."""
        interval = self.interval_at(ts_ns)
        return (int(self.bid_cents[interval]) + int(self.ask_cents[interval])) / 200.0

    def print_count(self, ts_ns: int) -> int:
        """Return how many prints happened before an instant."""
        return int(np.searchsorted(self.prints.ts_ns, ts_ns, side="left"))
