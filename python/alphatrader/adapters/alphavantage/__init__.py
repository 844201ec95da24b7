"""Alpha Vantage: option chains, news sentiment, technical indicators, over HTTP."""

from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.feed import AlphaVantageFeed, FeedStatus
from alphatrader.adapters.alphavantage.settings import AlphaVantageSettings

__all__ = ["AlphaVantageClient", "AlphaVantageFeed", "AlphaVantageSettings", "FeedStatus"]
