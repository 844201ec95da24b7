"""Ingest: the :class:`~alphatrader.ports.EventSink` of all adapters. Rows and events in, recorded and applied in order.

Everything happens on one event loop and the engine is called synchronously, so its order of events is the recorded
order. What is heard while history is fed is held back, in order.
"""

import time
from collections import Counter, deque
from collections.abc import Callable

from alphatrader import _core
from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, DEPTH, DEPTH_RESET, QUOTE, TRADE
from alphatrader.engine.cadence import Cadence
from alphatrader.engine.commands import Command
from alphatrader.engine.engine import Engine
from alphatrader.ports import Clock, EventLog

_NAN = float("nan")
_BUFFERED_ROWS = 500_000


class Ingest:
    """Feeds the engine and the event log. ``perform`` gets the engine's commands, ``on_rows`` hears of live data."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        cadence: Cadence,
        perform: Callable[[Command, int], None],
        on_rows: Callable[[int], None],
    ) -> None:
        self.events = 0
        self.broker_errors: Counter[int] = Counter()
        """Error messages about orders, by the broker's code."""
        self.log: EventLog | None = None
        self.cadence = cadence
        self.row_wall_ns = 0
        """Wall time (monotonic) of the newest live row."""
        self._engine = engine
        self._clock = clock
        self._perform = perform
        self._told_rows = on_rows
        self._market: _core.Market = engine.state.market
        self._last_ns = 0
        self._closed = False
        self._held: deque[Callable[[], None]] | None = None

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
        elif self.cadence.history_due(instrument_id, ts_ns):
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
        for command in self._engine.take(event):
            self._perform(command, self.row_wall_ns)
        if isinstance(event, ev.OrderErrored):
            self.broker_errors[event.code] += 1

    # ------------------------------------------------------------------ holding back

    @property
    def holding(self) -> bool:
        """Whether live rows are kept aside."""
        return self._held is not None

    def hold_live_rows(self) -> None:
        """Keep live market rows aside until the history before them has been fed."""
        self._held = deque(maxlen=_BUFFERED_ROWS)

    def release_live_rows(self) -> None:
        """Feed what was kept aside, in order, and go live."""
        held, self._held = self._held, None
        for feed in held or ():
            feed()

    def close(self) -> None:
        """Hear nothing more: what adapters still say while they are closed is no part of the run."""
        self._closed = True
        self._held = deque(maxlen=0)

    # ------------------------------------------------------------------ inside

    def _on_rows(self, ts_ns: int) -> None:
        self.row_wall_ns = time.monotonic_ns()
        if self._held is None:
            self._told_rows(ts_ns)

    def _hold(self, feed: Callable[[], None]) -> None:
        assert self._held is not None, "asked while holding only"
        self._held.append(feed)

    def _trade(self, ts_ns: int, number: int, price: float, size: float, venue: str, conditions: str) -> None:
        self._market.trade(ts_ns, number, price, size, venue, conditions)
        self._record(ts_ns, TRADE, number, price=price, size=size, venue=venue, text=conditions)
        self._on_rows(ts_ns)

    def _quote(self, ts_ns: int, number: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self._market.quote(ts_ns, number, bid, bid_size, ask, ask_size)
        self._record(ts_ns, QUOTE, number, price=bid, size=bid_size, price2=ask, size2=ask_size)
        self._on_rows(ts_ns)

    def _depth(
        self, ts_ns: int, number: int, op: int, side: int, position: int, price: float, size: float, maker: str
    ) -> None:
        self._market.depth(ts_ns, number, op, side, position, price, size, maker)
        self._record(ts_ns, DEPTH, number, op, side, position, price, size, venue=maker)
        self._on_rows(ts_ns)

    def _market_rows(self, ts_ns: int, rows: _core.MarketRows) -> None:
        rows.apply(self._market, ts_ns)
        seq, self.events = self.events, self.events + len(rows)
        if self.log is not None:
            self.log.append_rows(seq, ts_ns, rows)
        self._on_rows(ts_ns)

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
        if self.log is not None:
            self.log.append(row)
