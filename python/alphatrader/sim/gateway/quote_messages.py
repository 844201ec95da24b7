"""L1 messages: 1, 2, 21, 45, 46, 58, 81. Only what changed is sent.

A line is updated some ten times a second, so all that never changes of its messages is encoded once.
"""

import struct
from typing import NamedTuple

from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.venues import letter
from alphatrader.sim.market.types import Depth, Print, Quote

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
LAST_TIMESTAMP, RT_VOLUME, HALTED, RT_TRADE_VOLUME = 45, 48, 49, 77
BID_EXCHANGE, ASK_EXCHANGE, LAST_EXCHANGE = 32, 33, 84
CAN_EXECUTE, PRE_OPEN = 1, 4
"""Bits of a price's attributes."""

_HEADERS = [struct.pack(">I", length) for length in range(1024)]


class TickTypes(NamedTuple):
    """Numbers under which a line's ticks go out: live ones, or delayed ones."""

    bid: int
    ask: int
    last: int
    bid_size: int
    ask_size: int
    last_size: int
    high: int
    low: int
    volume: int
    close: int
    open: int
    bid_option: int
    ask_option: int
    last_option: int
    model_option: int
    last_timestamp: int


LIVE_TICKS = TickTypes(1, 2, 4, 0, 3, 5, 6, 7, 8, 9, 14, 10, 11, 12, 13, LAST_TIMESTAMP)
DELAYED_TICKS = TickTypes(66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 80, 81, 82, 83, 88)


def number(value: float) -> bytes:
    """Write a number; whole ones without a point."""
    text = repr(value)
    return (text[:-2] if text.endswith(".0") else text).encode()


def framed(body: bytes) -> bytes:
    """Put the length before a short message."""
    return _HEADERS[len(body)] + body


class TickEncoder:
    """Writes the ticks of one line."""

    __slots__ = ("_generic", "_option", "_price", "_size", "_string", "types")

    def __init__(self, req_id: int, types: TickTypes = LIVE_TICKS) -> None:
        self.types = types
        self._price = b"1\x006\x00%d\x00" % req_id
        self._size = b"2\x006\x00%d\x00" % req_id
        self._option = b"21\x00%d\x00" % req_id
        self._generic = b"45\x006\x00%d\x00" % req_id
        self._string = b"46\x006\x00%d\x00" % req_id

    def price(self, tick_type: int, price: float, size: float, mask: int = 0) -> bytes:
        """1: a price with its size."""
        return framed(b"%b%d\x00%b\x00%b\x00%d\x00" % (self._price, tick_type, number(price), number(size), mask))

    def size(self, tick_type: int, size: float) -> bytes:
        """2: a size alone."""
        return framed(b"%b%d\x00%b\x00" % (self._size, tick_type, number(size)))

    def generic(self, tick_type: int, value: float) -> bytes:
        """45: a value."""
        return framed(b"%b%d\x00%b\x00" % (self._generic, tick_type, number(value)))

    def string(self, tick_type: int, text: str) -> bytes:
        """46: a text (ASCII)."""
        return framed(b"%b%d\x00%b\x00" % (self._string, tick_type, text.encode("ascii")))

    def option(self, tick_type: int, columns: bytes) -> bytes:
        """21: a computation; ``columns`` are its eight values as :func:`alphatrader.sim.gateway.greeks.columns`."""
        return framed(b"%b%d\x000\x00%b" % (self._option, tick_type, columns))

    # ------------------------------------------------------------------------------------------------------ composites

    def quote(self, old: Quote | None, new: Quote, mask: int = CAN_EXECUTE) -> list[bytes]:
        """Encode the difference of two quotes; an absent side is price -1, size 0."""
        out: list[bytes] = []
        types = self.types
        if old is None or new.bid != old.bid:
            out.append(self._side(types.bid, new.bid, new.bid_size, mask))
        if old is None or new.bid_size != old.bid_size:
            out.append(self.size(types.bid_size, new.bid_size if new.bid > 0 else 0))
        if old is None or new.ask != old.ask:
            out.append(self._side(types.ask, new.ask, new.ask_size, mask))
        if old is None or new.ask_size != old.ask_size:
            out.append(self.size(types.ask_size, new.ask_size if new.ask > 0 else 0))
        if new.last > 0:
            self._trade(old, new, out)
        return out

    def index(self, old: Quote | None, new: Quote) -> list[bytes]:
        """Encode an index: its value alone, without sizes."""
        if new.last <= 0 or (old is not None and old.last == new.last):
            return []
        stamp = self.string(self.types.last_timestamp, str(new.ts_ns // 1_000_000_000))
        return [self.price(self.types.last, new.last, 0), stamp]

    def _side(self, tick_type: int, price: float, size: float, mask: int) -> bytes:
        return self.price(tick_type, price, size, mask) if price > 0 else self.price(tick_type, -1, 0)

    def _trade(self, old: Quote | None, new: Quote, out: list[bytes]) -> None:
        types = self.types
        traded = old is None or new.volume != old.volume
        if old is None or new.last != old.last or (traded and new.last_size != old.last_size):
            out.append(self.price(types.last, new.last, new.last_size))
            out.append(self.size(types.last_size, new.last_size))
        if traded:
            out.append(self.size(types.volume, new.volume))
            out.append(self.string(types.last_timestamp, str(new.ts_ns // 1_000_000_000)))

    def day(self, stats: DayStats, told: tuple[float, float, float]) -> list[bytes]:
        """Encode what changed of open, high and low since ``told``; nothing before the first print."""
        if not stats.trades:
            return []
        types = self.types
        pairs = zip((types.open, types.high, types.low), (stats.open, stats.high, stats.low), told, strict=True)
        return [self.price(tick_type, price, 0) for tick_type, price, before in pairs if price != before]

    def volume(self, tick_type: int, tick: Print, stats: DayStats) -> bytes:
        """46/48 and 77: ``price;size;ms;totalVolume;vwap;single``, one for each print."""
        milliseconds = tick.ts_ns // 1_000_000
        text = f"{tick.price:.10g};{tick.size:.10g};{milliseconds};{stats.volume:.0f};{stats.vwap:.8f};true"
        return self.string(tick_type, text)


def best_exchanges(depth: Depth) -> tuple[str, str]:
    """Return the letters of the exchanges at the best bid and the best offer."""
    return _letters(depth.bids), _letters(depth.asks)


def _letters(rows: tuple[tuple[str, float, float], ...]) -> str:
    best = [maker for maker, price, _ in rows if price == rows[0][1]]
    return "".join(sorted({letter(maker) for maker in best}))
