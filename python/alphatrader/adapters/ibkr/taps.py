"""Market data straight from the decoder into the event sink: nothing is folded, kept in lists, or swallowed.

A quote's two sides come as separate messages of one network chunk. They are joined: a quote is handed on when the
chunk ends, when its side changes a second time, or before a print or depth row of the same instrument, so that no
half-changed quote is ever seen and the order of events stays true.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Any, Literal, Protocol

import structlog

from alphatrader.adapters.ibkr.frames import FrameReader, Reader
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

StreamKind = Literal["quote", "trade", "depth"]

BID, ASK, BID_SIZE, ASK_SIZE, RT_VOLUME = 1, 2, 0, 3, 48
_DELAYED = {66: BID, 67: ASK, 69: BID_SIZE, 70: ASK_SIZE}
_SIZE_OF = {BID_SIZE: BID, ASK_SIZE: ASK}
OPTION_BID, OPTION_ASK = 10, 11
DELETE = 2
LIVE, FROZEN = 1, 2
PRICE_MAX = SIZE_MAX = 1e9
"""No price or size is above: the market state refuses more, and a broken row must not end the trader."""


class Taps(Protocol):
    """What the rest of the adapter needs of market data, whoever decodes it."""

    @property
    def quotes_seen(self) -> int:
        """Quotes handed on."""
        ...

    @property
    def open(self) -> Callable[[int, int, StreamKind], None]:
        """Route rows under a request id to an instrument."""
        ...

    @property
    def close(self) -> Callable[[int], None]:
        """Drop whatever still comes under a request id."""
        ...

    @property
    def take_prints_from_quotes(self) -> Callable[[int, bool], None]:
        """Choose the one source of prints: RTVolume of the quote line, or tick-by-tick."""
        ...

    @property
    def price_size(self) -> Callable[[int, int, float, float], None]:
        """Take tickPrice (1)."""
        ...

    @property
    def size(self) -> Callable[[int, int, float], None]:
        """Take tickSize (2)."""
        ...

    @property
    def string(self) -> Callable[[int, int, str], None]:
        """Take tickString (46)."""
        ...

    @property
    def option_computation(self) -> Callable[[list[str]], None]:
        """Take tickOption (21), as its fields."""
        ...

    @property
    def tick_by_tick(self) -> Callable[[int, int, int, float, float, Any, str, str], None]:
        """Take tickByTick (99) of Last / AllLast."""
        ...

    @property
    def depth(self) -> Callable[[int, int, int, int, float, float], None]:
        """Take mktDepth (12)."""
        ...

    @property
    def depth_l2(self) -> Callable[..., None]:
        """Take mktDepthL2 (13)."""
        ...

    @property
    def market_data_type(self) -> Callable[[int, int], None]:
        """Take marketDataType (58)."""
        ...

    def flush(self) -> None:
        """Hand on what changed; call when a network chunk has been read."""
        ...

    def reader(self) -> Reader:
        """Return the reader of a new connection."""
        ...


def log_market_data_type(request_id: int, kind: int) -> None:
    """Say so if the gateway decided to give us something else than live data."""
    if kind != LIVE:
        _log.warning("ibkr_data_is_not_live", request_id=request_id, kind="frozen" if kind == FROZEN else "delayed")


def log_delayed_drop() -> None:
    """Say once that delayed ticks are dropped."""
    _log.warning(
        "ibkr_delayed_data_dropped",
        cure="subscribe to live data for this symbol, or set market_data_type of the gateway to 3",
    )


def quoted_print(value: str) -> tuple[float, float]:
    """Price and size of an RTVolume text ``price;size;ms;total volume;vwap;single``; 0 where it states none."""
    price, size, _rest = value.split(";", 2)
    return (float(price), float(size)) if price and size else (0.0, 0.0)


def is_price(price: float) -> bool:
    """Whether a price can be true."""
    return 0 < price <= PRICE_MAX


def is_size(size: float) -> bool:
    """Whether a size can be true."""
    return 0 <= size <= SIZE_MAX


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
            self._dirty.pop(line.instrument_id, None)
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
        line = self._quotes.get(request_id)
        if line is None:
            self.late_rows += 1
            return
        if line.instrument_id not in self._prints_from_quotes:
            return
        price, size = quoted_print(value)
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
