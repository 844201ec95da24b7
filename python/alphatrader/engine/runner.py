"""The runner: feeds the engine from the ports, records every event, and performs the engine's commands.

It is the :class:`~alphatrader.ports.EventSink` of all adapters. Everything happens on one event loop; the engine is
called synchronously, so its order of events is the recorded order. Waiting (journal, broker, Redis) is done by
workers, which answer with events. Nothing on the way from tick to order waits for Redis except the claim itself.
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable

from alphatrader import _core
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, DEPTH, DEPTH_RESET, QUOTE, TRADE
from alphatrader.domain.view import NoticeView
from alphatrader.engine.commands import (
    ClaimSignal,
    Command,
    Notify,
    WriteRecord,
)
from alphatrader.engine.engine import Engine
from alphatrader.engine.latency import LatencyMeter
from alphatrader.engine.workers import Ports, Workers
from alphatrader.ports import Clock

_NAN = float("nan")
_BUFFERED_ROWS = 500_000


class Runner:
    """Connects the engine to its ports."""

    def __init__(self, engine: Engine, clock: Clock, on_notice: Callable[[NoticeView], None]) -> None:
        self.engine = engine
        self.notices: deque[NoticeView] = deque(maxlen=100)
        self.events = 0
        self.broker_errors: Counter[int] = Counter()
        """Error messages about orders, by the broker's code."""
        self.tick_to_signal = LatencyMeter()
        self.tick_to_order = LatencyMeter()
        self.ports: Ports | None = None
        self._clock = clock
        self._on_notice = on_notice
        self._market: _core.Market = engine.state.market
        self._last_ns = 0
        self._warmup_spacing_ns = int(engine.state.settings.decisions.warmup_spacing_s * 1e9)
        self._posted = asyncio.Event()
        self._closed = False
        self._held: deque[Callable[[], None]] | None = None
        self._history_ns: dict[int, int] = {}
        self._row_wall_ns = 0
        self._decided_ns = 0
        self._decided_wall_ns = 0
        self._decision: asyncio.TimerHandle | None = None
        self._signal_walls: dict[str, int] = {}
        self._workers = Workers(engine.state, self, self._notice)

    # ------------------------------------------------------------------ EventSink

    def now_ns(self) -> int:
        """Engine time, never decreasing."""
        self._last_ns = max(self._last_ns, self._clock.now_ns())
        return self._last_ns

    def trade(
        self, instrument_id: int, price: float, size: float, venue: str, conditions: str, ts_ns: int | None = None
    ) -> None:
        """Take a print; with ``ts_ns`` it is history, on which the strategies look at a coarser cadence."""
        if ts_ns is None:
            ts_ns = self.now_ns()
            if self._held is not None:
                self._hold(lambda: self._trade(ts_ns, instrument_id, price, size, venue, conditions))
                return
        elif ts_ns - self._history_ns.get(instrument_id, 0) >= self._warmup_spacing_ns:
            self._history_ns[instrument_id] = ts_ns
            self.post(ev.DecisionTimer(ts_ns=ts_ns))
        self._trade(ts_ns, instrument_id, price, size, venue, conditions)

    def quote(
        self, instrument_id: int, bid: float, bid_size: float, ask: float, ask_size: float, ts_ns: int | None = None
    ) -> None:
        """Take a whole L1 quote."""
        if ts_ns is None:
            ts_ns = self.now_ns()
            if self._held is not None:
                self._hold(lambda: self._quote(ts_ns, instrument_id, bid, bid_size, ask, ask_size))
                return
        self._quote(ts_ns, instrument_id, bid, bid_size, ask, ask_size)

    def depth(
        self, instrument_id: int, op: int, side: int, position: int, price: float, size: float, market_maker: str
    ) -> None:
        """Take one row operation of the depth book."""
        ts_ns = self.now_ns()
        if self._held is not None:
            self._hold(lambda: self._depth(ts_ns, instrument_id, op, side, position, price, size, market_maker))
            return
        self._depth(ts_ns, instrument_id, op, side, position, price, size, market_maker)

    def market_rows(self, rows: _core.MarketRows) -> None:
        """Take the market rows of one network chunk: applied and recorded in Rust, as one."""
        ts_ns = self.now_ns()
        if self._held is not None:
            self._hold(lambda: self._market_rows(ts_ns, rows))
            return
        self._market_rows(ts_ns, rows)

    def depth_reset(self, instrument_id: int) -> None:
        """Forget the depth book."""
        ts_ns = self.now_ns()
        if self._held is not None:
            self._hold(lambda: self._depth_reset(ts_ns, instrument_id))
            return
        self._depth_reset(ts_ns, instrument_id)

    def post(self, event: ev.ControlEvent) -> None:
        """Take a control event: record it, let the engine judge, perform what it wants."""
        if self._closed:
            return
        self._record(event.ts_ns, CONTROL, payload=ev.encode_event(event))
        commands = self.engine.take(event)
        for command in commands:
            self._perform(command)
        if isinstance(event, ev.OrderSent):
            self._measure_order(event.intent_id)
        elif isinstance(event, ev.OrderErrored):
            self.broker_errors[event.code] += 1
        self._posted.set()

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

    def close(self) -> None:
        """Hear nothing more: what adapters still say while they are closed is no part of the run."""
        self._closed = True
        self._held = deque(maxlen=0)
        if self._decision is not None:
            self._decision.cancel()

    # ------------------------------------------------------------------ warm-up

    def hold_live_rows(self) -> None:
        """Keep live market rows aside until the history before them has been fed."""
        self._held = deque(maxlen=_BUFFERED_ROWS)

    def release_live_rows(self) -> None:
        """Feed what was kept aside, in order, and go live."""
        held, self._held = self._held, None
        for feed in held or ():
            feed()

    # ------------------------------------------------------------------ work

    async def work(self, ports: Ports) -> None:
        """Perform commands until cancelled. Raises FencedError if another writer took over."""
        self.ports = ports
        async with asyncio.TaskGroup() as group:
            group.create_task(self._workers.run(ports))
            group.create_task(self._heartbeat())

    async def _heartbeat(self) -> None:
        """Decide when no data comes, and notice a blocked loop."""
        settings = self.engine.state.settings
        pause_s = min(settings.decisions.max_idle_ms, 50.0) / 1e3
        while True:
            before, warming = time.monotonic_ns(), self._held is not None
            await asyncio.sleep(pause_s)
            lag_ms = (time.monotonic_ns() - before) / 1e6 - pause_s * 1e3
            if warming or self._held is not None:
                continue
            if lag_ms > settings.feeds.loop_lag_max_ms:
                self.post(ev.RuntimeLag(ts_ns=self.now_ns(), lag_ms=lag_ms))
            if time.monotonic_ns() - self._decided_wall_ns > settings.decisions.max_idle_ms * 1e6:
                self._decide()

    # ------------------------------------------------------------------ inside

    def _hold(self, feed: Callable[[], None]) -> None:
        assert self._held is not None, "asked while holding only"
        self._held.append(feed)

    def _trade(self, ts_ns: int, number: int, price: float, size: float, venue: str, conditions: str) -> None:
        self._market.trade(ts_ns, number, price, size, venue, conditions)
        self._record(ts_ns, TRADE, number, price=price, size=size, venue=venue, text=conditions)
        self._wake()

    def _quote(self, ts_ns: int, number: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self._market.quote(ts_ns, number, bid, bid_size, ask, ask_size)
        self._record(ts_ns, QUOTE, number, price=bid, size=bid_size, price2=ask, size2=ask_size)
        self._wake()

    def _depth(
        self, ts_ns: int, number: int, op: int, side: int, position: int, price: float, size: float, maker: str
    ) -> None:
        self._market.depth(ts_ns, number, op, side, position, price, size, maker)
        self._record(ts_ns, DEPTH, number, op, side, position, price, size, venue=maker)
        self._wake()

    def _market_rows(self, ts_ns: int, rows: _core.MarketRows) -> None:
        rows.apply(self._market, ts_ns)
        seq, self.events = self.events, self.events + len(rows)
        if self.ports is not None:
            self.ports.log.append_rows(seq, ts_ns, rows)
        self._wake()

    def _depth_reset(self, ts_ns: int, number: int) -> None:
        self._market.depth_reset(ts_ns, number)
        self._record(ts_ns, DEPTH_RESET, number)

    def _record(
        self,
        ts_ns: int,
        kind: int,
        instrument_id: int = 0,
        op: int = 0,
        side: int = 0,
        position: int = 0,
        price: float = _NAN,
        size: float = _NAN,
        price2: float = _NAN,
        size2: float = _NAN,
        venue: str | None = None,
        text: str | None = None,
        payload: bytes | None = None,
    ) -> None:
        seq, self.events = self.events, self.events + 1
        row = (seq, ts_ns, kind, instrument_id, op, side, position, price, size, price2, size2, venue, text, payload)
        if self.ports is not None:
            self.ports.log.append(row)

    def _wake(self) -> None:
        """Have a decision made soon after new data, at a bounded rate."""
        self._row_wall_ns = time.monotonic_ns()
        if self._decision is not None or self._held is not None:
            return
        decisions = self.engine.state.settings.decisions
        spacing_ms = max(decisions.min_spacing_ms / self.engine.state.time_scale, decisions.min_spacing_wall_ms)
        due_ns = self._decided_wall_ns + int(spacing_ms * 1e6)
        delay_s = max(0.0, (due_ns - self._row_wall_ns) / 1e9)
        self._decision = asyncio.get_running_loop().call_later(delay_s, self._decide)

    def _decide(self) -> None:
        if self._decision is not None:
            self._decision.cancel()
            self._decision = None
        if self._held is not None:
            return
        self._decided_wall_ns = time.monotonic_ns()
        self.post(ev.DecisionTimer(ts_ns=self.now_ns()))

    def _perform(self, command: Command) -> None:
        match command:
            case Notify():
                self._notice(command)
            case WriteRecord(record):
                if self.ports is not None:
                    self.ports.journal.append(record)
            case ClaimSignal():
                now = time.monotonic_ns()
                self.tick_to_signal.add(now - self._row_wall_ns)
                self._signal_walls = {command.signal_id: self._row_wall_ns}
                self._workers.give(command)
            case _:
                self._workers.give(command)

    def _notice(self, notify: Notify) -> None:
        notice = NoticeView(self.now_ns(), notify.level, notify.topic, notify.text)
        self.notices.appendleft(notice)
        # A terminal that is gone or a full disk behind it must not cost the commands that follow.
        with contextlib.suppress(OSError):
            self._on_notice(notice)

    def _measure_order(self, intent_id: str) -> None:
        trade = self.engine.book.trades.get(intent_id)
        wall_ns = self._signal_walls.pop(trade.intent.signal_id, None) if trade else None
        if wall_ns is not None:
            self.tick_to_order.add(time.monotonic_ns() - wall_ns)
