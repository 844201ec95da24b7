"""Market data decoded in Rust: a chunk of the socket becomes one batch of rows, and no Python object is made a tick.

    chunk ──► _core.MarketFeed ──┬─► rows ──► EventSink.market_rows
                                 └─► frames of other messages, in their places ──► the library's decoder

The rows that came before a frame of the library's are handed on before it is, so the order of events stays true. A
market data frame that is not plain (spaces in a number, say) also goes to the library's decoder, and comes back here
through the same callbacks as in :mod:`~alphatrader.adapters.ibkr.library_feed`.
"""

from collections.abc import Iterator
from typing import Any

from alphatrader import _core
from alphatrader.adapters.ibkr.taps import (
    RT_VOLUME,
    log_delayed_drop,
    log_market_data_type,
    quoted_print,
)
from alphatrader.domain.errors import DataError
from alphatrader.ports import EventSink


class RustTaps:
    """Does what :class:`~alphatrader.adapters.ibkr.library_feed.MarketTaps` does, with streams and quotes in Rust."""

    def __init__(self, sink: EventSink, *, accepts_delayed: bool) -> None:
        self._sink = sink
        self._feed = _core.MarketFeed(accepts_delayed=accepts_delayed)
        self._delayed_told = False
        self.open = self._feed.open
        self.close = self._feed.close
        self.take_prints_from_quotes = self._feed.take_prints_from_quotes
        self.price_size = self._feed.price_size
        self.size = self._feed.size

    @property
    def quotes_seen(self) -> int:
        """Quotes handed on."""
        return self._feed.quotes_seen

    @property
    def late_rows(self) -> int:
        """Rows of streams that are not open any more."""
        return self._feed.late_rows

    @property
    def bad_rows(self) -> int:
        """Rows whose numbers cannot be."""
        return self._feed.bad_rows

    @property
    def delayed_rows(self) -> int:
        """Delayed ticks that nobody asked for."""
        return self._feed.delayed_rows

    def reader(self) -> "RustReader":
        """Return the reader of a new connection."""
        self._feed.reset()
        return RustReader(self, self._feed)

    # ------------------------------------------------------------------------------------------ handing rows on

    def hand_rows(self) -> None:
        """Hand on the rows so far."""
        rows = self._feed.take()
        if rows is not None:
            self._sink.market_rows(rows)

    def flush(self) -> None:
        """Hand on all rows, the quotes that changed among them; call when a network chunk has been read."""
        self._feed.flush()
        self.hand_rows()
        if self._feed.delayed_rows and not self._delayed_told:
            self._delayed_told = True
            log_delayed_drop()

    # ------------------------------------------------------------------------------------------ from the library

    def string(self, request_id: int, tick_type: int, value: str) -> None:
        """Take tickString (46) that was not plain."""
        if tick_type == RT_VOLUME:
            self._feed.quoted_print(request_id, *quoted_print(value))

    def option_computation(self, fields: list[str]) -> None:
        """Take tickOption (21) that was not plain."""
        self._feed.option_computation(int(fields[1]), int(fields[2]))

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
        """Take tickByTick (99) that was not plain."""
        self._feed.print(request_id, price, size, exchange, conditions)

    def depth(self, request_id: int, position: int, op: int, side: int, price: float, size: float) -> None:
        """Take mktDepth (12) that was not plain."""
        self._feed.depth(request_id, position, "", op, side, price, size)

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
        """Take mktDepthL2 (13) that was not plain."""
        self._feed.depth(request_id, position, market_maker, op, side, price, size)

    def market_data_type(self, request_id: int, kind: int) -> None:
        """Take marketDataType (58): what the gateway decided to give us."""
        log_market_data_type(request_id, kind)


class RustReader:
    """Reads one connection. See :class:`~alphatrader.adapters.ibkr.frames.FrameReader`."""

    def __init__(self, taps: RustTaps, feed: _core.MarketFeed) -> None:
        self._taps = taps
        self._feed = feed
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[list[str]]:
        """Take what arrived; yield the messages that are not market data. Raises DataError on an impossible length."""
        try:
            # The server's answer to the handshake has no message number, so it must not be taken for a message.
            fields = self._feed.feed(data, market_data=self._greeted)
            while fields is not None:
                self._greeted = True
                self._taps.hand_rows()
                yield fields
                fields = self._feed.resume()
        except _core.FrameError as error:
            raise DataError(str(error)) from None
