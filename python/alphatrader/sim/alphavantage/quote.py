"""GLOBAL_QUOTE: the day of one symbol in ten numbered fields."""

from alphatrader.sim.alphavantage import answers
from alphatrader.sim.market.types import MarketTables


def global_quote(market: MarketTables, symbol: str, seen_ns: int, *, delayed: bool) -> bytes:
    """Answer GLOBAL_QUOTE as of ``seen_ns``; with a delayed entitlement the service renames the key."""
    key = "Global Quote - DATA DELAYED BY 15 MINUTES" if delayed else "Global Quote"
    if market.underlying(symbol) is None:
        return answers.encode({key: {}})
    bars = [bar for bar in market.minute_bars(symbol) if bar.start_ns < seen_ns]
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
