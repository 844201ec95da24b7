"""Numbers between the wire (floats parsed by the library) and the domain (Decimal prices, whole quantities)."""

import math
from decimal import Decimal

_UNSET_FROM = 1e300
"""The protocol's "no value" is the largest double; nothing real comes near it."""


def is_set(value: float) -> bool:
    """Whether the gateway gave a value at all."""
    return math.isfinite(value) and abs(value) < _UNSET_FROM


def price(value: float) -> Decimal:
    """Return the price with the very digits that were on the wire: repr is the shortest text of the double."""
    return Decimal(repr(float(value))) if value and is_set(value) else Decimal(0)


def tick(value: float) -> Decimal:
    """Return a contract's minimum price variation; 0.01 where the gateway states none."""
    return Decimal(repr(float(value))).normalize() if is_set(value) and value > 0 else Decimal("0.01")


def whole(quantity: float) -> int:
    """Round to a whole quantity. What is not zero never becomes zero: a position must not vanish by rounding."""
    if not is_set(quantity) or quantity == 0:
        return 0
    nearest = round(quantity)
    return nearest if nearest != 0 else (1 if quantity > 0 else -1)


def on_grid(value: Decimal, min_tick: Decimal) -> bool:
    """Whether a price is a multiple of the tick."""
    return value % min_tick == 0
