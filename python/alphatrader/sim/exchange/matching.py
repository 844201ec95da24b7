"""Where an order meets the market: which displayed levels it takes, at what price, and what it waits behind.

**Queue model.** The market's displayed sizes are other people's. An order that comes to rest joins the queue behind the
size displayed at its price (behind the last displayed level's size, if its price is not displayed). Prints at its price
consume the queue ahead, then fill it; when the displayed size falls below what was ahead, the rest of the queue is
taken to have been cancelled from the back, so what is ahead is never more than what is displayed. A print at a worse
price for others fills it up to the print's size: somebody traded past it. When the other side comes to its price it
trades at its own price. This is the risk-averse model of hftbacktest: the least that real priority would give.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct

from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.market.types import Print

_PRICE_STEP = Decimal("0.0001")
_SLACK = 1e-9


class Take(NamedTuple):
    """Size taken at one price."""

    price: float
    quantity: int


class PrintLeft(Struct):
    """A print, and what of its size no order of ours has had yet."""

    price: float
    left: int
    venue: str


def prints_left(prints: Iterable[Print]) -> list[PrintLeft]:
    """Return prints as orders share them: what one was filled with is gone for the next."""
    return [PrintLeft(tick.price, int(tick.size), tick.venue) for tick in prints]


def opposite_side(order: Order) -> Literal["bid", "ask"]:
    """Name the side of the book that the order takes from."""
    return "ask" if order.side == "BUY" else "bid"


def own_side(order: Order) -> Literal["bid", "ask"]:
    """Name the side of the book on which the order rests."""
    return "bid" if order.side == "BUY" else "ask"


def plan_takes(order: Order, quantity: int, levels: Iterable[tuple[float, float]]) -> list[Take]:
    """Walk the displayed levels, best first, until the limit or the quantity is reached."""
    takes: list[Take] = []
    limit = order.effective_limit
    bound = None if limit is None else float(limit)
    for price, size in levels:
        if quantity <= 0 or (bound is not None and not within(order, price, bound)):
            break
        taken = min(quantity, int(size))
        if taken > 0:
            takes.append(Take(price, taken))
            quantity -= taken
    return takes


def size_ahead(order: Order, price: float, levels: Sequence[tuple[float, float]]) -> int:
    """Return the displayed size that an order joining at ``price`` waits behind."""
    for level, size in levels:
        if abs(level - price) <= _SLACK:
            return int(size)
        if not _better(order, level, price):
            return 0
    return int(levels[-1][1]) if levels else 0


def bound_ahead(order: Order, price: float, levels: Sequence[tuple[float, float]], ahead: int) -> int:
    """Return what is still ahead after the displayed size at ``price`` has changed."""
    for level, size in levels:
        if abs(level - price) <= _SLACK:
            return min(ahead, int(size))
        if not _better(order, level, price):
            return 0
    return ahead if levels else 0


def within(order: Order, price: float, bound: float) -> bool:
    """Whether an order with limit ``bound`` may trade at ``price``."""
    return price <= bound + _SLACK if order.side == "BUY" else price >= bound - _SLACK


def through(order: Order, price: float, bound: float) -> bool:
    """Whether a print at ``price`` traded past a resting order with limit ``bound``."""
    return price < bound - _SLACK if order.side == "BUY" else price > bound + _SLACK


def exact(price: float) -> Decimal:
    """Turn a market price into the money that is booked."""
    return Decimal(repr(price)).quantize(_PRICE_STEP).normalize()


def _better(order: Order, level: float, price: float) -> bool:
    """Whether a level of the order's own side has priority over ``price``."""
    return level > price if order.side == "BUY" else level < price
