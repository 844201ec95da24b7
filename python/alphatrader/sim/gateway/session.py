"""One client's connection: version, START_API, requests in, messages out."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.wire.errors import error_message, invalid
from alphatrader.sim.wire.fields import MalformedRequestError, split_fields
from alphatrader.sim.wire.framing import FrameError, FrameReader
from alphatrader.sim.wire.handshake import VersionError, announcement, negotiate
from alphatrader.sim.wire.readers import read_request
from alphatrader.sim.wire.requests import Request, StartApi
from alphatrader.sim.wire.times import eastern

log = structlog.get_logger("alphatrader.sim.gateway")

CONGESTED_BYTES = 256 * 1024
"""Unsent bytes from which a client's market data is dropped."""
HOPELESS_BYTES = 8 * 1024 * 1024
"""Unsent bytes at which the client is disconnected: order messages are never dropped, so the line must be."""

_PACING_STRIKES = 3
_MAX_PACED = 10_000
"""Requests that wait at most where the server paces; a client beyond is disconnected."""

SERVER_SIDE = -1
"""reqId of errors that belong to no request."""


class SessionOwner(Protocol):
    """What a session needs of its gateway."""

    @property
    def behaviours(self) -> Behaviours:
        """What real gateways may do."""
        ...

    def market_now_ns(self) -> int:
        """Market time."""
        ...

    def wall_s(self) -> float:
        """Wall seconds."""
        ...

    def full(self) -> bool:
        """Whether more clients are connected than may be."""
        ...

    def admit(self, session: "Session", client_id: int) -> bool:
        """Take a client that named itself; False = its id is in use."""
        ...

    def handle(self, session: "Session", request: Request) -> None:
        """Answer a request."""
        ...

    def settle(self) -> None:
        """Save, report and send what the requests caused."""
        ...

    def leave(self, session: "Session") -> None:
        """Forget a session that has ended."""
        ...

    def frozen(self) -> bool:
        """Whether the link plays dead (fault injection)."""
        ...

    def alter(self, session: "Session", encoded: bytes) -> bytes:
        """Return the messages that go out instead of these (fault injection)."""
        ...

    def alter_wire(self, session: "Session", data: bytes) -> bytes:
        """Return the bytes that go out instead of these (fault injection)."""
        ...


class Session(asyncio.Protocol):
    """The server's end of one connection. ``version`` is 0 until negotiated, ``client_id`` None until START_API."""

    def __init__(self, owner: SessionOwner) -> None:
        self._owner = owner
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._out = bytearray()
        self.version = 0
        self._rate = owner.behaviours.number("pacing_messages_per_s")
        self._tokens = 2 * self._rate
        self._tokens_at_s = owner.wall_s()
        self._strikes = 0
        self._paced = False
        self._waiting: deque[bytes] = deque()
        self.client_id: int | None = None
        self.answering: Request | None = None
        """The request that is being answered now."""
        self.peer = "?"
        self.dropped_messages = 0
        self._ended = False
        self._unread = b""

    # ------------------------------------------------------------------------------------------------ asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with a new connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=HOPELESS_BYTES)
        self.peer = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", 0))[:2])
        if self._owner.full():
            log.warning("SIMULATED gateway: too many clients; connection refused", peer=self.peer)
            self.abort()

    def data_received(self, data: bytes) -> None:
        """Cut what came into requests and answer them, all answers in one write."""
        if self._owner.frozen():
            self._unread += data
            if self._transport is not None:
                self._transport.pause_reading()
            return
        try:
            payloads = self._reader.feed(data)
        except FrameError as error:
            self._refuse(error)
            payloads = []
        for payload in payloads:
            if not self._ended:
                self._guarded(self._receive, payload)
        self._owner.settle()

    def _guarded(self, take: Callable[[bytes], None], payload: bytes) -> None:
        try:
            take(payload)
        except (MalformedRequestError, VersionError) as error:
            self._refuse(error)

    def resume(self) -> None:
        """Take requests that waited for the pace, as many as it allows now."""
        if not self._waiting:
            return
        while self._waiting and not self._ended and self._has_token():
            self._guarded(self._take, self._waiting.popleft())
        self._owner.settle()

    def thaw(self) -> None:
        """Take up what came while the link played dead."""
        if self._unread and self._transport is not None:
            data, self._unread = self._unread, b""
            self._transport.resume_reading()
            self.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client; its orders stay."""
        del exc
        self._transport = None
        self._owner.leave(self)

    # ---------------------------------------------------------------------------------------------------------- output

    @property
    def ready(self) -> bool:
        """Whether START_API has been answered and the connection stands."""
        return self.client_id is not None and self._transport is not None

    def send(self, encoded: bytes) -> None:
        """Queue a message that must arrive: answers, orders, errors."""
        if self._transport is not None:
            self._out += self._owner.alter(self, encoded)

    def deliver(self, encoded: bytes) -> None:
        """Queue what a fault has held back or made up: no other fault sees it."""
        if self._transport is not None:
            self._out += encoded

    def send_data(self, encoded: bytes) -> bool:
        """Queue market data; False = dropped, because the client does not read as fast as the market runs."""
        if self.congested:
            self.dropped_messages += 1
            if self.dropped_messages == 1:
                log.warning("SIMULATED gateway: slow client, market data dropped", client_id=self.client_id)
            return False
        self._out += self._owner.alter(self, encoded)
        return True

    @property
    def congested(self) -> bool:
        """Whether so much is unsent that market data would be dropped now."""
        transport = self._transport
        return transport is None or len(self._out) + transport.get_write_buffer_size() > CONGESTED_BYTES

    def error(self, req_id: int, code: int, text: str) -> None:
        """Queue an error or notice (message 4)."""
        self.send(error_message(req_id, code, text, self.version))

    def flush(self) -> None:
        """Hand everything queued to the socket in one write: a client must never see half a batch."""
        transport = self._transport
        if transport is None or not self._out or self._owner.frozen():
            return
        if len(self._out) + transport.get_write_buffer_size() > HOPELESS_BYTES:
            log.warning("SIMULATED gateway: client does not read; disconnected", client_id=self.client_id)
            self.abort()
            return
        data = bytes(self._out)
        self._out.clear()
        self.write(self._owner.alter_wire(self, data))

    def write(self, data: bytes) -> None:
        """Put bytes on the wire as they are."""
        if data and self._transport is not None:
            self._transport.write(data)

    def end(self) -> None:
        """End the connection after what is on the wire; nothing more is sent."""
        self._ended = True
        self._out.clear()
        if self._transport is not None:
            self._transport.close()

    def close(self) -> None:
        """Send what is queued, then end the connection."""
        self.flush()
        self._ended = True
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End the connection at once, unsent bytes lost."""
        self._ended = True
        if self._transport is not None:
            self._transport.abort()

    # ----------------------------------------------------------------------------------------------------------- input

    def _receive(self, payload: bytes) -> None:
        if not self.version:
            self.version = negotiate(payload)
            self._paced = b"PACEAPI" in payload
            self.send(announcement(self.version, eastern(self._owner.market_now_ns())))
            # Flushed at once and alone: the official client throws away what follows in the same read.
            self.flush()
        elif self._within_pace(payload):
            self._take(payload)

    def _take(self, payload: bytes) -> None:
        fields = split_fields(payload)
        request = read_request(fields, self.version)
        if self.client_id is None:
            if not isinstance(request, StartApi):
                raise MalformedRequestError(f"message {fields[0][:20]!r} came before START_API (71)")
            self._start(request)
        elif request is None:
            log.warning("SIMULATED gateway: unknown request", client_id=self.client_id, message_id=fields[0][:20])
            text = invalid(f"the SIMULATED gateway offers no request {fields[0][:20]}")
            self.error(_leading_number(fields), 321, text)
        elif isinstance(request, StartApi):
            raise MalformedRequestError("START_API (71) came twice")
        else:
            self._owner.handle(self, request)

    def _start(self, request: StartApi) -> None:
        if self._owner.admit(self, request.client_id):
            return
        log.warning("SIMULATED gateway: client id in use", client_id=request.client_id, peer=self.peer)
        text = "Unable to connect as the client id is already in use. Retry with a unique client id."
        self.error(SERVER_SIDE, 326, text)
        self.close()

    def _within_pace(self, payload: bytes) -> bool:
        """Count a message against the rate limit; one over it is refused, or waits if the client asked for that."""
        if self._waiting or not self._has_token():
            if self._paced:
                self._waiting.append(payload)
                if len(self._waiting) > _MAX_PACED:
                    log.warning("SIMULATED gateway: too many requests wait; disconnected", client_id=self.client_id)
                    self.close()
            else:
                self._strike()
            return False
        return True

    def _has_token(self) -> bool:
        """Take a message's worth of the rate. Bursts that a client's own one-second throttle allows pass."""
        now_s = self._owner.wall_s()
        self._tokens = min(2 * self._rate, self._tokens + (now_s - self._tokens_at_s) * self._rate)
        self._tokens_at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _strike(self) -> None:
        self._strikes += 1
        self._tokens = self._rate
        self.error(SERVER_SIDE, 100, f"Max rate of messages per second has been exceeded:max={self._rate:.0f}")
        if self._strikes >= _PACING_STRIKES and self._owner.behaviours.on("pacing_disconnects"):
            log.warning("SIMULATED gateway: client exceeded the message rate; disconnected", client_id=self.client_id)
            self.close()

    def _refuse(self, error: Exception) -> None:
        """Say what could not be read. A broken byte stream ends the connection; a broken request may not."""
        lives = (
            isinstance(error, MalformedRequestError)
            and self.client_id is not None
            and not self._owner.behaviours.on("malformed_request_disconnects")
        )
        log.warning(
            "SIMULATED gateway: client's bytes could not be read",
            client_id=self.client_id,
            peer=self.peer,
            reason=str(error),
            disconnected=not lives,
        )
        if self.version:
            self.error(SERVER_SIDE, 320, f"Error reading request. {error}")
        if not lives:
            self.close()


def _leading_number(fields: list[str]) -> int:
    """The request id, as far as an unknown layout lets one guess: most put it first."""
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else SERVER_SIDE
