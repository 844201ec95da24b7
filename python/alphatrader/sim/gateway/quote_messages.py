"""L1 messages: 1, 2, 21, 45, 46, 58, 81. Only what changed is sent."""

from msgspec import Struct

from alphatrader.sim.market.types import Greeks, Print, Quote
from alphatrader.sim.wire.fields import message

BID, ASK, LAST, VOLUME = 1, 2, 4, 8
BID_SIZE, ASK_SIZE, LAST_SIZE = 0, 3, 5
HIGH, LOW, OPEN = 6, 7, 14
LAST_TIMESTAMP, RT_VOLUME = 45, 48
BID_GREEKS, ASK_GREEKS, MODEL_GREEKS = 10, 11, 13
CALL_OPEN_INTEREST, PUT_OPEN_INTEREST = 27, 28
LIVE = 1


class DayStats(Struct):
    """Open, high, low and volume-weighted average of a contract's session, fed by its prints."""

    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    volume: float = 0.0
    value: float = 0.0
    trades: int = 0

    def add(self, tick: Print) -> None:
        """Count a print."""
        if self.trades == 0:
            self.open = self.high = self.low = tick.price
        elif tick.price > self.high:
            self.high = tick.price
        elif tick.price < self.low:
            self.low = tick.price
        self.trades += 1
        self.volume += tick.size
        self.value += tick.price * tick.size

    @property
    def vwap(self) -> float:
        """Average price over all prints; 0 before the first."""
        return self.value / self.volume if self.volume else 0.0


def tick_price(req_id: int, tick_type: int, price: float, size: float, mask: int = 0) -> bytes:
    """1: a price with its size."""
    return message(1, 6, req_id, tick_type, price, size, mask)


def tick_size(req_id: int, tick_type: int, size: float) -> bytes:
    """2: a size alone."""
    return message(2, 6, req_id, tick_type, size)


def quote_changes(req_id: int, old: Quote | None, new: Quote) -> list[bytes]:
    """Encode the difference of two quotes; an absent side is price -1, size 0."""
    out: list[bytes] = []
    sides = (
        (BID, BID_SIZE, new.bid, new.bid_size, (old.bid, old.bid_size) if old else None),
        (ASK, ASK_SIZE, new.ask, new.ask_size, (old.ask, old.ask_size) if old else None),
    )
    for price_type, size_type, price, size, before in sides:
        if before is None or price != before[0]:
            present = price > 0
            out.append(tick_price(req_id, price_type, price if present else -1, size if present else 0, int(present)))
        if before is None or size != before[1]:
            out.append(tick_size(req_id, size_type, size if price > 0 else 0))
    if new.last > 0 and (old is None or (new.last, new.last_size, new.volume) != (old.last, old.last_size, old.volume)):
        if old is None or (new.last, new.last_size) != (old.last, old.last_size):
            out.append(tick_price(req_id, LAST, new.last, new.last_size))
            out.append(tick_size(req_id, LAST_SIZE, new.last_size))
        if old is None or new.volume != old.volume:
            out.append(tick_size(req_id, VOLUME, new.volume))
            out.append(message(46, 6, req_id, LAST_TIMESTAMP, str(new.ts_ns // 1_000_000_000)))
    return out


def day_ticks(req_id: int, stats: DayStats) -> list[bytes]:
    """Encode open, high and low of the session; nothing before the first print."""
    if not stats.trades:
        return []
    return [
        tick_price(req_id, tick_type, price, 0)
        for tick_type, price in ((OPEN, stats.open), (HIGH, stats.high), (LOW, stats.low))
    ]


def rt_volume(req_id: int, tick: Print, stats: DayStats) -> bytes:
    """46/48: ``price;size;ms;totalVolume;vwap;single``, one for each print."""
    value = f"{tick.price:g};{tick.size:g};{tick.ts_ns // 1_000_000};{stats.volume:.0f};{stats.vwap:.8f};true"
    return message(46, 6, req_id, RT_VOLUME, value)


def option_computation(req_id: int, tick_type: int, greeks: Greeks, price: float | None = None) -> bytes:
    """21: greeks. For bid and ask (``price``) the IV is moved along vega, to first order; the greeks are the model's.

    An absent price is -1, an IV that cannot be computed -1.
    """
    iv, shown = greeks.iv, greeks.price
    if price is not None:
        shown = price if price > 0 else -1
        moved = iv + (price - greeks.price) / (greeks.vega * 100) if greeks.vega > 1e-6 and price > 0 else -1
        iv = moved if moved > 0 else -1
    return message(
        21,
        req_id,
        tick_type,
        0,
        round(iv, 6),
        round(greeks.delta, 6),
        round(shown, 4),
        0,  # present value of dividends
        round(greeks.gamma, 8),
        round(greeks.vega, 6),
        round(greeks.theta, 6),
        round(greeks.underlying_price, 4),
    )


def greeks_changes(req_id: int, greeks: Greeks, quote: Quote) -> list[bytes]:
    """Encode bid, ask and model computations."""
    return [
        option_computation(req_id, BID_GREEKS, greeks, quote.bid),
        option_computation(req_id, ASK_GREEKS, greeks, quote.ask),
        option_computation(req_id, MODEL_GREEKS, greeks),
    ]
