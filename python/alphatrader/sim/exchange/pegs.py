"""Prices that follow the market: pegged, relative, midpoint and snap orders."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import ListedContract, Quote


def pegged_price(order: Order, quote: Quote, contract: ListedContract) -> Decimal | None:
    """Return the limit that the quote gives a pegged order, within its cap; None if a side it needs is absent.

    Primary: the own side, made more aggressive by the offset. Market: the other side, made more passive by it. Mid: the
    middle, made more passive; half ticks are kept, as at midpoint venues.
    """
    kind = order_type(order.order_type).peg
    buys = order.side == "BUY"
    own, other = (quote.bid, quote.ask) if buys else (quote.ask, quote.bid)
    if own <= 0 or (other <= 0 and kind != "primary"):
        return None
    offset = order.peg_offset or Decimal(0)
    aggressive = offset if buys else -offset
    if kind == "primary":
        price = _to_tick(exact(own) + aggressive, contract.min_tick, buys=buys)
    elif kind == "market":
        price = _to_tick(exact(other) - aggressive, contract.min_tick, buys=buys)
    else:
        price = (exact(quote.bid) + exact(quote.ask)) / 2 - aggressive
    cap = order.limit_price
    if cap is None:
        return price
    return min(price, cap) if buys else max(price, cap)


def _to_tick(price: Decimal, tick: Decimal, *, buys: bool) -> Decimal:
    """Round to the passive side."""
    steps = (price / tick).to_integral_value(ROUND_FLOOR if buys else ROUND_CEILING)
    return steps * tick
