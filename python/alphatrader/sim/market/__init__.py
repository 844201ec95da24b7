"""The simulated market: prices, books, prints, option surface. It knows no protocol and no client."""

from alphatrader.sim.market.build import build_market
from alphatrader.sim.market.spec import SCENARIOS, MarketSpec, Scenario
from alphatrader.sim.market.types import (
    Bar,
    ChainTable,
    Depth,
    Greeks,
    ListedContract,
    MarketTables,
    MarketUpdate,
    Print,
    Quote,
    SimulatedMarket,
)

__all__ = [
    "SCENARIOS",
    "Bar",
    "ChainTable",
    "Depth",
    "Greeks",
    "ListedContract",
    "MarketSpec",
    "MarketTables",
    "MarketUpdate",
    "Print",
    "Quote",
    "Scenario",
    "SimulatedMarket",
    "build_market",
]
