"""When a stop becomes an order: by last trade for stock, by two quotes in a row for options, or as the client asked.

Methods (the broker's numbers): 0 default, 1 double bid/ask, 2 last, 3 double last, 4 bid/ask, 7 last or bid/ask, 8 mid.
A sell stop looks at the bid, a buy stop at the ask: the side at which it would trade.
"""

from collections.abc import Sequence

from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import Print, Quote

DEFAULT, DOUBLE_QUOTE, LAST, DOUBLE_LAST, QUOTE, LAST_OR_QUOTE, MID = 0, 1, 2, 3, 4, 7, 8


def observe(order: Order, sec_type: str, quotes: Sequence[Quote], prints: Sequence[Print]) -> bool:
    """Show new quotes and prints to a waiting stop; return whether it is triggered now.

    ``order.trigger_hits`` counts hits in a row for the double methods.
    """
    method = order.trigger_method or (DOUBLE_QUOTE if sec_type == "OPT" else LAST)
    if method in {LAST, DOUBLE_LAST, LAST_OR_QUOTE}:
        needed = 2 if method == DOUBLE_LAST else 1
        if any(_hit(order, tick.price, needed) for tick in prints):
            return True
    if method in {DOUBLE_QUOTE, QUOTE, LAST_OR_QUOTE, MID}:
        needed = 2 if method == DOUBLE_QUOTE else 1
        return any(_hit(order, _seen_price(order, quote, method), needed) for quote in quotes)
    return False


def _seen_price(order: Order, quote: Quote, method: int) -> float:
    if method == MID:
        return (quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else 0.0
    return quote.bid if order.side == "SELL" else quote.ask


def _hit(order: Order, price: float, needed: int) -> bool:
    """Count a hit; a price that doesn't reach the stop, or an absent side, starts the count anew."""
    stop = float(order.stop_price or 0)
    reached = price > 0 and (price <= stop if order.side == "SELL" else price >= stop)
    order.trigger_hits = order.trigger_hits + 1 if reached else 0
    return order.trigger_hits >= needed
