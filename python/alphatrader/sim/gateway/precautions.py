"""The terminal's precautionary settings: limits that hold back an order before it leaves the gateway.

A real gateway applies them unless "Bypass Order Precautions for API Orders" is set. The limits are those that a
terminal comes with; the order's own overridePercentageConstraints lifts the one on the price.
"""

from decimal import Decimal

from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.orders import OrderRequest
from alphatrader.sim.market.types import ListedContract, Quote

SIZE_LIMIT = {"STK": 500, "OPT": 50}
"""Shares or contracts an order."""
VALUE_LIMIT_USD = 100_000
PRICE_PERCENT = {"STK": 3, "OPT": 50}
"""How far a limit may lie beyond the market, in percent of it, on the side that pays more."""

_SETTINGS = "Restriction is specified in Precautionary Settings of Global Configuration/Presets."
WITHOUT_DATA = Refusal(
    354,
    "You are trying to submit an order without having market data for this instrument. IBKR strongly recommends "
    f"against this kind of blind trading which may result in erroneous or unexpected trades. {_SETTINGS}",
)


def directly_routed(exchange: str) -> Refusal:
    """Hold back an order for stock that names its exchange instead of SMART."""
    return Refusal(
        10311,
        f"This order will be directly routed to {exchange}. Direct routed orders may result in higher trade fees. "
        "Restriction is specified in Precautionary Settings of Global Configuration/API.",
    )


def held_back(request: OrderRequest, contract: ListedContract, quote: Quote, price: Decimal) -> Refusal | None:
    """Return why the settings hold the order back. ``price`` is what a share would cost at worst."""
    name = f'The following order "ID:{request.order_id}"'
    size_limit = SIZE_LIMIT.get(contract.sec_type)
    if size_limit is not None and request.quantity > size_limit:
        return Refusal(383, f"{name} size exceeds the Size Limit of {size_limit}. {_SETTINGS}")
    value = price * request.quantity * contract.multiplier
    if value > VALUE_LIMIT_USD:
        estimate = f"{value:,.2f} USD exceeds the Total Value Limit of {VALUE_LIMIT_USD:,} USD."
        return Refusal(451, f"{name} value estimate of {estimate} {_SETTINGS}")
    return None if request.override_constraints else _too_far(request, contract, quote)


def _too_far(request: OrderRequest, contract: ListedContract, quote: Quote) -> Refusal | None:
    percent = PRICE_PERCENT.get(contract.sec_type)
    market = quote.ask if request.side == "BUY" else quote.bid
    if percent is None or request.limit_price is None or market <= 0:
        return None
    excess = float(request.limit_price) - market if request.side == "BUY" else market - float(request.limit_price)
    if excess <= market * percent / 100:
        return None
    return Refusal(
        163,
        f"The following order price exceeds the Percentage limit of {percent}%. {_SETTINGS}",
    )
