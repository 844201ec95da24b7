"""The boundary: data of every Arrow library and of NumPy comes in and goes out, without a copy where none is needed."""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from tests.core.core_rows import batch_of, everything, feed_singly, make_rows, new_market

from alphatrader import _core
from alphatrader._core import CoreError, SchemaError

COUNT = 300
TS_NS = np.arange(COUNT, dtype=np.int64) * 10**9
PRICE = 650 + (np.arange(COUNT) * 7 % 23) / 100
SIZE = 100.0 + np.arange(COUNT) % 50
SYMBOLS = ["SPY   260302C00650000", "SPXW260302P06500000", "no symbol", None]
CHAIN = pa.record_batch(
    {
        "expiry": pa.array([20_520, 20_520, 20_521], pa.date32()),
        "right": pa.array([1, -1, 1], pa.int8()),
        "strike": pa.array([650.0, 650.0, 655.0]),
        "open_interest": pa.array([100.0, 200.0, 300.0]),
        "iv": pa.array([0.2, 0.21, 0.19]),
        "delta": pa.array([0.5, -0.5, 0.4]),
        "gamma": pa.array([0.04, 0.04, 0.03]),
    }
)
AS_OF_NS = 1_772_463_600 * 10**9


def _duckdb(table: pa.Table) -> Any:
    connection = duckdb.connect()
    connection.register("given", table)
    return connection.table("given")


def _pandas(batch: pa.RecordBatch) -> Any:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed here")
    if not hasattr(pandas.DataFrame, "__arrow_c_stream__"):
        pytest.skip("this pandas has no Arrow interface: 2.2 or newer")
    return batch.to_pandas(types_mapper=pandas.ArrowDtype)


def _pandas_series(array: pa.Array) -> Any:
    return _pandas(pa.record_batch({"x": array}))["x"]


def _nanoarrow_stream(batch: pa.RecordBatch) -> Any:
    return pytest.importorskip("nanoarrow", reason="nanoarrow is not installed here").ArrayStream(batch)


def _nanoarrow_array(batch: pa.RecordBatch) -> Any:
    return pytest.importorskip("nanoarrow", reason="nanoarrow is not installed here").Array(batch)


FRAMES: dict[str, Callable[[pa.RecordBatch], Any]] = {
    "pyarrow.RecordBatch": lambda batch: batch,
    "pyarrow.Table": lambda batch: pa.Table.from_batches([batch]),
    "pyarrow.Table of chunks": lambda batch: pa.Table.from_batches([batch[:1], batch[1:1], batch[1:]]),
    "pyarrow.RecordBatchReader": lambda batch: pa.RecordBatchReader.from_batches(batch.schema, [batch]),
    "pyarrow.StructArray": lambda batch: batch.to_struct_array(),
    "polars.DataFrame": pl.DataFrame,
    "pandas.DataFrame": _pandas,
    "DuckDB relation": lambda batch: _duckdb(pa.Table.from_batches([batch])),
    "nanoarrow.Array": _nanoarrow_array,
    "nanoarrow.ArrayStream": _nanoarrow_stream,
}
COLUMNS: dict[str, Callable[[pa.Array], Any]] = {
    "pyarrow.Array": lambda array: array,
    "pyarrow.ChunkedArray": lambda array: pa.chunked_array([array]),
    "pyarrow.ChunkedArray of chunks": lambda array: pa.chunked_array([array[:1], array[1:1], array[1:]]),
    "sliced pyarrow.Array": lambda array: pa.concat_arrays([array[:1], array])[1:],
    "polars.Series": pl.Series,
    "pandas.Series": _pandas_series,
    "nanoarrow.Array": lambda array: pytest.importorskip("nanoarrow").Array(array),
}
frames = pytest.mark.parametrize("give", FRAMES.values(), ids=FRAMES)
columns = pytest.mark.parametrize("give", COLUMNS.values(), ids=COLUMNS)


def _table(exported: object) -> dict[str, list[object]]:
    """A record batch of ours, to plain values; NaN as text, so that it equals itself."""
    return {
        name: [repr(x) for x in column]
        for name, column in pa.record_batch(exported).to_pydict().items()  # type: ignore[call-overload]
    }


# ------------------------------------------------------------------------------------------------ frames


@frames
def test_chains_come_from_every_library(give: Callable[[pa.RecordBatch], Any]) -> None:
    expected = pa.record_batch(_core.Chain.from_arrow(CHAIN))
    assert pa.record_batch(_core.Chain.from_arrow(give(CHAIN))) == expected


@frames
def test_exposure_takes_every_library(give: Callable[[pa.RecordBatch], Any]) -> None:
    def measure(chain: Any) -> dict[str, list[object]]:
        return _table(_core.exposure(chain, 650.5, as_of_ns=AS_OF_NS).by_strike())

    assert measure(give(CHAIN)) == measure(CHAIN)


@frames
def test_markets_take_rows_of_every_library(give: Callable[[pa.RecordBatch], Any]) -> None:
    rows = make_rows(11, 200)
    singly, batched = new_market(), new_market()
    feed_singly(singly, rows)
    assert batched.apply_batch(give(batch_of(rows))) == len(rows)
    assert everything(batched) == everything(singly)


@frames
def test_books_take_updates_of_every_library(give: Callable[[pa.RecordBatch], Any]) -> None:
    updates = pa.record_batch(
        {
            "side": pa.array([0, 1, 0, 1], pa.int8()),
            "price": pa.array([650.01, 650.0, 650.01, 649.99]),
            "size": pa.array([100.0, 200.0, 0.0, 50.0]),
        }
    )
    operations = updates.append_column("op", pa.array([0, 0, 1, 1], pa.int8())).append_column(
        "position", pa.array([0, 0, 0, 0], pa.int32())
    )
    told = _core.OrderBook(0.01).apply_batch(give(updates), ["bbo"])
    assert _table(told) == _table(_core.OrderBook(0.01).apply_batch(updates, ["bbo"]))
    told = _core.DepthBook(0.01).apply_batch(give(operations), ["bbo"])
    assert _table(told) == _table(_core.DepthBook(0.01).apply_batch(operations, ["bbo"]))


@frames
def test_symbols_are_written_from_every_library(give: Callable[[pa.RecordBatch], Any]) -> None:
    parsed = pa.record_batch(_core.parse_occ_batch(SYMBOLS))
    written = _table(_core.format_occ_batch(give(parsed), padded=False))
    assert written["symbol"] == ["'SPY260302C00650000'", "'SPXW260302P06500000'", "None", "None"]


# ------------------------------------------------------------------------------------------------ columns


@columns
def test_symbols_are_read_from_every_library(give: Callable[[pa.Array], Any]) -> None:
    assert _table(_core.parse_occ_batch(give(pa.array(SYMBOLS)))) == _table(_core.parse_occ_batch(SYMBOLS))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_symbols_are_read_in_every_layout(kind: pa.DataType) -> None:
    array = pa.array(SYMBOLS).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(SYMBOLS, kind)
    assert _table(_core.parse_occ_batch(array)) == _table(_core.parse_occ_batch(SYMBOLS))


@columns
def test_tapes_come_from_every_library(give: Callable[[pa.Array], Any]) -> None:
    expected = _core.vpin(TS_NS, PRICE, SIZE, bucket_volume=500, window=5)
    ts_ns, price, size = (give(pa.array(column)) for column in (TS_NS, PRICE, SIZE))
    assert _table(_core.vpin(ts_ns, price, size, bucket_volume=500, window=5)) == _table(expected)
    assert len(expected) > 20
    sides = _core.classify_trades(give(pa.array(PRICE)))
    assert pa.array(sides).to_pylist() == pa.array(_core.classify_trades(PRICE)).to_pylist()
    bars = _core.bars(ts_ns, price, size, by="tick", length=7)
    assert _table(bars) == _table(_core.bars(TS_NS, PRICE, SIZE, by="tick", length=7))


@columns
def test_greeks_come_from_every_library(give: Callable[[pa.Array], Any]) -> None:
    right = np.where(np.arange(COUNT) % 2 == 0, 1, -1).astype(np.int8)
    arguments = (PRICE, right, np.full(COUNT, 0.04), np.where(right > 0, 0.5, -0.5), SIZE)
    expected = _core.exposure_by_strike(*arguments, spot=650.5)
    found = _core.exposure_by_strike(*(give(pa.array(column)) for column in arguments), spot=650.5)
    assert _table(found.by_strike()) == _table(expected.by_strike())


def test_numpy_arrays_need_not_be_contiguous_or_writable() -> None:
    frozen = PRICE.copy()
    frozen.flags.writeable = False
    strided = np.stack([frozen, frozen], axis=1)[:, 0]
    assert not strided.flags.c_contiguous
    expected = _table(_core.vpin(TS_NS, PRICE, SIZE, bucket_volume=500, window=5))
    for price in (frozen, strided):
        assert _table(_core.vpin(TS_NS, price, SIZE, bucket_volume=500, window=5)) == expected


# ------------------------------------------------------------------------------------------------ no copies


def _addresses(array: pa.Array) -> list[int | None]:
    return [buffer and buffer.address for buffer in array.buffers()]


def test_a_chain_keeps_the_buffers_it_was_given() -> None:
    chain = _core.Chain.from_arrow(CHAIN)
    for out in (pa.record_batch(chain), pa.record_batch(chain)):
        for name in ("expiry", "right", "strike", "open_interest", "iv", "delta", "gamma"):
            assert _addresses(out.column(name))[1] == _addresses(CHAIN.column(name))[1], name


def test_results_leave_without_a_copy() -> None:
    results = {
        "parse_occ_batch": _core.parse_occ_batch(SYMBOLS[:2] * 20),
        "vpin": _core.vpin(TS_NS, PRICE, SIZE, bucket_volume=500, window=5),
        "bars": _core.bars(TS_NS, PRICE, SIZE, by="tick", length=7),
        "by_strike": _core.exposure(CHAIN, 650.5, as_of_ns=AS_OF_NS).by_strike(),
        "chain": _core.Chain.from_arrow(CHAIN),
    }
    for what, result in results.items():
        first, second = pa.record_batch(result), pa.record_batch(result)
        for name in first.schema.names:
            assert _addresses(first.column(name)) == _addresses(second.column(name)), (what, name)
    numbers = {name: pa.record_batch(results["bars"]).column(name) for name in ("open", "volume", "trades")}
    frame = pl.DataFrame(results["bars"])
    for name, column in numbers.items():
        address = frame[name].to_numpy(allow_copy=False).ctypes.data
        assert address == _addresses(column)[1], "polars has its own copy"


def test_vpin_arrays_are_made_once() -> None:
    series = _core.vpin(TS_NS, PRICE, SIZE, bucket_volume=500, window=5)
    for name in ("bucket_end_ns", "level", "cdf", "buy_volume"):
        assert getattr(series, name).ctypes.data == getattr(series, name).ctypes.data, name


def test_a_result_outlives_what_made_it() -> None:
    batch = pa.record_batch(_core.Chain.from_arrow(pa.RecordBatch.from_pydict(CHAIN.to_pydict(), CHAIN.schema)))
    assert batch.column("strike").to_pylist() == [650.0, 650.0, 655.0]


# ------------------------------------------------------------------------------------------------ the GIL


def _long_calls() -> dict[str, Callable[[], object]]:
    count = 400_000
    ts_ns = np.arange(count, dtype=np.int64)
    price = 650 + (np.arange(count) * 7 % 23) / 100
    size = np.full(count, 100.0)
    symbols = pa.array(["SPY   260302C00650000"] * count)
    updates = {"side": np.zeros(count, np.int8), "price": price.round(2), "size": size}
    right, delta = np.ones(count, np.int8), np.full(count, 0.5)
    return {
        "vpin": lambda: _core.vpin(ts_ns, price, size, bucket_volume=100),
        "parse_occ_batch": lambda: _core.parse_occ_batch(symbols),
        "OrderBook.apply_batch": lambda: _core.OrderBook(0.01).apply_batch(updates, ["bbo", "flags"]),
        "bars": lambda: _core.bars(ts_ns, price, size, by="tick", length=3),
        "black_scholes": lambda: _core.black_scholes(650.0, price, size * 1e4, delta, right),
        "exposure_by_strike": lambda: _core.exposure_by_strike(price, right, delta, delta, size, spot=650.0),
    }


LONG_CALLS = _long_calls()


@pytest.mark.parametrize("call", LONG_CALLS.values(), ids=LONG_CALLS)
def test_long_calls_let_other_threads_run(call: Callable[[], object]) -> None:
    """A thread that only waits for this one to work. Were the GIL held, it would move on between two calls only."""
    calls = turns = 0
    inside = threading.Event()
    done = threading.Event()

    def work() -> None:
        nonlocal calls
        while not done.is_set():
            inside.set()
            call()
            calls += 1

    # So long that Python by itself forces no switch between the threads during a call.
    before = sys.getswitchinterval()
    sys.setswitchinterval(1.0)
    worker = threading.Thread(target=work)
    try:
        worker.start()
        inside.wait()
        # Each turn gives the GIL away and takes it back: many fit into a call that does not hold it.
        # On a busy machine this thread may sleep through single calls, never through fifty.
        while calls < 50 and turns < 2_000:
            turns += 1
            time.sleep(0)
    finally:
        done.set()
        worker.join()
        sys.setswitchinterval(before)
    assert turns > calls * 5, (turns, calls)


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("wrong", [None, 1, "text", object(), [1, 2], {"a": 1}], ids=lambda value: type(value).__name__)
def test_what_is_no_data_is_refused_with_a_type(wrong: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: _core.Chain.from_arrow(wrong),
        lambda: _core.exposure(wrong, 650.0, as_of_ns=AS_OF_NS),
        lambda: new_market().apply_batch(wrong),
        lambda: _core.OrderBook(0.01).apply_batch(wrong),
        lambda: _core.format_occ_batch(wrong),
        lambda: _core.vpin(wrong, PRICE, SIZE, bucket_volume=500),
        lambda: _core.bars(TS_NS, PRICE, wrong),
    ]
    for call in calls:
        with pytest.raises((SchemaError, TypeError)) as refusal:
            call()
        assert "\n" not in str(refusal.value)


def test_wrong_columns_are_named() -> None:
    for name in ("expiry", "right", "strike"):
        with pytest.raises(SchemaError, match=name):
            _core.Chain.from_arrow(CHAIN.drop_columns([name]))
    with pytest.raises(SchemaError, match="strike"):
        _core.Chain.from_arrow(CHAIN.set_column(2, "strike", pa.array(["650", "650", "655"])))
    with pytest.raises(SchemaError, match="price"):
        _core.OrderBook(0.01).apply_batch({"side": np.zeros(1, np.int8), "size": np.ones(1)})
    with pytest.raises(CoreError, match="length"):
        _core.vpin(TS_NS, PRICE[:-1], SIZE, bucket_volume=500)
    with pytest.raises(SchemaError):
        _core.parse_occ_batch(pa.array([1, 2]))
    nulls = pa.array([650.0, None, 651.0])
    with pytest.raises(CoreError, match="null"):
        _core.vpin(TS_NS[:3], nulls, SIZE[:3], bucket_volume=500)


# ------------------------------------------------------------------------------------------------ importing


def test_importing_the_core_needs_nothing_of_the_trader() -> None:
    """No broker library, no Redis, no settings, no pandas: the module itself, and NumPy once an array is asked for."""
    program = "import sys, alphatrader._core; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {sys.path!r}; {program}"],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )
    loaded = set(done.stdout.split())
    heavy = {
        "redis",
        "pydantic",
        "litestar",
        "pyarrow",
        "pandas",
        "polars",
        "ib_insync",
        "ib_async",
        "asyncio",
        "typer",
    }
    assert not loaded & heavy
    assert not {name for name in loaded if name.startswith("alphatrader")} - {"alphatrader"}


# ------------------------------------------------------------------------------------------------ unsafe


def test_every_unsafe_block_says_why_it_is_sound() -> None:
    """The workspace denies `unsafe`; where one function allows it, a SAFETY comment stands right above the block."""
    sources = sorted((Path(__file__).parents[2] / "rust").rglob("*.rs"))
    assert len(sources) > 50
    for source in sources:
        lines = source.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\bunsafe\s*(\{|fn|impl)", line) and not line.lstrip().startswith("//"):
                assert any("SAFETY:" in before for before in lines[max(0, number - 6) : number]), (
                    f"{source}:{number + 1}"
                )


def test_every_function_reads_columns_by_one_rule() -> None:
    """Numbers of another type and library are converted exactly, and a mistake has one wording everywhere."""
    size = np.array([100, 200, 300])
    right = np.array([1, -1, 1])
    readers: list[tuple[str, Callable[[Any], Any]]] = [
        ("size", lambda column: _core.bars(TS_NS[:3], PRICE[:3], column)),
        ("size", lambda column: _core.vpin(TS_NS[:3], PRICE[:3], column, bucket_volume=50).buy_volume),
        ("iv", lambda column: _core.black_scholes(100.0, 100.0, 1e6, column, right)["price"]),
        ("size", lambda column: _core.OrderBook(0.01).apply_batch({"side": right > 0, "ticks": right, "size": column})),
    ]

    def plain(result: Any) -> Any:
        return result.tolist() if isinstance(result, np.ndarray) else pa.record_batch(result).to_pydict()

    for name, read in readers:
        expected = plain(read(size.astype(np.float64)))
        variants = [size, size.astype(">u2"), size.astype(np.float16), pa.array(size, pa.uint16())]
        for column in [*variants, pl.Series(size), pa.chunked_array([size[:1], size[1:]])]:
            assert plain(read(column)) == expected, (name, column)
        for wrong in (size > 0, size.astype(str), pa.array(["1", "2", "3"]), size.tolist(), size.reshape(1, 3)):
            with pytest.raises(SchemaError, match=rf'^column "{name}" is an? .*: give one dimension of float64'):
                read(wrong)
    for column in (np.array([1, -1, 300]), pa.array([1, -1, 300])):
        with pytest.raises(SchemaError, match=r'^column "right" cannot be read .*300'):
            _core.black_scholes(100.0, 100.0, 1e6, 0.2, column)
