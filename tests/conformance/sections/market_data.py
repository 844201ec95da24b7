"""Market data: level 1, greeks, snapshots, depth, tick by tick, five-second bars."""

import time
from typing import Any

import pytest

from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, SPY_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, PUT, QQQ, SPY, vertical

SECTION = "Market data"


def quote_is(client: Any, key: int, **wanted: float) -> Any:
    """Return a look at a line: does it show these figures?"""

    async def look() -> bool:
        seen = await client.quote(key=key)
        return all(seen.get(name) == pytest.approx(value) for name, value in wanted.items())

    return look


@step(SECTION, "level 1: quotes arrive, follow and end with the cancel")
async def step_level_one(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=SPY)
    await t.until(quote_is(client, key, bid=650.00, ask=650.02, bidSize=500, askSize=500))
    seen = await client.quote(key=key)
    assert seen["minTick"] == 0.01
    assert seen["marketDataType"] == 1
    t.market.set_quote(SPY_CON_ID, 650.05, 650.06, 300)
    await t.until(quote_is(client, key, bid=650.05, ask=650.06, askSize=300))
    t.market.trade(SPY_CON_ID, 650.06, 25)
    await t.until(quote_is(client, key, last=650.06, lastSize=25, volume=1025))
    await client.quote_stop(key=key)
    await t.until(lambda: t.market.watched == frozenset())
    t.market.set_quote(SPY_CON_ID, 651.00, 651.02, 300)
    await t.rounds(6)
    assert (await client.quote(key=key))["bid"] != 651.00


@step(SECTION, "an absent side is -1 with size 0")
async def step_absent_side(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=SPY)
    await t.until(quote_is(client, key, bid=650.00))
    t.market.set_quote(SPY_CON_ID, 0, 650.02, 500)
    await t.until(quote_is(client, key, bid=-1, bidSize=0, ask=650.02))


@step(
    SECTION,
    "snapshot: the quote, then tickSnapshotEnd, early or late",
    behaviours=({}, {"snapshot_end_s": 0.0}),
    slow=True,
)
async def step_snapshot(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=CALL, snapshot=True)

    async def ended() -> bool:
        seen = await client.quote(key=key)
        return seen.get("bid") == 1.98 and seen.get("ask") == 2.00 and seen["ended"]

    await t.until(ended, within_s=60)


@step(SECTION, "generic tick 233: every print as RTVolume")
async def step_rt_volume(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=SPY, generic="233")
    await t.until(quote_is(client, key, bid=650.00))
    for size in range(1, 31):
        t.market.trade(SPY_CON_ID, 650.01, size)

    async def all_there() -> bool:
        return (await client.quote(key=key))["types"].count(48) == 30

    await t.until(all_there)
    seen = await client.quote(key=key)
    if t.official:
        last = [value for kind, value in seen["strings"] if kind == 48][-1]
        price, size, stamp, volume, vwap, single = last.split(";")
        assert (float(price), float(size), single) == (650.01, 30.0, "true")
        assert float(vwap) == pytest.approx(650.01, abs=0.02)
        assert int(stamp) / 1000 == pytest.approx(t.market.now_ns / 1e9, abs=10)
        assert float(volume) >= sum(range(1, 31))
    else:
        assert seen["rtVolume"] >= sum(range(1, 31))
        assert seen["vwap"] == pytest.approx(650.01, abs=0.02)


@step(SECTION, "generic ticks: volumes, open interest, implied volatility, mark price, shortable shares", full=True)
async def step_generic_ticks(t: Any) -> None:
    client = await t.connect()
    stock = await client.quote_start(contract=SPY, generic="100,101,106,221,236")
    names = ("callVolume", "putVolume", "callOpenInterest", "putOpenInterest", "impliedVolatility", "markPrice")

    async def missing() -> list[str]:
        seen = await client.quote(key=stock)
        return [name for name in (*names, "shortableShares") if not seen.get(name)]

    async def there() -> bool:
        return await missing() == []

    await t.until(there)
    seen = await client.quote(key=stock)
    assert 0.01 < seen["impliedVolatility"] < 2
    assert seen["markPrice"] == pytest.approx(seen["bid"], abs=2)
    option = next(row for row in t.market.contracts() if row.sec_type == "OPT" and row.right == "P")
    line = await client.quote_start(contract={"conId": option.con_id, "exchange": "SMART"})
    await t.until(quote_is(client, line, putOpenInterest=t.market.open_interest(option.con_id)))


@step(SECTION, "greeks of an option (21): bid, ask, last and model")
async def step_greeks(t: Any) -> None:
    client = await t.connect()
    t.market.trade(CALL_CON_ID, 1.99, 3)
    await t.rounds()
    key = await client.quote_start(contract=CALL)

    async def there() -> bool:
        return len((await client.quote(key=key))["greeks"]) == 4

    await t.until(there)
    greeks = (await client.quote(key=key))["greeks"]
    model = greeks["modelGreeks"]
    assert model["delta"] == pytest.approx(0.5)
    assert model["impliedVol"] == pytest.approx(0.15)
    assert model["undPrice"] == pytest.approx(650.0, abs=0.1)
    assert greeks["bidGreeks"]["optPrice"] == pytest.approx(1.98)
    assert greeks["askGreeks"]["optPrice"] == pytest.approx(2.00)
    assert greeks["lastGreeks"]["optPrice"] == pytest.approx(1.99)
    put = await client.quote_start(contract=PUT)

    async def negative() -> bool:
        found = (await client.quote(key=put))["greeks"].get("modelGreeks")
        return bool(found) and found["delta"] < 0

    await t.until(negative)


@step(SECTION, "asking for delayed or frozen data where live data may be had gives live data")
async def step_data_type(t: Any) -> None:
    client = await t.connect()
    for wanted in (3, 2, 1):
        await client.data_type(data_type=wanted)
        key = await client.quote_start(contract=SPY)
        await t.until(quote_is(client, key, bid=650.00))
        # With permission for live data, delayed is not what one gets; frozen only when the market is closed.
        assert (await client.quote(key=key))["marketDataType"] == 1
        await client.quote_stop(key=key)


@step(
    SECTION,
    "depth: rows of the book with market makers",
    deviations={"ib_async": "Its book is wrong after rows shift: an insert overwrites a row, a delete leaves a gap."},
)
async def step_depth(t: Any) -> None:
    client = await t.connect()
    key = await client.depth_start(contract=SPY, rows=5)
    t.market.set_depth([("ARCA", 650.00, 100), ("NSDQ", 649.99, 200)], [("ARCA", 650.02, 300)])

    async def two_bids() -> bool:
        book = await client.depth(key=key)
        return book["bids"] == [[650.00, 100, "ARCA"], [649.99, 200, "NSDQ"]] and len(book["asks"]) == 1

    await t.until(two_bids)
    t.market.set_depth([("BATS", 650.01, 50), ("ARCA", 650.00, 100), ("NSDQ", 649.99, 200)], [("ARCA", 650.02, 300)])
    truth = [[650.01, 50, "BATS"], [650.00, 100, "ARCA"], [649.99, 200, "NSDQ"]]
    shown = t.per_client(truth, ib_async=[[650.01, 50, "BATS"], [649.99, 200, "NSDQ"]])

    async def inserted() -> bool:
        return (await client.depth(key=key))["bids"] == shown

    await t.until(inserted)
    await client.depth_stop(key=key)


@step(SECTION, "depth reset (317): the book is void and comes anew")
async def step_depth_reset(t: Any) -> None:
    client = await t.connect()
    key = await client.depth_start(contract=SPY, rows=5)
    t.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 300)])

    async def filled() -> bool:
        book = await client.depth(key=key)
        return bool(book["bids"]) and bool(book["asks"])

    await t.until(filled)
    t.inject("reset_depth", symbol="SPY")
    await t.code(client, key, 317)
    await t.until(filled)
    t.market.set_depth([("ARCA", 650.00, 100)], [("ARCA", 650.02, 400)])

    async def anew() -> bool:
        book = await client.depth(key=key)
        return book == {"bids": [[650.00, 100, "ARCA"]], "asks": [[650.02, 400, "ARCA"]]}

    await t.until(anew)


@step(
    SECTION,
    "tick by tick: Last and AllLast",
    deviations=dict.fromkeys(("ib_insync", "ib_async"), "It stamps ticks with its own clock as they arrive."),
)
async def step_ticks_last(t: Any) -> None:
    client = await t.connect()
    last = await client.ticks_start(contract=SPY, kind="Last")
    await t.rounds()
    every = await client.ticks_start(contract=SPY, kind="AllLast")
    await t.rounds()
    t.market.trade(SPY_CON_ID, 650.01, 100)
    t.market.trade(SPY_CON_ID, 649.50, 10, conditions="4")
    t.market.trade(SPY_CON_ID, 650.02, 200)

    async def three() -> bool:
        return len(await client.ticks(key=every)) == 3

    await t.until(three)
    assert [row[2:4] for row in await client.ticks(key=every)] == [[650.01, 100], [649.50, 10], [650.02, 200]]
    assert [row[2:4] for row in await client.ticks(key=last)] == [[650.01, 100], [650.02, 200]]
    row = (await client.ticks(key=last))[0]
    assert row[0] == "Last"
    assert row[4] == "ARCA"
    arrived = pytest.approx(time.time(), abs=30)
    sent = pytest.approx(t.market.now_ns / 1e9, abs=10)
    assert row[1] == t.per_client(sent, ib_insync=arrived, ib_async=arrived)
    await client.ticks_stop(key=last)


@step(SECTION, "tick by tick: BidAsk and MidPoint")
async def step_ticks_quotes(t: Any) -> None:
    client = await t.connect()
    quotes = await client.ticks_start(contract=SPY, kind="BidAsk")
    await t.rounds()
    mids = await client.ticks_start(contract=SPY, kind="MidPoint")
    await t.rounds()
    t.market.set_quote(SPY_CON_ID, 650.04, 650.08, 300)

    async def both() -> bool:
        bid_ask = [row[2:] for row in await client.ticks(key=quotes)]
        mid = [row[2] for row in await client.ticks(key=mids)]
        return bid_ask[-1:] == [[650.04, 650.08, 300, 300]] and mid[-1:] == [pytest.approx(650.06)]

    await t.until(both)


@step(SECTION, "five-second bars", settings={"speed": 50.0})
async def step_real_time_bars(t: Any) -> None:
    client = await t.connect()
    key = await client.bars_start(contract=SPY)
    await t.until(lambda: t.market.watched)
    t.market.trade(SPY_CON_ID, 650.01, 100)

    async def some() -> bool:
        return any(row[5] == 100 for row in await client.bars(key=key))

    await t.until(some)
    bars = await client.bars(key=key)
    assert all(row[0] % 5 == 0 for row in bars)
    (traded,) = [row for row in bars if row[5] == 100]
    assert traded[1:5] == [650.01] * 4
    await client.bars_stop(key=key)
    mid = await client.bars_start(contract=SPY, what="MIDPOINT")

    async def mids() -> bool:
        return any(row[4] == pytest.approx(650.01) for row in await client.bars(key=mid))

    await t.until(mids)


@step(SECTION, "implied volatility and option price computed on request")
async def step_calculations(t: Any) -> None:
    client = await t.connect()
    price = await client.calculate(contract=CALL, what="price", value=0.2, under=650.0)
    assert price["optPrice"] > 0
    back = await client.calculate(contract=CALL, what="volatility", value=price["optPrice"], under=650.0)
    assert back["impliedVol"] == pytest.approx(0.2, abs=0.01)


@step(SECTION, "level 1 of a combination of options")
async def step_combination_quote(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=vertical())
    await t.until(quote_is(client, key, bid=3.10 - 1.04, ask=3.16 - 1.00))


@step(
    SECTION,
    "a line opened while the market is closed: -1, or the last quotes; frozen data where they are asked for",
    start_ns=CLOSE_NS + 600_000_000_000,
    behaviours=({}, {"closed_quotes_absent": False}),
)
async def step_closed_market(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=SPY)
    absent = t.gateway.behaviours.on("closed_quotes_absent")
    await t.until(quote_is(client, key, bid=-1 if absent else 650.00))
    await client.quote_stop(key=key)
    await client.data_type(data_type=2)
    frozen = await client.quote_start(contract=QQQ)
    await t.until(quote_is(client, frozen, bid=595.00, marketDataType=2))
