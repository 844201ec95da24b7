"""Event to Python strategy: a recorded stream of quotes and trades through our replay and through other engines.

Every contestant keeps the same state for the same strategy, which looks at bid, ask, last price and volume after each
group of events of one time, or every 100 ms. The checksum is over all that it saw.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from bench.contest import SIZES, Race, installed
from bench.engine_peers import STREAM, Strategy, heap_and_bus, hft, hft_data, nautilus, plain_loop, plain_rows
from bench.market_rows import STEP_NS, columns_of, market_batch
from tests.doubles.engine_bench import EngineBench
from tests.doubles.engine_market import CLOSE_NS, OPEN_NS, SPY, S

from alphatrader._core import Market
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, EVENT_SCHEMA
from alphatrader.engine.replay import replay


def ours(batch: Any, step_ns: int | None) -> Strategy:
    """The trader's own market state (tape, windows, bars, VPIN, flow), and a look between two runs of rows."""
    market, strategy = Market(), Strategy()
    market.add_instrument(1, 0.01, vpin_bucket_volume=100_000)
    mid, look = market.instrument(1).mid, strategy.look
    market.replay(batch, lambda _: look(mid()), step_ns=step_ns)
    return strategy


@pytest.mark.parametrize("size", SIZES)
def test_engine_strategy_on_each_group(contest: Any, size: int) -> None:
    batch = market_batch(size, STREAM)
    race: Race = contest("engine, Python strategy on each event group", size=size, unit="event")
    race.ours(lambda: ours(batch, None), checksum=lambda s: s.seen())
    if size <= 1_000_000:
        rows = plain_rows(batch)
        race.peer("Python heap and bus", lambda: heap_and_bus(rows), checksum=lambda s: s.seen(), demand=0.45)
        race.limit("plain Python loop", lambda: plain_loop(rows), checksum=lambda s: s.seen(), demand=1.3)
    race.peer(
        "nautilus_trader BacktestEngine",
        lambda: nautilus(size),
        checksum=lambda s: s.seen(),
        demand=0.05,
        size_max=100_000,
        requires="nautilus_trader",
    )
    race.note(
        "ours keeps the trader's whole market state; heap, loop and nautilus strategy keep bid, ask, last, volume"
    )
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_engine_strategy_every_100_ms(contest: Any, size: int) -> None:
    batch = market_batch(size, STREAM)
    race: Race = contest("engine, Python strategy every 100 ms", size=size, unit="event")
    race.ours(lambda: ours(batch, STEP_NS), checksum=lambda s: s.seen()[:1])
    if size <= 1_000_000:
        race.peer(
            "hftbacktest, numba strategy",
            lambda: hft(hft_data(size)),
            checksum=lambda seen: [seen[0]],
            demand=1.0,
            rtol=2e-2,
            requires=("hftbacktest", "numba"),
        )
        if installed("hftbacktest"):
            updates = len(hft_data(size)) / size
            race.note(f"hftbacktest takes {updates:.2f} level updates an event, and its strategy is compiled")
    race.limit("read of the columns", lambda: sum(float(column.sum()) for column in columns_of(batch).values()))
    race.run()


def recorded_day(size: int) -> Any:
    """An event log: market rows with the trader's decision every 25, as the runner records it."""
    import pyarrow as pa

    market = market_batch(size, {1: 1, 2: 2, 3: 4}, group=1)
    start_ns = int(market.column("ts_ns")[0].as_py())
    shift_ns = OPEN_NS + 3_600 * S - start_ns
    settings = EngineBench().engine.state.settings.model_dump_json()

    def control(event: ev.ControlEvent) -> pa.RecordBatch:
        row = [0, event.ts_ns, CONTROL, 0, 0, 0, 0, *[float("nan")] * 4, None, None, ev.encode_event(event)]
        arrays = [pa.array([value], field.type) for value, field in zip(row, EVENT_SCHEMA, strict=True)]
        return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)

    times = market.column("ts_ns").to_numpy() + shift_ns
    columns = {name: market.column(name) for name in market.schema.names} | {"ts_ns": pa.array(times)}
    empty = {"seq": pa.array(np.zeros(size, np.int64)), "payload": pa.nulls(size, pa.binary())}
    rows = pa.RecordBatch.from_arrays([(columns | empty)[field.name] for field in EVENT_SCHEMA], schema=EVENT_SCHEMA)
    now = int(times[0])
    begin = ev.RunStarted(
        ts_ns=now, run_id="b", mode="paper", seed=0, time_scale=1.0, settings=settings, build="bench",
        session_date="2025-11-24", session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS, layout=ev.LAYOUT,
    )  # fmt: skip
    added, warm = ev.InstrumentAdded(ts_ns=now, instrument=SPY), ev.WarmupFinished(ts_ns=now, rows=0)
    parts = [control(begin), control(added), control(warm)]
    for first, end in pairwise([*range(0, size, 25), size]):
        parts += [rows.slice(first, end - first), control(ev.DecisionTimer(ts_ns=int(times[end - 1])))]
    return pa.Table.from_batches(parts).combine_chunks().to_batches(max_chunksize=4_096)


def test_engine_replays_a_recorded_day(contest: Any) -> None:
    """The trader's own engine with all its rules: feeds, orders, polls, strategies, entries, lines at each decision."""
    size = 50_000
    batches = recorded_day(size)
    race: Race = contest("engine, replay of a trader's day, a decision every 25 rows", size=size, unit="event")

    def market_only() -> Market:
        market = Market()
        market.add_instrument(1, 0.01, vpin_bucket_volume=10_000)
        for batch in batches:
            market.apply_batch(batch.filter(np.asarray(batch.column("kind")) != CONTROL))
        return market

    race.ours(lambda: replay(batches), checksum=lambda result: float(result.market_rows))
    race.limit("the same rows without the engine", market_only, checksum=lambda m: float(m.snapshot(1).events))
    race.run()


@pytest.mark.benchmark(group="signal-check")
def test_decision_without_a_signal(benchmark: Any) -> None:
    bench = EngineBench().ready().flow(400, step=0.0)
    benchmark(bench.decide)


@pytest.mark.benchmark(group="signal-check")
def test_decision_that_becomes_a_signal(benchmark: Any) -> None:
    """A chain's exposure, score, choice among 18 quoted options by implied delta, guardrails, claim."""

    def fresh() -> tuple[tuple[EngineBench], dict[str, object]]:
        return (EngineBench().ready().flow(),), {}

    def check(bench: EngineBench) -> None:
        bench.decide()
        assert bench.engine.entries.refusals.signals == 1

    benchmark.pedantic(check, setup=fresh, rounds=30)
