"""The order books over recorded markets: AAPL (LOBSTER messages and ten levels), ES futures (Databento)."""

import csv
import importlib
import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from alphatrader._core import FLAG_CROSSED, FLAG_LOCKED, OrderBook

NAN = math.nan
LEVELS = 10
ABSENT = 2**63 - 1
"""What the exchange's feed writes for the price of an empty side."""


def numbers(path: Path) -> list[list[int]]:
    with path.open() as file:
        return [[int(float(cell)) for cell in row] for row in csv.reader(file)]


def ladder_of(row: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """(asks, bids) of a row: ask price, ask size, bid price, bid size of each level, in 1/10,000 dollar."""
    asks = {row[at]: row[at + 1] for at in range(0, 4 * LEVELS, 4)}
    bids = {row[at + 2]: row[at + 3] for at in range(0, 4 * LEVELS, 4)}
    return asks, bids


def test_aapl_levels_as_recorded(shared_data: Path) -> None:
    """Feed what changed among the ten levels from row to row: the book must show each row, level by level."""
    book, batched = OrderBook(0.0001), OrderBook(0.0001)
    shown: tuple[dict[int, int], dict[int, int]] = ({}, {})
    changes: list[tuple[int, int, int]] = []
    ends, rows = [], numbers(shared_data / "l2" / "AAPL_orderbook_10.csv")
    for row in rows:
        levels = ladder_of(row)
        for side in (0, 1):
            before, after = shown[side], levels[side]
            changes += [(side, price, 0) for price in before if price not in after]
            changes += [(side, price, size) for price, size in after.items() if before.get(price) != size]
        shown = levels
        ends.append(len(changes))
    at = 0
    for row, end in zip(rows, ends, strict=True):
        for side, price, size in changes[at:end]:
            book.update(side, price / 10_000, size)
        at = end
        expected = np.array(row, dtype=np.float64).reshape(LEVELS, 4)[:, [2, 3, 0, 1]] / [10_000, 1, 10_000, 1]
        assert (book.ladder(LEVELS) == expected).all()
    side_column, ticks, sizes = (np.array(column) for column in zip(*changes, strict=True))
    columns = {"side": side_column.astype(np.int8), "ticks": ticks, "size": sizes}
    result = pa.record_batch(batched.apply_batch(columns, ["bbo"])).take(pa.array(np.array(ends) - 1))
    best = np.array(rows, dtype=np.float64)[:, [2, 3, 0, 1]] / [10_000, 1, 10_000, 1]
    assert (np.column_stack([column.to_numpy() for column in result.columns]) == best).all()
    assert (len(rows), batched.unknown_deletes) == (999, 0)


def test_aapl_book_rebuilt_from_its_messages(shared_data: Path) -> None:
    """Start from the first row, apply each message, compare the best levels of every later row.

    The file knows ten levels only: a level that was never among them is unknown to a book rebuilt from messages. It is
    taken from the file at the moment it comes into sight (and is counted); everything else comes from the messages.
    """
    messages = numbers(shared_data / "l2" / "AAPL_message_10.csv")
    rows = numbers(shared_data / "l2" / "AAPL_orderbook_10.csv")
    book = OrderBook(0.0001)
    for side, levels in enumerate(ladder_of(rows[0])):
        for price, size in levels.items():
            book.update(side, price / 10_000, size)
    came_into_sight = 0
    for (_, kind, _, size, price, direction), row in zip(messages[1:], rows[1:], strict=True):
        side, dollars = int(direction == 1), price / 10_000
        if kind == 1:
            book.update(side, dollars, book.size_at(side, dollars) + size)
        elif kind in (2, 3, 4):
            book.update(side, dollars, max(book.size_at(side, dollars) - size, 0))
        for side, levels in enumerate(ladder_of(row)):
            known = {price for price, _ in book.levels(10**6)[1 - side]}
            worst = max(levels) if side == 0 else min(levels)
            if worst / 10_000 not in known:
                book.update(side, worst / 10_000, levels[worst])
                came_into_sight += 1
        bid, bid_size, ask, ask_size = book.bbo()
        assert (ask, ask_size, bid, bid_size) == (row[0] / 10_000, row[1], row[2] / 10_000, row[3])
    assert came_into_sight < 100


def decoded(path: Path) -> list[Any]:
    """The records of a compressed Databento file, or a skip where its decoder is not installed."""
    try:
        dbn, zstandard = importlib.import_module("databento_dbn"), importlib.import_module("zstandard")
    except ModuleNotFoundError as error:
        pytest.skip(f"needs {error.name} to decode Databento files")
    decoder = dbn.DBNDecoder()
    with path.open("rb") as file:
        decoder.write(zstandard.ZstdDecompressor().stream_reader(file).read())
    return [record for record in decoder.decode() if hasattr(record, "flags")]


class OrderByOrder:
    """The plain reference: every order by its id, and the size at each price, in 1e-9 dollar."""

    def __init__(self) -> None:
        self.orders: dict[int, tuple[int, int, int]] = {}
        self.levels: tuple[dict[int, int], dict[int, int]] = (defaultdict(int), defaultdict(int))

    def take(self, record: Any) -> list[tuple[int, int, int]]:
        """Apply a record; the levels it changed: (side, price, new size). Trades and fills change no order."""
        action = str(record.action)
        if action == "R":
            gone = [(side, price, 0) for side in (0, 1) for price in self.levels[side]]
            self.orders.clear()
            for levels in self.levels:
                levels.clear()
            return gone
        changed = []
        if action in "MC" and record.order_id in self.orders:
            side, price, size = self.orders.pop(record.order_id)
            left = size - record.size if action == "C" else 0
            if left > 0:
                self.orders[record.order_id] = (side, price, left)
            changed.append(self._add(side, price, max(left, 0) - size))
        if action in "AM":
            side = int(str(record.side) == "B")
            self.orders[record.order_id] = (side, record.price, record.size)
            changed.append(self._add(side, record.price, record.size))
        return changed

    def _add(self, side: int, price: int, size: int) -> tuple[int, int, int]:
        levels = self.levels[side]
        levels[price] += size
        total = levels[price]
        if total <= 0:
            del levels[price]
        return side, price, max(total, 0)

    def bbo(self) -> tuple[float, float, float, float]:
        asks, bids = self.levels
        bid, ask = max(bids, default=None), min(asks, default=None)
        return (
            *((NAN, NAN) if bid is None else (bid / 1e9, float(bids[bid]))),
            *((NAN, NAN) if ask is None else (ask / 1e9, float(asks[ask]))),
        )


@pytest.mark.parametrize("name", ["ESH4_2023-12-24", "ESH4_2023-12-25", "ESM4_2024-05-08_2s"])
def test_es_order_by_order_adds_up_to_levels(shared_data: Path, name: str) -> None:
    """Aggregate each order into its level in plain Python; the best levels must agree after every change of a level.

    ES trades on a grid of 0.25 (its calendar spreads and price bands lie on it too): every price must be on it.
    """
    reference, changes = OrderByOrder(), list[tuple[int, int, int]]()
    expected: list[tuple[float, float, float, float] | None] = []
    for record in decoded(shared_data / "l2" / f"{name}.mbo.dbn.zst"):
        changes.extend(reference.take(record))
        if len(changes) > len(expected) and (len(expected) < 3_000 or len(changes) - len(expected) > 200):
            expected += [None] * (len(changes) - len(expected) - 1) + [reference.bbo()]
    side, nanos, size = (np.array(column) for column in zip(*changes, strict=True))
    columns: dict[str, Any] = {"side": side.astype(np.int8), "price": nanos / 1e9, "size": size}
    book = OrderBook(0.25)
    result = pa.record_batch(book.apply_batch(columns, ["bbo", "flags"]))
    best = np.column_stack([result.column(at).to_numpy() for at in range(4)])
    compared = 0
    for row, quote in enumerate(expected):
        if quote is not None:
            assert best[row].tobytes() == np.array(quote).tobytes(), row
            compared += 1
    asks, bids = reference.levels
    assert book.levels(10**6) == (
        [(price / 1e9, float(bids[price])) for price in sorted(bids, reverse=True)],
        [(price / 1e9, float(asks[price])) for price in sorted(asks)],
    )
    flags = result.column("flags").to_numpy()
    crossed = (best[:, 0] > best[:, 2]) * FLAG_CROSSED + (best[:, 0] == best[:, 2]) * FLAG_LOCKED
    assert (flags & (FLAG_CROSSED | FLAG_LOCKED) == crossed).all()
    assert compared > 2_900
    assert book.unknown_deletes == 0


def test_es_top_of_book_as_recorded(shared_data: Path) -> None:
    """Each record of the file carries the best levels after it: feed their changes, read them back."""
    book, compared = OrderBook(0.25), 0
    shown: list[int | None] = [None, None]
    for record in decoded(shared_data / "l2" / "ESU4_2024-07-01_4min.mbp-1.dbn.zst"):
        level = record.levels[0]
        tops = ((level.ask_px, level.ask_sz), (level.bid_px, level.bid_sz))
        expected: list[float] = []
        for side, (price, size) in enumerate(tops):
            before = shown[side]
            if before is not None and before != price:
                book.update(side, before / 1e9, 0)
            shown[side] = None if price == ABSENT else price
            if price != ABSENT:
                book.update(side, price / 1e9, size)
            expected = ([NAN, NAN] if price == ABSENT else [price / 1e9, float(size)]) + expected
        assert np.array(book.bbo()).tobytes() == np.array(expected).tobytes()
        compared += 1
    assert compared > 2_000
