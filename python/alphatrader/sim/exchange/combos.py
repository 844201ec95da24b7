"""Combinations (BAG): their contracts, net price, and how they meet the displayed levels of their legs.

A combination trades whole units, all legs at once, each leg at its displayed price; nothing is legged in.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from msgspec import Struct

from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.orders import ComboLeg, Order, Side
from alphatrader.sim.market.types import ListedContract

Levels = Callable[[int, Literal["bid", "ask"]], Sequence[tuple[float, float]]]
_PRICE_STEP = Decimal("0.0001")


class LegTake(NamedTuple):
    """What one leg trades for one unit of the combination: ``quantity`` contracts at ``price`` dollars a share."""

    con_id: int
    side: Side
    quantity: int
    price: Decimal


class ComboTake(NamedTuple):
    """Units that trade at one net price, dollars a share of the combination."""

    units: int
    net: Decimal
    legs: tuple[LegTake, ...]


class _Level(Struct):
    price: Decimal
    size: int


def leg_side(order_side: str, leg: ComboLeg) -> Side:
    """Return what a leg does when the combination is bought or sold."""
    if order_side == "BUY":
        return leg.action
    return "SELL" if leg.action == "BUY" else "BUY"


def combo_multiplier(contracts: Sequence[ListedContract]) -> int:
    """Return how many shares a unit of net price stands for: an option's multiplier where there is one."""
    return max(contract.multiplier for contract in contracts)


def net_price(legs: Sequence[ComboLeg], prices: Sequence[Decimal], contracts: Sequence[ListedContract]) -> Decimal:
    """Return what one unit bought costs a share: bought legs less sold ones."""
    total = Decimal(0)
    for leg, price, contract in zip(legs, prices, contracts, strict=True):
        signed = price * leg.ratio * contract.multiplier
        total += signed if leg.action == "BUY" else -signed
    return (total / combo_multiplier(contracts)).quantize(_PRICE_STEP).normalize()


def plan_combo(order: Order, units: int, contracts: Sequence[ListedContract], levels: Levels) -> list[ComboTake]:
    """Walk the legs' levels together, best first, until the net limit, a leg's depth or the quantity is reached."""
    sides = [leg_side(order.side, leg) for leg in order.legs]
    books = [
        [_Level(exact(price), int(size)) for price, size in levels(leg.con_id, "ask" if side == "BUY" else "bid")]
        for leg, side in zip(order.legs, sides, strict=True)
    ]
    takes: list[ComboTake] = []
    while units > 0:
        for book, leg in zip(books, order.legs, strict=True):
            while book and book[0].size < leg.ratio:
                book.pop(0)
        if not all(books):
            break
        prices = [book[0].price for book in books]
        net = net_price(order.legs, prices, contracts)
        if not _within(order, net):
            break
        taken = min(units, *(book[0].size // leg.ratio for book, leg in zip(books, order.legs, strict=True)))
        parts = tuple(
            LegTake(leg.con_id, side, leg.ratio, price)
            for leg, side, price in zip(order.legs, sides, prices, strict=True)
        )
        takes.append(ComboTake(taken, net, parts))
        units -= taken
        for book, leg in zip(books, order.legs, strict=True):
            book[0].size -= taken * leg.ratio
    return takes


def _within(order: Order, net: Decimal) -> bool:
    limit = order.effective_limit
    if limit is None:
        return True
    return net <= limit if order.side == "BUY" else net >= limit
