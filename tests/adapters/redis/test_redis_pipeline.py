import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, RedisError, ResponseError

from alphatrader.adapters.redis import pipeline
from alphatrader.adapters.redis.client import open_client
from alphatrader.adapters.redis.pipeline import PipelinedWriter
from alphatrader.adapters.redis.server import PrivateServer


@pytest.fixture
def writer(client: Redis) -> PipelinedWriter:
    return PipelinedWriter(client, max_in_flight=7)


@pytest.fixture
def no_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The locked redis-py must offer its streams: without them the writer is as slow as redis-py, and silent."""

    async def fail(*_: object) -> None:
        raise AssertionError("the library's own pipeline was used")

    monkeypatch.setattr(PipelinedWriter, "_by_library", fail)


def idle(client: Redis) -> int:
    return len(client.connection_pool._available_connections)


@pytest.mark.usefixtures("no_fallback")
async def test_answers_come_in_order_over_more_than_one_flight(client: Redis, writer: PipelinedWriter) -> None:
    values = [os.urandom(n * 97) for n in range(50)]
    written = await writer.execute([("SET", f"k{n}", value, "PX", 60_000) for n, value in enumerate(values)])
    assert written == [b"OK"] * 50
    assert await writer.execute([("GET", f"k{n}") for n in range(51)]) == [*values, None]
    assert await client.mget([f"k{n}" for n in range(50)]) == values
    assert 0 < await client.pttl("k49") <= 60_000
    assert await writer.execute([]) == []


@pytest.mark.usefixtures("no_fallback")
async def test_an_answer_longer_than_a_read_arrives_whole(writer: PipelinedWriter) -> None:
    long = os.urandom(1_000_003)
    assert await writer.execute([("SET", "long", long), ("GET", "long"), ("EXISTS", "long", "none")]) == [
        b"OK",
        long,
        1,
    ]


async def test_a_refusal_is_raised_and_leaves_the_connection_clean(client: Redis, writer: PipelinedWriter) -> None:
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await writer.execute([("SET", "a", "1"), ("XADD", "a", "*", "f", "v"), *[("SET", "b", n) for n in range(9)]])
    assert await client.mget("a", "b") == [b"1", b"8"]
    assert await writer.execute([("GET", "b")]) == [b"8"]
    assert idle(client) == 1


async def test_after_a_cancelled_call_nobody_reads_its_answers(
    server: PrivateServer, client: Redis, writer: PipelinedWriter
) -> None:
    await writer.execute([("SET", "a", "1")])
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await writer.execute([("GET", "a")] * 3)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert await writer.execute([("SET", "b", "2"), ("GET", "b")]) == [b"OK", b"2"]
    assert await client.get("a") == b"1"


async def test_a_restarted_server_is_found_again(server: PrivateServer, writer: PipelinedWriter) -> None:
    await writer.execute([("SET", "a", "1")])
    await asyncio.to_thread(server.stop)
    with pytest.raises((RedisError, OSError)):
        await writer.execute([("SET", "a", "2")])
    await asyncio.to_thread(server.ensure)
    assert await writer.execute([("SET", "a", "3"), ("GET", "a")]) == [b"OK", b"3"]


async def test_user_password_and_database_of_the_url_hold(server: PrivateServer, client: Redis) -> None:
    await client.acl_setuser("bob", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"])
    bob = open_client(f"unix://bob:secret@{server.socket}?db=3")
    eve = open_client(f"unix://bob:wrong@{server.socket}")
    try:
        assert await PipelinedWriter(bob).execute([("SET", "x", "1"), ("ACL", "WHOAMI")]) == [b"OK", b"bob"]
        assert await client.get("x") is None
        with pytest.raises(RedisError, match="invalid username-password"):
            await PipelinedWriter(eve).execute([("SET", "x", "2")])
        assert await bob.get("x") == b"1"
    finally:
        await bob.aclose()
        await eve.aclose()


async def test_where_the_library_hides_its_streams_its_own_pipeline_serves(
    client: Redis, writer: PipelinedWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline.asyncio, "StreamReader", type("Elsewhere", (), {}))
    used = []
    by_library = PipelinedWriter._by_library

    async def noted(self: PipelinedWriter, commands: list[pipeline.Command]) -> list[object]:
        used.append(len(commands))
        return await by_library(self, commands)

    monkeypatch.setattr(PipelinedWriter, "_by_library", noted)
    assert await writer.execute([("SET", f"k{n}", n) for n in range(9)]) == [True] * 9
    assert used == [7, 2]
    with pytest.raises(ResponseError):
        await writer.execute([("XADD", "k1", "*", "f", "v")])


@pytest.fixture
async def liar(tmp_path: Path) -> AsyncIterator[Callable[[bytes], Redis]]:
    """A server that answers the handshake, then whatever the test says."""
    said = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            greeting = b"%1\r\n$5\r\nproto\r\n:3\r\n" if b"HELLO" in data else b""
            greeting += b"+OK\r\n" * data.count(b"SETINFO")
            writer.write(greeting or said)
            if not (greeting or said):
                break
        writer.close()

    listening = await asyncio.start_unix_server(serve, tmp_path / "liar.sock")
    client = open_client(f"unix://{tmp_path}/liar.sock")

    def saying(words: bytes) -> Redis:
        nonlocal said
        said = words
        return client

    yield saying
    await client.aclose()
    listening.close()
    await asyncio.sleep(0.01)  # its ends read the closing


@pytest.mark.parametrize(
    ("answer", "error"),
    [(b"", RedisConnectionError), (b"nonsense\r\n", InvalidResponse), (b"+OK\r\n+OK\r\n", InvalidResponse)],
)
async def test_a_server_that_breaks_the_protocol_is_an_error(
    liar: Callable[[bytes], Redis], answer: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await PipelinedWriter(liar(answer)).execute([("SET", "a", "1")])


async def test_unasked_news_is_no_answer(liar: Callable[[bytes], Redis]) -> None:
    news = b">2\r\n+invalidate\r\n+a\r\n"
    assert await PipelinedWriter(liar(news + b"+OK\r\n" + news)).execute([("SET", "a", "1")]) == [b"OK"]
