"""Market state from recorded batches, against live calls and a plain Python loop over the same rows, in the same run.

Run with ``just bench bench/test_core_market.py``; compare only figures of one run. ``extra_info`` holds the row counts
by which to divide.
"""

import math
import random
from collections import deque

import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from alphatrader._core import KIND_DEPTH, KIND_QUOTE, KIND_TRADE, Market
from alphatrader.domain.eventlog import EVENT_SCHEMA, EventRow

ROWS = 200_000
BASE_NS = 1_772_463_600 * 10**9
BUCKET_VOLUME = 100_000
NAN = math.nan
WINDOW_NS = 60 * 10**9


@pytest.fixture(scope="module")
def rows() -> list[EventRow]:
    """One underlying: four depth rows and two quotes to each print, about 100 events a second."""
    rng = random.Random(7)
    ts_ns, cents = BASE_NS, 65_000
    rows: list[EventRow] = []
    for seq in range(ROWS):
        ts_ns += rng.randrange(20_000_000)
        cents += rng.choice((-1, 0, 0, 0, 1))
        kind = rng.choices((KIND_DEPTH, KIND_QUOTE, KIND_TRADE), (4, 2, 1))[0]
        size = float(rng.randrange(1, 500))
        if kind == KIND_TRADE:
            market: tuple[float, float, float, float] = (cents / 100, size, NAN, NAN)
            row = (seq, ts_ns, kind, 1, 0, 0, 0, *market, rng.choice("PQZ"), "@", None)
        elif kind == KIND_QUOTE:
            market = (cents / 100, size, (cents + 1) / 100, float(rng.randrange(1, 500)))
            row = (seq, ts_ns, kind, 1, 0, 0, 0, *market, None, None, None)
        else:
            side, position = rng.randrange(2), rng.randrange(10)
            price = (cents - position if side else cents + 1 + position) / 100
            market = (price, size, NAN, NAN)
            row = (seq, ts_ns, kind, 1, rng.choice((0, 1, 1, 2)), side, position, *market, "NSDQ", None, None)
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def batch(rows: list[EventRow]) -> pa.RecordBatch:
    columns = [
        pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), EVENT_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVENT_SCHEMA)


def new_market() -> Market:
    market = Market()
    market.add_instrument(1, 0.01, vpin_bucket_volume=BUCKET_VOLUME)
    return market


def by_batch(batch: pa.RecordBatch) -> Market:
    market = new_market()
    market.apply_batch(batch)
    return market


def by_calls(rows: list[EventRow]) -> Market:
    market = new_market()
    for _, ts_ns, kind, iid, op, side, position, price, size, price2, size2, venue, text, _ in rows:
        if kind == KIND_TRADE:
            market.trade(ts_ns, iid, price, size, venue or "", text or "")
        elif kind == KIND_QUOTE:
            market.quote(ts_ns, iid, price, size, price2, size2)
        else:
            market.depth(ts_ns, iid, op, side, position, price, size, venue or "")
    return market


class PythonMarket:
    """A part of what the core keeps, written as one would in Python: rows, 60 s volume and OFI, session totals."""

    def __init__(self) -> None:
        self.sides: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        self.window: deque[tuple[int, float, float]] = deque()
        self.flow: deque[tuple[int, float]] = deque()
        self.volume_60s = self.signed_volume_60s = self.ofi_60s = self.session_volume = 0.0
        self.last, self.side, self.quote = NAN, 0, (NAN, NAN, NAN, NAN)

    def advance(self, ts_ns: int) -> None:
        oldest = ts_ns - WINDOW_NS
        while self.window and self.window[0][0] <= oldest:
            _, size, signed = self.window.popleft()
            self.volume_60s -= size
            self.signed_volume_60s -= signed
        while self.flow and self.flow[0][0] <= oldest:
            self.ofi_60s -= self.flow.popleft()[1]

    def trade(self, ts_ns: int, price: float, size: float) -> None:
        self.advance(ts_ns)
        bid, _, ask, _ = self.quote
        self.side = 1 if price > self.last else -1 if price < self.last else self.side
        mid = (bid + ask) * 0.5
        side = 1 if price > mid else -1 if price < mid else self.side
        self.window.append((ts_ns, size, size * side))
        self.volume_60s += size
        self.signed_volume_60s += size * side
        self.session_volume += size
        self.last = price

    def quoted(self, ts_ns: int, new: tuple[float, float, float, float]) -> None:
        self.advance(ts_ns)
        old, self.quote = self.quote, new
        e = (new[0] >= old[0] and new[1]) - (new[0] <= old[0] and old[1])
        e += (new[2] >= old[2] and old[3]) - (new[2] <= old[2] and new[3])
        self.flow.append((ts_ns, e))
        self.ofi_60s += e

    def depth(self, ts_ns: int, op: int, side: int, position: int, price: float, size: float) -> None:
        self.advance(ts_ns)
        levels = self.sides[side]
        if op == 0 and position <= len(levels):
            levels.insert(position, (price, size))
            del levels[20:]
        elif op == 1 and position < len(levels):
            levels[position] = (price, size)
        elif op == 2 and position < len(levels):
            del levels[position]


def by_python(rows: list[EventRow]) -> PythonMarket:
    market = PythonMarket()
    for _, ts_ns, kind, _, op, side, position, price, size, price2, size2, _, _, _ in rows:
        if kind == KIND_TRADE:
            market.trade(ts_ns, price, size)
        elif kind == KIND_QUOTE:
            market.quoted(ts_ns, (price, size, price2, size2))
        else:
            market.depth(ts_ns, op, side, position, price, size)
    return market


def check(ours: Market, rows: list[EventRow]) -> None:
    """All ways must see the same market."""
    snapshot, plain = ours.snapshot(1), by_python(rows)
    assert snapshot.events == ROWS
    assert (snapshot.volume_60s, snapshot.signed_volume_60s) == (plain.volume_60s, plain.signed_volume_60s)
    assert (snapshot.ofi_60s, snapshot.session_volume) == (plain.ofi_60s, plain.session_volume)


@pytest.mark.benchmark(group="market rows")
def test_ours_batch(benchmark: BenchmarkFixture, batch: pa.RecordBatch, rows: list[EventRow]) -> None:
    benchmark.extra_info["rows"] = ROWS
    check(benchmark(by_batch, batch), rows)


@pytest.mark.benchmark(group="market rows")
def test_ours_one_call_an_event(benchmark: BenchmarkFixture, rows: list[EventRow]) -> None:
    benchmark.extra_info["rows"] = ROWS
    check(benchmark.pedantic(by_calls, (rows,), rounds=5, warmup_rounds=1), rows)


@pytest.mark.benchmark(group="market rows")
def test_peer_plain_python(benchmark: BenchmarkFixture, rows: list[EventRow]) -> None:
    benchmark.extra_info["rows"] = ROWS
    benchmark.pedantic(by_python, (rows,), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group="one snapshot")
def test_a_snapshot(benchmark: BenchmarkFixture, batch: pa.RecordBatch) -> None:
    market = by_batch(batch)
    assert benchmark(market.snapshot, 1).events == ROWS
