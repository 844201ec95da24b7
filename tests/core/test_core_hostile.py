"""Nothing that Python can pass ends the process or escapes as a panic, and long calls leave the GIL to others."""

import contextlib
import math
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.core_rows import BASE_NS, new_market

from alphatrader import _core
from alphatrader._core import CoreError

REFUSALS = (CoreError, TypeError, OverflowError)
"""All that a bad argument may raise. A panic would be a ``PanicException``, which derives from BaseException."""

numbers = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -1.0, 5e-324, 1e308, math.nan])
integers = st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 25)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_event_is_applied_or_refused(data: st.DataObject) -> None:
    market = new_market()
    for _ in range(5):
        ts_ns, iid = data.draw(integers), data.draw(st.sampled_from([1, 7, 2]) | integers)
        call = data.draw(st.sampled_from(["trade", "quote", "depth", "depth_reset", "bars", "levels", "recent_trades"]))
        n = [data.draw(numbers) for _ in range(4)]
        k = [data.draw(integers) for _ in range(3)]
        text = data.draw(st.text(max_size=5))
        arguments = {
            "trade": (ts_ns, iid, n[0], n[1], text, text),
            "quote": (ts_ns, iid, *n),
            "depth": (ts_ns, iid, *k, n[0], n[1], text),
            "depth_reset": (ts_ns, iid),
            "bars": (iid, k[0], k[1]),
            "levels": (iid, k[0]),
            "recent_trades": (iid, k[0]),
        }[call]
        with contextlib.suppress(*REFUSALS):
            getattr(market, call)(*arguments)
    market.snapshot(1)
    assert market.l1(1)[5] >= 0


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_numbers_are_priced_or_nan(data: st.DataObject) -> None:
    column = st.lists(numbers, min_size=3, max_size=3).map(np.array)
    spot, strike, seconds, iv = (data.draw(column) for _ in range(4))
    right = np.array(data.draw(st.lists(st.integers(-128, 127), min_size=3, max_size=3)), np.int8)
    try:
        values = _core.black_scholes(spot, strike, seconds, iv, right, rate=data.draw(numbers))
    except CoreError:
        return
    assert not any(np.isinf(value).any() for name, value in values.items() if name in {"price", "delta"})
    _core.implied_volatility(iv, spot, strike, seconds, right)


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_chain_is_measured_or_refused(data: st.DataObject) -> None:
    import pyarrow as pa  # noqa: PLC0415

    def column(kind: pa.DataType, values: st.SearchStrategy[object]) -> pa.Array:
        return pa.array(data.draw(st.lists(values | st.none(), min_size=4, max_size=4)), kind)

    batch = pa.record_batch(
        {"expiry": column(pa.int32(), st.integers(-(2**31), 2**31 - 1) | st.integers(20_500, 20_600)).cast(pa.date32())}
        | {"right": column(pa.int8(), st.sampled_from([-1, 1, 1, 0, 127]))}
        | {
            name: column(pa.float64(), numbers | st.floats(0.01, 1000))
            for name in ("strike", "open_interest", "volume", "iv", "delta", "gamma")
        }
    )
    try:
        result = _core.exposure(
            batch,
            data.draw(numbers | st.floats(1, 1000)),
            as_of_ns=data.draw(integers | st.just(BASE_NS)),
            rate=data.draw(st.just(0.0) | numbers),
            grid_points=data.draw(st.just(161) | integers.filter(lambda n: n < 2000)),
        )
    except REFUSALS:
        return
    totals = (result.gex_usd_per_pct, result.dex_usd, result.vex_usd_per_vol_point, result.chex_usd_per_day)
    assert all(math.isfinite(total) for total in totals)
    assert result.rows_total == 4 == result.rows_used + sum(result.rows_dropped.values())


def test_arrow_promises_that_are_broken_do_no_harm() -> None:
    """An array that says utf8 and is not: the parsers read bytes."""
    import pyarrow as pa  # noqa: PLC0415

    binary = pa.array([b"SPY250919C00650000", b"\xff\xfe\xfa" * 6, b"SPY25091\xc3\x28C0065000"])
    lie = pa.Array.from_buffers(pa.string(), 3, binary.buffers())
    batch = pa.record_batch(_core.parse_occ_batch(lie))
    assert batch.column("root").to_pylist() == ["SPY", None, None]


@pytest.mark.parametrize("book", [_core.OrderBook, _core.DepthBook])
def test_a_ladder_longer_than_memory_is_refused(book: type[_core.OrderBook] | type[_core.DepthBook]) -> None:
    """Its array has the rows that are asked for, not those of the book: an allocation that fails ends the process."""
    for count in (2**20 + 1, 10**12, 2**63 - 1):
        with pytest.raises(CoreError, match=rf"count was {count}: give 0 to 1048576"):
            book(0.01).ladder(count)
    assert book(0.01).ladder(1_000).shape == (1_000, 4)


def test_long_calls_leave_the_gil_to_others() -> None:
    count = 1_000_000
    ts = np.arange(count, dtype=np.int64)
    price = 100 + (np.arange(count) % 7) / 100
    size = np.full(count, 100.0)
    started = threading.Event()

    def work() -> None:
        started.set()
        _core.vpin(ts, price, size, bucket_volume=1_000)

    worker = threading.Thread(target=work)
    worker.start()
    started.wait()
    turns = 0
    while worker.is_alive():
        turns += 1
    # Were the GIL held, this thread would sleep until the call is over.
    assert turns > 1_000


@pytest.mark.parametrize("name", ["Snapshot", "OccSymbol", "Chain", "Exposure", "VpinSeries", "RecordBatch"])
def test_results_cannot_be_made_by_hand(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(_core, name)()


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version  # noqa: PLC0415

    assert _core.version() == version("alphatrader")
