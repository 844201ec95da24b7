"""Market state from Python: live calls and recorded batches, refusals, threads."""

import math
import threading

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.core_rows import BASE_NS, INSTRUMENTS, batch_of, chunks, everything, feed_singly, make_rows, new_market

from alphatrader import _core
from alphatrader._core import CoreError, Market, SchemaError, UnknownInstrumentError
from alphatrader.domain import eventlog

SECOND = 10**9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_live_and_recorded_events_give_the_same_state_to_the_last_bit(seed: int) -> None:
    rows = make_rows(seed, 20_000)
    live, whole, pieces = new_market(), new_market(), new_market()
    for run in chunks(rows, (997, 1, 64)):
        feed_singly(live, run)
        assert pieces.apply_batch(batch_of(run)) == len(run)
        assert everything(live) == everything(pieces)
    assert whole.apply_batch(batch_of(rows)) == len(rows)
    assert everything(whole) == everything(live)
    snapshot = live.snapshot(1)
    assert snapshot.vpin is not None
    assert snapshot.sweep_count_60s > 0
    assert snapshot.depth_anomalies >= 0
    assert sum(live.snapshot(iid).events for iid in INSTRUMENTS) == len(rows)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_any_cut_of_a_recording_gives_the_same_state(seed: int, sizes: list[int]) -> None:
    rows = make_rows(seed, 300)
    live, recorded = new_market(), new_market()
    feed_singly(live, rows)
    for run in chunks(rows, sizes):
        recorded.apply_batch(batch_of(run))
    assert everything(live) == everything(recorded)


def test_looking_does_not_change_what_is_seen() -> None:
    rows = make_rows(5, 3_000)
    watched, alone = new_market(), new_market()
    for row in rows:
        feed_singly(watched, [row])
        everything(watched) if row[0] % 97 == 0 else None
    feed_singly(alone, rows)
    assert everything(watched) == everything(alone)


def test_other_arrow_libraries_and_layouts_are_taken() -> None:
    rows = make_rows(9, 500)
    expected = new_market()
    feed_singly(expected, rows)
    batch = batch_of(rows)
    large = batch.set_column(12, "text", batch.column("text").cast(pa.large_string()))
    table = pa.Table.from_batches([batch.slice(0, 123), batch.slice(123)])
    for source in (batch, large, table, pl.DataFrame(table), pa.RecordBatchReader.from_batches(batch.schema, [batch])):
        market = new_market()
        assert market.apply_batch(source) == 500
        assert everything(market) == everything(expected)


def test_a_refused_row_refuses_its_whole_batch() -> None:
    rows = make_rows(4, 50)
    trade = next(i for i, row in enumerate(rows) if row[2] == eventlog.TRADE)
    untouched = everything(new_market())
    for column, value, error, text in (
        (7, -1.0, CoreError, f"row {trade}"),
        (7, math.nan, CoreError, f"row {trade}"),
        (8, math.inf, CoreError, f"row {trade}"),
        (1, -5, CoreError, "ts_ns"),
        (2, 0, CoreError, "control event"),
        (2, 9, CoreError, "kind 9"),
        (3, 99, UnknownInstrumentError, "instrument 99"),
    ):
        bad = list(rows[trade])
        bad[column] = value
        market = new_market()
        with pytest.raises(error, match=text):
            market.apply_batch(batch_of([*rows[:trade], tuple(bad), *rows[trade + 1 :]]))
        assert everything(market) == untouched


def test_a_batch_of_another_shape_is_named() -> None:
    batch = batch_of(make_rows(4, 5))
    market = new_market()
    with pytest.raises(SchemaError, match="price2"):
        market.apply_batch(batch.drop_columns(["price2"]))
    with pytest.raises(SchemaError, match=r"ts_ns.*Int64"):
        market.apply_batch(batch.set_column(1, "ts_ns", batch.column("price")))
    with pytest.raises(SchemaError, match="nulls"):
        market.apply_batch(batch.set_column(7, "price", pa.nulls(5, pa.float64())))
    for junk in (None, 5, "text", [1, 2], {"ts_ns": [1]}):
        with pytest.raises(SchemaError, match="Arrow"):
            market.apply_batch(junk)  # type: ignore[arg-type]
    assert market.apply_batch(batch.slice(0, 0)) == 0


def test_kinds_are_those_of_the_event_log() -> None:
    kinds = (_core.KIND_CONTROL, _core.KIND_TRADE, _core.KIND_QUOTE, _core.KIND_DEPTH, _core.KIND_DEPTH_RESET)
    assert kinds == (eventlog.CONTROL, eventlog.TRADE, eventlog.QUOTE, eventlog.DEPTH, eventlog.DEPTH_RESET)


def test_instruments_are_added_once() -> None:
    market = Market()
    market.add_instrument(1, 0.01)
    market.add_instrument(1, 0.01)
    with pytest.raises(CoreError, match="other parameters"):
        market.add_instrument(1, 0.05)
    for arguments in ({"tick_size": 0.0}, {"tick_size": -0.01}, {"tick_size": math.nan}, {"tick_size": math.inf}):
        with pytest.raises(CoreError, match="tick_size"):
            market.add_instrument(2, **arguments)
    with pytest.raises(CoreError, match="depth_rows"):
        market.add_instrument(2, 0.01, depth_rows=0)
    with pytest.raises(CoreError, match="bucket volume"):
        market.add_instrument(2, 0.01, vpin_bucket_volume=49)
    with pytest.raises(CoreError, match="32-bit"):
        market.add_instrument(2**31, 0.01)
    for call in (market.snapshot, market.l1):
        with pytest.raises(UnknownInstrumentError, match="add_instrument"):
            call(2)


def test_refused_live_events_change_nothing() -> None:
    market = new_market()
    before = everything(market)
    for bad in (
        lambda: market.trade(BASE_NS, 1, math.nan, 1, "", ""),
        lambda: market.trade(BASE_NS, 1, 1.0, -1, "", ""),
        lambda: market.trade(-1, 1, 1.0, 1, "", ""),
        lambda: market.quote(BASE_NS, 1, 1.0, -5, 1.1, 5),
        lambda: market.quote(BASE_NS, 1, math.inf, 5, 1.1, 5),
        lambda: market.depth(BASE_NS, 1, 7, 0, 0, 1.0, 1, ""),
        lambda: market.depth(BASE_NS, 1, 0, 2, 0, 1.0, 1, ""),
        lambda: market.depth(BASE_NS, 1, 0, 0, -1, 1.0, 1, ""),
        lambda: market.depth(BASE_NS, 1, 0, 0, 0, math.nan, 1, ""),
        lambda: market.levels(1, -1),
        lambda: market.bars(1, 0, 5),
    ):
        with pytest.raises(CoreError):
            bad()
    assert everything(market) == before


def test_a_snapshot_before_the_first_event_knows_nothing() -> None:
    market = new_market()
    snapshot = market.snapshot(1)
    unknown = (
        "bid",
        "ask",
        "mid",
        "weighted_mid",
        "last",
        "obi_top",
        "ofi_60s_normalised",
        "vpin",
        "vwap",
        "return_60s",
    )
    assert all(getattr(snapshot, name) is None for name in unknown)
    assert (snapshot.ts_ns, snapshot.events, snapshot.session_volume) == (0, 0, 0.0)
    assert all(math.isnan(value) for value in market.l1(1)[:5])
    assert market.l1(1)[5] == 0
    assert market.levels(1, 5) == ([], [])
    with pytest.raises(AttributeError):
        snapshot.bid = 1.0


def test_quotes_make_mids_imbalance_and_flow() -> None:
    market = new_market()
    market.quote(BASE_NS, 1, 650.00, 300, 650.02, 100)
    market.quote(BASE_NS + SECOND, 1, 650.01, 50, 650.02, 80)
    snapshot = market.snapshot(1)
    assert market.l1(1)[:4] == (650.01, 50.0, 650.02, 80.0)
    assert snapshot.mid == pytest.approx(650.015)
    assert snapshot.weighted_mid == pytest.approx((650.02 * 50 + 650.01 * 80) / 130)
    # The bid rose (+50) and the ask shrank by 20 at its price (+20).
    assert snapshot.ofi_10s == snapshot.ofi_60s == 70.0
    market.quote(BASE_NS + 12 * SECOND, 1, math.nan, 0, 650.02, 80)
    snapshot = market.snapshot(1)
    assert (snapshot.bid, snapshot.mid, snapshot.ofi_10s, snapshot.ofi_60s) == (None, None, 0.0, 70.0)
    market.quote(BASE_NS + 13 * SECOND, 1, 650.02, 10, 650.02, 80)
    assert market.snapshot(1).locked
    market.quote(BASE_NS + 14 * SECOND, 1, 650.03, 10, 650.02, 80)
    assert market.snapshot(1).crossed


def test_depth_rows_shift_and_add_up() -> None:
    market = new_market()
    for position, (price, size) in enumerate([(650.01, 100), (650.01, 50), (650.00, 70)]):
        market.depth(BASE_NS, 1, 0, 1, position, price, size, "NSDQ")
    market.depth(BASE_NS, 1, 0, 0, 0, 650.02, 50, "ARCA")
    assert market.levels(1, 5) == ([(650.01, 150.0), (650.0, 70.0)], [(650.02, 50.0)])
    assert market.snapshot(1).obi_top == pytest.approx(0.5)
    market.depth(BASE_NS, 1, 2, 1, 0, 0.0, 0.0, "NSDQ")
    assert market.levels(1, 1) == ([(650.01, 50.0)], [(650.02, 50.0)])
    market.depth(BASE_NS, 1, 1, 1, 7, 650.0, 5, "NSDQ")
    assert market.snapshot(1).depth_anomalies == 1
    market.depth_reset(BASE_NS, 1)
    assert market.levels(1, 5) == ([], [])
    assert market.snapshot(1).depth_anomalies == 0


def test_threads_may_share_a_market() -> None:
    rows = make_rows(11, 4_000)
    market = new_market()
    batches = [batch_of(run) for run in chunks([row for row in rows if row[3] == 1], (50,))]
    expected = new_market()
    for batch in batches:
        expected.apply_batch(batch)
    stop = threading.Event()
    seen: list[int] = []

    def look() -> None:
        while not stop.is_set():
            seen.append(market.snapshot(1).events)

    looker = threading.Thread(target=look)
    looker.start()
    for batch in batches:
        market.apply_batch(batch)
    stop.set()
    looker.join()
    assert everything(market)[:6] == everything(expected)[:6]
    assert seen == sorted(seen)
