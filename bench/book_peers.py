"""Order book updates to race over, and what peers make of them. Prices are whole ticks of a cent where a peer wants so.

Each peer keeps its book as its library or language does it best: numba a sorted array a side, order_book its C
dictionaries, nautilus_trader its own book over prebuilt deltas, ib_insync lists of DOMLevel.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Quotes = NDArray[np.float64]
"""Shape (4, updates): bid, bid size, ask, ask size."""


class Updates(NamedTuple):
    """Price-keyed updates, as a feed of market-by-price data sends them."""

    side: NDArray[np.int8]
    price: Floats
    size: Floats

    @property
    def columns(self) -> dict[str, Any]:
        return self._asdict()


def price_updates(count: int, *, seed: int = 7) -> Updates:
    """A market that moves by a tick every 64 updates; levels lie a geometric distance from it, a third are deletions.

    A move deletes the level that it would cross, so the book is never crossed.
    """
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, count).astype(np.int8)
    distance = np.minimum(rng.geometric(0.12, count), 400)
    moves = np.arange(63, count, 64)
    up = rng.integers(0, 2, len(moves)) * 2 - 1
    steps = np.zeros(count, np.int64)
    steps[moves] = up
    middle = 65_000 + np.cumsum(steps)
    ticks = np.where(side == 1, middle - distance, middle + distance)
    size = np.where(rng.random(count) < 0.3, 0, rng.integers(1, 40, count) * 100).astype(np.float64)
    ticks[moves], side[moves], size[moves] = middle[moves], (up < 0), 0
    return Updates(side, ticks / 100.0, size)


class RowOperations(NamedTuple):
    """Row operations as the broker sends them."""

    op: NDArray[np.int8]
    side: NDArray[np.int8]
    position: NDArray[np.int32]
    price: Floats
    size: Floats

    @property
    def columns(self) -> dict[str, Any]:
        return self._asdict()


def row_operations(count: int, *, depth: int = 20, seed: int = 7) -> RowOperations:
    """Rows in price order over twelve prices, so one or two market makers at each; inserts, updates of a size, deletes.

    The list that the broker would hold is kept along: every operation names a row that is there, and none pushes
    another out (the lists of ib_insync would keep it).
    """
    rng = np.random.default_rng(seed)
    draws = rng.random((count, 3))
    sizes = (rng.integers(1, 40, count) * 100).astype(np.float64)
    lists: list[list[int]] = [[], []]
    rows = []
    for (kind, which, where), size in zip(draws.tolist(), sizes.tolist(), strict=True):
        side = int(which < 0.5)
        ranks = lists[side]
        if len(ranks) < 5 or (kind < 0.3 and len(ranks) < depth):
            rank = 1 + int(where * 12)
            position = bisect_right(ranks, rank)
            ranks.insert(position, rank)
            rows.append((0, side, position, rank, size))
        elif kind < 0.6 or len(ranks) == 5:
            position = int(where * len(ranks))
            rows.append((1, side, position, ranks[position], size))
        else:
            position = int(where * len(ranks))
            rows.append((2, side, position, ranks.pop(position), 0.0))
    op, side_column, position_column, rank_column, size_column = (np.array(c) for c in zip(*rows, strict=True))
    ticks = np.where(side_column == 1, 65_000 - rank_column, 65_000 + rank_column)
    return RowOperations(
        op.astype(np.int8),
        side_column.astype(np.int8),
        position_column.astype(np.int32),
        ticks / 100.0,
        size_column.astype(np.float64),
    )


def checksum(quotes: Sequence[Floats]) -> tuple[float, ...]:
    """Sums of the four columns where a side is present, and the number of rows."""
    return (*(float(np.nansum(column)) for column in quotes), len(quotes[0]))


# ------------------------------------------------------------------------------------------------ price-keyed books


def numba_sorted_arrays(*, bbo: bool) -> Callable[[Updates], tuple[Quotes, Floats]]:
    """Compile a book of one sorted array a side, best last (so that changes near the best price move little)."""
    import numba

    @numba.njit(cache=False)  # type: ignore[untyped-decorator]
    def run(side: Any, price: Any, size: Any) -> Any:
        ranks = np.empty((2, 4096), np.int64)
        sizes = np.empty((2, 4096), np.float64)
        count = np.zeros(2, np.int64)
        quotes = np.empty((4, len(side) if bbo else 0), np.float64)
        best = np.full(4, np.nan)
        for i in range(len(side)):
            s = side[i]
            ticks = np.int64(np.rint(price[i] * 100.0))
            rank = ticks if s == 1 else -ticks
            n = count[s]
            at = n
            while at > 0 and ranks[s, at - 1] > rank:
                at -= 1
            found = at > 0 and ranks[s, at - 1] == rank
            if size[i] > 0.0:
                if found:
                    sizes[s, at - 1] = size[i]
                else:
                    for j in range(n, at, -1):
                        ranks[s, j] = ranks[s, j - 1]
                        sizes[s, j] = sizes[s, j - 1]
                    ranks[s, at] = rank
                    sizes[s, at] = size[i]
                    count[s] = n + 1
            elif found:
                for j in range(at - 1, n - 1):
                    ranks[s, j] = ranks[s, j + 1]
                    sizes[s, j] = sizes[s, j + 1]
                count[s] = n - 1
            if bbo:
                column = 0 if s == 1 else 2
                n = count[s]
                if n > 0:
                    best[column] = abs(ranks[s, n - 1]) / 100.0
                    best[column + 1] = sizes[s, n - 1]
                else:
                    best[column] = np.nan
                    best[column + 1] = np.nan
                quotes[0, i] = best[0]
                quotes[1, i] = best[1]
                quotes[2, i] = best[2]
                quotes[3, i] = best[3]
        last = np.full(4, np.nan)
        for s in range(2):
            if count[s] > 0:
                column = 0 if s == 1 else 2
                last[column] = abs(ranks[s, count[s] - 1]) / 100.0
                last[column + 1] = sizes[s, count[s] - 1]
        return quotes, last

    return lambda updates: run(*updates)


def nautilus_book() -> Any:
    """An empty L2 book of nautilus_trader."""
    from nautilus_trader.model.book import OrderBook
    from nautilus_trader.model.enums import BookType
    from nautilus_trader.model.identifiers import InstrumentId

    return OrderBook(InstrumentId.from_str("SPY.SIM"), BookType.L2_MBP)


def nautilus_deltas(updates: Updates) -> list[Any]:
    """One delta an update, built beforehand."""
    from nautilus_trader.model.data import BookOrder, OrderBookDelta
    from nautilus_trader.model.enums import BookAction, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity

    instrument = InstrumentId.from_str("SPY.SIM")
    deltas = []
    for side, price, size in zip(*(column.tolist() for column in updates), strict=True):
        order_side = OrderSide.BUY if side else OrderSide.SELL
        order = BookOrder(order_side, Price(price, 2), Quantity(size, 0), 0)
        action = BookAction.UPDATE if size else BookAction.DELETE
        deltas.append(OrderBookDelta(instrument, action, order, 0, 0, 0, 0))
    return deltas


def nautilus_batch(updates: Updates) -> Any:
    """The same as one `OrderBookDeltas`."""
    from nautilus_trader.model.data import OrderBookDeltas
    from nautilus_trader.model.identifiers import InstrumentId

    return OrderBookDeltas(InstrumentId.from_str("SPY.SIM"), nautilus_deltas(updates))


def nautilus_bbo(book: Any) -> tuple[float, float, float, float]:
    """The best levels as floats."""
    bid, bid_size, ask, ask_size = (
        book.best_bid_price(),
        book.best_bid_size(),
        book.best_ask_price(),
        book.best_ask_size(),
    )
    nan = math.nan
    return (
        bid.as_double() if bid is not None else nan,
        bid_size.as_double() if bid_size is not None else nan,
        ask.as_double() if ask is not None else nan,
        ask_size.as_double() if ask_size is not None else nan,
    )


# ------------------------------------------------------------------------------------------------ rows of the broker


def numba_rows(*, bbo: bool, depth: int = 20) -> Callable[[RowOperations], tuple[Quotes, Floats]]:
    """Compile a book of one array of rows a side, shifted in place; rows at the best price add up."""
    import numba

    @numba.njit(cache=False)  # type: ignore[untyped-decorator]
    def best_of(prices: Any, sizes: Any, n: int) -> Any:
        if n == 0:
            return np.nan, np.nan
        total = sizes[0]
        j = 1
        while j < n and prices[j] == prices[0]:
            total += sizes[j]
            j += 1
        return prices[0] / 100.0, total

    @numba.njit(cache=False)  # type: ignore[untyped-decorator]
    def run(op: Any, side: Any, position: Any, price: Any, size: Any) -> Any:
        prices = np.empty((2, depth + 1), np.int64)
        sizes = np.empty((2, depth + 1), np.float64)
        count = np.zeros(2, np.int64)
        quotes = np.empty((4, len(side) if bbo else 0), np.float64)
        best = np.full(4, np.nan)
        for i in range(len(side)):
            s = side[i]
            p = position[i]
            n = count[s]
            if op[i] == 0:
                if p <= n and p < depth:
                    if n == depth:
                        n -= 1
                    for j in range(n, p, -1):
                        prices[s, j] = prices[s, j - 1]
                        sizes[s, j] = sizes[s, j - 1]
                    prices[s, p] = np.int64(np.rint(price[i] * 100.0))
                    sizes[s, p] = size[i]
                    count[s] = n + 1
            elif op[i] == 1:
                if p < n:
                    prices[s, p] = np.int64(np.rint(price[i] * 100.0))
                    sizes[s, p] = size[i]
            elif p < n:
                for j in range(p, n - 1):
                    prices[s, j] = prices[s, j + 1]
                    sizes[s, j] = sizes[s, j + 1]
                count[s] = n - 1
            if bbo:
                column = 0 if s == 1 else 2
                best[column], best[column + 1] = best_of(prices[s], sizes[s], count[s])
                quotes[0, i] = best[0]
                quotes[1, i] = best[1]
                quotes[2, i] = best[2]
                quotes[3, i] = best[3]
        last = np.full(4, np.nan)
        last[0], last[1] = best_of(prices[1], sizes[1], count[1])
        last[2], last[3] = best_of(prices[0], sizes[0], count[0])
        return quotes, last

    return lambda operations: run(*operations)


class DomLists:
    """`ib_insync.wrapper.Wrapper.updateMktDepthL2` upon the two lists of a ticker, without its event objects."""

    def __init__(self) -> None:
        from ib_insync.objects import DOMLevel

        self._level = DOMLevel
        self.bids: list[Any] = []
        self.asks: list[Any] = []

    def update(self, operation: int, side: int, position: int, price: float, size: float) -> None:
        dom = self.bids if side else self.asks
        if operation == 0:
            dom.insert(position, self._level(price, size, ""))
        elif operation == 1:
            dom[position] = self._level(price, size, "")
        elif operation == 2 and position < len(dom):
            dom.pop(position)

    def bbo(self) -> tuple[float, float, float, float]:
        return (*self._best(self.bids), *self._best(self.asks))

    @staticmethod
    def _best(dom: list[Any]) -> tuple[float, float]:
        if not dom:
            return math.nan, math.nan
        price, total = dom[0].price, 0.0
        for level in dom:
            if level.price != price:
                break
            total += level.size
        return price, total
