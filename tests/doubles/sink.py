"""An event sink that keeps what it hears and lets a test wait for it."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, TypeVar

from alphatrader import _core
from alphatrader.domain.events import ControlEvent

E = TypeVar("E")


class RecordingSink:
    """Sink and clock in one: every question for the time moves it on by a nanosecond."""

    def __init__(self, now_ns: int = 1_700_000_000_000_000_000, time_scale: float = 1.0) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.events: list[ControlEvent] = []
        self.time_scale = time_scale
        self._changed = asyncio.Event()
        self._now_ns = now_ns

    def _add(self, *row: Any) -> None:
        self.rows.append(tuple(None if isinstance(v, float) and math.isnan(v) else v for v in row))
        self._changed.set()

    def trade(self, instrument_id, price, size, venue, conditions, ts_ns=None) -> None:
        self._add("trade", instrument_id, price, size, venue, conditions, ts_ns)

    def quote(self, instrument_id, bid, bid_size, ask, ask_size, ts_ns=None) -> None:
        self._add("quote", instrument_id, bid, bid_size, ask, ask_size)

    def depth(self, instrument_id, op, side, position, price, size, market_maker) -> None:
        self._add("depth", instrument_id, op, side, position, price, size, market_maker)

    def market_rows(self, rows) -> None:
        take = {_core.KIND_TRADE: self.trade, _core.KIND_QUOTE: self.quote, _core.KIND_DEPTH: self.depth}
        for kind, *values in rows.tuples():
            take[kind](*values)

    def depth_reset(self, instrument_id) -> None:
        self._add("depth_reset", instrument_id)

    def post(self, event: ControlEvent) -> None:
        self.events.append(event)
        self._changed.set()

    def now_ns(self) -> int:
        self._now_ns += 1
        return self._now_ns

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition: Callable[[], Any], what: str = "the condition") -> Any:
        """Wait until ``condition`` is true; the deadline only bounds a failing test."""
        try:
            async with asyncio.timeout(10):
                while not (value := condition()):
                    self._changed.clear()
                    try:
                        async with asyncio.timeout(0.01):
                            await self._changed.wait()
                    except TimeoutError:
                        pass
                return value
        except TimeoutError:
            raise AssertionError(f"never came true: {what}; rows {self.rows[-5:]}, events {self.events[-8:]}") from None
