"""The functions of Alpha Vantage that we use: their parameters, and how data is told from a refusal.

The service answers refusals with HTTP 200, in wordings that change. So an answer counts as data only if it has what
data of that function has; everything else is a refusal, whatever it says.
"""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["chain", "news", "indicator", "quote"]


@dataclass(frozen=True, slots=True)
class Function:
    """One function. ``data_key`` is the top-level key that holds the data."""

    name: str
    kind: Kind
    data_key: str
    parameters: dict[str, str] = field(default_factory=dict)
    symbol_parameter: str = "symbol"
    takes_entitlement: bool = False
    takes_interval: bool = False


def _indicator(name: str, **parameters: str) -> Function:
    return Function(
        name, "indicator", f"Technical Analysis: {name}", parameters, takes_entitlement=True, takes_interval=True
    )


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("REALTIME_OPTIONS", "chain", "data", {"require_greeks": "true"}),
        Function("HISTORICAL_OPTIONS", "chain", "data"),
        Function("NEWS_SENTIMENT", "news", "feed", {"sort": "LATEST", "limit": "50"}, symbol_parameter="tickers"),
        _indicator("RSI", time_period="14", series_type="close"),
        _indicator("MACD", series_type="close"),
        _indicator("BBANDS", time_period="20", series_type="close"),
        _indicator("ATR", time_period="14"),
        Function("GLOBAL_QUOTE", "quote", "Global Quote", takes_entitlement=True),
    )
}

INDICATORS = tuple(name for name, function in FUNCTIONS.items() if function.kind == "indicator")
