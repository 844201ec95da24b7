"""Conditions of an order: what must be so before it is submitted, or what cancels it.

The six kinds of the TWS API. ``conjunction`` joins a condition with the next one: ``a`` and, ``o`` or; as with the real
gateway, *and* binds more tightly. ``is_more``: the condition holds at or above the value, else at or below it.
"""

from typing import Literal

from msgspec import Struct

Conjunction = Literal["a", "o"]


class PriceCondition(Struct, frozen=True, tag="price"):
    """A contract's price reaches ``price``, in dollars, seen by ``trigger_method`` (the broker's numbers, as stops)."""

    con_id: int
    exchange: str
    is_more: bool
    price: float
    trigger_method: int = 0
    conjunction: Conjunction = "a"


class TimeCondition(Struct, frozen=True, tag="time"):
    """Market time passes ``at_ns``, nanoseconds since the epoch."""

    is_more: bool
    at_ns: int
    conjunction: Conjunction = "a"


class MarginCondition(Struct, frozen=True, tag="margin"):
    """The account's margin cushion (excess liquidity / net liquidation) reaches ``percent``."""

    is_more: bool
    percent: float
    conjunction: Conjunction = "a"


class ExecutionCondition(Struct, frozen=True, tag="execution"):
    """The account trades in ``symbol`` after the order was placed; an empty exchange or ``SMART`` is any."""

    sec_type: str
    exchange: str
    symbol: str
    conjunction: Conjunction = "a"


class VolumeCondition(Struct, frozen=True, tag="volume"):
    """A contract's volume of the day reaches ``volume``, in shares or contracts."""

    con_id: int
    exchange: str
    is_more: bool
    volume: int
    conjunction: Conjunction = "a"


class PercentChangeCondition(Struct, frozen=True, tag="percent"):
    """A contract's last price has changed by ``percent`` from the close of the session before."""

    con_id: int
    exchange: str
    is_more: bool
    percent: float
    conjunction: Conjunction = "a"


Condition = (
    PriceCondition | TimeCondition | MarginCondition | ExecutionCondition | VolumeCondition | PercentChangeCondition
)
