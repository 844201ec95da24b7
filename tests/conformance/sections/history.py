"""History: bars of several sizes, kept up to date, ticks, head time stamps, histograms, schedules."""

from typing import Any

from alphatrader.sim.market.types import Print
from alphatrader.sim.scripted import OPEN_NS, SPY_CON_ID
from tests.conformance.clients import ClientError
from tests.conformance.table import step
from tests.conformance.terms import SPY

SECTION = "History"
S = 1_000_000_000


def past(t: Any) -> None:
    """Let ten prints, one a minute, have happened since the open."""
    t.market.add_history(
        [
            Print(OPEN_NS + minute * 60 * S + S, SPY_CON_ID, 650.0 + minute, 10.0 * (minute + 1), "ARCA", "")
            for minute in range(10)
        ]
    )


@step(SECTION, "bars of trades: 1 min and 5 mins, in epochs and in words")
async def step_bars(t: Any) -> None:
    client = await t.connect()
    past(t)
    answer = await client.history(contract=SPY, duration="1 D", size="1 min")
    bars = [row for row in answer["bars"] if row[5] > 0]
    assert [row[4] for row in bars] == [650.0 + minute for minute in range(10)]
    assert [row[5] for row in bars] == [10.0 * (minute + 1) for minute in range(10)]
    answer = await client.history(contract=SPY, duration="1 D", size="5 mins", form=1)
    five = [row for row in answer["bars"] if row[5] > 0]
    assert [row[1:5] for row in five] == [[650, 654, 650, 654], [655, 659, 655, 659]]
    assert [row[5] for row in five] == [150.0, 400.0]


@step(SECTION, "daily bars", full=True)
async def step_daily_bars(t: Any) -> None:
    client = await t.connect()
    answer = await client.history(contract=SPY, duration="5 D", size="1 day", rth=True)
    assert len(answer["bars"]) == 5
    days = [row[0].replace("-", "")[:8] for row in answer["bars"]]
    assert days == sorted(set(days))
    assert all(row[3] <= row[1] <= row[2] for row in answer["bars"])


@step(SECTION, "whatToShow MIDPOINT, BID, ASK, BID_ASK", full=True)
async def step_what_to_show(t: Any) -> None:
    client = await t.connect()
    closes = {}
    for what in ("BID", "ASK", "MIDPOINT", "BID_ASK"):
        answer = await client.history(contract=SPY, duration="600 S", size="1 min", what=what)
        assert answer["bars"], what
        closes[what] = answer["bars"][0]
    assert closes["BID"][4] <= closes["MIDPOINT"][4] <= closes["ASK"][4]
    # BID_ASK: open is the time-averaged bid, close the time-averaged ask.
    assert closes["BID_ASK"][1] <= closes["BID_ASK"][4]


@step(SECTION, "bars kept up to date", settings={"speed": 20.0})
async def step_keep_up_to_date(t: Any) -> None:
    client = await t.connect()
    past(t)
    answer = await client.history(contract=SPY, duration="3600 S", size="5 secs", keep=True)
    t.market.trade(SPY_CON_ID, 652.50, 77)

    async def updated() -> bool:
        return any(row[4] == 652.50 for row in await client.history_updates(key=answer["key"]))

    await t.until(updated)
    await client.history_stop(key=answer["key"])


@step(SECTION, "ticks: TRADES forward and backward")
async def step_history_ticks(t: Any) -> None:
    client = await t.connect()
    past(t)
    forward = await client.history_ticks(
        contract=SPY, what="TRADES", start="20261116 09:30:00 US/Eastern", end="", count=4
    )
    assert [row["price"] for row in forward] == [650.0, 651.0, 652.0, 653.0]
    backward = await client.history_ticks(
        contract=SPY, what="TRADES", start="", end="20261116 09:35:00 US/Eastern", count=2
    )
    assert [row["price"] for row in backward] == [653.0, 654.0]


@step(SECTION, "ticks: BID_ASK and MIDPOINT", full=True)
async def step_history_quote_ticks(t: Any) -> None:
    client = await t.connect()
    end = f"{t.market.session_date.replace('-', '')} 12:00:00 US/Eastern"
    quotes = await client.history_ticks(contract=SPY, what="BID_ASK", start="", end=end, count=5)
    assert len(quotes) >= 5
    assert all(row["priceBid"] < row["priceAsk"] for row in quotes)
    mids = await client.history_ticks(contract=SPY, what="MIDPOINT", start="", end=end, count=5)
    assert all(row["price"] > 0 for row in mids)


@step(SECTION, "head time stamp")
async def step_head(t: Any) -> None:
    client = await t.connect()
    stamp = await client.head(contract=SPY)
    assert stamp <= OPEN_NS // S


@step(SECTION, "histogram")
async def step_histogram(t: Any) -> None:
    client = await t.connect()
    past(t)
    rows = await client.histogram(contract=SPY, period="1 day")
    assert dict(rows)[650.0] == 10.0
    assert len(rows) == 10


@step(SECTION, "schedule of sessions", absent={"ibapi_9_81": "The request came with later versions."})
async def step_schedule(t: Any) -> None:
    client = await t.connect()
    sessions = await client.schedule(contract=SPY, duration="5 D")
    assert sessions[-1]["refDate"] == "20261116"
    assert sessions[-1]["startDateTime"].startswith("20261116")
    assert [row["refDate"] for row in sessions] == sorted(row["refDate"] for row in sessions)


@step(SECTION, "162: no data; 321: a bar size that does not exist")
async def step_history_refused(t: Any) -> None:
    client = await t.connect()
    answer = await client.history(contract=SPY, duration="1 D", size="1 min", end="20101116 10:00:00 US/Eastern")
    assert answer["bars"] == []
    assert 162 in await client.codes()
    answer = await client.history(contract=SPY, duration="1 D", size="lots", wait_s=2.0)
    assert answer["bars"] == []
    assert 321 in await client.codes()


@step(
    SECTION,
    "162 while the history farm is broken (2105); or the answer comes late, or never",
    behaviours=({}, {"history_farm_broken": "late"}, {"history_farm_broken": "never"}),
    slow=True,
)
async def step_history_farm(t: Any) -> None:
    client = await t.connect()
    past(t)
    manner = t.gateway.behaviours.text("history_farm_broken")
    t.inject("farm_outage", farm="history", for_s=0.5)
    await t.code(client, -1, 2105)
    try:
        bars = (await client.history(contract=SPY, duration="1 D", size="1 min", wait_s=3.0))["bars"]
    except ClientError:  # the official client waits for ever; its driver gives up
        bars = []
    assert bool(bars) == (manner == "late")
    assert (162 in await client.codes()) == (manner == "refused")


@step(
    SECTION,
    "162: the same request twice within 15 seconds, where history is paced",
    behaviours=({}, {"history_pacing": False}),
)
async def step_history_pacing(t: Any) -> None:
    client = await t.connect()
    past(t)
    for _ in range(2):
        await client.history(contract=SPY, duration="3600 S", size="5 secs")
    assert (162 in await client.codes()) == t.gateway.behaviours.on("history_pacing")
