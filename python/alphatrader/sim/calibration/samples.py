"""What is measured: a day of prints with its quotes, and an option chain, as NumPy columns."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TapeSample:
    """One regular session of one stock: prints without auctions and reports out of order, and the quotes around them.

    Times in ns since the epoch and in order, prices in dollars, sizes in shares. ``lit``: printed by an exchange, not
    reported from elsewhere; ``sweep``: flagged as an intermarket sweep. A quote holds until the next one.
    """

    name: str
    open_ns: int
    close_ns: int
    ts_ns: Ints
    price: Floats
    size: Floats
    lit: Flags
    sweep: Flags
    quote_ts_ns: Ints
    bid: Floats
    ask: Floats
    quotes_by_tick: bool = True
    """Whether the quotes are exact to the print; else (by the second) what compares prints with them is not known."""


@dataclass(frozen=True, slots=True)
class ChainSample:
    """One chain at one instant, an entry a contract: dollars, contracts, IV as a fraction (0 = not known).

    ``days``: calendar days to settlement. ``is_call`` tells calls from puts.
    """

    name: str
    spot: float
    days: Floats
    strike: Floats
    is_call: Flags
    bid: Floats
    ask: Floats
    iv: Floats
    volume: Floats
    open_interest: Floats


Sample = TypeVar("Sample", TapeSample, ChainSample)
