"""What-if orders: the exchange's figures in an openOrder that places nothing."""

from collections.abc import Mapping

from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.orders import Order, OrderRequest, OrderStatus, OrderTerms
from alphatrader.sim.gateway.open_order import open_order
from alphatrader.sim.market.types import ListedContract


def preview(
    exchange: Exchange, asked: OrderRequest, contracts: Mapping[int, ListedContract], version: int
) -> bytes | Refusal:
    """Return the openOrder that answers a what-if order, or why it would be refused."""
    figures = exchange.what_if(asked)
    if isinstance(figures, Refusal):
        return figures
    shown = as_order(asked)
    return open_order(shown, contracts, exchange.account.account_id, version, what_if=figures)


def as_order(asked: OrderRequest) -> Order:
    """Make the order that a request would become, for show."""
    terms = {name: getattr(asked, name) for name in OrderTerms.__struct_fields__}
    return Order(
        **terms,
        perm_id=0,
        client_id=asked.client_id,
        order_id=asked.order_id,
        side="BUY" if asked.side == "BUY" else "SELL",
        quantity=int(asked.quantity),
        placed_ns=0,
        priority=0,
        status=OrderStatus.PRE_SUBMITTED,
    )
