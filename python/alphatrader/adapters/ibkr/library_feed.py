"""Market data decoded by the library: messages go straight into the event sink, nothing is folded or kept in lists.

A quote's two sides come as separate messages of one network chunk. They are joined: a quote is handed on when the
chunk ends, when its side changes a second time, or before a print or depth row of the same instrument, so that no
half-changed quote is ever seen and the order of events stays true.
"""

from dataclasses import dataclass
from math import nan
from typing import Any

from alphatrader.adapters.ibkr.frames import FrameReader
from alphatrader.adapters.ibkr.taps import (
    RT_VOLUME,
    StreamKind,
    is_price,
    is_size,
    log_delayed_drop,
    log_market_data_type,
    quoted_print,
)
from alphatrader.ports import EventSink

BID, ASK, BID_SIZE, ASK_SIZE = 1, 2, 0, 3
_DELAYED = {66: BID, 67: ASK, 69: BID_SIZE, 70: ASK_SIZE}
_SIZE_OF = {BID_SIZE: BID, ASK_SIZE: ASK}
OPTION_BID, OPTION_ASK = 10, 11
DELETE = 2


@dataclass(slots=True)
class _QuoteLine:
    instrument_id: int
    bid: float = nan
    bid_size: float = 0.0
    ask: float = nan
    ask_size: float = 0.0
    dirty_bid: bool = False
    dirty_ask: bool = False


class MarketTaps:
    """Routes rows of open streams by request id; rows of closed ones are late and dropped."""

    def __init__(self, sink: EventSink, *, accepts_delayed: bool) -> None:
        self._sink = sink
        self._accepts_delayed = accepts_delayed
        self._quotes: dict[int, _QuoteLine] = {}
        self._trades: dict[int, int] = {}
        self._depths: dict[int, int] = {}
        self._by_instrument: dict[int, _QuoteLine] = {}
        self._dirty: dict[int, _QuoteLine] = {}
        self._prints_from_quotes: set[int] = set()
        self.late_rows = 0
        self.bad_rows = 0
        self.delayed_rows = 0
        self.quotes_seen = 0

    def reader(self) -> FrameReader:
        """Return the reader of a new connection: its messages all go to the library's decoder."""
        return FrameReader()

    # ------------------------------------------------------------------------------------------ opening and closing

    def open(self, request_id: int, instrument_id: int, kind: StreamKind) -> None:
        """Route rows under ``request_id`` to an instrument."""
        if kind == "quote":
            line = _QuoteLine(instrument_id)
            self._quotes[request_id] = self._by_instrument[instrument_id] = line
        elif kind == "trade":
            self._trades[request_id] = instrument_id
        else:
            self._depths[request_id] = instrument_id

    def close(self, request_id: int) -> None:
        """Drop whatever still comes under ``request_id``."""
        line = self._quotes.pop(request_id, None)
        if line is not None:
            # Of two lines on one instrument the other one's quote stays.
            if self._dirty.get(line.instrument_id) is line:
                del self._dirty[line.instrument_id]
            if self._by_instrument.get(line.instrument_id) is line:
                del self._by_instrument[line.instrument_id]
        self._trades.pop(request_id, None)
        self._depths.pop(request_id, None)

    def take_prints_from_quotes(self, instrument_id: int, enabled: bool) -> None:
        """Choose the one source of prints: RTVolume of the quote line, or tick-by-tick."""
        (self._prints_from_quotes.add if enabled else self._prints_from_quotes.discard)(instrument_id)

    # ------------------------------------------------------------------------------------------ decoder callbacks

    def price_size(self, request_id: int, tick_type: int, price: float, size: float) -> None:
        """Take tickPrice (1): a price with its size. -1 or 0 means that the side is absent."""
        line = self._quotes.get(request_id)
        if line is None:
            self.late_rows += 1
            return
        kind = self._live_kind(tick_type)
        if kind in (BID, ASK) and price > 0 and not (is_price(price) and is_size(size)):
            self.bad_rows += 1
            return
        if kind == BID:
            if line.dirty_bid:
                self._emit(line)
            line.bid, line.bid_size = (price, size) if price > 0 else (nan, 0.0)
            line.dirty_bid = True
        elif kind == ASK:
            if line.dirty_ask:
                self._emit(line)
            line.ask, line.ask_size = (price, size) if price > 0 else (nan, 0.0)
            line.dirty_ask = True
        else:
            return
        self._dirty[line.instrument_id] = line

    def size(self, request_id: int, tick_type: int, size: float) -> None:
        """Take tickSize (2). The gateway repeats the size of each price in one of these: repetitions are skipped."""
        line = self._quotes.get(request_id)
        if line is None:
            self.late_rows += 1
            return
        side = _SIZE_OF.get(self._live_kind(tick_type))
        if side == BID and line.bid == line.bid and size != line.bid_size:
            if not is_size(size):
                self.bad_rows += 1
                return
            if line.dirty_bid:
                self._emit(line)
            line.bid_size, line.dirty_bid = size, True
        elif side == ASK and line.ask == line.ask and size != line.ask_size:
            if not is_size(size):
                self.bad_rows += 1
                return
            if line.dirty_ask:
                self._emit(line)
            line.ask_size, line.dirty_ask = size, True
        else:
            return
        self._dirty[line.instrument_id] = line

    def string(self, request_id: int, tick_type: int, value: str) -> None:
        """Take tickString (46): RTVolume is ``price;size;ms;total volume;vwap;single``."""
        if tick_type != RT_VOLUME:
            return
        # Read before it is asked who wants it, as the Rust decoder does: what cannot be read is told by both.
        price, size = quoted_print(value)
        line = self._quotes.get(request_id)
        if line is None:
            self.late_rows += 1
            return
        if line.instrument_id not in self._prints_from_quotes:
            return
        if not (price > 0 and size > 0):
            return
        if is_price(price) and is_size(size):
            self._trade(line.instrument_id, price, size, "", "")
        else:
            self.bad_rows += 1

    def option_computation(self, fields: list[str]) -> None:
        """Take tickOption (21), whose numbers are not used.

        One that was computed from the bid or ask proves that the quote, which is sent only when it changes, still
        stands: it is handed on again with a new time.
        """
        if int(fields[2]) in (OPTION_BID, OPTION_ASK):
            line = self._quotes.get(int(fields[1]))
            if line is not None and (line.bid == line.bid or line.ask == line.ask):
                self._dirty[line.instrument_id] = line

    def tick_by_tick(
        self,
        request_id: int,
        _tick_type: int,
        _epoch_s: int,
        price: float,
        size: float,
        _attributes: Any,
        exchange: str,
        conditions: str,
    ) -> None:
        """Take tickByTick (99) of Last / AllLast. The gateway's time has whole seconds only: ours is used."""
        instrument_id = self._trades.get(request_id)
        if instrument_id is None:
            self.late_rows += 1
        elif is_price(price) and is_size(size) and size > 0:
            self._trade(instrument_id, price, size, exchange, conditions)
        else:
            self.bad_rows += 1

    def depth(self, request_id: int, position: int, op: int, side: int, price: float, size: float) -> None:
        """Take mktDepth (12)."""
        self.depth_l2(request_id, position, "", op, side, price, size)

    def depth_l2(
        self,
        request_id: int,
        position: int,
        market_maker: str,
        op: int,
        side: int,
        price: float,
        size: float,
        _is_smart: bool = False,
    ) -> None:
        """Take mktDepthL2 (13): a row operation, before anything folds it."""
        instrument_id = self._depths.get(request_id)
        if instrument_id is None:
            self.late_rows += 1
        elif (
            op in (0, 1, 2)
            and side in (0, 1)
            and 0 <= position < 1_000
            and (op == DELETE or (is_price(price) and is_size(size)))
        ):
            self._flush_instrument(instrument_id)
            self._sink.depth(instrument_id, op, side, position, price, size, market_maker)
        else:
            self.bad_rows += 1

    def market_data_type(self, request_id: int, kind: int) -> None:
        """Take marketDataType (58): what the gateway decided to give us."""
        log_market_data_type(request_id, kind)

    def flush(self) -> None:
        """Hand on the quotes that changed; call when a network chunk has been read."""
        if self._dirty:
            lines = list(self._dirty.values())
            self._dirty.clear()
            for line in lines:
                self._emit(line)

    # ------------------------------------------------------------------------------------------ inside

    def _live_kind(self, tick_type: int) -> int:
        if tick_type in _DELAYED:
            if self._accepts_delayed:
                return _DELAYED[tick_type]
            self.delayed_rows += 1
            if self.delayed_rows == 1:
                log_delayed_drop()
            return -1
        return tick_type

    def _trade(self, instrument_id: int, price: float, size: float, venue: str, conditions: str) -> None:
        self._flush_instrument(instrument_id)
        self._sink.trade(instrument_id, price, size, venue, conditions)

    def _flush_instrument(self, instrument_id: int) -> None:
        line = self._dirty.pop(instrument_id, None)
        if line is not None:
            self._emit(line)

    def _emit(self, line: _QuoteLine) -> None:
        line.dirty_bid = line.dirty_ask = False
        self.quotes_seen += 1
        self._sink.quote(line.instrument_id, line.bid, line.bid_size, line.ask, line.ask_size)
