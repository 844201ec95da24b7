"""The order types of the exchange: what each needs, where it may be used, and how it comes to trade.

Names are those of the TWS API. What is not in the table is refused with 387, as are types that the broker does not
offer for a kind of contract: market- and limit-on-close and the auctions for options, midpoint types for anything but
stock.
"""

from typing import Literal

from msgspec import Struct


class OrderType(Struct, frozen=True):
    """One order type. ``limit`` says where its limit comes from: the client, the market, or nowhere (any price)."""

    limit: Literal["client", "market", "none"] = "none"
    trigger: Literal["stop", "touch", "trail", ""] = ""
    auction: Literal["close", ""] = ""
    peg: Literal["primary", "market", "mid", ""] = ""
    floats: bool = False
    """Whether a pegged price follows the market; else it is fixed at arrival (SNAP)."""
    cap_optional: bool = False
    """A limit price may be given, as the worst price of a pegged order."""
    stock_only: bool = False
    combinations: bool = False
    outside_rth: bool = True
    """Whether ``outsideRth`` has an effect (2109 says that it has none)."""


ORDER_TYPES = {
    "MKT": OrderType(combinations=True, outside_rth=False),
    "LMT": OrderType(limit="client", combinations=True),
    "STP": OrderType(trigger="stop"),
    "STP LMT": OrderType(limit="client", trigger="stop"),
    "TRAIL": OrderType(trigger="trail"),
    "TRAIL LIMIT": OrderType(limit="market", trigger="trail"),
    "MIT": OrderType(trigger="touch"),
    "LIT": OrderType(limit="client", trigger="touch"),
    "MOC": OrderType(auction="close", stock_only=True, outside_rth=False),
    "LOC": OrderType(limit="client", auction="close", stock_only=True, outside_rth=False),
    "MTL": OrderType(limit="market", outside_rth=False),
    "REL": OrderType(limit="market", peg="primary", floats=True, cap_optional=True),
    "PEG MKT": OrderType(limit="market", peg="market", floats=True, cap_optional=True, stock_only=True),
    "PEG MID": OrderType(limit="market", peg="mid", floats=True, cap_optional=True, stock_only=True),
    "MIDPRICE": OrderType(limit="market", peg="mid", floats=True, cap_optional=True, stock_only=True),
    "SNAP PRIM": OrderType(limit="market", peg="primary"),
    "SNAP MKT": OrderType(limit="market", peg="market"),
    "SNAP MID": OrderType(limit="market", peg="mid"),
}

TIMES_IN_FORCE = frozenset({"DAY", "GTC", "IOC", "FOK", "GTD", "OPG"})

TRIGGER_METHODS = frozenset({0, 1, 2, 3, 4, 7, 8})

ALGORITHMS = frozenset(
    {"Adaptive", "ArrivalPx", "Twap", "Vwap", "DarkIce", "PctVol", "BalanceImpactRisk", "MinImpact", "AD", "ClosePx"}
)
"""Algorithms that are accepted; an order with one trades as it would without."""


def order_type(name: str) -> OrderType:
    """Return the type of an order that was let in. Raises KeyError for an unknown one."""
    return ORDER_TYPES[name]
