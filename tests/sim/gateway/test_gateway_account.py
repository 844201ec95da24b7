"""The account over the wire: values, summaries, positions, profit, each of its request kinds."""

import pytest
from tests.sim.gateway.raw_client import served

from alphatrader.sim.scripted import CALL_CON_ID


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path) as started:
        await started.start()
        yield started


async def collected(client, end):
    """Messages up to the one that ends the answer."""
    found = []
    while (message := await client.message())[0] != str(end):
        found.append(message)
    return found


async def buy(tmp_path, library, running_gateway, test, **settings):
    """Run a test with one bought call."""
    async with running_gateway(tmp_path, **settings) as bench:
        ib = await bench.connect()
        call = await bench.call(ib)
        trade = ib.placeOrder(call, library.MarketOrder("BUY", 2, tif="DAY"))
        await bench.until(lambda: trade.orderStatus.status == "Filled")
        await test(bench, ib, call)


async def test_updates_show_all_tags_of_a_real_account(client):
    client.ask(6, 2, 1, "DUSIM0001")
    rows = await collected(client, 54)
    values = {(row[2], row[4]): row[3] for row in rows if row[0] == "6"}
    assert values["NetLiquidation", "USD"] == values["NetLiquidation-S", "USD"] == "100000.00"
    assert values["CashBalance", "BASE"] == values["CashBalance", "USD"] == "100000.00"
    assert values["AccountReady", ""] == "true"
    assert float(values["BuyingPower", "USD"]) >= 100_000
    assert values["AccountCode", ""] == "DUSIM0001"
    assert rows[-1][0] == "8"
    assert {row[5] for row in rows if row[0] == "6"} == {"DUSIM0001"}


@pytest.mark.parametrize(
    "request_fields",
    [
        (6, 2, 1, "DU999"),
        (76, 1, 5, "DU999", "", 0),
        (76, 1, 5, "", "Model", 0),
        (74, 1, 5, "DU999", ""),
        (92, 5, "DU999", ""),
        (62, 1, 5, "Family", "NetLiquidation"),
    ],
)
async def test_unknown_accounts_and_models_are_321(client, request_fields):
    client.ask(*request_fields)
    assert (await client.error())[1] == 321


async def test_summaries_give_the_tags_asked_for_and_the_ledger(client):
    client.ask(62, 1, 5, "All", "NetLiquidation,Cushion,CashBalance")
    rows = await collected(client, 64)
    assert [(row[4], row[5], row[6]) for row in rows] == [
        ("Cushion", "1.000000", ""),
        ("NetLiquidation", "100000.00", "USD"),
        ("CashBalance", "100000.00", "USD"),
    ]
    client.ask(62, 1, 6, "All", "$LEDGER")
    assert {row[6] for row in await collected(client, 64)} == {"BASE"}
    client.ask(62, 1, 7, "All", "$LEDGER:ALL")
    assert await client.error() == (7, 322)
    client.ask(63, 1, 6)
    client.ask(62, 1, 7, "All", "$LEDGER:ALL")
    assert {row[6] for row in await collected(client, 64)} == {"BASE", "USD"}


async def test_values_of_one_account_or_its_ledger_alone(client):
    client.ask(76, 1, 5, "DUSIM0001", "", 0)
    every = await collected(client, 74)
    client.ask(76, 1, 6, "DUSIM0001", "", 1)
    ledger = await collected(client, 74)
    assert 0 < len(ledger) < len(every)
    assert {row[0] for row in every} == {"73"}
    assert "CashBalance" in {row[5] for row in ledger}


async def test_profit_of_what_was_never_held_is_2150(client):
    client.ask(94, 5, "DUSIM0001", "", CALL_CON_ID)
    assert await client.error() == (5, 2150)
    client.ask(92, 6, "DUSIM0001", "")
    assert await client.until(94) == ["94", "6", "0.00", "0.00", "0.00"]


@pytest.mark.parametrize("empty", [True, False])
async def test_a_fill_moves_positions_values_and_profit(tmp_path, library, running_gateway, empty):
    async def check(bench, ib, call):
        (position,) = await ib.reqPositionsAsync()
        assert (position.contract.conId, position.position) == (CALL_CON_ID, 2)
        assert position.contract.exchange == ("" if empty else "CBOE")
        await bench.until(lambda: ib.portfolio() and ib.portfolio()[0].position == 2)
        single = ib.reqPnLSingle("DUSIM0001", "", CALL_CON_ID)
        await bench.until(lambda: single.position == 2)
        assert single.value == pytest.approx(398.0)
        assert single.unrealizedPnL < 0
        multi = []
        ib.wrapper.positionMulti = lambda *values: multi.append(values)
        ended = []
        ib.wrapper.positionMultiEnd = ended.append
        ib.client.reqPositionsMulti(4711, "DUSIM0001", "")
        await bench.until(lambda: ended == [4711])
        assert multi[0][3].conId == CALL_CON_ID
        bench.market.set_quote(CALL_CON_ID, 2.98, 3.00)
        await bench.until(lambda: single.value == pytest.approx(598.0))

    await buy(tmp_path, library, running_gateway, check, behaviours={"position_exchange_empty": empty})


@pytest.mark.parametrize("refresh_s", [180.0, 3.0])
async def test_values_come_again_after_a_while(tmp_path, refresh_s):
    async with served(tmp_path, behaviours={"account_update_s": refresh_s}) as client:
        await client.start()
        client.ask(6, 2, 1, "")
        await collected(client, 54)
        client.ask(49, 1)
        await client.until(49)
        due_s = client.sim.gateway.accounts._refresh_due_s
        assert due_s is not None
        assert 0 < due_s - client.sim.clock.wall_s() <= refresh_s
        client.sim.gateway.accounts._refresh_due_s = 0.0
        assert (await client.until(8))[0] == "8"
        client.ask(6, 2, 0, "")
