"""VPIN over tapes: the definition share by share, the live market, and a real day."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.core_rows import BASE_NS

from alphatrader._core import CoreError, Market, SchemaError, classify_trades, vpin
from alphatrader.domain.eventlog import EVENT_SCHEMA, TRADE

MIDNIGHT_NS = BASE_NS - 10 * 3600 * 10**9

Tape = tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", "np.ndarray", "np.ndarray"]


def tape_of(trades: list[tuple[int, int]]) -> Tape:
    """Trades of (price in cents, size), one a second."""
    price = np.array([cents / 100 for cents, _ in trades], float)
    size = np.array([size for _, size in trades], float)
    return BASE_NS + np.arange(len(trades), dtype=np.int64) * 10**9, price, size


def share_by_share(trades: list[tuple[int, int]], bucket: int, window: int) -> list[tuple[float, float, float]]:
    """(bought, level, CDF) of each full bucket by the definition: every share is put into its bucket alone."""
    shares: list[float] = []
    side, last = 0.5, None
    for cents, size in trades:
        if size == 0:
            continue
        if last is not None and cents != last:
            side = 1.0 if cents > last else 0.0
        last = cents
        shares.extend([side] * size)
    bought = [sum(shares[i : i + bucket]) for i in range(0, len(shares) - bucket + 1, bucket)]
    result, levels = [], []
    for i, buy in enumerate(bought):
        if i + 1 < window:
            result.append((buy, math.nan, math.nan))
            continue
        imbalance = sum(abs(bucket - 2 * b) for b in bought[i + 1 - window : i + 1])
        levels.append(imbalance / (window * bucket))
        result.append((buy, levels[-1], sum(level <= levels[-1] for level in levels) / len(levels)))
    return result


trade_lists = st.lists(st.tuples(st.integers(990, 1010), st.integers(0, 300)), max_size=60)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(trades=trade_lists, bucket=st.integers(50, 120), window=st.integers(1, 5))
def test_equals_the_definition_share_by_share(trades: list[tuple[int, int]], bucket: int, window: int) -> None:
    series = vpin(*tape_of(trades), bucket_volume=bucket, window=window)
    expected = share_by_share(trades, bucket, window)
    assert series.bucket_end_ns.size == len(expected)
    for name, column in zip(("buy_volume", "level", "cdf"), zip(*expected, strict=True), strict=False):
        np.testing.assert_array_equal(getattr(series, name), column, name)
    assert (series.trades, series.bucket_volume) == (len(trades), bucket)


def read_tape(path: Path) -> Tape:
    """A day of Lean ticks: milliseconds since midnight New York, prices in 1/10000 dollar."""
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read(archive.namelist()[0]))
    text = pl.read_csv(content, has_header=False, infer_schema=False).get_columns()[:3]
    ms, cents, shares = (column.cast(pl.Int64) for column in text)
    ts_ns = ms.to_numpy().astype(np.int64) * 1_000_000 + MIDNIGHT_NS
    return ts_ns, cents.to_numpy() / 10_000, shares.to_numpy().astype(float)


def feed(market: Market, tape: Tape) -> None:
    ts_ns, price, size = tape
    count = len(ts_ns)
    zeros, nan = np.zeros(count, np.int64), np.full(count, math.nan)
    columns = {
        "ts_ns": ts_ns, "kind": zeros + TRADE, "instrument_id": zeros + 1, "op": zeros, "side": zeros,
        "position": zeros, "price": price, "size": size, "price2": nan, "size2": nan,
    }  # fmt: skip
    import pyarrow as pa  # noqa: PLC0415

    arrays = {name: pa.array(column).cast(EVENT_SCHEMA.field(name).type) for name, column in columns.items()}
    market.apply_batch(pa.record_batch(arrays | {name: pa.nulls(count, pa.string()) for name in ("venue", "text")}))


@pytest.mark.data
def test_a_real_day_equals_the_live_market(shared_data: Path) -> None:
    tape = read_tape(shared_data / "spy_ticks_2013-10/20131010_tick_trade.zip")
    bucket = int(tape[2].sum() / 500)
    series = vpin(*tape, bucket_volume=bucket, window=50)
    market = Market()
    market.add_instrument(1, 0.01, vpin_bucket_volume=bucket, vpin_window=50)
    feed(market, tape)
    snapshot = market.snapshot(1)
    assert series.trades == snapshot.events == len(tape[0]) > 400_000
    assert snapshot.vpin_buckets == series.level.size >= 499
    assert (snapshot.vpin, snapshot.vpin_cdf) == (series.level[-1], series.cdf[-1])
    assert np.isnan(series.level[:49]).all()
    assert ((series.level[49:] >= 0) & (series.level[49:] <= 1)).all()
    assert snapshot.unclassified_share == series.unclassified_volume / tape[2].sum()
    assert snapshot.session_volume == tape[2].sum()
    assert snapshot.vwap == pytest.approx((tape[1] * tape[2]).sum() / tape[2].sum(), rel=1e-9)
    assert (snapshot.session_high, snapshot.session_low) == (tape[1].max(), tape[1].min())
    bars = market.bars(1, 60, 10_000)
    assert sum(bar[5] for bar in bars) == tape[2].sum()


@pytest.mark.data
def test_bulk_classification_of_a_real_day(shared_data: Path) -> None:
    tape = read_tape(shared_data / "spy_ticks_2013-10/20131008_tick_trade.zip")
    series = vpin(*tape, bucket_volume=int(tape[2].sum() / 200), window=50, scheme="bulk")
    assert ((series.buy_volume >= 0) & (series.buy_volume <= series.bucket_volume)).all()
    assert 0 < series.unclassified_volume < 0.01 * tape[2].sum()


def test_bad_arguments_are_refused() -> None:
    ts, price, size = tape_of([(1000, 100)] * 3)
    for call in (
        lambda: vpin(ts[:2], price, size, bucket_volume=100),
        lambda: vpin(ts, price * math.nan, size, bucket_volume=100),
        lambda: vpin(ts, price, -size, bucket_volume=100),
        lambda: vpin(ts, price, size, bucket_volume=49),
        lambda: vpin(ts, price, size, bucket_volume=100, window=0),
        lambda: vpin(ts, price, size * 1e7, bucket_volume=50),
        lambda: vpin(ts, price, size, bucket_volume=100, scheme="guess"),  # type: ignore[arg-type]
    ):
        with pytest.raises(CoreError):
            call()
    with pytest.raises(SchemaError, match='column "price" is an array of bool: give'):
        vpin(ts, price.astype(bool), size, bucket_volume=100)
    with pytest.raises(SchemaError, match='column "size" is a list: give'):
        vpin(ts, price, size.tolist(), bucket_volume=100)
    assert vpin(ts[:0], price[:0], size[:0], bucket_volume=100).level.size == 0


def test_a_print_at_the_mid_is_for_the_tick_rule() -> None:
    """At the mid of the decimals: that of their doubles is a bit off it for every fourth print."""
    rng = np.random.default_rng(5)
    bid_cents = rng.integers(100, 200_000, 20_000)
    half_spread_cents = rng.integers(1, 6, 20_000)
    bid, mid, ask = ((bid_cents + steps * half_spread_cents) / 100 for steps in range(3))
    sides = pa.array(classify_trades(mid, scheme="quote", bid=bid, ask=ask))
    assert sides.equals(pa.array(classify_trades(mid)))
    for cents, side in ((0.001, 1), (-0.001, -1)):
        off = pa.array(classify_trades(mid + cents / 100, scheme="quote", bid=bid, ask=ask))
        assert set(off.to_pylist()) == {side}
