"""A backtest in event time alone: the trader's engine and cadence over rows, without a loop, a clock or a socket."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise

import msgspec
import pyarrow as pa
from tests.doubles.clocks import LoopClock
from tests.doubles.engine_market import OPEN_NS, SPY, S
from tests.doubles.event_time import EventTime
from tests.doubles.ports import MemoryPorts
from tests.doubles.recorded_bench import RecordedBench, batches_of

from alphatrader._core import EventRows
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, EventRow
from alphatrader.domain.signals import Signal
from alphatrader.engine.cadence import Cadence
from alphatrader.engine.commands import ClaimSignal, Command
from alphatrader.engine.engine import Engine
from alphatrader.engine.old_layouts import recorded_settings
from alphatrader.engine.runner import Runner
from alphatrader.engine.settings import EngineSettings
from alphatrader.sim.virtual import VirtualLoop

MS = 1_000_000


def a_day() -> list[EventRow]:
    """What came in on a day on which buyers lifted offers: no decision is in it."""
    bench = RecordedBench().ready().prints()
    for number in range(200):
        bench.flow(2, step=0.004 if number >= 140 else 0.0)
    return bench.rows


class Backtest:
    """Feeds rows to an engine, decides when the cadence says so, and grants every claim at once."""

    def __init__(self) -> None:
        self.engine: Engine
        self.decided: list[int] = []
        self.outputs: list[bytes] = []

    def run(self, batches: Iterable[pa.RecordBatch]) -> "Backtest":
        for batch in batches:
            rows, kinds = EventRows(batch), batch.column("kind").to_pylist()
            times, payloads = batch.column("ts_ns").to_pylist(), batch.column("payload").to_pylist()
            for index, (kind, ts_ns, payload) in enumerate(zip(kinds, times, payloads, strict=True)):
                if kind == CONTROL:
                    self._hear(ev.decode_event(payload))
                    continue
                self._driver.data(ts_ns)
                self.engine.state.market.apply_rows(rows, index, index + 1)
        return self

    def _hear(self, event: ev.ControlEvent) -> None:
        if isinstance(event, ev.RunStarted):
            settings = recorded_settings(event)
            self.engine = Engine(settings)
            self._driver = EventTime(Cadence(settings.decisions, event.time_scale), event.ts_ns, self._decide)
        self._driver.advance(event.ts_ns)
        self._take(event)

    def _decide(self, now_ns: int) -> None:
        self.decided.append(now_ns)
        self._take(ev.DecisionTimer(ts_ns=now_ns))

    def _take(self, event: ev.ControlEvent) -> None:
        commands = self.engine.take(event)
        self.outputs += self.engine.state.drain_outputs()
        for command in commands:
            self._answer(command, event.ts_ns)

    def _answer(self, command: Command, now_ns: int) -> None:
        if isinstance(command, ClaimSignal):
            self._take(
                ev.ClaimAnswered(
                    ts_ns=now_ns,
                    fingerprint=command.fingerprint,
                    signal_id=command.signal_id,
                    granted=True,
                    reason="",
                )
            )


def test_rows_become_a_signal_and_its_intent() -> None:
    backtest = Backtest().run(batches_of(a_day()))
    signal, intent = backtest.outputs
    found = msgspec.json.decode(signal, type=Signal)
    assert (found.symbol, found.direction, found.strategy) == ("SPY", "bullish", "zero_dte")
    assert msgspec.json.decode(intent)["signal_id"] == found.signal_id
    assert found.created_ns in backtest.decided


def test_it_is_the_same_every_time_and_however_the_rows_are_cut() -> None:
    rows = a_day()
    first, second = Backtest().run(batches_of(rows)), Backtest().run(batches_of(rows, 13))
    assert first.outputs == second.outputs
    assert first.decided == second.decided


def test_it_decides_at_the_traders_own_cadence() -> None:
    times = Backtest().run(batches_of(a_day())).decided
    cadence = Cadence(EngineSettings().decisions, 1.0)
    assert len(times) > 1_000
    assert all(cadence.spacing_ns <= b - a <= cadence.idle_ns + 1 for a, b in pairwise(times))


def test_live_and_backtest_decide_at_the_same_instants() -> None:
    """Rows come every 20 ms; what is idle is looked for by a heartbeat live, and exactly in a backtest."""
    start_ns, count = OPEN_NS + 3_600 * S, 300
    backtest: list[int] = []
    driver = EventTime(Cadence(EngineSettings().decisions, 1.0), start_ns - S // 10, backtest.append)
    for number in range(count):
        driver.data(start_ns + number * 20 * MS)
    driver.advance(start_ns + count * 20 * MS)
    live = live_decisions(start_ns, count)
    assert [round((ts_ns - start_ns) / MS) for ts_ns in live] == [round((ts_ns - start_ns) / MS) for ts_ns in backtest]


def live_decisions(start_ns: int, count: int) -> list[int]:
    """Instants of the runner's decisions while a quote comes every 20 ms."""
    loop = VirtualLoop(seed=1)
    ports = MemoryPorts()

    async def play() -> None:
        runner = Runner(Engine(EngineSettings()), LoopClock(loop, start_ns), lambda notice: None)
        runner.connect(ports)
        runner.post(ev.InstrumentAdded(ts_ns=start_ns, instrument=SPY))
        for number in range(count):
            await asyncio.sleep(start_s + number * 0.02 - loop.time())
            runner.quote(1, 649.99, 100, 650.01, 100)
        await asyncio.sleep(start_s + count * 0.02 - 0.001 - loop.time())
        runner.close()

    start_s = loop.time()
    try:
        loop.run_until_complete(play())
    finally:
        loop.close()
    events = (ev.decode_event(row[13]) for row in ports.log.rows if row[2] == CONTROL)
    return [event.ts_ns for event in events if isinstance(event, ev.DecisionTimer)]
