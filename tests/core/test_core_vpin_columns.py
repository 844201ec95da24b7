"""VPIN from columns of any library, and the stream: the same bits however the tape arrives."""

import math
from itertools import pairwise
from typing import Any

import nanoarrow as na
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader._core import CoreError, SchemaError, Vpin, VpinSeries, classify_trades, vpin

COLUMNS = ("bucket_end_ns", "buy_volume", "level", "cdf")
SCHEMES: tuple[dict[str, Any], ...] = (
    {"scheme": "tick"},
    {"scheme": "quote"},
    {"scheme": "given"},
    {"scheme": "bulk"},
    {"scheme": "bulk", "bar_volume": 2_000.0, "student_df": 0.25},
    {"scheme": "bulk", "bar_seconds": 15.0, "sigma_bars": 4},
)


def tape_of(rows: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    price = np.round(100 + np.cumsum(rng.choice([-0.01, 0, 0, 0.01], rows)), 2)
    decimals = rng.integers(1, 10**6, rows) / 10_000
    size = np.where(rng.random(rows) < 0.7, rng.integers(0, 5, rows) * 100.0, decimals)
    return {
        "ts_ns": np.cumsum(rng.integers(0, 10**10, rows)),
        "price": price,
        "size": size,
        "aggressor": rng.integers(-1, 2, rows).astype(np.int8),
        "bid": np.where(rng.random(rows) < 0.1, math.nan, price - rng.integers(0, 3, rows) / 100),
        "ask": price + rng.integers(0, 3, rows) / 100,
    }


def columns_of(tape: dict[str, Any], scheme: str) -> dict[str, Any]:
    names = {"given": ("aggressor",), "quote": ("bid", "ask")}.get(scheme, ())
    return {name: tape[name] for name in ("ts_ns", "price", "size", *names)}


def same(one: VpinSeries, other: VpinSeries) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert one.total_volume == other.total_volume
    assert one.unclassified_volume == other.unclassified_volume


@settings(max_examples=12, deadline=None, derandomize=True)
@given(rows=st.integers(0, 1_500), seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 1_500), max_size=5))
def test_stream_batch_and_chunks_give_the_same_bits(rows: int, seed: int, cuts: list[int]) -> None:
    tape = tape_of(rows, seed)
    edges = sorted({0, rows, *(min(cut, rows) for cut in cuts)})
    for options in SCHEMES:
        columns = columns_of(tape, options["scheme"])
        whole = vpin(**columns, bucket_volume=3_000, window=3, cdf_window=7, **options)
        # Each column is cut at other places.
        chunked = {
            name: pa.chunked_array(
                [column[a:b] for a, b in zip(edges[i % 2 :: 2], edges[i % 2 :: 2][1:], strict=False)]
            )
            for i, (name, column) in enumerate(columns.items())
            if edges[i % 2 :: 2][:1] == [0] and edges[i % 2 :: 2][-1] == rows and len(edges[i % 2 :: 2]) > 1
        }
        same(whole, vpin(**columns | chunked, bucket_volume=3_000, window=3, cdf_window=7, **options))
        stream = Vpin(3_000, window=3, cdf_window=7, **options)
        buckets = 0
        for k, (a, b) in enumerate(pairwise(edges)):
            if k % 2:
                for row in zip(*(column[a:b].tolist() for column in columns.values()), strict=True):
                    buckets += stream.update(**dict(zip(columns, row, strict=True)))
            else:
                buckets += len(stream.extend(**{name: column[a:b] for name, column in columns.items()}))
        buckets += len(stream.flush())
        assert buckets == stream.buckets == len(whole)
        assert stream.trades == rows
        assert stream.total_volume == whole.total_volume
        if len(whole) >= 3:
            assert (stream.level, stream.cdf) == (whole.level[-1], whole.cdf[-1])
            assert stream.unclassified_share == whole.unclassified_share


@pytest.mark.parametrize(
    "of",
    [
        pa.array,
        lambda column: pa.chunked_array([column[:1], column[1:]]),
        pl.Series,
        pd.Series,
        lambda column: na.Array(pa.array(column)),
        lambda column: np.repeat(column, 2)[::2],
    ],
    ids=["pyarrow", "chunked", "polars", "pandas", "nanoarrow", "strided"],
)
def test_columns_of_any_library(of: Any) -> None:
    tape = tape_of(700, 3)
    for options in SCHEMES:
        columns = columns_of(tape, options["scheme"])
        other = {name: of(column) for name, column in columns.items()}
        same(vpin(**columns, bucket_volume=2_000, **options), vpin(**other, bucket_volume=2_000, **options))


def test_other_types_are_converted() -> None:
    tape = columns_of(tape_of(400, 4), "given")
    tape["size"] = np.floor(tape["size"])
    expected = vpin(**tape, bucket_volume=2_000, scheme="given")
    other = {
        "ts_ns": pa.array(tape["ts_ns"] // 1_000 * 1_000).cast(pa.timestamp("ns", "UTC")),
        "price": tape["price"],
        "size": tape["size"].astype(np.uint32),
        "aggressor": tape["aggressor"].astype(np.int64),
    }
    converted = vpin(**other, bucket_volume=2_000, scheme="given")
    np.testing.assert_array_equal(converted.level, expected.level)
    numpy_times = tape | {"ts_ns": tape["ts_ns"].astype("datetime64[ns]"), "price": None}
    same(vpin(**numpy_times, bucket_volume=2_000, scheme="given"), expected)


def test_results_are_arrow_columns() -> None:
    series = vpin(**columns_of(tape_of(900, 5), "tick"), bucket_volume=2_000, window=4)
    batch = pa.record_batch(series)
    assert batch.schema.names == list(COLUMNS)
    assert batch.column("level").null_count == batch.column("cdf").null_count == 3
    for name in COLUMNS:
        column = batch.column(name).to_numpy(zero_copy_only=False)
        np.testing.assert_array_equal(column, getattr(series, name))
        again = pa.record_batch(series).column(name)
        assert again.buffers()[1].address == batch.column(name).buffers()[1].address
    assert pl.DataFrame(series).height == len(series)


def test_classified_trades_are_those_that_vpin_pours() -> None:
    tape = tape_of(1_000, 6)
    for scheme, options in (("tick", {}), ("quote", {"bid": tape["bid"], "ask": tape["ask"]})):
        sides = pa.array(classify_trades(tape["price"], size=tape["size"], scheme=scheme, **options))  # type: ignore[arg-type]
        assert sides.type == pa.int8()
        given_columns = {name: tape[name] for name in ("ts_ns", "price", "size")}
        same(
            vpin(**given_columns, aggressor=sides, scheme="given", bucket_volume=1_000),
            vpin(**given_columns, **options, scheme=scheme, bucket_volume=1_000),  # type: ignore[arg-type]
        )
    shares = pa.array(classify_trades(tape["price"], size=tape["size"], ts_ns=tape["ts_ns"], scheme="bulk"))
    known = shares.drop_null().to_numpy()
    assert shares.type == pa.float64()
    assert len(known) > 500
    assert ((known >= 0) & (known <= 1)).all()


def test_decimal_sizes_add_up_as_they_say() -> None:
    size = np.full(1_000, 0.1)
    series = vpin(np.arange(1_000), None, size, aggressor=np.ones(1_000, np.int8), scheme="given", bucket_volume=50)
    assert series.bucket_end_ns.tolist() == [499, 999]
    assert series.buy_volume.tolist() == [50.0, 50.0]
    assert series.total_volume == 100.0


def test_a_refused_row_is_named_and_changes_nothing() -> None:
    tape = columns_of(tape_of(1_000, 7), "given")
    for name, value in (("price", math.nan), ("price", 0.0), ("size", -1.0), ("size", math.inf), ("aggressor", 2)):
        for row in (0, 300, 999):
            bad = tape | {name: tape[name].copy()}
            bad[name][row] = value
            with pytest.raises(CoreError, match=rf"^trade {row}: the "):
                vpin(**bad, bucket_volume=500, scheme="given")
            stream = Vpin(500, scheme="given")
            with pytest.raises(CoreError, match=rf"^trade {row}: the "):
                stream.extend(**bad)
            assert (stream.trades, stream.total_volume) == (0, 0.0)


def test_unusable_arguments_are_refused() -> None:
    tape = columns_of(tape_of(10, 8), "tick")
    for error, call in (
        (CoreError, lambda: vpin(**tape, bucket_volume=100, scheme="given")),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, scheme="quote")),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, bid=tape["price"])),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, aggressor=np.zeros(10, np.int8))),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, sigma=1.0)),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, scheme="bulk", sigma=1.0, sigma_bars=3)),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, scheme="bulk", student_df=math.nan)),
        (CoreError, lambda: vpin(**tape, bucket_volume=100, cdf_window=0)),
        (CoreError, lambda: vpin(**tape, bucket_volume=10**9)),
        (SchemaError, lambda: vpin(**tape | {"size": pa.array([None] * 10, pa.float64())}, bucket_volume=100)),
        (SchemaError, lambda: vpin(**tape | {"size": pa.array(["1"] * 10)}, bucket_volume=100)),
        (SchemaError, lambda: vpin(**tape | {"ts_ns": tape["price"]}, bucket_volume=100)),
        (SchemaError, lambda: vpin(**tape | {"price": tape["price"].reshape(2, 5)}, bucket_volume=100)),
    ):
        with pytest.raises(error):
            call()
    with pytest.raises(CoreError):
        Vpin(100, scheme="given").update(0, 1.0, 1.0)
