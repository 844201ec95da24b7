"""Contracts and orders as steps describe them: by the names of fields that all clients share."""

from typing import Any

from alphatrader.sim.scripted import NEXT_CALL_CON_ID
from tests.conformance.market import SPY_NEXT_CALL_655

SPY = {"symbol": "SPY", "secType": "STK", "exchange": "SMART", "currency": "USD"}
QQQ = {**SPY, "symbol": "QQQ"}
CALL = {
    "symbol": "SPY",
    "secType": "OPT",
    "lastTradeDateOrContractMonth": "20261116",
    "strike": 650.0,
    "right": "C",
    "exchange": "SMART",
    "currency": "USD",
}
PUT = {**CALL, "right": "P"}


def vertical(buy: int = NEXT_CALL_CON_ID, sell: int = SPY_NEXT_CALL_655) -> dict[str, Any]:
    """Describe a call spread as a combo."""
    legs = [
        {"conId": buy, "ratio": 1, "action": "BUY", "exchange": "SMART"},
        {"conId": sell, "ratio": 1, "action": "SELL", "exchange": "SMART"},
    ]
    return {"symbol": "SPY", "secType": "BAG", "exchange": "SMART", "currency": "USD", "comboLegs": legs}


def order(side: str, quantity: float, kind: str, **fields: Any) -> dict[str, Any]:
    """Describe an order; good for the day unless said otherwise."""
    return {"action": side, "totalQuantity": quantity, "orderType": kind, "tif": "DAY", **fields}


def limit(side: str, quantity: float, price: float, **fields: Any) -> dict[str, Any]:
    """Describe a limit order."""
    return order(side, quantity, "LMT", lmtPrice=price, **fields)


def market(side: str, quantity: float, **fields: Any) -> dict[str, Any]:
    """Describe a market order."""
    return order(side, quantity, "MKT", **fields)


async def bought(t: Any, client: Any, contract: dict[str, Any], quantity: float) -> int:
    """Buy at the market; return the order id."""
    order_id = await client.place(contract=contract, order=market("BUY", quantity))
    await t.status(client, order_id, "Filled")
    return order_id
