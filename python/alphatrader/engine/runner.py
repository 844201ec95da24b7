"""The runner: ingest, cadence and performer put together on one event loop.

    adapters ─► ingest ─► engine ─► commands ─► performer ─► ports
                  │ new rows                        │
                  └─► cadence: when to decide       └─► workers answer with events ─► ingest

Nothing on the way from tick to order waits for Redis except the claim itself.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

from alphatrader.domain import events as ev
from alphatrader.domain.view import NoticeView
from alphatrader.engine.cadence import Cadence
from alphatrader.engine.commands import Command
from alphatrader.engine.engine import Engine
from alphatrader.engine.ingest import Ingest
from alphatrader.engine.latency import LatencyMeter
from alphatrader.engine.performer import Performer
from alphatrader.engine.workers import Ports
from alphatrader.ports import Clock


class Runner:
    """Connects an engine to its ports. Implements :class:`~alphatrader.ports.EventSink`."""

    def __init__(self, engine: Engine, clock: Clock, on_notice: Callable[[NoticeView], None]) -> None:
        self.engine = engine
        self._clock = clock
        self._performer = Performer(engine, self, on_notice)
        self._cadence = Cadence(engine.state.settings.decisions, clock.time_scale)
        self._ingest = Ingest(engine, clock, self._cadence, self._performer.perform, self._on_rows)
        # The sink's methods are the ingest's own: a row must not pay for one call more.
        self.now_ns = self._ingest.now_ns
        self.trade = self._ingest.trade
        self.quote = self._ingest.quote
        self.depth = self._ingest.depth
        self.depth_reset = self._ingest.depth_reset
        self.market_rows = self._ingest.market_rows
        self.hold_live_rows = self._ingest.hold_live_rows
        self.release_live_rows = self._ingest.release_live_rows
        self._posted = asyncio.Event()
        self._decision: asyncio.TimerHandle | None = None

    @property
    def events(self) -> int:
        """Rows and events that were taken."""
        return self._ingest.events

    @property
    def broker_errors(self) -> Counter[int]:
        """Error messages about orders, by the broker's code."""
        return self._ingest.broker_errors

    @property
    def notices(self) -> deque[NoticeView]:
        """The newest lines for people, newest first."""
        return self._performer.notices

    @property
    def tick_to_signal(self) -> LatencyMeter:
        """Wall time from the newest tick to a signal."""
        return self._performer.tick_to_signal

    @property
    def tick_to_order(self) -> LatencyMeter:
        """Wall time from the newest tick to an order being out."""
        return self._performer.tick_to_order

    def connect(self, ports: Ports) -> None:
        """Name the outside world: from now on records are journaled and events recorded."""
        self._performer.ports = ports
        self._ingest.log = ports.log

    def post(self, event: ev.ControlEvent) -> None:
        """Take a control event: record it, let the engine judge, perform what it wants."""
        self._ingest.post(event)
        if isinstance(event, ev.OrderSent):
            self._performer.measure_order(event.intent_id)
        self._posted.set()

    def perform(self, command: Command) -> None:
        """Carry out a command as if the engine had just wanted it."""
        self._performer.perform(command, self._ingest.row_wall_ns)

    async def wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for the engine to reach a condition (looked at after each control event); False on time-out."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._posted.clear()
                    await self._posted.wait()
        except TimeoutError:
            return False
        return True

    async def work(self, ports: Ports) -> None:
        """Perform commands until cancelled. Raises FencedError if another writer took over."""
        self.connect(ports)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._performer.run(ports))
            group.create_task(self._heartbeat())

    def close(self) -> None:
        """Hear nothing more: what adapters still say while they are closed is no part of the run."""
        self._ingest.close()
        if self._decision is not None:
            self._decision.cancel()

    # ------------------------------------------------------------------ decisions

    def _on_rows(self, ts_ns: int) -> None:
        """Have a decision made soon after new data, at a bounded rate."""
        if self._decision is not None:
            return
        delay_s = (self._cadence.due_on_data_ns(ts_ns) - ts_ns) / 1e9 / self._clock.time_scale
        self._decision = asyncio.get_running_loop().call_later(delay_s, self._decide)

    def _decide(self) -> None:
        if self._decision is not None:
            self._decision.cancel()
            self._decision = None
        if self._ingest.holding:
            return
        now_ns = self.now_ns()
        self._cadence.decided(now_ns)
        self.post(ev.DecisionTimer(ts_ns=now_ns))

    async def _heartbeat(self) -> None:
        """Decide when no data comes, and notice a blocked loop."""
        settings = self.engine.state.settings
        pause_s = min(settings.decisions.max_idle_ms, 50.0) / 1e3
        while True:
            before, held = time.monotonic_ns(), self._ingest.holding
            await asyncio.sleep(pause_s)
            lag_ms = (time.monotonic_ns() - before) / 1e6 - pause_s * 1e3
            if held or self._ingest.holding:
                continue
            if lag_ms > settings.feeds.loop_lag_max_ms:
                self.post(ev.RuntimeLag(ts_ns=self.now_ns(), lag_ms=lag_ms))
            if self._cadence.idle_due(self.now_ns()):
                self._decide()
