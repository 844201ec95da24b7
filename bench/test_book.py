"""Order books: price-keyed updates and the broker's rows, as batches and one Python call at a time."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bench.contest import SIZES, Race

from alphatrader._core import DepthBook, OrderBook
from bench import book_peers as peers

CALL_SIZES = (10_000, 100_000)
"""For single calls: the cost of one does not depend on how many there are."""


def bbo_columns(result: Any) -> list[Any]:
    import pyarrow as pa

    batch = pa.record_batch(result)
    return [batch.column(name).to_numpy() for name in ("bid", "bid_size", "ask", "ask_size")]


def read_once(columns: tuple[Any, ...]) -> None:
    """One vectorised pass over every buffer: the least that any book must do."""
    for column in columns:
        if column.dtype == np.float64:
            column.max()
        else:
            np.bitwise_or.reduce(column)


def reads(race: Race, columns: tuple[Any, ...], demand: float) -> None:
    race.limit("read of the buffers", lambda: read_once(columns), demand=demand)


@pytest.mark.parametrize("size", SIZES)
def test_price_keyed_batch(contest: Callable[..., Race], size: int) -> None:
    updates = peers.price_updates(size)
    by_numba = peers.numba_sorted_arrays(bbo=False)
    race = contest("book, batch without columns", size=size, unit="update")

    def ours() -> OrderBook:
        book = OrderBook(0.01)
        book.apply_batch(updates.columns)
        return book

    race.ours(ours, checksum=lambda book: book.bbo())
    race.peer(
        "numba sorted array", lambda: by_numba(updates), checksum=lambda r: r[1].tolist(), demand=0.4, requires="numba"
    )
    nautilus(race, updates, demand=0.067)
    hftbacktest(race, updates)
    reads(race, updates, demand=8.0)
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_price_keyed_batch_with_bbo(contest: Callable[..., Race], size: int) -> None:
    updates = peers.price_updates(size)
    by_numba = peers.numba_sorted_arrays(bbo=True)
    race = contest("book, batch with a BBO column", size=size, unit="update")
    race.ours(
        lambda: OrderBook(0.01).apply_batch(updates.columns, ["bbo"]),
        checksum=lambda result: peers.checksum(bbo_columns(result)),
    )
    race.peer(
        "numba sorted array",
        lambda: by_numba(updates),
        checksum=lambda result: peers.checksum(list(result[0])),
        demand=0.45,
        requires="numba",
    )
    columns = bbo_columns(OrderBook(0.01).apply_batch(updates.columns, ["bbo"]))
    whole, last = peers.checksum(columns), tuple(float(column[-1]) for column in columns)

    def last_as_ours(book: Any) -> tuple[float, ...]:
        quote = peers.nautilus_bbo(book)
        return whole if quote == last else quote

    nautilus(race, updates, demand=0.08, checksum=last_as_ours)
    race.note(
        "nautilus_trader's batch yields no column: it applies the same updates, and its last best levels are compared"
    )
    reads(race, updates, demand=8.0)
    race.run()


def nautilus(
    race: Race,
    updates: peers.Updates,
    *,
    demand: float,
    checksum: Callable[[Any], tuple[float, ...]] = peers.nautilus_bbo,
) -> None:
    """`apply_deltas` upon objects built beforehand, which takes longer than applying them."""
    if len(updates.side) > 100_000:
        race.absent["nautilus_trader apply_deltas"] = "not run above 100,000: its objects fill the memory"
        return
    made: list[Any] = []

    def call() -> Any:
        if not made:
            made.append(peers.nautilus_batch(updates))
        book = peers.nautilus_book()
        book.apply_deltas(made[0])
        return book

    race.peer("nautilus_trader apply_deltas", call, checksum=checksum, demand=demand, requires="nautilus_trader")


def hftbacktest(race: Race, updates: peers.Updates) -> None:
    race.absent["hftbacktest"] = (
        "its books live inside a backtest with orders, queues and latency: no book alone to call"
    )


def empty_loop(columns: list[list[Any]]) -> None:
    for _ in zip(*columns, strict=True):
        pass


@pytest.mark.parametrize("size", CALL_SIZES)
def test_one_call_an_update(contest: Callable[..., Race], size: int) -> None:
    updates = peers.price_updates(size)
    columns = [column.tolist() for column in updates]
    race = contest("book, one call an update", size=size, unit="update")

    def ours() -> tuple[float, ...]:
        book = OrderBook(0.01)
        update = book.update
        for side, price, shares in zip(*columns, strict=True):
            update(side, price, shares)
        return book.bbo()

    def order_book() -> tuple[float, ...]:
        from order_book import OrderBook as Peer

        book = Peer()
        sides = (book.asks, book.bids)
        for side, price, shares in zip(*columns, strict=True):
            if shares:
                sides[side][price] = shares
            elif price in sides[side]:
                del sides[side][price]
        return (*book.bids.index(0), *book.asks.index(0))

    def dicts() -> tuple[float, ...]:
        sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
        for side, price, shares in zip(*columns, strict=True):
            if shares:
                sides[side][price] = shares
            else:
                sides[side].pop(price, None)
        asks, bids = sides
        return (max(bids), bids[max(bids)], min(asks), asks[min(asks)])

    race.ours(ours, checksum=list)
    race.peer("order_book (C)", order_book, checksum=list, demand=0.75, requires="order_book")
    race.peer("dict (no best level)", dicts, checksum=list)
    race.limit("empty zip loop", lambda: empty_loop(columns), demand=4.5)
    race.run()


@pytest.mark.parametrize("size", CALL_SIZES)
def test_one_call_an_update_with_bbo(contest: Callable[..., Race], size: int) -> None:
    updates = peers.price_updates(size)
    columns = [column.tolist() for column in updates]
    race = contest("book, one call an update with best bid and ask", size=size, unit="update")

    def total(call: Callable[[int, float, float], tuple[float, ...]]) -> float:
        """Add up bid + ask after each update: every contestant must hand the prices to Python."""
        result = 0.0
        for side, price, shares in zip(*columns, strict=True):
            quote = call(side, price, shares)
            middle = quote[0] + quote[2]
            if middle == middle:
                result += middle
        return result

    def order_book() -> float:
        from order_book import OrderBook as Peer

        book = Peer()
        bids, asks = book.bids, book.asks
        sides = (asks, bids)

        def call(side: int, price: float, shares: float) -> tuple[float, ...]:
            if shares:
                sides[side][price] = shares
            elif price in sides[side]:
                del sides[side][price]
            if len(bids) == 0 or len(asks) == 0:
                return (math.nan, math.nan, math.nan, math.nan)
            return (*bids.index(0), *asks.index(0))

        return total(call)

    def dicts() -> float:
        sides: tuple[dict[float, float], dict[float, float]] = ({}, {})
        asks, bids = sides

        def call(side: int, price: float, shares: float) -> tuple[float, ...]:
            if shares:
                sides[side][price] = shares
            else:
                sides[side].pop(price, None)
            if not bids or not asks:
                return (math.nan, math.nan, math.nan, math.nan)
            bid, ask = max(bids), min(asks)
            return (bid, bids[bid], ask, asks[ask])

        return total(call)

    def sorted_dicts() -> float:
        from sortedcontainers import SortedDict

        asks, bids = SortedDict(), SortedDict()
        sides = (asks, bids)

        def call(side: int, price: float, shares: float) -> tuple[float, ...]:
            if shares:
                sides[side][price] = shares
            else:
                sides[side].pop(price, None)
            if not bids or not asks:
                return (math.nan, math.nan, math.nan, math.nan)
            return (*bids.peekitem(-1), *asks.peekitem(0))

        return total(call)

    deltas: list[Any] = []

    def nautilus() -> float:
        if not deltas:
            deltas.extend(peers.nautilus_deltas(updates))
        book = peers.nautilus_book()
        apply_delta, best_bid, best_ask = book.apply_delta, book.best_bid_price, book.best_ask_price
        result = 0.0
        for delta in deltas:
            apply_delta(delta)
            bid, ask = best_bid(), best_ask()
            if bid is not None and ask is not None:
                result += float(bid) + float(ask)
        return result

    race.ours(lambda: total(OrderBook(0.01).update_bbo), checksum=float)
    race.peer("order_book (C)", order_book, checksum=float, demand=0.25, requires="order_book")
    race.peer("dict, max and min", dicts, checksum=float)
    race.peer("SortedDict", sorted_dicts, checksum=float, requires="sortedcontainers")
    race.peer(
        "nautilus_trader apply_delta",
        nautilus,
        checksum=float,
        demand=0.4,
        size_max=100_000,
        requires="nautilus_trader",
    )
    race.limit("empty zip loop", lambda: empty_loop(columns))
    race.run()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bbo", [False, True], ids=["", "bbo"])
def test_broker_rows_batch(contest: Callable[..., Race], size: int, bbo: bool) -> None:
    operations = repeated(size)
    by_numba = peers.numba_rows(bbo=bbo)
    with_bbo = " with a BBO column" if bbo else ""
    race = contest(f"broker rows, batch{with_bbo}", size=size, unit="update")
    lists = [column.tolist() for column in operations]

    def ours() -> Any:
        book = DepthBook(0.01)
        return book.apply_batch(operations.columns, ["bbo"] if bbo else []), book

    def ours_sum(result: Any) -> Any:
        return peers.checksum(bbo_columns(result[0])) if bbo else result[1].bbo()

    def dom_lists() -> Any:
        book = peers.DomLists()
        update = book.update
        if not bbo:
            for row in zip(*lists, strict=True):
                update(*row)
            return book.bbo()
        quotes = np.empty((len(lists[0]), 4))
        for i, row in enumerate(zip(*lists, strict=True)):
            update(*row)
            quotes[i] = book.bbo()
        return peers.checksum(list(quotes.T))

    race.ours(ours, checksum=ours_sum)
    race.peer(
        "numba arrays",
        lambda: by_numba(operations),
        checksum=lambda r: peers.checksum(list(r[0])) if bbo else r[1].tolist(),
        demand=1.2,
        requires="numba",
    )
    race.peer("ib_insync's lists", dom_lists, checksum=list, demand=0.03, size_max=1_000_000, requires="ib_insync")
    reads(race, operations, demand=6.0)
    race.run()


@pytest.mark.parametrize("size", CALL_SIZES)
def test_broker_rows_one_call(contest: Callable[..., Race], size: int) -> None:
    lists = [column.tolist() for column in repeated(size)]
    race = contest("broker rows, one call an operation with best bid and ask", size=size, unit="update")

    def total(call: Callable[..., tuple[float, ...]]) -> float:
        result = 0.0
        for op, side, position, price, shares in zip(*lists, strict=True):
            quote = call(op, side, position, price, shares)
            middle = quote[0] + quote[2]
            if middle == middle:
                result += middle
        return result

    def dom_lists() -> float:
        book = peers.DomLists()

        def call(*operation: Any) -> tuple[float, ...]:
            book.update(*operation)
            return book.bbo()

        return total(call)

    race.ours(lambda: total(DepthBook(0.01).apply_bbo), checksum=float)
    race.peer("ib_insync's lists", dom_lists, checksum=float, requires="ib_insync")
    race.limit("empty zip loop", lambda: empty_loop(lists))
    race.run()


def repeated(size: int) -> peers.RowOperations:
    """Whole runs of one generated stretch (it takes Python 1 us an operation), each followed by deleting all rows."""
    stretch = peers.row_operations(min(size, 100_000))
    if size <= 100_000:
        return stretch
    columns = [column.tolist() for column in stretch]
    left = [0, 0]
    for op, side in zip(columns[0], columns[1], strict=True):
        left[side] += (op == 0) - (op == 2)
    for side in (0, 1):
        for _ in range(left[side]):
            for column, value in zip(columns, (2, side, 0, 1.0, 0.0), strict=True):
                column.append(value)
    times = -(-size // len(columns[0]))
    tiled = (np.tile(np.array(c, dtype=s.dtype), times)[:size] for c, s in zip(columns, stretch, strict=True))
    return peers.RowOperations(*tiled)
