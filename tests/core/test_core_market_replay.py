"""Rows imported once, replay in steps, bound instruments, snapshots as columns, parameters of patterns."""

import math

import polars as pl
import pyarrow as pa
import pytest
from tests.core.core_rows import (
    BASE_NS,
    INSTRUMENTS,
    batch_of,
    chunks,
    everything,
    feed_singly,
    make_rows,
    new_market,
)

from alphatrader._core import CoreError, EventRows, Market, SchemaError, UnknownInstrumentError, bars
from alphatrader.domain.eventlog import DEPTH, QUOTE, TRADE


def test_ranges_of_imported_rows_equal_the_batch() -> None:
    rows = make_rows(21, 3_000)
    whole, ranged = new_market(), new_market()
    whole.apply_batch(batch_of(rows))
    imported = EventRows(batch_of(rows))
    assert len(imported) == 3_000
    for start in range(0, 3_000, 700):
        assert ranged.apply_rows(imported, start, min(start + 700, 3_000)) == min(700, 3_000 - start)
    assert everything(ranged) == everything(whole)
    for start, stop in ((5, 4), (0, 3_001)):
        with pytest.raises(CoreError, match="not within"):
            ranged.apply_rows(imported, start, stop)
    with pytest.raises(SchemaError, match="one record batch"):
        EventRows(pa.Table.from_batches([batch_of(rows[:5]), batch_of(rows[5:9])]))  # type: ignore[arg-type]


def test_a_bad_row_refuses_only_ranges_that_hold_it() -> None:
    rows = make_rows(22, 100)
    bad = next(i for i, row in enumerate(rows) if row[2] == TRADE and i > 20)
    rows[bad] = (*rows[bad][:7], -1.0, *rows[bad][8:])
    market, imported = new_market(), EventRows(batch_of(rows))
    assert market.apply_rows(imported, 0, bad) == bad
    before = everything(market)
    with pytest.raises(CoreError, match=f"row {bad}: the trade price was -1"):
        market.apply_rows(imported, bad - 1, bad + 1)
    assert everything(market) == before
    assert market.apply_rows(imported, bad + 1, 100) == 99 - bad


@pytest.mark.parametrize("step_ns", [None, 1, 50_000_000, 10**9])
def test_a_replay_stops_at_the_same_states_however_rows_are_cut(step_ns: int | None) -> None:
    rows = sorted(make_rows(23, 1_500), key=lambda row: row[1])
    seen: list[list[tuple[int, int, str]]] = []
    for size in (1_500, 64, 7):
        table = pa.Table.from_batches([batch_of(run) for run in chunks(rows, (size,))])
        market = new_market()
        looks: list[tuple[int, int, str]] = []

        def look(ts_ns: int, market: Market = market, looks: list[tuple[int, int, str]] = looks) -> None:
            looks.append((ts_ns, sum(market.snapshot(i).events for i in INSTRUMENTS), repr(market.snapshot(1))))

        assert market.replay(table, look, step_ns=step_ns) == 1_500
        seen.append(looks)
    assert seen[0] == seen[1] == seen[2]
    times = sorted({row[1] for row in rows})
    expected = times if step_ns is None else sorted({t // step_ns * step_ns + step_ns for t in times})
    assert [ts_ns for ts_ns, _, _ in seen[0]] == expected
    for ts_ns, events, _ in seen[0]:
        before = [row for row in rows if (row[1] <= ts_ns if step_ns is None else row[1] < ts_ns)]
        assert events == len(before)


def test_an_exception_of_the_strategy_ends_the_replay_there() -> None:
    rows = sorted(make_rows(24, 200), key=lambda row: row[1])
    market = new_market()

    def fail(_: int) -> None:
        raise RuntimeError("the strategy failed")

    with pytest.raises(RuntimeError, match="the strategy failed"):
        market.replay(batch_of(rows), fail)
    first = [row for row in rows if row[1] == rows[0][1]]
    assert sum(market.snapshot(i).events for i in INSTRUMENTS) == len(first)
    with pytest.raises(CoreError, match="step_ns"):
        market.replay(batch_of(rows), fail, step_ns=0)


def test_a_bound_instrument_is_the_same_instrument() -> None:
    rows = make_rows(25, 2_000)
    by_id, bound = new_market(), new_market()
    feed_singly(by_id, rows)
    handles = {iid: bound.instrument(iid) for iid in INSTRUMENTS}
    for _, ts_ns, kind, iid, op, side, position, price, size, price2, size2, venue, text, _ in rows:
        handle = handles[iid]
        if kind == TRADE:
            handle.trade(ts_ns, price, size, venue or "", text or "")
        elif kind == QUOTE:
            handle.quote(ts_ns, price, size, price2, size2)
        elif kind == DEPTH:
            handle.depth(ts_ns, op, side, position, price, size)
        else:
            handle.depth_reset(ts_ns)
    assert everything(bound) == everything(by_id)
    handle = handles[1]
    assert repr(handle) == "MarketInstrument(1)"
    assert handle.snapshot() == by_id.snapshot(1)
    assert handle.l1() == by_id.l1(1)
    assert handle.mid() == by_id.mid(1) == by_id.snapshot(1).mid
    assert handle.last() == by_id.snapshot(1).last
    snapshot = by_id.snapshot(1)
    assert handle.stream_ts_ns() == (snapshot.quote_ts_ns, snapshot.trade_ts_ns, snapshot.depth_ts_ns)
    assert handle.levels(3) == by_id.levels(1, 3)
    assert handle.bars(60, 5) == by_id.bars(1, 60, 5)
    assert handle.recent_trades(7) == by_id.recent_trades(1, 7)
    with pytest.raises(UnknownInstrumentError):
        bound.instrument(99)
    with pytest.raises(CoreError, match="ts_ns"):
        handle.trade(-1, 1.0, 1.0)


def test_snapshots_come_as_dict_text_and_columns() -> None:
    market = new_market()
    feed_singly(market, make_rows(26, 1_000))
    table = pa.record_batch(market.snapshots(INSTRUMENTS))
    assert table.column("instrument_id").to_pylist() == list(INSTRUMENTS)
    for row, iid in zip(table.to_pylist(), INSTRUMENTS, strict=True):
        snapshot = market.snapshot(iid)
        fields = snapshot.as_dict()
        assert {name: value for name, value in row.items() if name != "instrument_id"} == fields
        assert all(getattr(snapshot, name) == value for name, value in fields.items())
        assert repr(snapshot) == "Snapshot(" + ", ".join(f"{name}={value!r}" for name, value in fields.items()) + ")"
    assert pl.DataFrame(market.snapshots([1])).height == 1
    with pytest.raises(UnknownInstrumentError):
        market.snapshots([1, 99])


def test_dictionaries_and_views_of_text_are_taken() -> None:
    rows = make_rows(27, 800)
    expected = new_market()
    feed_singly(expected, rows)
    batch = batch_of(rows)
    for kind in (
        pa.dictionary(pa.int8(), pa.string()),
        pa.dictionary(pa.uint32(), pa.large_string()),
        pa.string_view(),
        pa.large_string(),
    ):
        other = batch
        for index, name in ((11, "venue"), (12, "text")):
            column = batch.column(name)
            if pa.types.is_dictionary(kind):
                column = column.cast(kind.value_type).dictionary_encode()
                column = pa.DictionaryArray.from_arrays(column.indices.cast(kind.index_type), column.dictionary)  # type: ignore[arg-type]
            else:
                column = column.cast(kind)
            other = other.set_column(index, name, column)
        market = new_market()
        market.apply_batch(other)
        assert everything(market) == everything(expected), kind


def test_patterns_follow_their_parameters() -> None:
    market = Market()
    market.add_instrument(
        1, 0.01, block_shares=500, block_usd=math.inf, sweep_span_ms=1, sweep_venues=3, sweep_levels=4
    )
    market.add_instrument(2, 0.01, plan="utp")
    for venue in "PQZ":
        market.trade(BASE_NS, 1, 10.0, 100.0, "P", "")
        market.trade(BASE_NS + 5, 1, 10.01, 600.0, venue, "")
    snapshot = market.snapshot(1)
    assert (snapshot.block_count_60s, snapshot.sweep_count_60s) == (3, 0)
    market.trade(BASE_NS, 2, 10.0, 100.0, "", "B")
    assert market.snapshot(2).last == 10.0, "a bunched trade of the UTP plan is an ordinary one"
    with pytest.raises(CoreError, match="sweep_venues"):
        market.add_instrument(3, 0.01, sweep_venues=1)
    with pytest.raises(CoreError, match="plan"):
        market.add_instrument(3, 0.01, plan="nyse")  # type: ignore[arg-type]


def test_bars_need_sound_columns() -> None:
    ts_ns, price, size = pa.array([1, 2]), pa.array([1.0, 2.0]), pa.array([5.0, 5.0])
    stamps = ts_ns.cast(pa.timestamp("ns"))
    assert bars(stamps, pa.chunked_array([[1.0], [2.0]]), size, by="tick", length=1).num_rows == 2
    for arguments, text in (
        ((ts_ns, price, pa.array([5.0, None])), 'column "size" has 1 nulls'),
        ((ts_ns, price, pa.array(["5", "5"])), 'column "size" is an Arrow array of Utf8: give'),
        ((ts_ns, [1.0, 2.0], size), 'column "price" is a list: give'),
    ):
        with pytest.raises(SchemaError, match=text):
            bars(*arguments)
    with pytest.raises(CoreError, match="one length"):
        bars(ts_ns, price, pa.array([5.0]))
    with pytest.raises(CoreError, match="add_bars"):
        new_market().bar_series(1, "tick", 3, 10)
