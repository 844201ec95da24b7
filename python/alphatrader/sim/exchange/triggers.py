"""When a stop, a touched or a trailing order becomes an order: by last trades, by quotes, or as the client asked.

Methods (the broker's numbers): 0 default (double bid/ask for US options, last for stock), 1 double bid/ask, 2 last, 3
double last, 4 bid/ask, 7 last or bid/ask, 8 mid. By bid/ask a sell stop looks at the *ask* and a buy stop at the *bid*,
so that a lone wide quote cannot trigger it. Source: TWS users' guide, "Modify the Stop Trigger Method"; its rule that a
second quote at the same price must show more size is not modelled.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import ListedContract, Print, Quote

DEFAULT, DOUBLE_QUOTE, LAST, DOUBLE_LAST, QUOTE, LAST_OR_QUOTE, MID = 0, 1, 2, 3, 4, 7, 8


class Triggers:
    """Watches waiting orders. ``far_side``: by bid/ask a sell looks at the ask, a buy at the bid (else the reverse)."""

    def __init__(self, *, far_side: bool) -> None:
        self._far_side = far_side

    def observe(self, order: Order, contract: ListedContract, quotes: Sequence[Quote], prints: Sequence[Print]) -> bool:
        """Show new quotes and prints to a waiting order; return whether it is triggered now.

        A trailing stop moves with the market first. ``order.trigger_hits`` counts hits in a row for double methods.
        """
        method = order.trigger_method or (DOUBLE_QUOTE if contract.sec_type == "OPT" else LAST)
        needed = 2 if method in {DOUBLE_QUOTE, DOUBLE_LAST} else 1
        trails = order_type(order.order_type).trigger == "trail"
        if method in {LAST, DOUBLE_LAST, LAST_OR_QUOTE}:
            for tick in prints:
                if trails:
                    follow(order, contract, tick.price)
                if _hit(order, tick.price, needed):
                    return True
        if method in {DOUBLE_QUOTE, QUOTE, LAST_OR_QUOTE, MID}:
            for quote in quotes:
                price = self._seen(order, quote, method)
                if trails:
                    follow(order, contract, price)
                if _hit(order, price, needed):
                    return True
        return False

    def _seen(self, order: Order, quote: Quote, method: int) -> float:
        if method == MID:
            return (quote.bid + quote.ask) / 2 if quote.bid > 0 and quote.ask > 0 else 0.0
        return quote.bid if (order.side == "BUY") == self._far_side else quote.ask


def follow(order: Order, contract: ListedContract, price: float) -> None:
    """Move a trailing stop after the market: up for sells, down for buys, never back."""
    if price <= 0:
        return
    distance = order.trail_amount
    if distance is None:
        distance = exact(price) * (order.trail_percent or Decimal(0)) / 100
    sells = order.side == "SELL"
    stop = exact(price) - distance if sells else exact(price) + distance
    stop = (stop / contract.min_tick).to_integral_value(ROUND_HALF_EVEN) * contract.min_tick
    old = order.trail_stop_price
    if old is None or (stop > old if sells else stop < old):
        order.trail_stop_price = stop


def trigger_price(order: Order) -> Decimal:
    """Return the price that the market must reach."""
    price = order.trail_stop_price if order_type(order.order_type).trigger == "trail" else order.stop_price
    return price or Decimal(0)


def _hit(order: Order, price: float, needed: int) -> bool:
    """Count a hit; a price that doesn't reach the stop, or an absent side, starts the count anew."""
    stop = float(trigger_price(order))
    if stop <= 0:
        return False
    falls = (order.side == "SELL") == (order_type(order.order_type).trigger != "touch")
    reached = price > 0 and (price <= stop if falls else price >= stop)
    order.trigger_hits = order.trigger_hits + 1 if reached else 0
    return order.trigger_hits >= needed
