"""Connecting, losing the link, and coming back."""

import asyncio

import pytest
from tests.adapters.ibkr.scripted_gateway import (
    ACCOUNT,
    ACCOUNT_UPDATES,
    DATA_TYPE,
    EXECUTIONS,
    MKT_DEPTH,
    REQ_MKT_DATA,
    TICK_BY_TICK,
    error,
)
from tests.doubles.sink import RecordingSink

from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.domain.events import AccountReported, LinkChanged, NextOrderId


async def _refusal(make_adapter, **changes) -> str:
    adapter = make_adapter(RecordingSink(), **changes)
    with pytest.raises(LinkError) as caught:
        await adapter.connect()
    await adapter.close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_connects_and_announces_itself(rig) -> None:
    async with rig() as r:
        link = r.sink.of(LinkChanged)
        assert [event.healthy for event in link] == [True]
        assert ACCOUNT in link[0].text
        assert [event.order_id for event in r.sink.of(NextOrderId)] == [100]
        account = (await r.sink.until(lambda: r.sink.of(AccountReported)))[0]
        assert r.gateway.seen(DATA_TYPE) == [["59", "1", "1"]]
        assert r.gateway.seen(ACCOUNT_UPDATES) == [["6", "2", "1", ACCOUNT]]
        assert account.values == {"NetLiquidation": 100000.5}
        assert r.adapter.account == ACCOUNT


async def test_connect_needs_no_end_of_executions(rig, gateway) -> None:
    gateway.answers[EXECUTIONS] = None
    async with rig() as r:
        assert r.adapter.healthy


async def test_nothing_listens(make_adapter) -> None:
    assert "start TWS or IB Gateway" in await _refusal(make_adapter, port=1)


async def test_gateway_accepts_and_never_answers(make_adapter, gateway) -> None:
    gateway.version = None
    assert "not logged in" in await _refusal(make_adapter, connect_timeout_s=0.2)


async def test_gateway_without_accounts(make_adapter, gateway) -> None:
    gateway.start_with = [[9, 1, 5]]
    assert "named no account" in await _refusal(make_adapter, connect_timeout_s=0.2)


async def test_client_id_in_use_names_the_cure(make_adapter, gateway) -> None:
    gateway.start_with = [error(-1, 326, "Unable connect as the client id is already in use.")]
    message = await _refusal(make_adapter)
    assert "client id 17" in message
    assert "gateway.client_ids" in message


@pytest.mark.parametrize("version", ["150", "200", "HTTP/1.1 400"])
async def test_version_that_the_library_would_misread(make_adapter, gateway, version: str) -> None:
    gateway.version = version
    assert version in await _refusal(make_adapter)


async def test_not_a_gateway_at_all(make_adapter, gateway) -> None:
    async def speak_http(reader, writer) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    server = await asyncio.start_server(speak_http, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert "is the port that of a TWS" in await _refusal(make_adapter, port=port)


@pytest.mark.parametrize(("configured", "served"), [("DU999", "DU1"), ("", "DU1,DU2")])
async def test_account_that_is_not_clear(make_adapter, gateway, configured: str, served: str) -> None:
    gateway.start_with = [[15, 1, served], [9, 1, 5]]
    adapter = make_adapter(sink := RecordingSink(), account=configured)
    with pytest.raises(ConfigError, match=r"gateway\.account"):
        await adapter.connect()
    assert not sink.of(LinkChanged)


async def test_order_ids_that_have_grown_into_ours(make_adapter, gateway) -> None:
    gateway.next_order_id = 1_500_000_000
    adapter = make_adapter(RecordingSink())
    with pytest.raises(ConfigError, match="Reset API order ID"):
        await adapter.connect()


async def test_connect_and_run_share_one_connection(make_adapter, gateway) -> None:
    adapter = make_adapter(RecordingSink())
    async with asyncio.TaskGroup() as group:
        group.create_task(adapter.run())
        await asyncio.sleep(0)
        await asyncio.gather(adapter.connect(), adapter.connect())
        assert adapter.healthy
        await adapter.close()
    assert gateway.connections == 1


async def test_1100_then_1102_keeps_streams(rig) -> None:
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        await r.sink.until(lambda: r.gateway.seen(MKT_DEPTH))
        before = len(r.gateway.requests)
        r.gateway.push(error(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost."))
        r.gateway.push(error(-1, 1100, "Connectivity between IBKR and Trader Workstation has been lost."))
        await r.sink.until(lambda: not r.adapter.healthy)
        r.gateway.push(error(-1, 1102, "Connectivity has been restored - data maintained."))
        await r.sink.until(lambda: r.adapter.healthy)
        assert [(e.healthy, e.code) for e in r.sink.of(LinkChanged)] == [(True, 0), (False, 1100), (True, 1102)]
        assert len(r.gateway.requests) == before


async def test_1101_renews_every_stream_before_it_is_healthy(rig) -> None:
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        await r.sink.until(lambda: len(r.gateway.seen(TICK_BY_TICK)) == 1)
        first = r.gateway.seen(REQ_MKT_DATA)[0][2]
        r.gateway.push(error(-1, 1100, "lost"), error(-1, 1101, "restored - data lost"))
        await r.sink.until(lambda: len(r.sink.of(LinkChanged)) >= 3 and r.adapter.healthy)
        second = (await r.sink.until(lambda: r.gateway.seen(REQ_MKT_DATA)[1:]))[0][2]
        assert second != first
        assert [e.healthy for e in r.sink.of(LinkChanged)] == [True, False, False, True]
        # The old ids are dead: what still comes under them is late. The new ones live.
        r.gateway.push([1, 6, first, 1, "650.00", "3", 0], [1, 6, second, 1, "651.00", "4", 0])
        await r.sink.until(lambda: [row for row in r.sink.rows if row[0] == "quote"])
        assert [row for row in r.sink.rows if row[0] == "quote"] == [("quote", 1, 651.0, 4.0, None, 0.0)]


async def test_farm_back_after_break_renews(rig) -> None:
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        r.gateway.push(error(-1, 2103, "Market data farm connection is broken:usfarm"))
        await r.sink.until(lambda: not r.adapter.healthy)
        assert "usfarm" in r.sink.of(LinkChanged)[-1].text
        r.gateway.push(error(-1, 2104, "Market data farm connection is OK:usfarm"))
        await r.sink.until(lambda: r.adapter.healthy)
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        assert len(r.gateway.seen(2)) == 1


async def test_competing_session_ends_with_the_next_quote(rig) -> None:
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        line = (await r.sink.until(lambda: r.gateway.seen(REQ_MKT_DATA)))[0][2]
        r.gateway.push(error(line, 10197, "No market data during competing live session"))
        await r.sink.until(lambda: not r.adapter.healthy)
        r.gateway.push([1, 6, line, 2, "650.02", "3", 0])
        await r.sink.until(lambda: r.adapter.healthy)


async def test_lost_socket_reconnects_and_resubscribes(rig) -> None:
    async with rig() as r:
        await r.adapter.subscribe_underlying("SPY", 1)
        await r.sink.until(lambda: r.gateway.seen(TICK_BY_TICK))
        r.gateway.next_order_id = 300
        r.gateway.drop()
        await r.sink.until(lambda: [e.healthy for e in r.sink.of(LinkChanged)] == [True, False, True])
        assert r.gateway.connections == 2
        await r.sink.until(lambda: len(r.gateway.seen(REQ_MKT_DATA)) == 2)
        assert [event.order_id for event in r.sink.of(NextOrderId)] == [100, 300]
        assert ("depth_reset", 1) in r.sink.rows


async def test_gateway_away_for_a_while(rig) -> None:
    async with rig() as r:
        await r.gateway.stop()
        await r.sink.until(lambda: not r.adapter.healthy)
        with pytest.raises(LinkError):
            await r.adapter.cancel(5)
        await r.gateway.start()
        await r.sink.until(lambda: r.adapter.healthy)


async def test_half_open_link_is_found_by_silence(rig) -> None:
    async with rig(heartbeat_s=0.1) as r:
        r.gateway.answers = {}
        await r.sink.until(lambda: [e for e in r.sink.of(LinkChanged) if "silent" in e.text])


async def test_run_connects_by_itself(make_adapter, gateway) -> None:
    adapter = make_adapter(sink := RecordingSink())
    async with asyncio.TaskGroup() as group:
        group.create_task(adapter.run())
        await sink.until(lambda: adapter.healthy)
        await adapter.close()


async def test_garbage_frame_drops_the_link_and_recovers(rig) -> None:
    async with rig() as r:
        r.gateway.writer.write(b"\xff\xff\xff\xff nonsense")
        await r.sink.until(lambda: [e.healthy for e in r.sink.of(LinkChanged)] == [True, False, True])
        assert "4294967295 bytes" in r.sink.of(LinkChanged)[1].text
