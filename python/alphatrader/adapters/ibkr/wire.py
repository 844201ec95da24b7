"""One TCP link to a gateway: handshake, messages in and out, and knowing when bytes have really left.

A Wire lives for one connection. It borrows the library's encoder, decoder and socket, and takes over what the library
does badly for us: its throttle (it would delay cancels), its framing, and its habit of logging exceptions away.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NoReturn

from alphatrader.adapters.ibkr.frames import Reader
from alphatrader.adapters.ibkr.library import Library
from alphatrader.domain.errors import DataError, LinkError

Request = Callable[[Any], None]
"""A call of one request method of the library's client."""


class _RaisingLogger:
    """Stands in for the decoder's logger, which is only used to log exceptions away: here they go on upwards."""

    def exception(self, _message: str) -> NoReturn:
        error = sys.exc_info()[1]
        raise error if error is not None else DataError("the decoder reported an error without a cause.")


class GatewayAwayError(LinkError):
    """Nobody answers as a gateway does. The message says what a person at the broker's gateway can do about it."""


class Wire:
    """A connection. ``callbacks`` is what the library's decoder calls (the EWrapper interface, see callbacks.py).

    ``reader`` cuts the stream into messages, and may keep market data for itself. ``on_lost`` is called once, with the
    reason, when an open connection ends by itself; ``on_fault`` when a message could not be handled.
    """

    def __init__(
        self,
        library: Library,
        callbacks: Any,
        message_ids: Iterable[int],
        reader: Reader,
        on_lost: Callable[["Wire", str], None],
        on_fault: Callable[["Wire", int, list[str], Exception], None],
        on_chunk_end: Callable[[], None],
    ) -> None:
        client = library.client_class(callbacks)
        client.MaxRequests = 0  # the library's own throttle off: ours keeps tokens for cancels
        client.decoder.logger = _RaisingLogger()
        self.client = client
        self.next_order_id = 0
        self.accounts: tuple[str, ...] = ()
        self.server_version = 0
        self.last_heard_s = 0.0
        self.unknown_messages = 0
        self.handlers: dict[int, Callable[[list[str]], None]] = {
            number: client.decoder.handlers[number] for number in message_ids
        }
        self._reader = reader
        self._on_lost, self._on_fault, self._on_chunk_end = on_lost, on_fault, on_chunk_end
        self._drained = asyncio.Event()
        self._drained.set()
        self._ready: asyncio.Future[None] | None = None
        self._corked: list[bytes] | None = None
        self._open = False
        self._ended = ""
        connection = client.conn
        connection.data_received = self._data_received
        connection.connection_lost = self._connection_lost
        connection.pause_writing = self._drained.clear
        connection.resume_writing = self._drained.set
        connection.sendMsg = self._write

    @property
    def is_open(self) -> bool:
        """Whether the handshake succeeded and the connection has not ended since."""
        return self._open

    async def open(self, host: str, port: int, client_id: int, timeout_s: float) -> None:
        """Connect and shake hands. Raises LinkError that says how far it came and what to do."""
        client = self.client
        client.host, client.port, client.clientId = host, port, client_id
        client.connState = client.CONNECTING
        self._ready = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                await client.conn.connectAsync(host, port)
                # High-water mark 0: "resume" then means that the kernel has taken every byte.
                client.conn.transport.set_write_buffer_limits(high=0)
                versions = b"v%d..%d" % (client.MinClientVersion, client.MaxClientVersion)
                self._write(b"API\0" + len(versions).to_bytes(4, "big") + versions)
                await self._ready
        except TimeoutError:
            self.abort()
            raise GatewayAwayError(self._silence(host, port, timeout_s)) from None
        except OSError as error:
            self.abort()
            raise GatewayAwayError(
                f"no gateway at {host}:{port} ({error.strerror or error}); start TWS or IB Gateway, enable its API "
                "(Configure > API > Settings > Enable ActiveX and Socket Clients) and check gateway.ports."
            ) from error
        except BaseException:
            self.abort()
            raise
        if self._ended:
            # It was lost after the last word of the handshake, before we came to hear of it.
            raise LinkError(f"{self._ended}, right after the handshake.")
        self._open = True

    def refuse(self, error: LinkError) -> bool:
        """Fail a handshake that is under way; return whether there was one."""
        if self._ready is None or self._ready.done():
            return False
        self._ready.set_exception(error)
        return True

    def send(self, requests: Iterable[Request]) -> None:
        """Encode requests and hand them to the socket in one piece; nothing is sent if one cannot be encoded."""
        if not self._open:
            raise LinkError("the link to the gateway is down; nothing was sent.")
        self._corked = []
        try:
            for request in requests:
                request(self.client)
            data = b"".join(self._corked)
        finally:
            self._corked = None
        self._write(data)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until all written bytes have left the process; False if the link ended or time ran out first."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._drained.wait()
            transport = self.client.conn.transport
            return self._open and transport is not None and transport.get_write_buffer_size() == 0
        return False

    def abort(self) -> None:
        """Drop the connection now, without waiting for unsent bytes."""
        self._open = False
        self.client.connState = self.client.DISCONNECTED
        if self.client.conn.transport is not None:
            self.client.conn.transport.abort()

    def close(self) -> None:
        """End the connection after unsent bytes have gone."""
        self._open = False
        self.client.connState = self.client.DISCONNECTED
        if self.client.conn.transport is not None:
            self.client.conn.transport.close()

    def fail(self, reason: str) -> None:
        """Declare an open connection unusable: drop it and say so."""
        was_open = self._open
        self._ended = self._ended or reason
        self.abort()
        if was_open:
            self._on_lost(self, reason)

    def _write(self, data: bytes) -> None:
        if self._corked is not None:
            self._corked.append(data)
        elif self.client.conn.transport is not None:
            self.client.conn.transport.write(data)

    def _data_received(self, data: bytes) -> None:
        self.last_heard_s = asyncio.get_running_loop().time()
        try:
            for fields in self._reader.feed(data):
                self._dispatch(fields)
        except DataError as error:
            if not self.refuse(LinkError(str(error))):
                self.fail(str(error))
            return
        except Exception as error:  # noqa: BLE001 - see _dispatch
            self._on_fault(self, -1, [], error)
        try:
            self._on_chunk_end()
        except Exception as error:  # noqa: BLE001 - see _dispatch
            self._on_fault(self, -1, [], error)

    def _dispatch(self, fields: list[str]) -> None:
        number = -1
        try:
            if not self.server_version:
                self._shake_hands(fields)
                return
            number = int(fields[0])
            if self._ready is not None and not self._ready.done():
                self._note_start(number, fields)
            handler = self.handlers.get(number)
            if handler is None:
                self.unknown_messages += 1
            else:
                handler(fields)
        except Exception as error:  # noqa: BLE001 - whatever a message does to us, the owner decides what it means
            self._on_fault(self, number, fields, error)

    def _shake_hands(self, fields: list[str]) -> None:
        client = self.client
        try:
            version = int(fields[0])
        except (IndexError, ValueError):
            version = -1
        low, high = client.MinClientVersion, client.MaxClientVersion
        if not low <= version <= high:
            self.refuse(
                LinkError(
                    f"the server at {client.host}:{client.port} announced version {fields[:1]}, and this client reads "
                    f"{low} to {high}; update TWS / IB Gateway, or check gateway.ports."
                )
            )
            return
        self.server_version = client.decoder.serverVersion = client._serverVersion = version
        client.connState = client.CONNECTED
        client.startApi()

    def _note_start(self, number: int, fields: list[str]) -> None:
        """The gateway is ready once it has named our accounts (15) and the next order id (9)."""
        if number == 9:
            self.next_order_id = int(fields[2])
        elif number == 15:
            self.accounts = tuple(name for name in fields[2].split(",") if name)
        if self.next_order_id and self.accounts and self._ready is not None:
            self._ready.set_result(None)

    def _connection_lost(self, error: Exception | None) -> None:
        self.client.conn.transport = None
        self._drained.set()
        reason = f"the gateway closed the connection{f' ({error})' if error else ''}"
        self._ended = self._ended or reason
        self.refuse(
            GatewayAwayError(
                f"{reason} during the handshake; it may be restarting, or refuse this address "
                "(Configure > API > Settings > Trusted IPs)."
            )
        )
        if self._open:
            self._open = False
            self.client.connState = self.client.DISCONNECTED
            self._on_lost(self, reason)

    def _silence(self, host: str, port: int, timeout_s: float) -> str:
        if self.server_version:
            return (
                f"the gateway at {host}:{port} answered (version {self.server_version}) but named no account within "
                f"{timeout_s:g} s; is it still logging in, or waiting for a dialog to be confirmed?"
            )
        return (
            f"{host}:{port} did not answer the API handshake within {timeout_s:g} s; if it accepts connections, the "
            "gateway is up but not logged in: look at its window (login, 2FA, a dialog), or restart it."
        )
