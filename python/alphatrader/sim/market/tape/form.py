"""The internal form of a recorded day: columns in order of time, whatever the file they came from.

Times are ns since the epoch, prices dollars, sizes shares; all as recorded, nothing rounded, dropped or reordered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import _core

Floats = NDArray[np.float64]
Stamps = NDArray[np.int64]
Codes = NDArray[np.int16]

TRADE, QUOTE, DEPTH = 0, 1, 2
"""Kinds of event in the merged order."""
INSERT, UPDATE, DELETE, RESET = 0, 1, 2, 3
"""Operations on depth rows; the first three as the TWS protocol numbers them."""
SIDES: tuple[Literal["ask", "bid"], ...] = ("ask", "bid")
"""The sides of depth rows by their number in the TWS protocol."""


class SaleKind(NamedTuple):
    """What a print is: condition letters as IBKR shows them, and what they say (``_core.SALE_`` bits).

    ``silent`` ones do not make the last price.
    """

    conditions: str
    says: int = 0
    silent: bool = False

    @classmethod
    def of_letters(cls, text: str) -> "SaleKind":
        """Return the kind of prints with these letters, with spaces between them or without."""
        says = _core.parse_sale_conditions(text)
        return cls(" ".join(text.split()), says, bool(says & _core.SALE_NO_PRICE))


class Trades(NamedTuple):
    """Prints; ``venue`` and ``kind`` index ``venues`` and ``kinds``."""

    ts_ns: Stamps
    price: Floats
    size: Floats
    venue: Codes
    kind: Codes
    venues: tuple[str, ...]
    kinds: tuple[SaleKind, ...]


class Quotes(NamedTuple):
    """Best bid and ask, each row whole; price 0 = no such side. Venues index ``venues``, the first "" = not told."""

    ts_ns: Stamps
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats
    bid_venue: Codes
    ask_venue: Codes
    venues: tuple[str, ...]


class DepthRows(NamedTuple):
    """Operations on the displayed rows of each side, as the TWS protocol sends them."""

    ts_ns: Stamps
    op: NDArray[np.int8]
    side: NDArray[np.int8]
    position: Codes
    price: Floats
    size: Floats
    maker: Codes
    makers: tuple[str, ...]


class DepthStates(NamedTuple):
    """Whole books of one venue: ``price[row, side, level]`` and ``size``, sides as in ``SIDES``, size 0 = no level."""

    ts_ns: Stamps
    price: Floats
    size: Floats
    maker: str


@dataclass(frozen=True, slots=True)
class InstrumentTape:
    """The recorded day of one instrument. ``depth`` None: no book was recorded.

    ``merged`` is the kind of each event in the order in which they happened (:func:`merge`).
    ``previous_close`` in dollars, 0 where not known. ``quotes_are`` recorded ones, the best prices of the
    recorded book, or fitted.
    """

    symbol: str
    sec_type: Literal["STK", "IND"]
    trades: Trades
    quotes: Quotes
    depth: DepthRows | DepthStates | None
    merged: NDArray[np.uint8]
    previous_close: float = 0.0
    quotes_are: Literal["recorded", "fitted", "of the book"] = "recorded"


class RecordedChain(NamedTuple):
    """A chain as a vendor answered it: Arrow columns of :class:`alphatrader._core.Chain` by name."""

    ts_ns: int
    symbol: str
    columns: dict[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Tape:
    """A recorded day: ``date`` is ``YYYY-MM-DD``; ``source`` says for the label where it comes from."""

    date: str
    source: str
    instruments: tuple[InstrumentTape, ...]
    chains: tuple[RecordedChain, ...] = field(default=())


def merge(trades: Stamps, quotes: Stamps | None, depth: Stamps | None) -> NDArray[np.uint8]:
    """Return the kind of each event in order of time; of one instant prints come first: they move the quotes."""
    streams = [(TRADE, trades)]
    streams += [(kind, stamps) for kind, stamps in ((QUOTE, quotes), (DEPTH, depth)) if stamps is not None]
    total = sum(len(stamps) for _, stamps in streams)
    merged = np.zeros(total, dtype=np.uint8)
    for kind, stamps in streams[1:]:
        place = np.arange(len(stamps))
        for other, others in streams:
            if other != kind:
                place += np.searchsorted(others, stamps, side="right" if other < kind else "left")
        merged[place] = kind
    return merged
