"""GLOBAL_QUOTE: the day of one symbol in ten numbered fields."""

from alphatrader import calendar
from alphatrader.sim.alphavantage import answers
from alphatrader.sim.market.types import MarketTables


def global_quote(market: MarketTables, symbol: str, now_ns: int, *, delayed: bool) -> bytes:
    """Answer GLOBAL_QUOTE; with a delayed entitlement the service renames the key and shows the past."""
    key = "Global Quote - DATA DELAYED BY 15 MINUTES" if delayed else "Global Quote"
    if market.underlying(symbol) is None:
        return answers.encode({key: {}})
    until_ns = now_ns - (15 * 60 * calendar.NS if delayed else 0)
    bars = [bar for bar in market.minute_bars(symbol) if bar.start_ns < until_ns]
    before = market.previous_close(symbol)
    price = bars[-1].close if bars else before
    change = price - before
    values = {
        "01. symbol": symbol,
        "02. open": f"{bars[0].open if bars else before:.4f}",
        "03. high": f"{max((bar.high for bar in bars), default=before):.4f}",
        "04. low": f"{min((bar.low for bar in bars), default=before):.4f}",
        "05. price": f"{price:.4f}",
        "06. volume": f"{sum(bar.volume for bar in bars):.0f}",
        "07. latest trading day": market.session_date,
        "08. previous close": f"{before:.4f}",
        "09. change": f"{change:.4f}",
        "10. change percent": f"{100.0 * change / before:.4f}%",
    }
    return answers.encode({key: values})
