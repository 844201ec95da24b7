import json
import time

import pytest
from aiohttp import web
from structlog.testing import capture_logs
from tests.adapters.alphavantage.conftest import KEY

from alphatrader.adapters.alphavantage.bodies import DailyLimitError, EntitlementError, read_sentiment
from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.domain.errors import ConfigError, DataError, LinkError, PacingError

CHAIN = b'{"endpoint": "Realtime Options", "message": "success", "data": [{"contractID": "SPY251121C00651000"}]}'


async def test_chain_body_is_passed_as_it_came(service, make_settings) -> None:
    service.answer = lambda _: CHAIN
    async with AlphaVantageClient(make_settings()) as client:
        assert await client.chain("SPY") == CHAIN
        assert client.counters.requests == client.counters.answers == 1
    assert service.queries == [
        {"function": "REALTIME_OPTIONS", "symbol": "SPY", "require_greeks": "true", "apikey": KEY}
    ]


async def test_parameters_of_the_other_functions(service, make_settings) -> None:
    service.answer = lambda query: json.dumps({f"Technical Analysis: {query['function']}": {"t": {"x": "1"}}}).encode()
    async with AlphaVantageClient(make_settings(indicator_interval="5min")) as client:
        for name in ("RSI", "MACD", "BBANDS", "ATR"):
            assert await client.data(name, "SPY") == {"t": {"x": "1"}}
        service.answer = lambda _: b'{"feed": []}'
        await client.data("NEWS_SENTIMENT", "SPY")
        service.answer = lambda _: b'{"Global Quote": {"05. price": "1"}}'
        await client.data("GLOBAL_QUOTE", "SPY")
    common = {"symbol": "SPY", "entitlement": "realtime", "apikey": KEY}
    rsi, macd, bbands, atr, news, quote = service.queries
    assert rsi == common | {"function": "RSI", "interval": "5min", "time_period": "14", "series_type": "close"}
    assert macd == common | {"function": "MACD", "interval": "5min", "series_type": "close"}
    assert bbands == common | {"function": "BBANDS", "interval": "5min", "time_period": "20", "series_type": "close"}
    assert atr == common | {"function": "ATR", "interval": "5min", "time_period": "14"}
    assert news == {"function": "NEWS_SENTIMENT", "tickers": "SPY", "sort": "LATEST", "limit": "50", "apikey": KEY}
    assert quote == common | {"function": "GLOBAL_QUOTE"}


@pytest.mark.parametrize("trouble", [500, 503, "cut"])
async def test_what_may_pass_is_tried_again(service, make_settings, trouble) -> None:
    answers = [trouble, trouble, CHAIN]
    service.answer = lambda _: answers.pop(0)
    async with AlphaVantageClient(make_settings()) as client:
        assert await client.chain("SPY") == CHAIN
    assert len(service.queries) == 3


async def test_gives_up_after_its_attempts(service, make_settings) -> None:
    service.answer = lambda _: 502
    async with AlphaVantageClient(make_settings(attempts=2)) as client:
        with pytest.raises(LinkError, match="HTTP 502"):
            await client.chain("SPY")
    assert len(service.queries) == 2


async def test_silence_ends_at_the_deadline(service, make_settings) -> None:
    service.answer = lambda _: "hang"
    async with AlphaVantageClient(make_settings(timeout_s=0.2, deadline_s=0.5)) as client:
        with pytest.raises(LinkError, match="did not answer"):
            await client.chain("SPY")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"Information": "Thank you! Please consider spreading out (1 request per second)."}', PacingError),
        (b'{"Note": "Our standard API call frequency is 5 calls per minute and 500 calls per day."}', PacingError),
        (b'{"Information": "We have detected your API key as ' + KEY.encode() + b' and our standard API rate limit '
         b'is 25 requests per day."}', DailyLimitError),
        (b'{"Error Message": "the parameter apikey is invalid or missing."}', ConfigError),
        (b'{"Error Message": "Invalid API call. Please retry."}', DataError),
        (b'{"endpoint": "Realtime Options", "message": "ARTIFICIAL AND FOR ILLUSTRATION", "data": [{"symbol": "X"}]}',
         EntitlementError),
        (b'{"endpoint": "Realtime Options", "message": "No data for symbol SPY", "data": []}', DataError),
        (b"<html>maintenance</html>", DataError),
        (b"", DataError),
        (b"\xff\xfe\x00", DataError),
        (b"[1, 2]", DataError),
    ],
)  # fmt: skip
async def test_answers_without_data_are_told_apart_and_never_repeated(service, make_settings, body, kind) -> None:
    service.answer = lambda _: body
    async with AlphaVantageClient(make_settings()) as client:
        with capture_logs() as logs, pytest.raises(kind) as caught:
            await client.chain("SPY")
    assert type(caught.value) is kind
    assert len(service.queries) == 1
    assert KEY not in str(caught.value)
    assert KEY not in repr(caught.value.__context__)
    assert KEY not in repr(logs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bad_call", DataError),
        ("bad_function", DataError),
        ("bad_key", ConfigError),
        ("burst_limit", PacingError),
        ("daily_limit", DailyLimitError),
        ("old_note_limit", PacingError),
        ("historical_options_empty", DataError),
        ("premium_gate_realtime_options", EntitlementError),
    ],
)
@pytest.mark.data
async def test_real_refusals(service, make_settings, shared_bodies, name: str, kind) -> None:
    body = (shared_bodies / "bodies" / f"{name}.json").read_bytes()
    service.answer = lambda _: body
    async with AlphaVantageClient(make_settings()) as client:
        with pytest.raises(kind):
            await client.chain("SPY")


@pytest.mark.data
async def test_real_data(service, make_settings, shared_bodies) -> None:
    body = (shared_bodies / "bodies" / "historical_options_ibm_first_contract.json").read_bytes()
    service.answer = lambda _: body
    async with AlphaVantageClient(make_settings(chain_function="HISTORICAL_OPTIONS")) as client:
        assert await client.chain("IBM") == body
        news = (shared_bodies / "bodies" / "news_sentiment_2024-05-04_first_article.json").read_bytes()
        service.answer = lambda _: news
        assert read_sentiment("AAPL", await client.data("NEWS_SENTIMENT", "AAPL")) == (pytest.approx(0.212585), 1)


async def test_unreachable_server_hides_the_key(make_settings) -> None:
    async with AlphaVantageClient(make_settings(base_url="http://127.0.0.1:1", attempts=1)) as client:
        with pytest.raises(LinkError, match="could not be reached") as caught:
            await client.chain("SPY")
    assert KEY not in str(caught.value)
    assert caught.value.__context__ is None
    assert KEY not in repr(make_settings())


async def test_bodies_are_bounded(service, make_settings) -> None:
    service.answer = lambda _: b" " * 5_000
    async with AlphaVantageClient(make_settings(max_body_bytes=2_000)) as client:
        with pytest.raises(DataError, match="more than 2000 bytes"):
            await client.chain("SPY")


async def test_redirects_are_not_followed(service, make_settings) -> None:
    service.answer = lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    async with AlphaVantageClient(make_settings()) as client:
        with pytest.raises(DataError, match="HTTP 302"):
            await client.chain("SPY")


async def test_no_key_asks_nothing(service, make_settings) -> None:
    async with AlphaVantageClient(make_settings(api_key="")) as client:
        with pytest.raises(ConfigError, match=r"alphavantage\.api_key"):
            await client.chain("SPY")
    assert not service.queries


async def test_requests_are_spread(service, make_settings) -> None:
    times: list[float] = []

    def answer(_) -> bytes:
        times.append(time.monotonic())
        return CHAIN

    service.answer = answer
    async with AlphaVantageClient(make_settings(requests_per_minute=600)) as client:
        for _ in range(4):
            await client.chain("SPY")
    # A lower bound only: a loaded machine makes it longer, never shorter.
    assert times[-1] - times[0] > 0.25
