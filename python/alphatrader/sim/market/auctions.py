"""The crosses of a day: opening, closing, and the reopening after a halt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.hours import Span
from alphatrader.sim.market.path import QUOTE_NS, AuctionKind, Cross
from alphatrader.sim.market.profiles import Profile
from alphatrader.sim.market.types import Interval

OPEN_DELAY_NS, CLOSE_DELAY_NS = 40_000_000, 60_000_000
"""The cross prints a moment after the bell."""
_SHARES: dict[AuctionKind, float] = {"open": 60_000.0, "close": 190_000.0, "reopen": 25_000.0}
"""Typical size for each trade a second that the stock has in regular hours."""


def draw_crosses(
    generator: np.random.Generator,
    profile: Profile,
    span: Span,
    bid_cents: NDArray[np.int32],
    ask_cents: NDArray[np.int32],
    halts: Sequence[Interval],
) -> tuple[Cross, ...]:
    """Draw the auctions of a day; each clears near the quote that follows it, the close near the last one."""
    places: list[tuple[AuctionKind, int, int, int]] = [("open", span.open_ns, OPEN_DELAY_NS, 0)]
    places += [("reopen", end_ns, OPEN_DELAY_NS, 0) for _, end_ns in halts]
    places += [("close", span.close_ns, CLOSE_DELAY_NS, -1)]
    crosses = []
    for kind, at_ns, delay_ns, offset in places:
        interval = (at_ns - span.start_ns) // QUOTE_NS + offset
        middle = (int(bid_cents[interval]) + int(ask_cents[interval])) / 2.0
        cents = round(middle + float(generator.standard_normal()))
        lots = profile.prints_per_s * _SHARES[kind] / 100.0 * float(np.exp(0.35 * generator.standard_normal()))
        odd = int(generator.integers(0, 100))
        crosses.append(Cross(at_ns + delay_ns, kind, cents / 100.0, int(lots) * 100 + odd))
    return tuple(crosses)
