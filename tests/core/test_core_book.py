"""`OrderBook` and `DepthBook` from Python: single calls and batches, every kind of column, refusals, threads."""

import math
import threading
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader._core import (
    FLAG_CROSSED,
    FLAG_HOLE,
    FLAG_LOCKED,
    FLAG_ONE_SIDED,
    FLAG_SEQUENCE_GAP,
    CoreError,
    DepthBook,
    OrderBook,
    SchemaError,
)

MEASURES: Final = ("bbo", "obi", "obi_weighted", "ofi", "weighted_mid", "flags")
NAN = math.nan


def updates(seed: int, rows: int) -> dict[str, np.ndarray[Any, Any]]:
    """Updates around a price that wanders, a third of them deletions, some crossing, one in a hundred far away."""
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, rows).astype(np.int8)
    distance = rng.geometric(0.15, rows) - 2
    middle = 65_000 + np.cumsum(rng.integers(-1, 2, rows))
    ticks = np.where(side == 1, middle - distance, middle + distance)
    ticks = np.where(rng.random(rows) < 0.01, rng.integers(1, 10**9, rows), ticks)
    size = np.where(rng.random(rows) < 0.35, 0, rng.integers(1, 40, rows) * 100).astype(np.float64)
    return {"side": side, "price": ticks / 100.0, "size": size}


def same(left: pa.RecordBatch, right: pa.RecordBatch) -> bool:
    """Equal to the last bit, NaN included."""
    if left.schema != right.schema:
        return False
    pairs = zip(left.columns, right.columns, strict=True)
    return all(a.to_numpy().tobytes() == b.to_numpy().tobytes() for a, b in pairs)


class MapBook:
    """The naive book: a dict a side; every measure from its formula."""

    def __init__(self) -> None:
        self.sides: tuple[dict[float, float], dict[float, float]] = ({}, {})

    def update(self, side: int, price: float, size: float) -> None:
        if size:
            self.sides[side][price] = size
        else:
            self.sides[side].pop(price, None)

    def bbo(self) -> tuple[float, float, float, float]:
        asks, bids = self.sides
        bid, ask = max(bids, default=NAN), min(asks, default=NAN)
        return bid, bids.get(bid, NAN), ask, asks.get(ask, NAN)

    def levels(self, count: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        asks, bids = self.sides
        return sorted(bids.items(), reverse=True)[:count], sorted(asks.items())[:count]


def ofi(before: tuple[float, ...], after: tuple[float, ...]) -> float:
    (pb0, qb0, pa0, qa0), (pb, qb, pa_, qa) = before, after
    e = 0.0
    e += qb if pb >= pb0 else 0.0
    e -= qb0 if pb <= pb0 else 0.0
    e -= qa if pa_ <= pa0 else 0.0
    e += qa0 if pa_ >= pa0 else 0.0
    return e


def bits(values: tuple[float, ...]) -> bytes:
    return np.array(values, dtype=np.float64).tobytes()


@pytest.mark.parametrize("seed", [1, 2])
def test_single_calls_equal_a_dict_book_and_a_batch_equals_single_calls(seed: int) -> None:
    columns = updates(seed, 4_000)
    book, returning, flows, naive = OrderBook(0.01), OrderBook(0.01), OrderBook(0.01), MapBook()
    batched = OrderBook(0.01)
    result = pa.record_batch(batched.apply_batch(columns, MEASURES)).to_pydict()
    for row, (side, price, size) in enumerate(zip(*(c.tolist() for c in columns.values()), strict=True)):
        before = naive.bbo()
        naive.update(side, price, size)
        book.update(side, price, size)
        expected = naive.bbo()
        bid, bid_size, ask, ask_size = expected
        assert bits(book.bbo()) == bits(expected) == bits(returning.update_bbo(side, price, size))
        assert flows.update_ofi(side, price, size) == ofi(before, expected) == result["ofi"][row]
        assert bits(tuple(result[name][row] for name in ("bid", "bid_size", "ask", "ask_size"))) == bits(expected)
        weighted_mid = (ask * bid_size + bid * ask_size) / (bid_size + ask_size)
        assert bits((result["weighted_mid"][row],)) == bits((weighted_mid,))
        assert bits((result["obi"][row],)) == bits(((bid_size - ask_size) / (bid_size + ask_size),))
        if row % 50 == 0:
            assert book.levels(7) == naive.levels(7)
            assert book.flags == result["flags"][row]
    assert book.levels(10**6) == naive.levels(10**6) == batched.levels(10**6)
    assert book.depth == batched.depth == (len(naive.sides[1]), len(naive.sides[0]))
    assert book.unknown_deletes == batched.unknown_deletes > 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.one_of(st.integers(99, 103), st.integers(-(10**9), 10**9)), st.integers(0, 3)),
        max_size=80,
    )
)
def test_any_updates_equal_a_dict_book(rows: list[tuple[int, int, int]]) -> None:
    book, naive = OrderBook(0.25), MapBook()
    for side, ticks, size in rows:
        book.update(side, ticks / 4, size)
        naive.update(side, ticks / 4, size)
        assert bits(book.bbo()) == bits(naive.bbo())
    bids, asks = naive.levels(5)
    assert book.levels(5) == (bids, asks)
    ladder = book.ladder(5)
    assert ladder.shape == (5, 4)
    assert [tuple(row) for row in ladder[: len(bids), :2].tolist()] == bids
    assert np.isnan(ladder[len(asks) :, 2:]).all()
    if bids and asks:
        qb, qa = (sum(size / k for k, (_, size) in enumerate(levels, 1)) for levels in (bids, asks))
        assert book.obi_weighted() == pytest.approx((qb - qa) / (qb + qa), rel=1e-12, abs=1e-12)
        assert book.obi == (bids[0][1] - asks[0][1]) / (bids[0][1] + asks[0][1])
    else:
        assert book.obi is book.obi_weighted() is book.weighted_mid is book.mid is None
    for price in (99 / 4, 100 / 4):
        assert book.size_at(1, price) == naive.sides[1].get(price, 0)


def test_every_kind_of_column_gives_the_same() -> None:
    columns = updates(3, 3_000)
    ticks = np.rint(columns["price"] * 100).astype(np.int64)
    sequence = np.arange(3_000)
    reference = pa.record_batch(OrderBook(0.01).apply_batch(columns, MEASURES))
    table = pa.table(columns)
    by_ticks = {"side": columns["side"], "ticks": ticks, "size": columns["size"], "sequence": sequence}
    strided = {name: np.repeat(values, 2)[::2] for name, values in columns.items()}
    variants: list[Any] = [
        table,
        table.combine_chunks().to_batches()[0],
        pa.concat_tables([table.slice(0, 7), table.slice(7, 1_000), table.slice(1_007)]),
        pl.DataFrame(columns),
        {name: pa.array(values) for name, values in columns.items()},
        {name: pl.Series(values) for name, values in columns.items()},
        {name: pa.chunked_array([values[:5], values[5:]]) for name, values in columns.items()},
        strided,
        by_ticks,
        pa.table(by_ticks),
        {**columns, "side": columns["side"].astype(bool), "size": columns["size"].astype(np.uint32)},
        {**columns, "side": columns["side"].astype(np.uint8), "size": columns["size"].astype(np.int64)},
        {
            **columns,
            "side": pa.array(columns["side"].astype(np.uint8)),
            "size": pa.array(columns["size"], pa.float32()),
        },
        {"side": columns["side"], "ticks": ticks.astype(np.int32), "size": columns["size"]},
    ]
    for variant in variants:
        assert same(pa.record_batch(OrderBook(0.01).apply_batch(variant, MEASURES)), reference), type(variant)
    pieces = OrderBook(0.01)
    parts = [pa.record_batch(pieces.apply_batch(table.slice(at, 450), MEASURES)) for at in range(0, 3_000, 450)]
    assert same(pa.Table.from_batches(parts).combine_chunks().to_batches()[0], reference)
    without = OrderBook(0.01).apply_batch(table)
    assert (without.num_rows, without.column_names) == (3_000, [])
    assert pa.record_batch(without).num_rows == 3_000


def test_columns_are_read_and_results_handed_out_without_copying() -> None:
    rows = 600_000
    columns = {"side": np.ones(rows, np.int8), "ticks": np.full(rows, 100), "size": np.arange(rows, dtype=np.float64)}
    result = OrderBook(0.01).apply_batch(columns, ["bbo"])
    first, second = (pa.record_batch(result).column("bid_size") for _ in range(2))
    addresses = [buffer.address for column in (first, second) for buffer in column.buffers() if buffer]
    assert addresses[0] == addresses[1]
    assert first.to_numpy(zero_copy_only=True)[-1] == rows - 1
    del result, second
    OrderBook(0.01).apply_batch({**columns, "size": np.ones(rows)}, ["bbo"])
    assert first[12_345].as_py() == 12_345
    # The memory of a result that nobody holds any more serves the next one, whatever it held.
    del first
    shorter = {name: values[: rows - 5_000] for name, values in columns.items()}
    again = pa.record_batch(OrderBook(0.01).apply_batch(shorter, ["bbo"])).column("bid_size").to_numpy()
    assert (again == np.arange(rows - 5_000))[1:].all()
    assert len(again) == rows - 5_000


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"price": np.array([1.0, NAN])}, CoreError, "row 1: the price was NaN"),
        ({"price": np.array([1.0, math.inf])}, CoreError, "row 1: the price was inf"),
        ({"price": np.array([1.0, 2e9])}, CoreError, "row 1: the price was 2000000000: no price is above 1e9"),
        ({"price": np.array([1.0, 1.003])}, CoreError, "row 1: the price was 1.003, between the ticks 1 and 1.01"),
        ({"side": np.array([0, 2], np.int8)}, CoreError, "row 1: the depth side was 2"),
        ({"side": np.array([0, 255], np.uint8)}, SchemaError, r'column "side" cannot be read .*255'),
        ({"size": np.array([1.0, -1.0])}, CoreError, "row 1: the size was -1"),
        ({"size": np.array([1.0, NAN])}, CoreError, "row 1: the size was NaN"),
        ({"size": np.array([1.0])}, SchemaError, "differ in length"),
        ({"size": np.array(["1", "2"])}, SchemaError, 'column "size" is an array of <U1'),
        ({"size": np.ones((2, 1))}, SchemaError, "one dimension"),
        ({"side": np.array([0.0, 1.0])}, SchemaError, 'column "side" is an array of float64'),
        ({"side": pa.array([0.0, 1.0])}, SchemaError, 'column "side" is an Arrow array of Float64'),
        ({"side": pa.array([0, 300])}, SchemaError, 'column "side"'),
        ({"size": pa.array([1.0, None])}, SchemaError, "1 nulls"),
        ({"size": [1.0, 2.0]}, SchemaError, 'column "size" is a list: give one dimension of float64'),
        ({"ticks": np.array([1, 2])}, SchemaError, "both price and ticks"),
    ],
)
def test_a_refused_batch_names_what_was_wrong_and_changes_nothing(
    change: dict[str, Any], error: type[Exception], text: str
) -> None:
    good = {"side": np.array([0, 1], np.int8), "price": np.array([1.01, 1.0]), "size": np.array([5.0, 6.0])}
    book = OrderBook(0.01)
    book.apply_batch(good)
    with pytest.raises(error, match=text.replace("<", ".")) as caught:
        book.apply_batch({**good, "size": np.array([7.0, 8.0]), **change})
    assert type(caught.value) is error
    assert book.bbo() == (1.0, 6.0, 1.01, 5.0)


def test_what_is_no_batch_is_refused() -> None:
    book = OrderBook(0.01)
    with pytest.raises(SchemaError, match='no column "price"; its columns are'):
        book.apply_batch({"side": np.zeros(1, np.int8), "size": np.zeros(1)})
    with pytest.raises(SchemaError, match="neither Arrow nor a mapping"):
        book.apply_batch([1, 2, 3])  # type: ignore[arg-type]
    with pytest.raises(CoreError, match='the measure was "vwap": give some of bbo, obi'):
        book.apply_batch({}, ["vwap"])  # type: ignore[list-item]
    ticks = {"side": np.zeros(1, np.int8), "ticks": np.array([2**62]), "size": np.zeros(1)}
    with pytest.raises(CoreError, match="row 0: the price was"):
        book.apply_batch(ticks)
    for tick_size in (0.0, -1.0, NAN, math.inf):
        with pytest.raises(CoreError, match="tick_size"):
            OrderBook(tick_size)
    with pytest.raises(CoreError, match="hole_ticks was 0"):
        OrderBook(0.01, hole_ticks=0)


@settings(max_examples=200, deadline=None)
@given(st.integers(-3, 3), st.floats(), st.floats())
def test_single_calls_take_any_numbers(side: int, price: float, size: float) -> None:
    book = OrderBook(0.01)
    try:
        book.update(side, price, size)
    except CoreError:
        assert book.depth == (0, 0)
    else:
        assert side in (0, 1)
        assert 0 <= size <= 1e9
        assert abs(price) <= 1e9


def test_prices_on_quarter_ticks_and_below_zero() -> None:
    book = OrderBook(0.25)
    for price in (5_000.25, -0.25, 0.0, -37.5):
        book.update(1, price, 1)
    assert book.levels(9)[0] == [(5_000.25, 1), (0.0, 1), (-0.25, 1), (-37.5, 1)]
    with pytest.raises(CoreError, match=r"between the ticks 5000 and 5000.25"):
        book.update(1, 5_000.1, 1)


def test_flags_and_holes() -> None:
    book = OrderBook(0.01, hole_ticks=2)
    assert book.flags == FLAG_ONE_SIDED
    book.update(1, 1.00, 5)
    book.update(0, 1.02, 5)
    assert book.flags == 0
    book.update(0, 1.04, 5)
    assert (book.flags, book.holes()) == (0, (0, 0))
    book.update(0, 1.07, 5)
    book.update(1, 0.97, 5)
    assert (book.flags, book.holes(), book.holes(2)) == (FLAG_HOLE, (1, 1), (1, 0))
    book.update(1, 1.02, 5)
    assert book.flags == FLAG_LOCKED
    book.update(1, 1.05, 5)
    assert book.flags & FLAG_CROSSED
    book.clear()
    assert (book.flags, book.bbo()[0] == book.bbo()[0]) == (FLAG_ONE_SIDED, False)


def test_sequence_gaps_are_flagged_and_counted() -> None:
    columns = updates(4, 6)
    sequence = np.array([5, 5, 6, 9, 8, 10])
    book = OrderBook(0.01)
    flags = pa.record_batch(book.apply_batch({**columns, "sequence": sequence}, ["flags"])).column("flags")
    assert (flags.to_numpy() & FLAG_SEQUENCE_GAP > 0).tolist() == [False, False, False, True, False, False]
    assert (book.sequence, book.sequence_gaps, book.sequence_missing, book.sequence_late) == (10, 1, 2, 1)
    single = OrderBook(0.01)
    assert [single.see_sequence(int(n)) for n in sequence] == [False, False, False, True, False, False]
    assert (single.sequence, single.sequence_gaps, single.sequence_missing, single.sequence_late) == (10, 1, 2, 1)
    plain = OrderBook(0.01)
    plain.apply_batch({**columns, "sequence": sequence})
    assert plain.sequence_missing == 2


def test_the_same_tuple_serves_until_the_best_levels_change() -> None:
    book = OrderBook(0.01)
    book.update(0, 1.02, 3)
    first = book.update_bbo(1, 1.0, 5)
    assert book.update_bbo(1, 0.5, 5) is first
    assert book.bbo() is first
    assert book.update_bbo(1, 1.0, 6) == (1.0, 6.0, 1.02, 3.0)
    assert first == (1.0, 5.0, 1.02, 3.0)


def test_threads_share_a_book() -> None:
    columns = updates(5, 20_000)
    book = OrderBook(0.01)
    prices = columns["price"].tolist()

    def single() -> None:
        for price in prices[:3_000]:
            book.update(0, price, 1)
            book.bbo()

    threads = [threading.Thread(target=single), threading.Thread(target=lambda: book.apply_batch(columns, MEASURES))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.clear()
    book.apply_batch(columns)
    alone = OrderBook(0.01)
    alone.apply_batch(columns)
    assert book.levels(10**6) == alone.levels(10**6)


def test_the_depth_book_keeps_its_rules() -> None:
    book = DepthBook(0.01, depth_rows=3)
    for position, price, size in [(0, 650.01, 100), (1, 650.01, 200), (2, 650.0, 50)]:
        book.apply(0, 1, position, price, size)
    assert book.apply_bbo(0, 0, 0, 650.02, 100) == (650.01, 300.0, 650.02, 100.0)
    assert book.rows(1) == [(650.01, 100), (650.01, 200), (650.0, 50)]
    assert book.levels(5) == ([(650.01, 300.0), (650.0, 50.0)], [(650.02, 100.0)])
    assert (book.obi, book.obi_weighted(), book.flags) == (0.5, (325 - 100) / (325 + 100), 0)
    book.apply(0, 1, 0, 650.02, 10)
    assert book.rows(1) == [(650.02, 10), (650.01, 100), (650.01, 200)]
    assert book.flags == FLAG_LOCKED
    for op, position in [(0, 3), (1, 3), (2, 3)]:
        book.apply(op, 1, position, 650.0, 1)
    assert (book.anomalies, book.depth) == (3, (3, 1))
    with pytest.raises(CoreError, match="depth op was 3"):
        book.apply(3, 1, 0, 1.0, 1)
    book.reset()
    assert (book.anomalies, book.depth, book.flags) == (0, (0, 0), FLAG_ONE_SIDED)
    for depth_rows in (0, -1):
        with pytest.raises(CoreError, match="give"):
            DepthBook(0.01, depth_rows=depth_rows)
