"""Where an order meets the market: which displayed levels it takes, at what price."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import Print

_PRICE_STEP = Decimal("0.0001")


class Take(NamedTuple):
    """Size taken at one price."""

    price: float
    quantity: int


def opposite_side(order: Order) -> Literal["bid", "ask"]:
    """Name the side of the book that the order takes from."""
    return "ask" if order.side == "BUY" else "bid"


def plan_takes(order: Order, quantity: int, levels: Iterable[tuple[float, float]]) -> list[Take]:
    """Walk the displayed levels, best first, until the limit or the quantity is reached."""
    takes: list[Take] = []
    limit = order.effective_limit
    bound = None if limit is None else float(limit)
    for price, size in levels:
        if quantity <= 0 or (bound is not None and not _within(order, price, bound)):
            break
        taken = min(quantity, int(size))
        if taken > 0:
            takes.append(Take(price, taken))
            quantity -= taken
    return takes


def traded_through(order: Order, prints: Iterable[Print], quantity: int) -> int:
    """How much a resting limit order should have had from prints at worse prices than its own.

    Somebody traded past it while it showed the better price, so it must have been filled first.
    """
    if order.effective_limit is None or not order.rested:
        return 0
    bound = float(order.effective_limit)
    through = sum(int(tick.size) for tick in prints if _worse_for_others(order, tick.price, bound))
    return min(quantity, through)


def exact(price: float) -> Decimal:
    """Turn a market price into the money that is booked."""
    return Decimal(repr(price)).quantize(_PRICE_STEP).normalize()


def _within(order: Order, price: float, bound: float) -> bool:
    slack = 1e-9
    return price <= bound + slack if order.side == "BUY" else price >= bound - slack


def _worse_for_others(order: Order, price: float, bound: float) -> bool:
    slack = 1e-9
    return price < bound - slack if order.side == "BUY" else price > bound + slack
