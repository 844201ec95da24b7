"""Contracts: details, ambiguity, option chains, searches, price rules."""

from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID
from tests.conformance.market import SPX_CON_ID, SPX_EXPIRY, SPXW_CALL_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, SPY

SECTION = "Contracts"
SPX_CALL = {
    "symbol": "SPX",
    "secType": "OPT",
    "lastTradeDateOrContractMonth": SPX_EXPIRY,
    "strike": 6500.0,
    "right": "C",
    "exchange": "SMART",
    "currency": "USD",
}


@step(SECTION, "details of a stock")
async def step_stock_details(t: Any) -> None:
    client = await t.connect()
    (row,) = await client.details(contract=SPY)
    assert row["contract"]["conId"] == SPY_CON_ID
    assert row["contract"]["primaryExchange"] == "ARCA"
    assert row["minTick"] == 0.01
    assert row["timeZoneId"] == "US/Eastern"
    assert row["tradingHours"].split(";")[0].startswith("20261116:")
    assert "SMART" in row["validExchanges"].split(",")
    assert "LMT" in row["orderTypes"].split(",")
    assert len(row["marketRuleIds"].split(",")) == len(row["validExchanges"].split(","))
    if not t.old:
        assert row["minSize"] > 0


@step(SECTION, "details of an option, by description and by id")
async def step_option_details(t: Any) -> None:
    client = await t.connect()
    (row,) = await client.details(contract=CALL)
    contract = row["contract"]
    assert contract["conId"] == CALL_CON_ID
    assert contract["lastTradeDateOrContractMonth"].split()[0] == "20261116"
    assert (contract["strike"], contract["right"], contract["multiplier"]) == (650.0, "C", "100")
    assert contract["localSymbol"] == "SPY   261116C00650000"
    assert contract["tradingClass"] == "SPY"
    assert row["underConId"] == SPY_CON_ID
    assert row["underSymbol"] == "SPY"
    assert row["contractMonth"] == "202611"
    (same,) = await client.details(contract={"conId": CALL_CON_ID})
    assert same["contract"] == contract


@step(SECTION, "details of an index")
async def step_index_details(t: Any) -> None:
    client = await t.connect()
    (row,) = await client.details(contract={"symbol": "SPX", "secType": "IND", "exchange": "CBOE", "currency": "USD"})
    assert row["contract"]["conId"] == SPX_CON_ID
    assert row["contract"]["secType"] == "IND"


@step(SECTION, "an open description yields everything that fits")
async def step_open_description(t: Any) -> None:
    client = await t.connect()
    rows = await client.details(contract={**CALL, "right": ""})
    assert sorted(row["contract"]["right"] for row in rows) == ["C", "P"]
    month = await client.details(contract={**CALL, "lastTradeDateOrContractMonth": "202611"})
    assert {row["contract"]["lastTradeDateOrContractMonth"].split()[0] for row in month} == {"20261116", "20261117"}


@step(SECTION, "several trading classes on one day: details give both, a request for data is 200 ambiguous")
async def step_ambiguous(t: Any) -> None:
    client = await t.connect()
    rows = await client.details(contract=SPX_CALL)
    assert sorted(row["contract"]["tradingClass"] for row in rows) == ["SPX", "SPXW"]
    await client.quote_start(contract=SPX_CALL, req_id=900)
    await t.code(client, 900, 200)
    (row,) = await client.details(contract={**SPX_CALL, "tradingClass": "SPXW"})
    assert row["contract"]["conId"] == SPXW_CALL_CON_ID


@step(SECTION, "200: nothing fits")
async def step_no_definition(t: Any) -> None:
    client = await t.connect()
    assert await client.details(contract={**SPY, "symbol": "NOPE"}) == []
    assert (await client.codes())[3:] == [200]


@step(SECTION, "option chain by reqSecDefOptParams, whose pairs are not all listed")
async def step_option_chain(t: Any) -> None:
    client = await t.connect()
    rows = await client.chain(symbol="SPY", sec_type="STK", con_id=SPY_CON_ID)
    (smart,) = [row for row in rows if row["exchange"] == "SMART"]
    assert smart["tradingClass"] == "SPY"
    assert smart["multiplier"] == "100"
    assert smart["underlyingConId"] == SPY_CON_ID
    assert sorted(smart["expirations"]) == ["20261116", "20261117"]
    assert sorted(smart["strikes"]) == [645.0, 650.0, 655.0]
    # The product of the two holds a contract that does not exist.
    assert await client.details(contract={**CALL, "strike": 655.0}) == []
    index = await client.chain(symbol="SPX", sec_type="IND", con_id=SPX_CON_ID)
    assert {row["tradingClass"] for row in index} == {"SPX", "SPXW"}


@step(SECTION, "symbol search")
async def step_symbol_search(t: Any) -> None:
    client = await t.connect()
    rows = await client.search(pattern="SP")
    assert {row["contract"]["symbol"] for row in rows} == {"SPY", "SPX"}
    assert all("OPT" in row["derivativeSecTypes"] for row in rows)


@step(SECTION, "market rule")
async def step_market_rule(t: Any) -> None:
    client = await t.connect()
    (row,) = await client.details(contract=SPY)
    (rule,) = await client.market_rule(rule_id=int(row["marketRuleIds"].split(",")[0]))
    assert (rule["lowEdge"], rule["increment"]) == (0.0, 0.01)
    (index,) = await client.details(contract={**SPX_CALL, "tradingClass": "SPX"})
    steps = await client.market_rule(rule_id=int(index["marketRuleIds"].split(",")[0]))
    assert [(row["lowEdge"], row["increment"]) for row in steps] == [(0.0, 0.05), (3.0, 0.1)]


@step(SECTION, "exchanges with depth, smart components, current time")
async def step_reference_data(t: Any) -> None:
    client = await t.connect()
    assert any(row["exchange"] == "ARCA" for row in await client.depth_exchanges())
    key = await client.quote_start(contract=SPY)

    async def named() -> Any:
        return (await client.quote(key=key)).get("bboExchange")

    components = await client.smart_components(bbo_exchange=await t.until(named))
    assert len(components) > 1
    assert await client.time() == pytest.approx(t.sim.clock.now_ns() / 1e9, abs=10)
