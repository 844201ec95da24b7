"""Performs the engine's commands over the ports: records and notices at once, what must be waited for by workers."""

import contextlib
import time
from collections import deque
from collections.abc import Callable

from alphatrader.domain.records import NoticeRecord
from alphatrader.domain.view import NoticeView
from alphatrader.engine.commands import ClaimSignal, Command, Notify, WriteRecord
from alphatrader.engine.engine import Engine
from alphatrader.engine.latency import LatencyMeter
from alphatrader.engine.workers import Ports, Workers
from alphatrader.ports import EventSink

_NOTICES = 100
_SIGNALS = 100
"""So many signals may wait for their order at once."""


class Performer:
    """Carries commands out. ``on_notice`` hears every line for people."""

    def __init__(self, engine: Engine, sink: EventSink, on_notice: Callable[[NoticeView], None]) -> None:
        self.notices: deque[NoticeView] = deque(maxlen=_NOTICES)
        """Newest first."""
        self.tick_to_signal = LatencyMeter()
        self.tick_to_order = LatencyMeter()
        self.ports: Ports | None = None
        self._engine = engine
        self._sink = sink
        self._on_notice = on_notice
        self._workers = Workers(engine.state, sink, self.notify)
        self._signal_walls: dict[str, int] = {}

    async def run(self, ports: Ports) -> None:
        """Work until cancelled. Raises FencedError if another writer took over."""
        self.ports = ports
        await self._workers.run(ports)

    def perform(self, command: Command, row_wall_ns: int) -> None:
        """Carry out a command; ``row_wall_ns`` is the wall time of the newest market row."""
        match command:
            case Notify():
                self.notify(command)
            case WriteRecord(record):
                if self.ports is not None:
                    self.ports.journal.append(record)
            case ClaimSignal():
                self.tick_to_signal.add(time.monotonic_ns() - row_wall_ns)
                self._remember(command.signal_id, row_wall_ns)
                self._workers.give(command)
            case _:
                self._workers.give(command)

    def _remember(self, signal_id: str, row_wall_ns: int) -> None:
        """Keep the tick behind a signal until its order is out; of signals that become none the oldest go."""
        self._signal_walls[signal_id] = row_wall_ns
        while len(self._signal_walls) > _SIGNALS:
            del self._signal_walls[next(iter(self._signal_walls))]

    def notify(self, notify: Notify) -> None:
        """Tell people, and have the journal remember it."""
        notice = NoticeView(self._sink.now_ns(), notify.level, notify.topic, notify.text, notify.code)
        self.notices.appendleft(notice)
        if self.ports is not None:
            self.ports.journal.append(NoticeRecord(notice.ts_ns, notify.level, notify.code, notify.text))
        # A terminal that is gone, closed or of few characters, or a full disk behind it, costs no command that follows.
        with contextlib.suppress(OSError, ValueError):
            self._on_notice(notice)

    def measure_order(self, intent_id: str) -> None:
        """Take the time from the tick behind a signal to the bytes of its order being out."""
        trade = self._engine.book.trades.get(intent_id)
        wall_ns = self._signal_walls.pop(trade.intent.signal_id, None) if trade else None
        if wall_ns is not None:
            self.tick_to_order.add(time.monotonic_ns() - wall_ns)
