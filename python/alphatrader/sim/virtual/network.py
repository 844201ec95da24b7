"""Connections in memory: bytes travel between two protocols of one loop, late by a seeded delay, never reordered.

Each delivery is hashed with its instant, so two runs can be compared by one number.
"""

import asyncio
import errno
import hashlib
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from alphatrader.sim.virtual.transport import MemoryTransport

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
    ) -> tuple[MemoryTransport, asyncio.Protocol]:
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

    def send(self, transport: MemoryTransport, data: bytes) -> None:
        """Have bytes delivered to the other end."""
        if self._temper.split_chance and len(data) > 1 and self._random.random() < self._temper.split_chance:
            cut = self._random.randrange(1, len(data))
            self._schedule(transport, data[:cut])
            self._schedule(transport, data[cut:])
        else:
            self._schedule(transport, data)

    def end(self, transport: MemoryTransport) -> None:
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

    def _schedule(self, transport: MemoryTransport, data: bytes | None) -> None:
        earliest_s, latest_s = self._temper.delay_s
        delay_s = earliest_s if earliest_s == latest_s else self._random.uniform(earliest_s, latest_s)
        # Never before what was sent earlier: a byte stream has an order.
        transport.free_at_s = max(transport.free_at_s, self._loop.time() + delay_s)
        assert transport.peer is not None
        transport.peer.on_its_way(data)
        self._loop.call_at(transport.free_at_s, transport.peer.arrive)


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
        """Wait until cancelled: it serves from the start."""
        await asyncio.get_running_loop().create_future()

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the running loop."""
        return asyncio.get_running_loop()
