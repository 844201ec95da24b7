"""The loop whose time is a number, and the connections in memory."""

import asyncio
import time
from collections.abc import Callable

import pytest

from alphatrader.sim.virtual import NetworkTemper, NothingToWaitForError, NotInVirtualTimeError, VirtualLoop

DAY_S = 86_400.0


@pytest.fixture
def loop():
    loop = VirtualLoop(seed=1)
    yield loop
    loop.close()


class Recorder(asyncio.Protocol):
    """Keeps what happens to one end of a connection."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.events: list[str] = []
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received.append(data)

    def eof_received(self):
        self.events.append("eof")

    def pause_writing(self):
        self.events.append("pause")

    def resume_writing(self):
        self.events.append("resume")

    def connection_lost(self, exc):
        self.events.append("lost" if exc is None else type(exc).__name__)


async def connected(loop: VirtualLoop, port: int = 0) -> tuple[Recorder, Recorder]:
    far: list[Recorder] = []

    def accept() -> Recorder:
        far.append(Recorder())
        return far[-1]

    server = await loop.create_server(accept, "127.0.0.1", port)
    _, near = await loop.create_connection(Recorder, "127.0.0.1", server.port)
    return near, far[0]


def run(loop: VirtualLoop, work: Callable[[], object]):
    return loop.run_until_complete(work())


def test_waiting_costs_no_wall_time_and_ends_at_the_exact_instant(loop):
    began = time.monotonic()
    instants = []

    async def work():
        for _ in range(30):
            await asyncio.sleep(DAY_S)
            instants.append(loop.time())

    run(loop, work)
    assert instants == [DAY_S * day for day in range(1, 31)]
    assert time.monotonic() - began < DAY_S  # a month has passed, but not here


def test_timers_ring_in_order_of_their_instants_whatever_the_order_of_asking(loop):
    rang: list[float] = []

    async def work():
        for delay_s in (0.3, 0.1, 0.2, 0.1):
            loop.call_later(delay_s, lambda delay_s=delay_s: rang.append(delay_s))
        await asyncio.sleep(1.0)

    run(loop, work)
    assert rang == [0.1, 0.1, 0.2, 0.3]


def test_waiting_for_what_cannot_come_is_an_error_and_no_hang(loop):
    async def work():
        await loop.create_future()

    with pytest.raises(NothingToWaitForError, match="no timer is set"):
        run(loop, work)


def test_executor_work_runs_inline_and_its_error_arrives_in_the_future(loop):
    def fail():
        raise OSError("no disk")

    async def work():
        assert await loop.run_in_executor(None, lambda: 42) == 42
        with pytest.raises(OSError, match="no disk"):
            await loop.run_in_executor(None, fail)

    run(loop, work)


def test_bytes_arrive_in_order_after_the_delay(loop):
    async def work():
        near, far = await connected(loop)
        for number in range(5):
            near.transport.write(bytes([number]))
        assert far.received == []
        await asyncio.sleep(0.00009)
        assert far.received == []
        await asyncio.sleep(0.00002)
        assert b"".join(far.received) == bytes(range(5))

    run(loop, work)


def test_a_rough_network_delays_and_cuts_but_never_reorders_or_loses():
    loop = VirtualLoop(seed=5, temper=NetworkTemper(delay_s=(0.001, 0.5), split_chance=0.7))

    async def work():
        near, far = await connected(loop)
        sent = b""
        for number in range(200):
            part = bytes([number % 256]) * (1 + number % 7)
            sent += part
            near.transport.write(part)
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.0)
        assert b"".join(far.received) == sent
        assert len(far.received) > 200  # some were cut

    run(loop, work)
    loop.close()


def test_a_paused_reader_pauses_the_writer_until_it_reads_again(loop):
    async def work():
        near, far = await connected(loop)
        near.transport.set_write_buffer_limits(high=100)
        far.transport.pause_reading()
        near.transport.write(b"x" * 60)
        assert near.events == []
        near.transport.write(b"y" * 60)
        await asyncio.sleep(1.0)
        assert near.events == ["pause"]
        assert far.received == []
        assert near.transport.get_write_buffer_size() == 120
        far.transport.resume_reading()
        await asyncio.sleep(1.0)
        assert b"".join(far.received) == b"x" * 60 + b"y" * 60
        assert near.events == ["pause", "resume"]
        assert near.transport.get_write_buffer_size() == 0

    run(loop, work)


def test_closing_delivers_what_was_sent_and_ends_both_sides(loop):
    async def work():
        near, far = await connected(loop)
        near.transport.write(b"last words")
        near.transport.close()
        near.transport.write(b"after the end")
        await asyncio.sleep(0.1)
        assert far.received == [b"last words"]
        assert far.events == ["eof", "lost"]
        assert near.events == ["lost"]

    run(loop, work)


def test_aborting_loses_what_was_not_delivered_and_resets_the_other_side(loop):
    async def work():
        near, far = await connected(loop)
        near.transport.write(b"never read")
        near.transport.abort()
        await asyncio.sleep(0.1)
        assert far.received == []
        assert far.events == ["ConnectionResetError"]
        assert near.events == ["lost"]

    run(loop, work)


def test_a_port_without_a_server_refuses_and_a_taken_one_is_in_use(loop):
    async def work():
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Recorder, "127.0.0.1", 7497)
        server = await loop.create_server(Recorder, "127.0.0.1", 7497)
        assert server.is_serving()
        with pytest.raises(OSError, match="in use"):
            await loop.create_server(Recorder, "127.0.0.1", 7497)
        server.close()
        assert not server.is_serving()
        with pytest.raises(ConnectionRefusedError):
            await loop.create_connection(Recorder, "127.0.0.1", 7497)

    run(loop, work)


def test_asyncio_streams_work_over_the_network(loop):
    async def echo(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def work():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello\n")
        assert await reader.read() == b"HELLO\n"
        writer.close()
        await writer.wait_closed()

    run(loop, work)


def test_what_only_the_outside_world_has_is_refused_in_one_line(loop):
    async def work():
        await loop.create_connection(Recorder, "127.0.0.1", 7497, ssl=True)

    with pytest.raises(NotInVirtualTimeError, match="leave ssl out"):
        run(loop, work)
