"""The market data streams that we hold: opened, renewed after every loss, given up when refused."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from alphatrader.adapters.ibkr.health import COMPETING_SESSION, Renewal
from alphatrader.adapters.ibkr.limiter import Priority
from alphatrader.adapters.ibkr.session import Session
from alphatrader.adapters.ibkr.taps import StreamKind, Taps
from alphatrader.adapters.ibkr.wire import Request
from alphatrader.domain.events import ContractUnavailable
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

DEPTH_RESET, DEPTH_HALTED = 317, 316
HARMLESS = frozenset({COMPETING_SESSION, 300, 310, 366, 2152, 10090, 10167, 2119, 2137})
"""The health of the link tells this one; cancels of what was already gone; partial permissions; notices."""
BATCH = 10
"""Subscriptions sent in one piece, so that an order never waits behind a hundred of them."""


@dataclass(slots=True)
class Stream:
    """A stream that we want; ``request_id`` is None while it is not open."""

    instrument_id: int
    kind: StreamKind
    contract: Any
    label: str
    generic_ticks: str = ""
    request_id: int | None = None
    refused: str = ""


class Streams:
    """All wanted streams, by instrument and kind."""

    def __init__(self, session: Session, taps: Taps, sink: EventSink) -> None:
        self._session = session
        self._taps = taps
        self._sink = sink
        self._wanted: dict[tuple[int, StreamKind], Stream] = {}
        self._by_request: dict[int, Stream] = {}

    def lines_used(self) -> int:
        """Market data lines in use: one for each quote stream."""
        return sum(1 for stream in self._wanted.values() if stream.kind == "quote")

    def get(self, instrument_id: int, kind: StreamKind) -> Stream | None:
        """Return the wanted stream, if it is one."""
        return self._wanted.get((instrument_id, kind))

    async def open(self, streams: Sequence[Stream]) -> None:
        """Want these from now on and subscribe to them.

        All tokens are taken first, and nothing is awaited after the last message was sent: a caller can announce the
        instruments right after this returns, before their first row.
        """
        # Wanted first: should the link break meanwhile, the reconnection opens them.
        for stream in streams:
            self._wanted[stream.instrument_id, stream.kind] = stream
        for start in range(0, len(streams), BATCH):
            batch = streams[start : start + BATCH]
            await self._session.call(Priority.DATA, *(self._opening(stream) for stream in batch))

    async def close(self, streams: Iterable[Stream]) -> None:
        """Want these no longer, and cancel them."""
        requests: list[Request] = []
        for stream in streams:
            self._wanted.pop((stream.instrument_id, stream.kind), None)
            requests.extend(self._closing(stream))
        for start in range(0, len(requests), BATCH):
            await self._session.call(Priority.DATA, *requests[start : start + BATCH])

    async def renew(self, streams: Sequence[Stream], renewal: Renewal) -> None:
        """Open wanted streams anew; where the old ones may still live, cancel them first."""
        for start in range(0, len(streams), BATCH // 2):
            requests: list[Request] = []
            for stream in streams[start : start + BATCH // 2]:
                if self._wanted.get((stream.instrument_id, stream.kind)) is not stream:
                    continue
                closing = self._closing(stream)
                if renewal is Renewal.SUSPECT:
                    requests.extend(closing)
                if stream.kind == "depth":
                    self._sink.depth_reset(stream.instrument_id)
                stream.refused = ""
                requests.append(self._opening(stream))
            if requests:
                await self._session.call(Priority.DATA, *requests)

    async def renew_all(self, renewal: Renewal) -> None:
        """Open every wanted stream anew."""
        if renewal is Renewal.LOST:
            for stream in self._wanted.values():
                self._closing(stream)
        await self.renew(list(self._wanted.values()), renewal)

    # ------------------------------------------------------------------------------------------ errors

    def on_error(self, request_id: int, code: int, text: str) -> bool:
        """Take an error under a request id; return whether it was about a stream."""
        stream = self._by_request.get(request_id)
        if stream is None:
            return False
        if code == DEPTH_RESET:
            self._sink.depth_reset(stream.instrument_id)
        elif code == DEPTH_HALTED:
            self._sink.depth_reset(stream.instrument_id)
            self._session.renew_later(lambda: self.renew([stream], Renewal.SUSPECT))
        elif code in HARMLESS:
            _log.info("ibkr_stream_notice", stream=stream.kind, label=stream.label, code=code, text=text)
        else:
            self._give_up(stream, code, text)
        return True

    def _give_up(self, stream: Stream, code: int, text: str) -> None:
        """The gateway refuses the stream. It stays wanted, so that the next renewal asks again."""
        _log.warning("ibkr_stream_refused", stream=stream.kind, label=stream.label, code=code, text=text)
        self._closing(stream)
        stream.refused = f"{text} (code {code})"
        if stream.kind == "depth":
            self._sink.depth_reset(stream.instrument_id)
        elif stream.kind == "trade":
            self._taps.take_prints_from_quotes(stream.instrument_id, True)
        else:
            self._sink.post(
                ContractUnavailable(ts_ns=self._sink.now_ns(), key=stream.label, reason=f"no quotes: {stream.refused}")
            )

    # ------------------------------------------------------------------------------------------ requests

    def _opening(self, stream: Stream) -> Request:
        session, settings = self._session, self._session.settings

        def request(client: Any) -> None:
            # The id is taken when the request is encoded: at once with its sending, so no row can come before.
            request_id = session.pending.new_id()
            contract = stream.contract
            if stream.kind == "quote":
                client.reqMktData(request_id, contract, stream.generic_ticks, False, False, [])
            elif stream.kind == "trade":
                client.reqTickByTickData(request_id, contract, "AllLast", 0, False)
                self._taps.take_prints_from_quotes(stream.instrument_id, False)
            else:
                client.reqMktDepth(request_id, contract, settings.depth_rows, settings.depth_smart, [])
            stream.request_id = request_id
            self._by_request[request_id] = stream
            self._taps.open(request_id, stream.instrument_id, stream.kind)

        return request

    def _closing(self, stream: Stream) -> list[Request]:
        """Stop listening to the stream and return the request that tells the gateway."""
        request_id, stream.request_id = stream.request_id, None
        if request_id is None:
            return []
        self._by_request.pop(request_id, None)
        self._taps.close(request_id)
        smart = self._session.settings.depth_smart
        cancels: dict[StreamKind, Callable[[Any], None]] = {
            "quote": lambda client: client.cancelMktData(request_id),
            "trade": lambda client: client.cancelTickByTickData(request_id),
            "depth": lambda client: client.cancelMktDepth(request_id, smart),
        }
        return [cancels[stream.kind]]
