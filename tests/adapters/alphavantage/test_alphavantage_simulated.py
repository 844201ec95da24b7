"""The client and feed against the simulated Alpha Vantage server."""

import asyncio

import pytest
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.alphavantage.bodies import DailyLimitError, EntitlementError
from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.feed import AlphaVantageFeed
from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings
from alphatrader.domain.errors import DataError, LinkError, PacingError
from alphatrader.domain.events import ChainReceived, IndicatorReceived, SentimentReceived
from alphatrader.sim.alphavantage import AlphaVantageFaults, serve_alphavantage
from alphatrader.sim.clock import SimClock
from alphatrader.sim.market import MarketSpec, build_market


@pytest.fixture(scope="module")
def market():
    return build_market(MarketSpec(symbols=("SPY",), seed=3))


@pytest.fixture
async def served(market):
    faults = AlphaVantageFaults()
    async with serve_alphavantage(market, SimClock(market.now_ns, 1.0), "127.0.0.1", 0, faults) as port:
        yield f"http://127.0.0.1:{port}", faults


def _settings(url: str) -> AlphaVantageSettings:
    return AlphaVantageSettings(
        base_url=url, api_key="SIMULATEDKEY", requests_per_minute=60_000, timeout_s=0.5, attempts=2
    )


async def test_everything_the_feed_polls(served) -> None:
    url, _ = served
    sink = RecordingSink()
    async with AlphaVantageClient(_settings(url)) as client:
        feed = AlphaVantageFeed(client, sink, sink, ["SPY"])
        async with asyncio.TaskGroup() as group:
            task = group.create_task(feed.run())
            await sink.until(lambda: {s.state for s in feed.statuses.values()} == {"live"})
            task.cancel()
    assert b"implied_volatility" in sink.of(ChainReceived)[0].body
    assert len(sink.of(IndicatorReceived)) == 4
    assert -1 <= sink.of(SentimentReceived)[0].score <= 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("limit", PacingError),
        ("daily_limit", DailyLimitError),
        ("placeholder", EntitlementError),
        ("garbage", DataError),
        ("error_500", LinkError),
        ("hang", LinkError),
    ],
)
async def test_faults(served, fault: str, kind) -> None:
    url, faults = served
    async with AlphaVantageClient(_settings(url)) as client:
        faults.set_fault(fault, 2)
        with pytest.raises(kind) as caught:
            await client.chain("SPY")
        assert "SIMULATEDKEY" not in str(caught.value)


def test_settings_for_the_simulated_service_keep_what_is_configured() -> None:
    configured = AlphaVantageSettings(api_key="a real one", chain_interval_s=7, timeout_s=3)
    simulated = configured.for_simulator(4711)
    assert simulated.base_url == "http://127.0.0.1:4711"
    assert simulated.api_key.get_secret_value() != "a real one", "it goes over plain HTTP"
    assert (simulated.chain_interval_s, simulated.timeout_s) == (7, 3)
    assert AlphaVantageSettings.model_validate(simulated.model_dump()), "what is set is valid"
