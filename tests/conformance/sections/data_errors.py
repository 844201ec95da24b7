"""Errors about requests for data, and about too many of them."""

from typing import Any

from alphatrader.sim.scripted import SPY_CON_ID
from tests.conformance.market import QQQ_CON_ID
from tests.conformance.table import step
from tests.conformance.terms import CALL, QQQ, SPY

SECTION = "Errors"


@step(SECTION, "100: more than 50 messages a second; the third time the connection ends")
async def step_pacing(t: Any) -> None:
    client = await t.connect()
    await client.flood(count=120)
    await t.code(client, None, 100)
    assert await client.connected()
    await client.flood(count=300)

    async def ended() -> bool:
        return not await client.connected()

    await t.until(ended)


@step(SECTION, "100: as fast as the client likes where pacing only warns", behaviours=({"pacing_disconnects": False},))
async def step_pacing_warns(t: Any) -> None:
    client = await t.connect()
    await client.flood(count=600)
    await t.code(client, None, 100)
    await t.rounds(6)
    assert await client.connected()


@step(SECTION, "101: more than 100 market data lines", slow=True)
async def step_lines(t: Any) -> None:
    client = await t.connect()
    for number in range(101):
        await client.quote_start(contract={"conId": SPY_CON_ID, "exchange": "SMART"}, req_id=5000 + number)
        if number % 40 == 39:
            await t.rounds(70)  # within 50 messages a second
    await t.code(client, 5100, 101)


@step(SECTION, "300 and 310: a cancel of what is not subscribed")
async def step_unknown_subscriptions(t: Any) -> None:
    client = await t.connect()
    await client.quote_stop(key=4711)
    await t.code(client, 4711, 300)
    await client.depth_stop(key=4712)
    await t.code(client, 4712, 310)


@step(SECTION, "309: a fourth depth subscription")
async def step_depth_limit(t: Any) -> None:
    client, other = await t.connect(1), await t.connect(2)
    for owner, con_id in ((client, SPY_CON_ID), (client, QQQ_CON_ID), (other, SPY_CON_ID)):
        await owner.depth_start(contract={"conId": con_id, "exchange": "SMART"}, rows=5)
        await owner.time()  # answered in order
    key = await other.depth_start(contract={"conId": QQQ_CON_ID, "exchange": "SMART"}, rows=5)
    await t.code(other, key, 309)


@step(SECTION, "322: a ticker id in use")
async def step_duplicate_ticker(t: Any) -> None:
    client = await t.connect()
    for _ in range(2):
        await client.quote_start(contract=SPY, req_id=6000)
    await t.code(client, 6000, 322)


@step(SECTION, "354 and 10168: no permission; 10167: delayed data instead, marked type 3")
async def step_no_permission(t: Any) -> None:
    client = await t.connect()
    t.inject("permission", symbol="SPY", code=354)
    key = await client.quote_start(contract=SPY)
    await t.code(client, key, 354)
    t.inject("clear")
    t.inject("permission", symbol="SPY", code=10167)
    await client.data_type(data_type=3)
    delayed = await client.quote_start(contract={**SPY, "exchange": "ARCA"})
    await t.code(client, delayed, 10167)

    async def late() -> bool:
        seen = await client.quote(key=delayed)
        return seen.get("marketDataType") == 3 and {66, 67} <= set(seen["types"])

    await t.until(late)


@step(SECTION, "366: a cancel of history that nobody asked for; 162 after a cancel that came in time")
async def step_unknown_history(t: Any) -> None:
    client = await t.connect()
    await client.history_stop(key=4713)
    await t.code(client, 4713, 366)


@step(
    SECTION,
    "10092: no depth for options; 10190: too many tick-by-tick streams",
    behaviours=({}, {"tick_by_tick_limit": 3}),
)
async def step_stream_limits(t: Any) -> None:
    client = await t.connect()
    key = await client.depth_start(contract=CALL, rows=5)
    await t.code(client, key, 10092)
    most = int(t.gateway.behaviours.number("tick_by_tick_limit"))
    for number in range(most):
        contract, kind = ((SPY, "AllLast"), (QQQ, "AllLast"), (SPY, "BidAsk"), (QQQ, "BidAsk"), (SPY, "Last"))[number]
        await client.ticks_start(contract=contract, kind=kind)
    await t.until(lambda: t.market.watched)
    assert 10190 not in await client.codes()
    key = await client.ticks_start(contract=QQQ, kind="MidPoint")
    await t.code(client, key, 10190)


@step(SECTION, "316: trading is halted, and goes on")
async def step_halt(t: Any) -> None:
    client = await t.connect()
    key = await client.quote_start(contract=SPY)

    async def quoted() -> bool:
        return (await client.quote(key=key)).get("bid") == 650.00

    await t.until(quoted)
    t.inject("halt", symbol="SPY", for_s=0.3)

    async def halted() -> bool:
        return (await client.quote(key=key)).get("halted") in {1, 2}

    await t.until(halted)

    async def open_again() -> bool:
        return (await client.quote(key=key)).get("halted") == 0

    await t.until(open_again)
