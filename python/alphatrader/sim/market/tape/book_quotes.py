"""Best quotes taken from a recorded book."""

import numpy as np

from alphatrader.sim.market.tape.depth_book import RowBook
from alphatrader.sim.market.tape.form import SIDES, DepthRows, DepthStates, Floats, Quotes

_ASK, _BID = SIDES.index("ask"), SIDES.index("bid")


def quotes_of_book(depth: DepthRows | DepthStates) -> Quotes:
    """Return the best bid and ask after each change of a book, the size over all rows at that price."""
    best = _of_states(depth) if isinstance(depth, DepthStates) else _of_rows(depth)
    changed = np.concatenate(([True], np.any(np.diff(best, axis=0) != 0.0, axis=1)))
    ts_ns, best = depth.ts_ns[changed], best[changed]
    nowhere = np.zeros(len(ts_ns), dtype=np.int16)
    venues = ("", depth.maker) if isinstance(depth, DepthStates) else ("",)
    here = nowhere + np.int16(len(venues) - 1)
    return Quotes(ts_ns, best[:, 0], best[:, 1], best[:, 2], best[:, 3], here, here, venues)


def _of_states(depth: DepthStates) -> Floats:
    price, size = depth.price[:, :, 0], depth.size[:, :, 0]
    there = size > 0.0
    price = np.where(there, price, 0.0)
    return np.stack((price[:, _BID], size[:, _BID], price[:, _ASK], size[:, _ASK]), axis=1)


def _of_rows(depth: DepthRows) -> Floats:
    book = RowBook(depth)
    best = np.zeros((len(depth.ts_ns), 4))
    for event in range(len(depth.ts_ns)):
        book.apply(event)
        for column, side in ((0, "bid"), (2, "ask")):
            rows = book.rows(side)
            if rows:
                price = rows[0][1]
                best[event, column] = price
                best[event, column + 1] = sum(size for _, at, size in rows if at == price)
    return best
