"""The engine against a plain Python event loop in the same run, and the cost of one signal check.

Run with ``just bench bench/test_engine.py``; compare only figures of one run. ``extra_info`` holds the event counts by
which to divide.
"""

import random
from collections.abc import Callable

import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from tests.engine.engine_bench import CLOSE_NS, OPEN_NS, SPY, EngineBench, S

from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, EVENT_SCHEMA, QUOTE, TRADE, EventRow
from alphatrader.engine.replay import replay

ROWS = 200_000
ROWS_PER_DECISION = 25
NAN = float("nan")


def control(seq: int, event: ev.ControlEvent) -> EventRow:
    payload = ev.encode_event(event)
    return (seq, event.ts_ns, CONTROL, 0, 0, 0, 0, NAN, NAN, NAN, NAN, None, None, payload)


def recorded_day() -> list[EventRow]:
    """Quotes and prints of a random walk with a decision every 25 rows."""
    draw, rows, now, price = random.Random(7), [], OPEN_NS + 3_600 * S, 650.0
    engine = EngineBench().engine
    start = ev.RunStarted(
        ts_ns=now, run_id="b", mode="paper", seed=0, time_scale=1.0, settings=engine.state.settings.model_dump_json(),
        build="bench", session_date="2025-11-24", session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS,
    )  # fmt: skip
    rows.append(control(0, start))
    rows.append(control(1, ev.InstrumentAdded(ts_ns=now, instrument=SPY)))
    rows.append(control(2, ev.WarmupFinished(ts_ns=now, rows=0)))
    for i in range(ROWS):
        now += 20_000_000
        price = round(price + draw.choice((-0.01, 0.0, 0.01)), 2)
        seq = len(rows)
        if i % 2:
            row = (seq, now, QUOTE, 1, 0, 0, 0, price - 0.01, 500.0, price + 0.01, 400.0, None, None, None)
        else:
            row = (seq, now, TRADE, 1, 0, 0, 0, price, 100.0, NAN, NAN, "ARCA", "", None)
        rows.append(row)
        if i % ROWS_PER_DECISION == 0:
            rows.append(control(len(rows), ev.DecisionTimer(ts_ns=now)))
    return rows


@pytest.fixture(scope="module")
def day() -> list[EventRow]:
    return recorded_day()


@pytest.mark.benchmark(group="event-rate")
def test_engine_replays_recorded_events(benchmark: BenchmarkFixture, day: list[EventRow]) -> None:
    columns = list(zip(*day, strict=True))
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, EVENT_SCHEMA, strict=True)]
    batches = pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA).to_batches(max_chunksize=4_096)
    benchmark.extra_info["events"] = len(day)
    result = benchmark.pedantic(lambda: replay(batches), rounds=5, warmup_rounds=1)
    assert result.events == len(day)


@pytest.mark.benchmark(group="event-rate")
def test_peer_plain_python_bus(benchmark: BenchmarkFixture, day: list[EventRow]) -> None:
    """The least that a Python event loop does: one object an event, a handler by kind, last values and a sum."""
    benchmark.extra_info["events"] = len(day)

    class Bus:
        def __init__(self) -> None:
            self.bid = self.ask = self.last = self.volume = 0.0
            self.decisions = 0
            self.handlers: dict[int, Callable[[EventRow], None]] = {
                QUOTE: self.quote, TRADE: self.trade, CONTROL: self.decide,
            }  # fmt: skip

        def quote(self, row: EventRow) -> None:
            self.bid, self.ask = row[7], row[9]

        def trade(self, row: EventRow) -> None:
            self.last, self.volume = row[7], self.volume + row[8]

        def decide(self, row: EventRow) -> None:
            self.decisions += 1

    def run() -> Bus:
        bus = Bus()
        for row in day:
            bus.handlers[row[2]](tuple(row))
        return bus

    assert benchmark.pedantic(run, rounds=5, warmup_rounds=1).decisions > 0


@pytest.mark.benchmark(group="signal-check")
def test_decision_without_a_signal(benchmark: BenchmarkFixture) -> None:
    bench = EngineBench().ready().flow(400, step=0.0)
    benchmark(bench.decide)


@pytest.mark.benchmark(group="signal-check")
def test_decision_that_becomes_a_signal(benchmark: BenchmarkFixture) -> None:
    """A chain's exposure, score, choice among 18 quoted options by implied delta, guardrails, claim."""

    def fresh() -> tuple[tuple[EngineBench], dict[str, object]]:
        return (EngineBench().ready().flow(),), {}

    def check(bench: EngineBench) -> None:
        bench.decide()
        assert bench.engine.scout.signals_made == 1

    benchmark.pedantic(check, setup=fresh, rounds=30)
