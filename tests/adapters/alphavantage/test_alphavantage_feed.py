import asyncio
import json

import pytest
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.feed import AlphaVantageFeed
from alphatrader.domain.events import ChainFailed, ChainReceived, IndicatorReceived, SentimentReceived

CHAIN = b'{"endpoint": "Realtime Options", "message": "success", "data": [{"contractID": "SPY251121C00651000"}]}'
LIMIT = b'{"Information": "Please consider spreading out your requests (1 request per second)."}'
FAST = {
    "chain_interval_s": 0.05,
    "news_interval_s": 0.05,
    "technicals_interval_s": 0.05,
    "min_interval_wall_s": 0.02,
    "limit_pause_s": 0.2,
}


def everything(query: dict[str, str]) -> bytes:
    function = query["function"]
    if function == "REALTIME_OPTIONS":
        return CHAIN
    if function == "NEWS_SENTIMENT":
        rows = [
            {"ticker": "SPY", "relevance_score": "0.75", "ticker_sentiment_score": "0.4"},
            {"ticker": "QQQ", "relevance_score": "1", "ticker_sentiment_score": "-1"},
        ]
        other = {"ticker": "SPY", "relevance_score": "0.25", "ticker_sentiment_score": "-0.4"}
        return json.dumps({"feed": [{"ticker_sentiment": rows}, {"ticker_sentiment": [other]}]}).encode()
    series = {"2025-11-21 15:58": {function: "1.0"}, "2025-11-21 15:59": {function: "2.5", "Note": "n/a"}}
    return json.dumps({"Meta Data": {}, f"Technical Analysis: {function}": series}).encode()


async def _polled(service, make_settings, until, **changes) -> tuple[RecordingSink, AlphaVantageFeed]:
    sink = RecordingSink()
    async with AlphaVantageClient(make_settings(**(FAST | changes))) as client:
        feed = AlphaVantageFeed(client, sink, sink, ["SPY"])
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run())
            await sink.until(lambda: until(sink))
            task.cancel()
    return sink, feed


async def test_polls_every_kind(service, make_settings) -> None:
    service.answer = everything
    sink, feed = await _polled(
        service,
        make_settings,
        lambda sink: (
            len(sink.of(ChainReceived)) >= 2
            and sink.of(SentimentReceived)
            and {e.name for e in sink.of(IndicatorReceived)} == {"RSI", "MACD", "BBANDS", "ATR"}
        ),
    )
    chain = sink.of(ChainReceived)[0]
    assert (chain.symbol, chain.source, chain.body) == ("SPY", "alphavantage", CHAIN)
    mood = sink.of(SentimentReceived)[0]
    assert mood.score == pytest.approx(0.2)
    assert mood.articles == 2
    assert {e.name: e.values for e in sink.of(IndicatorReceived)}["ATR"] == {"ATR": 2.5}
    assert {status.state for status in feed.statuses.values()} == {"live"}
    assert feed.statuses["chain:SPY"].age_ms() is not None


async def test_one_kind_failing_does_not_stop_the_others(service, make_settings) -> None:
    service.answer = lambda query: 404 if query["function"] == "REALTIME_OPTIONS" else everything(query)
    sink, feed = await _polled(
        service, make_settings, lambda sink: len(sink.of(ChainFailed)) >= 2 and len(sink.of(SentimentReceived)) >= 2
    )
    assert "HTTP 404" in sink.of(ChainFailed)[0].reason
    assert feed.statuses["chain:SPY"].state == "failing"
    assert not sink.of(ChainReceived)


async def test_a_limit_makes_the_feed_wait(service, make_settings) -> None:
    service.answer = lambda query: LIMIT if query["function"] == "REALTIME_OPTIONS" else everything(query)
    sink, feed = await _polled(
        service, make_settings, lambda sink: len(sink.of(SentimentReceived)) >= 3, limit_pause_s=30.0
    )
    assert len(service.asked("REALTIME_OPTIONS")) == len(sink.of(ChainFailed)) == 1
    assert feed.statuses["chain:SPY"].pause_s == 30.0


async def test_without_a_key_it_is_off_and_says_why(service, make_settings) -> None:
    sink = RecordingSink()
    async with AlphaVantageClient(make_settings(api_key="")) as client:
        feed = AlphaVantageFeed(client, sink, sink, ["SPY", "QQQ"])
        assert "alphavantage.api_key" in feed.off_reason
        await feed.run()
    assert [e.symbol for e in sink.of(ChainFailed)] == ["SPY", "QQQ"]
    assert {status.state for status in feed.statuses.values()} == {"off"}
    assert not service.queries


async def test_fetch_chain_once(service, make_settings) -> None:
    sink = RecordingSink()
    async with AlphaVantageClient(make_settings(attempts=1)) as client:
        feed = AlphaVantageFeed(client, sink, sink, ["SPY"])
        service.answer = lambda _: CHAIN
        await feed.fetch_chain("SPY")
        service.answer = lambda _: 500
        await feed.fetch_chain("SPY")
    assert [type(e).__name__ for e in sink.events] == ["ChainReceived", "ChainFailed"]


async def test_faster_markets_are_polled_faster_but_not_below_the_floor(service, make_settings) -> None:
    service.answer = everything
    sink = RecordingSink(time_scale=600.0)
    slow = {"chain_interval_s": 30, "news_interval_s": 30_000, "technicals_interval_s": 30_000}
    async with AlphaVantageClient(make_settings(**(FAST | slow))) as client:
        feed = AlphaVantageFeed(client, sink, sink, ["SPY"])
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run())
            await sink.until(lambda: len(sink.of(ChainReceived)) >= 3)
            task.cancel()
    assert len(service.asked("NEWS_SENTIMENT")) == 1
