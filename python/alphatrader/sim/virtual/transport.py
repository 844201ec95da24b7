"""One end of a connection in memory: what asyncio expects of a transport, flow control included."""

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol


class _Network(Protocol):
    """What a transport needs of the network that it belongs to."""

    def send(self, transport: "MemoryTransport", data: bytes) -> None:
        """Have bytes delivered to the other end."""
        ...

    def end(self, transport: "MemoryTransport") -> None:
        """Have the other end told that no more comes."""
        ...

    def soon(self, callback: Callable[..., object], *args: Any) -> None:
        """Call in the next pass of the loop."""
        ...

    def note(self, number: int, data: bytes) -> None:
        """Count a delivery."""
        ...


class MemoryTransport(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, network: _Network, protocol: asyncio.Protocol, number: int, names: tuple[Any, Any]) -> None:
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
