"""Contracts over the wire: details, rows, hours, rules, classes, and a listing that changes."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.sim.gateway.raw_client import CALL, served

from alphatrader import calendar
from alphatrader.sim.gateway.contract_messages import hours_text
from alphatrader.sim.gateway.market_rules import MarketRules
from alphatrader.sim.market.types import SessionChange
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, CONTRACTS, SPY_CON_ID, ScriptedMarket

ANY = (0, "SPY", "STK", "", 0.0, "", "", "", "", "USD", "", "")


@pytest.fixture
async def client(tmp_path):
    async with served(tmp_path) as started:
        await started.start()
        yield started


def ask(client, req_id, contract, kind="", number=""):
    client.ask(9, 8, req_id, *contract, 0, kind, number, "")


async def rows(client):
    """All rows of an answer."""
    found = []
    while (message := await client.message())[0] == "10":
        found.append(message)
    assert message[0] == "52"
    return found


@pytest.mark.parametrize("several", [True, False])
async def test_a_stock_without_an_exchange_has_a_row_for_each(tmp_path, several):
    async with served(tmp_path, behaviours={"rows_per_exchange": several}) as client:
        await client.start()
        ask(client, 5, ANY)
        exchanges = [row[7] for row in await rows(client)]
        assert exchanges[0] == "SMART"
        assert len(set(exchanges)) == len(exchanges)
        assert (len(exchanges) > 5) == several
        ask(client, 6, (*ANY[:7], "ARCA", *ANY[8:]))
        assert [row[7] for row in await rows(client)] == ["ARCA"]
        ask(client, 7, (SPY_CON_ID, *[""] * 3, 0.0, *[""] * 7))
        assert [row[7] for row in await rows(client)] == ["SMART"]


@pytest.mark.parametrize("timed", [True, False])
async def test_the_last_trade_has_its_time_of_day_or_not(tmp_path, timed):
    market = ScriptedMarket()
    market.list_contracts([replace(option, last_trade_ns=CLOSE_NS) for option in CONTRACTS])
    async with served(tmp_path, market, behaviours={"expiry_with_time": timed}) as client:
        await client.start()
        ask(client, 5, CALL)
        (row,) = await rows(client)
        assert row[4] == ("20261116 16:00:00 US/Eastern" if timed else "20261116")


async def test_a_share_is_found_by_its_international_number(client):
    ask(client, 5, (0, *[""] * 3, 0.0, *[""] * 7), "ISIN", "US78462F1030")
    (row,) = await rows(client)
    assert row[12] == str(SPY_CON_ID)
    assert "US78462F1030" in row
    ask(client, 6, (0, *[""] * 3, 0.0, *[""] * 7), "CUSIP", "78462F103")
    assert await client.error() == (6, 200)


async def test_combinations_have_no_details(client):
    ask(client, 5, (0, "SPY", "BAG", *ANY[3:]))
    assert await client.error() == (5, 321)


async def test_parameters_come_by_class_and_exchange(tmp_path):
    weekly = replace(CONTRACTS[1], con_id=910001, trading_class="SPYW", expiry="20261118", strike=Decimal(655))
    market = ScriptedMarket()
    market.list_contracts([*CONTRACTS, weekly])
    async with served(tmp_path, market) as client:
        await client.start()
        client.ask(78, 5, "SPY", "", "STK", SPY_CON_ID)
        found = []
        while (message := await client.message())[0] == "75":
            found.append(message)
        assert message == ["76", "5"]
        smart = {row[4]: row[6:] for row in found if row[2] == "SMART"}
        assert smart["SPY"] == ["2", "20261116", "20261117", "1", "650"]
        assert smart["SPYW"] == ["1", "20261118", "1", "655"]
        client.ask(78, 6, "SPY", "CBOE", "STK", SPY_CON_ID)
        assert {(await client.until(75))[2] for _ in range(2)} == {"CBOE"}
        client.ask(78, 7, "SPY", "", "IND", SPY_CON_ID)
        assert await client.error() == (7, 200)


async def test_rules_follow_the_price_steps(tmp_path):
    steps = ((Decimal(0), Decimal("0.01")), (Decimal(3), Decimal("0.05")))
    odd = ((Decimal(0), Decimal("0.02")),)
    market = ScriptedMarket()
    others = [replace(CONTRACTS[1], price_steps=steps), replace(CONTRACTS[2], price_steps=odd)]
    market.list_contracts([CONTRACTS[0], *others])
    async with served(tmp_path, market) as client:
        await client.start()
        ask(client, 5, CALL)
        (row,) = await rows(client)
        assert "32,32" in ",".join(row)
        client.ask(91, 32)
        assert await client.message() == ["93", "32", "2", "0", "0.01", "3", "0.05"]
        client.ask(91, 5000)
        assert await client.message() == ["93", "5000", "1", "0", "0.02"]
        client.ask(91, 4711)
        assert await client.error() == (-1, 321)


def test_equal_steps_have_one_rule():
    rules = MarketRules()
    one, same = (replace(CONTRACTS[0], min_tick=Decimal(text)) for text in ("0.01", "0.010"))
    rules.learn([one, same])
    assert rules.number(one) == rules.number(same) == 26


def test_hours_name_each_day_and_closed_ones():
    friday, monday = calendar.to_ns("2026-11-13", "09:30"), calendar.to_ns("2026-11-16", "09:30")
    day_ns = 23_400 * calendar.NS
    text = hours_text(((friday, friday + day_ns), (monday, monday + day_ns)))
    assert text == ("20261113:0930-20261113:1600;20261114:CLOSED;20261115:CLOSED;20261116:0930-20261116:1600")
    evening = calendar.to_ns("2026-11-15", "20:15")
    night = hours_text(((evening, monday - 300 * calendar.NS), (monday, monday + day_ns)))
    assert night == "20261115:2015-20261116:0925,20261116:0930-20261116:1600"
    assert hours_text(()) == ""


async def test_another_listing_is_taken_over(client):
    client.ask(1, 11, 5, *CALL, 0, "100,101", 0, 0, "")
    await client.tick(5, 49)
    coming = replace(CONTRACTS[1], con_id=900010, expiry="20261118", local_symbol="SPY   261118C00650000")
    client.market.list_contracts([CONTRACTS[0], coming])
    client.market.session_date = "2026-11-16"
    client.market.announce(SessionChange(client.market.now_ns, "2026-11-16", "day"))
    await client.settled()
    ask(client, 6, CALL)
    assert await client.error() == (6, 200)
    ask(client, 7, (900010, *[""] * 3, 0.0, *[""] * 7))
    assert len(await rows(client)) == 1
    assert CALL_CON_ID not in client.market.watched
    client.ask(2, 2, 5)
    client.ask(49, 1)
    assert (await client.until(49))[0] == "49"
