import asyncio
import os
import signal
from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from tests.adapters.redis.redis_views import NOW_NS
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.redis.claims import RedisSignalStore
from alphatrader.adapters.redis.client import open_client
from alphatrader.adapters.redis.health import StoreHealth
from alphatrader.adapters.redis.keys import CLAIM, CLAIMS_READY, PROBE, REGISTRY, hash_slot
from alphatrader.adapters.redis.server import PrivateServer
from alphatrader.domain.errors import StoreError
from alphatrader.domain.events import StoreChanged

LATER = NOW_NS + 300_000_000_000


def ups(sink: RecordingSink) -> list[bool]:
    return [event.up for event in sink.of(StoreChanged)]


async def ready_store(client: Redis, *fingerprints: tuple[str, int]) -> RedisSignalStore:
    store = RedisSignalStore(client)
    await store.rebuild(fingerprints, NOW_NS)
    return store


async def test_one_of_fifty_traders_is_granted(client: Redis) -> None:
    stores = [await ready_store(client) for _ in range(50)]
    for fingerprint in ("a", "b"):
        answers = await asyncio.gather(
            *(store.claim(fingerprint, f"s{n}", NOW_NS, LATER) for n, store in enumerate(stores))
        )
        assert sum(answers) == 1


async def test_engine_time_alone_decides_when_a_claim_ends(client: Redis) -> None:
    first, second = await ready_store(client), await ready_store(client)
    # One nanosecond is told apart, which a Lua number could not do.
    assert await first.claim("f", "s1", NOW_NS, NOW_NS + 2)
    assert not await second.claim("f", "s2", NOW_NS + 1, LATER)
    assert not await first.claim("f", "s3", NOW_NS + 1, LATER)
    assert await second.claim("f", "s4", NOW_NS + 2, LATER)
    assert not await first.claim("f", "s5", NOW_NS + 3, LATER)
    # A market day of years ago, or to come, is the same to it; Redis's own expiry only sweeps up.
    assert await first.claim("old", "s6", 1, 3)
    assert not await second.claim("old", "s7", 2, 5)
    assert await second.claim("old", "s8", 3, 5)
    assert await client.pttl(CLAIM.name("shared", "old")) > 86_400_000


async def test_the_journal_wins(client: Redis) -> None:
    other = await ready_store(client)
    assert await other.claim("shorter", "s", NOW_NS, NOW_NS + 1_000)
    store = await ready_store(client, ("known", LATER), ("expired", NOW_NS), ("shorter", LATER))
    assert not await store.claim("known", "s1", NOW_NS, LATER)
    assert not await other.claim("known", "s1", NOW_NS, LATER)
    assert await store.claim("expired", "s2", NOW_NS, LATER)
    assert not await other.claim("shorter", "s3", NOW_NS + 2_000, LATER)


async def test_scopes_do_not_meet(client: Redis) -> None:
    for scope in ("run-1", "run-2"):
        store = RedisSignalStore(client, scope=scope)
        await store.rebuild((), NOW_NS)
        assert await store.claim("f", "s", NOW_NS, LATER)


async def test_writing_back_never_shortens_a_claim(client: Redis) -> None:
    first = await ready_store(client)
    assert await first.claim("f", "s1", NOW_NS, LATER)
    second = await ready_store(client, ("f", NOW_NS + 10))
    third = await ready_store(client)
    assert not await third.claim("f", "s2", NOW_NS + 20, LATER)
    assert not await second.claim("f", "s3", NOW_NS + 5, LATER)


async def test_without_the_journals_account_there_is_no_claim(client: Redis) -> None:
    store = RedisSignalStore(client)
    with pytest.raises(StoreError, match="written back"):
        await store.claim("f", "s", NOW_NS, LATER)
    with pytest.raises(StoreError, match="not known"):
        await store.write_back(NOW_NS)


async def test_a_thousand_fingerprints_are_written_back(client: Redis) -> None:
    await ready_store(client, *((f"f{n}", LATER) for n in range(1_200)))
    assert len(await client.keys("claims:*:signal:*")) == 1_200


async def test_a_server_that_forgot_the_script_runs_it(client: Redis) -> None:
    store = await ready_store(client)
    assert await store.claim("a", "s", NOW_NS, LATER)
    await client.script_flush()
    assert await store.claim("b", "s", NOW_NS, LATER)
    assert not await store.claim("b", "s", NOW_NS, LATER)


async def test_emptied_behind_our_back_no_claim_is_granted_until_it_is_healed(
    client: Redis, sink: RecordingSink
) -> None:
    store, other = await ready_store(client), await ready_store(client)
    health = StoreHealth(client, store, sink)  # type: ignore[arg-type]
    await health.check()
    assert await store.claim("f", "s1", NOW_NS, LATER)
    await client.flushall()
    with pytest.raises(StoreError, match="emptied"):
        await store.claim("g", "s2", NOW_NS, LATER)
    await health.check()
    assert ups(sink) == [True, False, True]
    assert await store.claim("g", "s3", NOW_NS, LATER)
    with pytest.raises(StoreError):
        await other.claim("f", "s4", NOW_NS, LATER)  # it has not written back yet
    await other.write_back(NOW_NS)
    assert not await other.claim("f", "s4", NOW_NS, LATER)


async def test_a_killed_server_comes_back_with_every_claim(
    server: PrivateServer, client: Redis, sink: RecordingSink, until: Callable
) -> None:
    store = await ready_store(client, ("known", LATER))
    assert await store.claim("own", "s1", NOW_NS, LATER)
    health = StoreHealth(client, store, sink, interval_s=0.02)  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as group:
        checks = group.create_task(health.run())
        await until(lambda: ups(sink) == [True])
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: ups(sink) == [True, False])
        await asyncio.to_thread(server.ensure)  # as the supervisor does
        await until(lambda: ups(sink) == [True, False, True])
        checks.cancel()
    other = await ready_store(client)
    for fingerprint in ("known", "own"):
        assert not await other.claim(fingerprint, "s2", NOW_NS, LATER)
    assert await store.claim("new", "s3", NOW_NS, LATER)


async def test_a_server_that_hangs_costs_the_claim_and_not_the_loop(
    server: PrivateServer, client: Redis, sink: RecordingSink
) -> None:
    store = RedisSignalStore(client, timeout_s=0.3)
    await store.rebuild((), NOW_NS)
    health = StoreHealth(client, store, sink)  # type: ignore[arg-type]
    await health.check()
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        ticking = asyncio.ensure_future(tick())
        results = await asyncio.gather(
            *(store.claim(f"f{n}", "s", NOW_NS, LATER) for n in range(10)), return_exceptions=True
        )
        await health.check()
        ticking.cancel()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert all(isinstance(result, StoreError) for result in results)
    assert ticks > 20
    assert ups(sink) == [True, False]
    # Late answers of abandoned claims must not be taken for those of new ones.
    await health.check()
    assert ups(sink) == [True, False, True]
    for number in range(20):
        assert await store.claim(f"later{number}", "s", NOW_NS, LATER)
        assert not await store.claim(f"later{number}", "s", NOW_NS, LATER)


async def test_out_of_memory_is_an_outage_and_evicts_nothing(client: Redis, sink: RecordingSink) -> None:
    store = await ready_store(client, ("known", LATER))
    health = StoreHealth(client, store, sink)  # type: ignore[arg-type]
    await health.check()
    await client.config_set("maxmemory", "1mb")
    with pytest.raises(StoreError, match="maxmemory"):
        await store.claim("f", "s", NOW_NS, LATER)
    await health.check()
    assert ups(sink) == [True, False]
    assert await client.exists(CLAIM.name("shared", "known"))
    await client.config_set("maxmemory", "256mb")
    await health.check()
    assert ups(sink) == [True, False, True]
    assert await store.claim("f", "s", NOW_NS, LATER)


async def test_no_server_at_all(sink: RecordingSink, tmp_path: object) -> None:
    client = open_client(f"unix://{tmp_path}/absent.sock")
    store = RedisSignalStore(client)
    with pytest.raises(StoreError):
        await store.rebuild([("f", LATER)], NOW_NS)
    health = StoreHealth(client, store, sink)  # type: ignore[arg-type]
    await health.check()
    await health.check()
    assert ups(sink) == [False]
    assert not await store.claim("f", "s", NOW_NS, LATER)  # known here, whatever Redis says
    await client.aclose()


async def test_more_claims_than_connections_wait_their_turn(server: PrivateServer) -> None:
    client = open_client(f"unix://{server.socket}", max_connections=5)
    store = await ready_store(client)
    answers = await asyncio.gather(*(store.claim(f"f{n}", "s", NOW_NS, LATER) for n in range(200)))
    assert all(answers)
    assert int((await client.info("clients"))["connected_clients"]) <= 5
    await client.aclose()


def test_all_keys_of_the_script_are_in_one_slot() -> None:
    names = [CLAIM.name("DU1", f"f{n}") for n in range(20)] + [CLAIMS_READY.name("DU1", "x")]
    assert len({hash_slot(name) for name in names}) == 1


def test_all_keys_of_a_symbol_are_in_one_slot() -> None:
    names = [spec.name("SPY", "x") for spec in REGISTRY if "{symbol}" in spec.template]
    assert len(names) > 15
    assert {hash_slot(name) for name in names} == {hash_slot("SPY")}


@pytest.mark.parametrize(("key", "slot"), [("123456789", 12_739), ("foo", 12_182), ("{user1000}.following", 3_443)])
def test_slots_are_those_of_the_cluster_specification(key: str, slot: int) -> None:
    assert hash_slot(key) == slot


async def test_the_server_agrees_on_slots(client: Redis) -> None:
    for spec in REGISTRY:
        key = spec.name("SPY", "item")
        try:
            assert await client.execute_command("CLUSTER", "KEYSLOT", key) == hash_slot(key)
        except Exception as error:
            if "cluster" in str(error).lower():
                pytest.skip("this server answers CLUSTER KEYSLOT only in cluster mode")
            raise


def test_the_probe_is_no_claim() -> None:
    assert PROBE.name() == "health:probe"
