"""The simulated Alpha Vantage over a real socket, in the shapes that real clients know."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.sim.alphavantage import FAULT_KINDS, AlphaVantageFaults, serve_alphavantage
from alphatrader.sim.market import MarketSpec, build_market
from alphatrader.sim.market.live import SessionMarket

DATA = Path(__file__).parents[4] / "shared/data/alphavantage"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/alphavantage")

CHAIN_KEYS = [
    "contractID", "symbol", "expiration", "strike", "type", "last", "mark", "bid", "bid_size", "ask", "ask_size",
    "volume", "open_interest", "date", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
]  # fmt: skip
INDICATOR = {"symbol": "SPY", "interval": "1min", "time_period": "14", "series_type": "close"}


class Client:
    """Asks the server as a client would."""

    def __init__(
        self, session: aiohttp.ClientSession, port: int, market: SessionMarket, faults: AlphaVantageFaults
    ) -> None:
        self.session, self.port, self.market, self.faults = session, port, market, faults

    async def raw(self, **query: str) -> tuple[int, bytes]:
        parameters = {"apikey": "SECRETKEY", **query}
        async with self.session.get(f"http://127.0.0.1:{self.port}/query", params=parameters) as response:
            return response.status, await response.read()

    async def get(self, **query: str) -> Any:
        status, body = await self.raw(**query)
        assert status == 200
        return json.loads(body)


class MarketClock:
    def __init__(self, market: SessionMarket) -> None:
        self._market = market

    def now_ns(self) -> int:
        return self._market.now_ns

    def wall_s(self) -> float:
        return 0.0


@pytest.fixture(scope="module")
def market() -> SessionMarket:
    return build_market(MarketSpec(seed=42, session_date="2026-11-20"))


@pytest.fixture
async def client(market: SessionMarket) -> AsyncIterator[Client]:
    faults = AlphaVantageFaults()
    async with (
        serve_alphavantage(market, MarketClock(market), "127.0.0.1", 0, faults) as port,
        aiohttp.ClientSession() as session,
    ):
        yield Client(session, port, market, faults)


def texts(value: Any) -> list[Any]:
    """All leaves of a body."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in texts(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in texts(part)]
    return [value]


async def test_the_chain_has_the_real_rows_and_only_strings(client: Client) -> None:
    body = await client.get(function="REALTIME_OPTIONS", symbol="SPY", require_greeks="true", entitlement="realtime")
    assert (body["endpoint"], body["message"]) == ("Realtime Options", "success")
    rows = body["data"]
    table = client.market.chain("SPY")
    assert len(rows) == len(table.contracts) > 600
    assert all(list(row) == CHAIN_KEYS for row in rows)
    assert all(isinstance(leaf, str) for leaf in texts(rows))
    for row, contract, bid, interest in zip(rows, table.contracts, table.bid, table.open_interest, strict=True):
        assert row["contractID"] == contract.local_symbol.replace(" ", "")
        assert row["expiration"].replace("-", "") == contract.expiry
        assert (float(row["strike"]), row["type"][0].upper()) == (float(contract.strike), contract.right)
        assert float(row["bid"]) == pytest.approx(bid)
        assert int(row["open_interest"]) == interest
        assert (row["symbol"], row["date"]) == ("SPY", "2026-11-20")


@needs_data
@pytest.mark.data
async def test_the_columns_are_those_of_a_real_reply(client: Client) -> None:
    header = (DATA / "bodies/realtime_options_spy_2025-09-12_first4.csv").read_text().splitlines()[0]
    body = await client.get(function="REALTIME_OPTIONS", symbol="SPY", require_greeks="true")
    assert list(body["data"][0]) == header.split(",")


async def test_without_require_greeks_there_are_none(client: Client) -> None:
    body = await client.get(function="REALTIME_OPTIONS", symbol="SPY")
    assert list(body["data"][0]) == CHAIN_KEYS[:14]


async def test_one_contract_can_be_asked_for(client: Client) -> None:
    name = client.market.chain("SPY").contracts[5].local_symbol.replace(" ", "")
    body = await client.get(function="REALTIME_OPTIONS", symbol="SPY", contract=name)
    assert [row["contractID"] for row in body["data"]] == [name]


async def test_historical_options_are_those_of_the_day_before(client: Client) -> None:
    body = await client.get(function="HISTORICAL_OPTIONS", symbol="SPY")
    assert body["endpoint"] == "Historical Options"
    assert {row["date"] for row in body["data"]} == {"2026-11-19"}
    named = await client.get(function="HISTORICAL_OPTIONS", symbol="SPY", date="2026-11-19")
    assert named == body
    close = client.market.previous_close("SPY")
    money = min(body["data"], key=lambda row: abs(float(row["strike"]) - close))
    assert abs(float(money["delta"])) == pytest.approx(0.5, abs=0.06)
    other = await client.get(function="HISTORICAL_OPTIONS", symbol="SPY", date="2020-01-02")
    assert other["data"] == []
    assert "No data for symbol SPY on date 2020-01-02" in other["message"]


@pytest.mark.parametrize(("function", "file"), [("RSI", "rsi"), ("MACD", "macd"), ("BBANDS", "bbands"), ("ATR", "atr")])
@needs_data
@pytest.mark.data
async def test_indicator_bodies_have_the_real_keys(client: Client, function: str, file: str) -> None:
    real = json.loads((DATA / f"indicators/{file}.json").read_text())
    body = await client.get(function=function, **INDICATOR)
    assert list(body) == list(real)
    assert set(body["Meta Data"]) == set(real["Meta Data"])
    name = f"Technical Analysis: {function}"
    first, real_first = next(iter(body[name].values())), next(iter(real[name].values()))
    assert set(first) == set(real_first)
    assert all(isinstance(leaf, str) for leaf in texts(body[name]))


@needs_data
@pytest.mark.data
async def test_quote_and_news_have_the_real_keys(client: Client) -> None:
    real = json.loads((DATA / "indicators/globalquote.json").read_text())
    body = await client.get(function="GLOBAL_QUOTE", symbol="SPY")
    assert list(body["Global Quote"]) == list(real["Global Quote"])
    real = json.loads((DATA / "bodies/news_sentiment_2024-05-04_first_article.json").read_text())
    body = await client.get(function="NEWS_SENTIMENT", tickers="SPY")
    assert list(body) == list(real)
    article, real_article = body["feed"][0], real["feed"][0]
    assert list(article) == list(real_article)
    assert list(article["ticker_sentiment"][0]) == list(real_article["ticker_sentiment"][0])
    assert body["sentiment_score_definition"] == real["sentiment_score_definition"]


async def test_indicators_are_full_from_the_past_and_newest_first(client: Client) -> None:
    for interval in ("1min", "5min", "15min", "30min", "60min", "daily"):
        body = await client.get(function="RSI", **(INDICATOR | {"interval": interval}))
        values = body["Technical Analysis: RSI"]
        assert len(values) > 200
        assert list(values) == sorted(values, reverse=True)
        assert all(0.0 <= float(value["RSI"]) <= 100.0 for value in values.values())
        assert body["Meta Data"]["3: Last Refreshed"].startswith(next(iter(values)))
    newest = calendar.to_ns(
        *next(iter((await client.get(function="RSI", **INDICATOR))["Technical Analysis: RSI"])).split()
    )
    assert newest + 60 * calendar.NS <= client.market.now_ns < newest + 130 * calendar.NS


async def test_bollinger_bands_surround_the_mean(client: Client) -> None:
    body = await client.get(function="BBANDS", **(INDICATOR | {"time_period": "20"}))
    for value in body["Technical Analysis: BBANDS"].values():
        lower, middle, upper = (float(value[f"Real {name} Band"]) for name in ("Lower", "Middle", "Upper"))
        assert lower < middle < upper
    closes = [
        bar.close for bar in client.market.minute_bars("SPY") if bar.start_ns + 60 * calendar.NS <= client.market.now_ns
    ]
    newest = next(iter(body["Technical Analysis: BBANDS"].values()))
    assert float(newest["Real Middle Band"]) == pytest.approx(sum(closes[-20:]) / 20, abs=1e-4)


async def test_global_quote_follows_the_market_and_the_entitlement(client: Client) -> None:
    quote = (await client.get(function="GLOBAL_QUOTE", symbol="SPY"))["Global Quote"]
    spy = client.market.contracts()[0].con_id
    assert float(quote["05. price"]) == client.market.quote(spy).last
    regular = client.market.history(spy, client.market.open_ns, client.market.close_ns)
    assert float(quote["06. volume"]) == sum(trade.size for trade in regular)
    change = float(quote["05. price"]) - float(quote["08. previous close"])
    assert float(quote["09. change"]) == pytest.approx(change, abs=1e-3)
    delayed = await client.get(function="GLOBAL_QUOTE", symbol="SPY", entitlement="delayed")
    ((key, values),) = delayed.items()
    assert key == "Global Quote - DATA DELAYED BY 15 MINUTES"
    assert float(values["06. volume"]) < float(quote["06. volume"])


async def test_news_is_marked_and_follows_the_market(client: Client) -> None:
    feed = (await client.get(function="NEWS_SENTIMENT", tickers="SPY", limit="1000"))["feed"]
    assert len(feed) > 5
    assert [article["time_published"] for article in feed] == sorted(
        (article["time_published"] for article in feed), reverse=True
    )
    for article in feed:
        assert article["title"].startswith("SIMULATED")
        assert article["source"].startswith("SIMULATED")
        assert article["url"].startswith("https://simulated.invalid/")
        assert -1.0 <= article["overall_sentiment_score"] <= 1.0
    two = (await client.get(function="NEWS_SENTIMENT", tickers="SPY", limit="2", sort="EARLIEST"))["feed"]
    assert two == feed[::-1][:2]
    late = feed[1]["time_published"][:-2]
    newer = (await client.get(function="NEWS_SENTIMENT", tickers="SPY", time_from=late))["feed"]
    assert 1 <= len(newer) <= 3


async def test_news_published_once_stays_as_it_was() -> None:
    market = build_market(MarketSpec(seed=5, session_date="2026-11-20", start_fraction=0.3))
    async with (
        serve_alphavantage(market, MarketClock(market), "127.0.0.1", 0) as port,
        aiohttp.ClientSession() as session,
    ):
        client = Client(session, port, market, AlphaVantageFaults())
        before = (await client.get(function="NEWS_SENTIMENT", tickers="SPY"))["feed"]
        market.advance(market.now_ns + 3600 * calendar.NS)
        after = (await client.get(function="NEWS_SENTIMENT", tickers="SPY"))["feed"]
    assert len(after) > len(before)
    assert after[-len(before) :] == before


@pytest.mark.parametrize(
    ("query", "key", "words"),
    [
        (
            {"function": "REALTIME_OPTIONS", "symbol": "SPY", "apikey": ""},
            "Error Message",
            "apikey is invalid or missing",
        ),
        ({"function": "NO_SUCH_THING", "symbol": "SPY"}, "Error Message", "(NO_SUCH_THING) does not exist"),
        ({}, "Error Message", "This API function () does not exist."),
        ({"function": "REALTIME_OPTIONS"}, "Error Message", "Invalid API call."),
        ({"function": "RSI", **INDICATOR, "symbol": "NOPE"}, "Error Message", "for RSI."),
        ({"function": "RSI", "symbol": "SPY"}, "Error Message", "Invalid API call."),
        ({"function": "RSI", **INDICATOR, "time_period": "0"}, "Error Message", "Invalid API call."),
        ({"function": "RSI", **INDICATOR, "time_period": "٣"}, "Error Message", "Invalid API call."),
        ({"function": "RSI", **INDICATOR, "interval": "7min"}, "Error Message", "Invalid API call."),
        ({"function": "ATR", **INDICATOR, "time_period": "9" * 400}, "Error Message", "Invalid API call."),
        ({"function": "NEWS_SENTIMENT", "tickers": "NOPE"}, "Information", "Invalid inputs."),
        ({"function": "NEWS_SENTIMENT", "tickers": "SPY", "time_from": "yesterday"}, "Information", "Invalid inputs."),
        ({"function": "NEWS_SENTIMENT", "tickers": "SPY", "limit": "-1"}, "Information", "Invalid inputs."),
    ],
)
async def test_refusals_are_the_real_ones_with_status_200(
    client: Client, query: dict[str, str], key: str, words: str
) -> None:
    body = await client.get(**query)
    assert list(body) == [key]
    assert words in body[key]


async def test_an_unknown_symbol_has_no_options_and_an_empty_quote(client: Client) -> None:
    body = await client.get(function="REALTIME_OPTIONS", symbol="NOPE")
    assert body["data"] == []
    assert "No data for symbol NOPE" in body["message"]
    assert await client.get(function="GLOBAL_QUOTE", symbol="NOPE") == {"Global Quote": {}}


@needs_data
@pytest.mark.data
async def test_fault_bodies_are_the_real_ones(client: Client) -> None:
    for kind, file in (
        ("limit", "burst_limit"),
        ("placeholder", "premium_gate_realtime_options"),
        ("daily_limit", "daily_limit"),
    ):
        client.faults.set_fault(kind)
        body = await client.get(function="REALTIME_OPTIONS", symbol="SPY")
        real = json.loads((DATA / f"bodies/{file}.json").read_text().replace("XXXXXXXXXXXXXXXX", "SECRETKEY"))
        assert body == real


async def test_a_chain_of_the_day_before_and_bodies_that_are_old_or_cut(client: Client) -> None:
    ask = {"function": "REALTIME_OPTIONS", "symbol": "SPY"}
    fresh = await client.get(**ask)
    client.faults.set_fault("previous_day")
    wrong = await client.get(**ask)
    assert {row["date"] for row in wrong["data"]} == {"2026-11-19"} != {row["date"] for row in fresh["data"]}
    client.market.advance(client.market.now_ns + 60 * 10**9)
    client.faults.set_fault("stale")
    assert await client.get(**ask) == fresh
    assert await client.get(**ask) != fresh
    client.faults.set_fault("cut")
    status, body = await client.raw(**ask)
    assert status == 200
    with pytest.raises(ValueError, match=r".*"):
        json.loads(body)


async def test_notices_in_place_of_data(client: Client) -> None:
    ask = {"function": "GLOBAL_QUOTE", "symbol": "SPY"}
    client.faults.set_fault("premium")
    assert "premium endpoint" in (await client.get(**ask))["Information"]
    client.faults.set_fault("bad_key")
    assert "apikey" in (await client.get(**ask))["Error Message"]
    client.faults.set_fault("delayed")
    assert "Global Quote - DATA DELAYED BY 15 MINUTES" in await client.get(**ask)


async def test_faults_strike_as_often_as_asked(client: Client) -> None:
    client.faults.set_fault("error_500", 2)
    ask = {"function": "GLOBAL_QUOTE", "symbol": "SPY"}
    assert [(await client.raw(**ask))[0] for _ in range(3)] == [500, 500, 200]
    client.faults.set_fault("garbage")
    status, body = await client.raw(**ask)
    assert status == 200
    with pytest.raises(ValueError, match=r".*"):
        json.loads(body)
    client.faults.set_fault("limit", 5)
    client.faults.set_fault("limit", 0)
    client.faults.set_fault("error_500", 5)
    client.faults.clear()
    assert "Global Quote" in await client.get(**ask)
    with pytest.raises(ConfigError, match="no Alpha Vantage fault 'flood'"):
        client.faults.set_fault("flood")
    assert {"limit", "placeholder", "garbage", "error_500", "hang"} <= set(FAULT_KINDS)


async def test_a_hanging_request_hangs_alone_and_ends_with_the_server(market: SessionMarket) -> None:
    faults = AlphaVantageFaults()
    async with aiohttp.ClientSession() as session:
        async with serve_alphavantage(market, MarketClock(market), "127.0.0.1", 0, faults) as port:
            client = Client(session, port, market, faults)
            faults.set_fault("hang")
            ask = {"function": "GLOBAL_QUOTE", "symbol": "SPY"}
            async with asyncio.TaskGroup() as group:
                hanging = group.create_task(client.raw(**ask))
                await asyncio.sleep(0.1)
                assert not hanging.done()
                assert "Global Quote" in await client.get(**ask)
                hanging.cancel()
        with pytest.raises(aiohttp.ClientError):
            await client.raw(**ask)


async def test_a_busy_port_is_one_clear_line(market: SessionMarket) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LinkError, match=str(port)) as caught:
            async with serve_alphavantage(market, MarketClock(market), "127.0.0.1", port):
                pass
    assert "\n" not in str(caught.value)


async def test_our_own_decoder_reads_the_chain(client: Client) -> None:
    core = pytest.importorskip("alphatrader._core", reason="the Rust core is not built")
    _, body = await client.raw(function="REALTIME_OPTIONS", symbol="SPY", require_greeks="true")
    chain = core.decode_alphavantage_chain(body)
    assert chain.rows == len(client.market.chain("SPY").contracts)
    assert sum(chain.dropped.values()) == 0
    client.faults.set_fault("placeholder")
    _, body = await client.raw(function="REALTIME_OPTIONS", symbol="SPY", require_greeks="true")
    with pytest.raises(core.PlaceholderDataError):
        core.decode_alphavantage_chain(body)


async def test_a_delayed_chain_is_that_of_a_quarter_of_an_hour_ago(client: Client, market: SessionMarket) -> None:
    delayed = await client.get(function="REALTIME_OPTIONS", symbol="SPY", entitlement="delayed")
    table = market.chain("SPY", market.now_ns - 15 * 60 * calendar.NS)
    assert [row["bid"] for row in delayed["data"]] == [f"{bid:.2f}" for bid in table.bid]
    present = await client.get(function="REALTIME_OPTIONS", symbol="SPY", entitlement="realtime")
    assert [row["bid"] for row in present["data"]] != [row["bid"] for row in delayed["data"]]


async def test_delayed_indicators_end_a_quarter_of_an_hour_ago(client: Client) -> None:
    live = await client.get(function="RSI", **INDICATOR)
    delayed = await client.get(function="RSI", entitlement="delayed", **INDICATOR)
    late, now = (list(body["Technical Analysis: RSI"].items()) for body in (delayed, live))
    assert late == now[15:]


async def test_a_strange_entitlement_is_refused(client: Client) -> None:
    body = await client.get(function="GLOBAL_QUOTE", symbol="SPY", entitlement="sometime")
    assert "Invalid API call" in body["Error Message"]


async def test_csv_bodies_have_the_real_columns(client: Client) -> None:
    _, body = await client.raw(function="REALTIME_OPTIONS", symbol="SPY", require_greeks="true", datatype="csv")
    header, first, *_ = body.decode().splitlines()
    assert header.split(",") == CHAIN_KEYS
    assert len(first.split(",")) == len(CHAIN_KEYS)
    _, body = await client.raw(function="GLOBAL_QUOTE", symbol="SPY", datatype="csv")
    names = "symbol,open,high,low,price,volume,latestDay,previousClose,change,changePercent"
    assert body.decode().splitlines()[0] == names
    _, body = await client.raw(function="RSI", datatype="csv", **INDICATOR)
    assert body.decode().splitlines()[0] == "time,RSI"
    # A refusal stays what it is.
    _, body = await client.raw(function="RSI", datatype="csv", symbol="SPY", interval="7min")
    assert "Error Message" in json.loads(body)
