"""Connections in memory: bytes travel between two protocols of one loop, late by a seeded delay, never reordered.

Each delivery is hashed with its instant, so two runs can be compared by one number.
"""

import asyncio
import errno
import hashlib
import random
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

_FIRST_FREE_PORT = 49_152
_ENTRY = struct.Struct("<qii")
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NetworkTemper:
    """How a network behaves: delay of a delivery in seconds (from, to), and the chance that it comes in two parts."""

    delay_s: tuple[float, float] = (0.0001, 0.0001)
    split_chance: float = 0.0


class _Loop(Protocol):
    """What the network needs of its loop."""

    def time(self) -> float:
        """Virtual seconds."""
        ...

    def call_at(self, when: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        """Schedule a call."""
        ...

    def call_soon(self, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        """Queue a call."""
        ...


class MemoryNetwork:
    """All servers and connections of one loop."""

    def __init__(self, loop: _Loop, seed: int, temper: NetworkTemper) -> None:
        self._loop = loop
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self._temper = temper
        self._servers: dict[int, MemoryServer] = {}
        self._next_port = _FIRST_FREE_PORT
        self._connections = 0
        self._hash = hashlib.sha256()
        self.deliveries = 0

    @property
    def event_hash(self) -> str:
        """SHA-256 over all deliveries so far: instant, connection, direction and bytes."""
        return self._hash.copy().hexdigest()

    def listen(self, factory: Callable[[], asyncio.Protocol], host: str, port: int) -> "MemoryServer":
        """Open a server. Raises OSError if the port is taken."""
        if not port:
            port, self._next_port = self._next_port, self._next_port + 1
        if port in self._servers:
            raise OSError(errno.EADDRINUSE, "Address already in use")
        server = MemoryServer(self, factory, host, port)
        self._servers[port] = server
        return server

    def forget(self, server: "MemoryServer") -> None:
        """Close a server's port."""
        if self._servers.get(server.port) is server:
            del self._servers[server.port]

    def serves(self, server: "MemoryServer") -> bool:
        """Whether a server accepts connections."""
        return self._servers.get(server.port) is server

    def connect(
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> tuple["MemoryTransport", asyncio.Protocol]:
        """Connect to a server. Raises ConnectionRefusedError."""
        server = self._servers.get(port)
        if server is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed ({host!r}, {port})")
        self._connections += 1
        number = self._connections
        near_name, far_name = (host, _FIRST_FREE_PORT + 10_000 + number), (host, port)
        near_protocol, far_protocol = factory(), server.factory()
        near = MemoryTransport(self, near_protocol, number, names=(near_name, far_name))
        far = MemoryTransport(self, far_protocol, -number, names=(far_name, near_name))
        near.peer, far.peer = far, near
        far_protocol.connection_made(far)
        near_protocol.connection_made(near)
        return near, near_protocol

    # ---------------------------------------------------------------------------------------- for the transports

    def send(self, transport: "MemoryTransport", data: bytes) -> None:
        """Have bytes delivered to the other end."""
        if self._temper.split_chance and len(data) > 1 and self._random.random() < self._temper.split_chance:
            cut = self._random.randrange(1, len(data))
            self._schedule(transport, data[:cut])
            self._schedule(transport, data[cut:])
        else:
            self._schedule(transport, data)

    def end(self, transport: "MemoryTransport") -> None:
        """Have the other end told, after all that was sent, that no more comes."""
        self._schedule(transport, None)

    def soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call in the next pass of the loop."""
        self._loop.call_soon(callback, *args)

    def note(self, number: int, data: bytes) -> None:
        """Count and hash a delivery."""
        self.deliveries += 1
        self._hash.update(_ENTRY.pack(round(self._loop.time() * _NS), number, len(data)))
        self._hash.update(data)

    def _schedule(self, transport: "MemoryTransport", data: bytes | None) -> None:
        earliest_s, latest_s = self._temper.delay_s
        delay_s = earliest_s if earliest_s == latest_s else self._random.uniform(earliest_s, latest_s)
        # Never before what was sent earlier: a byte stream has an order.
        transport.free_at_s = max(transport.free_at_s, self._loop.time() + delay_s)
        assert transport.peer is not None
        transport.peer.on_its_way(data)
        self._loop.call_at(transport.free_at_s, transport.peer.arrive)


class MemoryTransport(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: MemoryNetwork, protocol: asyncio.Protocol, number: int, names: tuple[Any, Any]) -> None:
        super().__init__(extra={"sockname": names[0], "peername": names[1]})
        self._network = network
        self._protocol: asyncio.BaseProtocol = protocol
        self._number = number
        self._on_its_way: deque[bytes | None] = deque()
        self._waiting: deque[bytes | None] = deque()
        self._paused = False
        self._closing = False
        self._lost = False
        self._eof_sent = False
        self._unread_bytes = 0
        self._high_bytes = 64 * 1024
        self._writer_paused = False
        self.free_at_s = 0.0
        self.peer: MemoryTransport | None = None

    # ------------------------------------------------------------------------------------------------------ writing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes."""
        if self._closing or self._eof_sent or not data:
            return
        self._network.send(self, bytes(data))
        if not self._writer_paused and self.get_write_buffer_size() > self._high_bytes:
            self._writer_paused = True
            self._protocol.pause_writing()

    def can_write_eof(self) -> bool:
        """Half-closing is offered."""
        return True

    def write_eof(self) -> None:
        """Say that no more comes."""
        if not self._eof_sent and not self._closing:
            self._eof_sent = True
            self._network.end(self)

    def get_write_buffer_size(self) -> int:
        """Bytes that the other end has not read."""
        return self.peer.unread_bytes if self.peer is not None else 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Lowest and highest number of unread bytes between which a writer is paused."""
        return self._high_bytes // 4, self._high_bytes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the number of unread bytes above which the writer is paused."""
        del low
        self._high_bytes = 64 * 1024 if high is None else high

    # ------------------------------------------------------------------------------------------------------ reading

    @property
    def unread_bytes(self) -> int:
        """Bytes sent to this end that its protocol has not received."""
        return self._unread_bytes

    def on_its_way(self, data: bytes | None) -> None:
        """Note a delivery to come (None = the other end sends no more)."""
        self._on_its_way.append(data)
        self._unread_bytes += len(data or b"")

    def arrive(self) -> None:
        """Take the oldest delivery: timers of one instant ring in no certain order, bytes have one."""
        self._waiting.append(self._on_its_way.popleft())
        self._deliver()

    def is_reading(self) -> bool:
        """Whether deliveries reach the protocol."""
        return not self._paused and not self._closing

    def pause_reading(self) -> None:
        """Keep deliveries back."""
        self._paused = True

    def resume_reading(self) -> None:
        """Let deliveries through again."""
        if self._paused:
            self._paused = False
            self._network.soon(self._deliver)

    def _deliver(self) -> None:
        while self._waiting and not self._paused and not self._lost:
            data = self._waiting.popleft()
            if data is None:
                self._on_end()
                continue
            self._unread_bytes -= len(data)
            if self._closing:
                continue
            self._network.note(self._number, data)
            assert isinstance(self._protocol, asyncio.Protocol)
            self._protocol.data_received(data)
            if self.peer is not None:
                self.peer.read_by_peer()

    def read_by_peer(self) -> None:
        """The other end has read: a paused writer may go on."""
        if self._writer_paused and self.get_write_buffer_size() <= self._high_bytes // 4 and not self._lost:
            self._writer_paused = False
            self._protocol.resume_writing()

    def _on_end(self) -> None:
        if self._lost:
            return
        keep_open = not self._closing and isinstance(self._protocol, asyncio.Protocol) and self._protocol.eof_received()
        if not keep_open:
            self.close()

    # ------------------------------------------------------------------------------------------------------- ending

    def is_closing(self) -> bool:
        """Whether the connection ends."""
        return self._closing

    def close(self) -> None:
        """End the connection after what was sent."""
        if self._closing:
            return
        if not self._eof_sent:
            self._eof_sent = True
            self._network.end(self)
        self._closing = True
        self._network.soon(self._lose, None)

    def abort(self) -> None:
        """End the connection at once; the other end sees a reset."""
        if self._lost:
            return
        self._closing = True
        self._network.soon(self._lose, None)
        if self.peer is not None:
            self._network.soon(self.peer.reset)

    def reset(self) -> None:
        """The other end has aborted."""
        self._closing = True
        self._lose(ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"))

    def _lose(self, error: Exception | None) -> None:
        if not self._lost:
            self._lost = True
            self._waiting.clear()
            self._protocol.connection_lost(error)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the protocol of this end."""
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Replace the protocol of this end."""
        self._protocol = protocol


class _ListeningName:
    """As much of a socket as servers are asked for."""

    def __init__(self, host: str, port: int) -> None:
        self._name = (host, port)

    def getsockname(self) -> tuple[str, int]:
        """Return address and port."""
        return self._name


class MemoryServer(asyncio.AbstractServer):
    """A listening port of the network."""

    def __init__(self, network: MemoryNetwork, factory: Callable[[], asyncio.Protocol], host: str, port: int) -> None:
        self._network = network
        self.factory = factory
        self.port = port
        self.sockets = (_ListeningName(host, port),)

    def close(self) -> None:
        """Refuse new connections; present ones live on."""
        self._network.forget(self)

    async def wait_closed(self) -> None:
        """Closing takes no time."""

    def is_serving(self) -> bool:
        """Whether connections are accepted."""
        return self._network.serves(self)

    async def start_serving(self) -> None:
        """It serves from the start."""

    async def serve_forever(self) -> None:
        """Not offered: the loop that made it runs it."""
        raise NotImplementedError("a server in memory serves from the start")

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the running loop."""
        return asyncio.get_running_loop()
