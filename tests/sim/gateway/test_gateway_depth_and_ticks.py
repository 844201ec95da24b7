"""Depth and tick-by-tick on the wire: smart and direct books, halts, attributes, limits."""

import pytest
from tests.sim.gateway.raw_client import CALL, SPY, served

from alphatrader.sim.market.types import Depth, Halt
from alphatrader.sim.scripted import SPY_CON_ID

BIDS = (("ARCA", 650.00, 100.0), ("NASDAQ", 650.00, 200.0), ("ARCA", 649.99, 300.0))
ASKS = (("NASDAQ", 650.02, 50.0),)


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path) as started:
        await started.start()
        yield started


def ask(client, req_id, contract=SPY, rows=10, smart=1, exchange="SMART"):
    client.ask(10, 5, req_id, *contract[:7], exchange, *contract[8:], rows, smart, "")


def show(client):
    client.market.announce(Depth(client.market.now_ns, SPY_CON_ID, BIDS, ASKS))


@pytest.mark.parametrize("notice", [True, False])
async def test_the_smart_book_names_its_exchanges(tmp_path, notice):
    async with served(tmp_path, behaviours={"depth_exchange_notice": notice}) as client:
        await client.start()
        show(client)
        await client.settled()
        ask(client, 5)
        if notice:
            assert await client.error() == (5, 2152)
        rows = [await client.message() for _ in range(4)]
        assert rows[0] == ["13", "1", "5", "0", "ARCA", "0", "1", "650", "100", "1"]
        assert [row[4] for row in rows] == ["ARCA", "NASDAQ", "ARCA", "NASDAQ"]


async def test_direct_books_show_their_own_rows_with_or_without_makers(client):
    show(client)
    await client.settled()
    ask(client, 5, smart=0, exchange="ARCA")
    assert [await client.message() for _ in range(2)] == [
        ["12", "1", "5", "0", "0", "1", "650", "100"],
        ["12", "1", "5", "1", "0", "1", "649.99", "300"],
    ]
    ask(client, 6, smart=0, exchange="ISLAND")
    assert await client.message() == ["13", "1", "6", "0", "NASDAQ", "0", "1", "650", "200", "0"]


@pytest.mark.parametrize("needs", [True, False])
async def test_smart_depth_without_its_flag(tmp_path, needs):
    async with served(tmp_path, behaviours={"smart_depth_needs_flag": needs}) as client:
        await client.start()
        ask(client, 5, smart=0)
        assert await client.error() == (5, 10092 if needs else 2152)
        ask(client, 6, CALL)
        assert await client.error() == (6, 10092)
        ask(client, 7, exchange="NYSENAT")
        assert (await client.error())[1] in {200, 10092}


async def test_a_halt_ends_depth_and_a_login_may_lack_it(tmp_path):
    async with served(tmp_path / "a") as client:
        await client.start()
        ask(client, 5)
        assert await client.error() == (5, 2152)
        client.market.announce(Halt(client.market.now_ns, SPY_CON_ID, True))
        assert await client.error() == (5, 316)
        client.ask(11, 1, 5, 1)
        assert await client.error() == (5, 310)
    async with served(tmp_path / "b", market_data=("stocks",)) as client:
        await client.start()
        ask(client, 5)
        assert await client.error() == (5, 354)


def ticks(client, req_id, kind, contract=SPY, past=0, ignore=0):
    client.ask(97, req_id, *contract, kind, past, ignore)


@pytest.mark.parametrize("refused", [True, False])
async def test_options_have_no_tick_by_tick(tmp_path, refused):
    async with served(tmp_path, behaviours={"option_tick_by_tick_refused": refused}) as client:
        await client.start()
        ticks(client, 5, "Last", CALL)
        client.ask(98, 5)
        found = [await client.error()] if refused else []
        client.ask(98, 5)
        found.append(await client.error())
        assert found[0] == (5, 10189 if refused else 300)


@pytest.mark.parametrize("limit", [5, 3])
async def test_tick_by_tick_streams_are_few(tmp_path, limit):
    async with served(tmp_path, behaviours={"tick_by_tick_limit": limit}) as client:
        await client.start()
        for req_id in range(limit + 1):
            ticks(client, req_id, "AllLast")
        assert await client.error() == (limit, 10190)
        ticks(client, 0, "Last")
        assert await client.error() == (0, 322)
        ticks(client, 99, "Gossip")
        assert await client.error() == (99, 321)


async def test_quotes_beyond_the_days_range_are_marked_and_sizes_may_be_ignored(client):
    client.market.trade(SPY_CON_ID, 650.01, 10)
    await client.settled()
    ticks(client, 5, "BidAsk", ignore=1)
    client.ask(49, 1)
    await client.until(49)
    client.market.set_quote(SPY_CON_ID, 650.01, 650.02, 100)
    assert (await client.until(99))[4:] == ["650.01", "650.02", "100", "100", "2"]
    client.market.set_quote(SPY_CON_ID, 650.01, 650.02, 900)
    client.market.set_quote(SPY_CON_ID, 649.90, 650.01, 100)
    assert (await client.until(99))[4:] == ["649.9", "650.01", "100", "100", "1"]


async def test_a_stream_may_begin_with_past_ticks(client):
    client.market.trade(SPY_CON_ID, 650.01, 10)
    await client.settled()
    ticks(client, 5, "AllLast", past=10)
    found = await client.until(98)
    assert found[2] == "1"
    assert found[5:7] == ["650.01", "10"]
    client.market.trade(SPY_CON_ID, 650.02, 20)
    assert (await client.until(99))[4:6] == ["650.02", "20"]


async def test_bars_in_regular_hours_alone(client):
    client.ask(50, 3, 5, *SPY, 5, "TRADES", 1, "")
    client.ask(50, 3, 6, *SPY, 5, "GOSSIP", 1, "")
    assert await client.error() == (6, 321)
    client.ask(50, 3, 5, *SPY, 5, "TRADES", 1, "")
    assert await client.error() == (5, 322)
    client.sim.clock._start_ns += 10 * 1_000_000_000
    assert (await client.until(50))[2] == "5"
    client.market.close_ns = client.market.open_ns
    client.sim.clock._start_ns += 10 * 1_000_000_000
    client.ask(51, 1, 5)
    client.ask(51, 1, 5)
    assert await client.error() == (5, 300)
