"""The ``alpha_vantage`` client library, unmodified but for its address, against the simulated service."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pandas as pd
import pytest
from alpha_vantage.alphaintelligence import AlphaIntelligence
from alpha_vantage.alphavantage import AlphaVantage
from alpha_vantage.options import Options
from alpha_vantage.techindicators import TechIndicators
from alpha_vantage.timeseries import TimeSeries

from alphatrader.sim.alphavantage import serve_alphavantage
from alphatrader.sim.clock import SimClock
from alphatrader.sim.market import MarketSpec, build_market
from alphatrader.sim.market.live import SessionMarket


@pytest.fixture(scope="module")
def market() -> SessionMarket:
    return build_market(MarketSpec(seed=42, session_date="2026-11-20"))


@pytest.fixture
async def ask(market: SessionMarket, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Any]]:
    """Call the library in a thread of its own: it blocks."""
    async with serve_alphavantage(market, SimClock(market.now_ns, 1.0), "127.0.0.1", 0) as port:
        monkeypatch.setattr(AlphaVantage, "_ALPHA_VANTAGE_API_URL", f"http://127.0.0.1:{port}/query?")
        yield asyncio.to_thread


@pytest.mark.parametrize("output_format", ["json", "pandas"])
async def test_a_quote(ask: Callable[..., Any], market: SessionMarket, output_format: str) -> None:
    quote, _ = await ask(TimeSeries(key="K", output_format=output_format).get_quote_endpoint, symbol="SPY")
    row = quote if output_format == "json" else quote.iloc[0].to_dict()
    assert row["01. symbol"] == "SPY"
    assert float(row["05. price"]) == pytest.approx(market.quote(756733).last, abs=0.5)


@pytest.mark.parametrize(
    ("name", "arguments", "columns"),
    [
        ("get_rsi", {"time_period": 14}, ["RSI"]),
        ("get_macd", {}, ["MACD", "MACD_Signal", "MACD_Hist"]),
        ("get_bbands", {"time_period": 20}, ["Real Upper Band", "Real Middle Band", "Real Lower Band"]),
        ("get_atr", {"time_period": 14}, ["ATR"]),
    ],
)
async def test_indicators(ask: Callable[..., Any], name: str, arguments: dict[str, int], columns: list[str]) -> None:
    library = TechIndicators(key="K", output_format="pandas")
    table, meta = await ask(getattr(library, name), symbol="SPY", interval="5min", **arguments)
    assert list(table.columns) == columns
    assert isinstance(table.index, pd.DatetimeIndex)
    assert len(table) > 100
    assert table.notna().all().all()
    assert meta["1: Symbol"] == "SPY"


async def test_chains(ask: Callable[..., Any], market: SessionMarket) -> None:
    rows, _ = await ask(Options(key="K", output_format="json").get_realtime_options, symbol="SPY")
    listed = {contract.local_symbol.replace(" ", "") for contract in market.contracts() if contract.sec_type == "OPT"}
    assert set(rows["contractID"]) == listed
    one = rows["contractID"].iloc[0]
    single, _ = await ask(Options(key="K").get_realtime_options, symbol="SPY", contract=one)
    assert list(single["contractID"]) == [one]
    before, _ = await ask(Options(key="K", output_format="pandas").get_historical_options, symbol="SPY")
    assert set(before["date"]) == {"2026-11-19"}
    assert (before["implied_volatility"].astype(float) > 0).mean() > 0.9


async def test_a_chain_as_csv_has_the_rows_of_the_json(ask: Callable[..., Any]) -> None:
    lines, _ = await ask(Options(key="K", output_format="csv").get_historical_options, symbol="SPY")
    header, *rows = list(lines)
    table, _ = await ask(Options(key="K").get_historical_options, symbol="SPY")
    assert header == list(table.columns)
    assert rows == table.values.tolist()


async def test_news(ask: Callable[..., Any]) -> None:
    feed, _ = await ask(AlphaIntelligence(key="K", output_format="pandas").get_news_sentiment, tickers="SPY")
    assert feed["title"].str.startswith("SIMULATED").all()
    assert feed["overall_sentiment_score"].between(-1, 1).all()


async def test_a_refusal_is_the_librarys_error(ask: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="Invalid API call"):
        await ask(TechIndicators(key="K").get_rsi, symbol="SPY", interval="7min")


async def test_the_daily_limit_reaches_the_library_with_the_key_in_it(
    market: SessionMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [0.0]
    clock = SimClock(market.now_ns, 1.0, lambda: int(wall[0] * 1e9))
    async with serve_alphavantage(market, clock, "127.0.0.1", 0, plan="free") as port:
        monkeypatch.setattr(AlphaVantage, "_ALPHA_VANTAGE_API_URL", f"http://127.0.0.1:{port}/query?")
        series = TimeSeries(key="SECRETKEY")
        for _ in range(25):
            wall[0] += 2.0
            await asyncio.to_thread(series.get_quote_endpoint, symbol="SPY")
        wall[0] += 2.0
        with pytest.raises(ValueError, match=r"API key as SECRETKEY .* 25 requests per day"):
            await asyncio.to_thread(series.get_quote_endpoint, symbol="SPY")
        # Another key has a day of its own.
        quote, _ = await asyncio.to_thread(TimeSeries(key="OTHER").get_quote_endpoint, symbol="SPY")
        assert json.dumps(quote)
