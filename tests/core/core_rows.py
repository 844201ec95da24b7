"""Rows of the event log for tests: made from a seed, fed to a market one by one or as batches."""

import random
from collections.abc import Iterator, Sequence

import pyarrow as pa

from alphatrader._core import KIND_DEPTH, KIND_DEPTH_RESET, KIND_QUOTE, KIND_TRADE, Market
from alphatrader.domain.eventlog import EVENT_SCHEMA, EventRow

BASE_NS = 1_772_463_600 * 10**9
"""2026-03-02 15:00 UTC: 10:00 in New York."""
INSTRUMENTS = (1, 7, -3)
NAN = float("nan")


def new_market() -> Market:
    market = Market()
    for instrument_id in INSTRUMENTS:
        market.add_instrument(instrument_id, 0.01, depth_rows=8, vpin_bucket_volume=500, vpin_window=5)
    return market


def make_rows(seed: int, count: int) -> list[EventRow]:
    """Trades (some with conditions, some fractional), quotes (some one-sided), depth rows (some absurd), resets."""
    rng = random.Random(seed)
    ts_ns, cents, rows = BASE_NS, 65_000, []
    for seq in range(count):
        ts_ns += rng.choice((0, 0, 1_000, 7_000_000, 400_000_000))
        late_ns = rng.choice((0, 0, 0, 0, 3_000_000_000))
        cents += rng.choice((-2, -1, 0, 0, 1, 2))
        kind = rng.choices((KIND_TRADE, KIND_QUOTE, KIND_DEPTH, KIND_DEPTH_RESET), (4, 4, 8, 0.05))[0]
        op = side = position = 0
        price = size = price2 = size2 = NAN
        venue = text = None
        if kind == KIND_TRADE:
            price, size = cents / 100 + rng.choice((0, 0, 0.005)), rng.choice((0, 1, 33, 100, 250.5, 20_000))
            venue, text = rng.choice(("P", "Q", None)), rng.choice(("", "@", " F I", "W", "Z", "6", None))
        elif kind == KIND_QUOTE:
            spread = rng.choice((0, 1, 1, 2, 5))
            price, size = cents / 100, rng.randrange(500)
            price2, size2 = (cents + spread) / 100, rng.randrange(500)
            if rng.random() < 0.05:
                price = NAN
        elif kind == KIND_DEPTH:
            op, side, position = rng.choice((0, 0, 1, 1, 2)), rng.randrange(2), rng.randrange(10)
            price, size = (cents + rng.randrange(-5, 6)) / 100, rng.randrange(1000)
        instrument_id = rng.choice(INSTRUMENTS)
        row = (
            seq,
            ts_ns - late_ns,
            kind,
            instrument_id,
            op,
            side,
            position,
            price,
            size,
            price2,
            size2,
            venue,
            text,
            None,
        )
        rows.append(row)
    return rows


def feed_singly(market: Market, rows: Sequence[EventRow]) -> None:
    for _, ts_ns, kind, iid, op, side, position, price, size, price2, size2, venue, text, _ in rows:
        if kind == KIND_TRADE:
            market.trade(ts_ns, iid, price, size, venue or "", text or "")
        elif kind == KIND_QUOTE:
            market.quote(ts_ns, iid, price, size, price2, size2)
        elif kind == KIND_DEPTH:
            market.depth(ts_ns, iid, op, side, position, price, size, venue or "")
        else:
            market.depth_reset(ts_ns, iid)


def batch_of(rows: Sequence[EventRow]) -> pa.RecordBatch:
    columns = [
        pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), EVENT_SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EVENT_SCHEMA)


def chunks(rows: Sequence[EventRow], sizes: Sequence[int]) -> Iterator[Sequence[EventRow]]:
    """Cut rows into runs of the given sizes, over and over."""
    start = i = 0
    while start < len(rows):
        yield rows[start : start + sizes[i % len(sizes)]]
        start += sizes[i % len(sizes)]
        i += 1


def everything(market: Market) -> list[object]:
    """All that a market can tell; ``repr`` so that NaN equals NaN and every bit of a float counts."""
    return [
        repr(part)
        for iid in INSTRUMENTS
        for part in (
            market.snapshot(iid),
            market.l1(iid),
            market.levels(iid, 20),
            market.recent_trades(iid, 5000),
            market.bars(iid, 1, 500),
            market.bars(iid, 60, 500),
        )
    ]
