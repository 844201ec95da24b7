"""How a trade ends: the terms that a strategy gives with its idea, carried by the signal and the intent, and journaled.

The keeper of a trade executes the plan; it knows no strategy. Fractions refer to the option's ask when the signal was
made (the *reference*), so a plan can be priced again later at another quote.
"""

from decimal import Decimal
from typing import Literal

from msgspec import Struct

TriggerMethod = Literal[0, 1, 2, 3, 4, 7, 8]
"""The broker's numbers: 0 its default for the product, 1 double bid/ask, 2 last, 3 double last, 4 bid/ask, 7 last or
bid/ask, 8 midpoint."""


class StopTerms(Struct, frozen=True, kw_only=True):
    """The protective stop, resting at the broker.

    ``option_price``: a stop order at the reference less ``loss_fraction``. ``underlying_price``: a market order behind
    a condition on the underlying's price, at or past ``underlying_price`` against the trade; ``loss_fraction`` is then
    what the trade is sized to lose there. ``trigger_method`` says which prices trigger it.
    """

    kind: Literal["option_price", "underlying_price"] = "option_price"
    loss_fraction: float
    underlying_price: Decimal | None = None
    trigger_method: TriggerMethod = 0


class TargetStep(Struct, frozen=True, kw_only=True):
    """A resting limit at the reference plus ``gain_fraction`` for ``share`` (0..1] of the position."""

    gain_fraction: float
    share: float = 1.0


class TrailingRule(Struct, frozen=True, kw_only=True):
    """From a bid ``start_gain_fraction`` over the reference on, the stop follows the best bid at ``distance_fraction``.

    The stop only ever rises. Option-price stops alone can trail.
    """

    start_gain_fraction: float
    distance_fraction: float


class LatestExit(Struct, frozen=True, kw_only=True):
    """The latest moment at which the exit begins, whatever the price.

    ``at``: the instant ``ts_ns``. ``before_close``: ``lead_s`` before the close of the session ``date``
    (``YYYY-MM-DD``), half days included. ``overnight_until``: the New York time ``clock`` (``HH:MM``) of ``date``: the
    trade is held over the close with its stop at the broker.
    """

    kind: Literal["at", "before_close", "overnight_until"]
    ts_ns: int = 0
    date: str = ""
    lead_s: float = 0.0
    clock: str = ""


class ExitPlan(Struct, frozen=True, kw_only=True):
    """Everything that ends a trade. ``targets`` in order of price; their shares add up to at most 1.

    ``max_hold_s`` market seconds since the first fill, 0 = no limit. ``at_expiry``: ``close`` sells on the expiry day
    before the contract's cut-off, ``settle`` lets a cash-settled contract settle; empty: physical contracts are closed
    before the cut-off, cash-settled ones settle.
    """

    stop: StopTerms
    targets: tuple[TargetStep, ...] = ()
    trailing: TrailingRule | None = None
    max_hold_s: float = 0.0
    latest: LatestExit | None = None
    at_expiry: Literal["", "close", "settle"] = ""
