"""How a trade ends: the terms that a strategy gives with its idea, carried by the signal and the intent, and journaled.

The keeper of a trade executes the plan; it knows no strategy. Fractions refer to the option's ask when the signal was
made (the *reference*), so a plan can be priced again later at another quote.

Plans come from strategies that anybody may write, and a struct takes whatever it is made of. ``fault()`` says in words
what nobody could carry out, or could not read back from the journal; of a plan with a fault nothing is traded.
"""

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

TriggerMethod = Literal[0, 1, 2, 3, 4, 7, 8]
"""The broker's numbers: 0 its default for the product, 1 double bid/ask, 2 last, 3 double last, 4 bid/ask, 7 last or
bid/ask, 8 midpoint."""


_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")


def _is_date(text: str) -> bool:
    """Whether it is YYYY-MM-DD and a day of the calendar."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


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

    def fault(self) -> str:
        """Return what is wrong with it, empty if nothing is."""
        if not 0 < self.loss_fraction <= 1:
            return f"the stop's loss_fraction is {self.loss_fraction}, not over 0 and at most 1"
        price = self.underlying_price
        if self.kind == "option_price":
            return "" if price is None else "the stop is on the option's price and names one of the underlying"
        if not isinstance(price, Decimal):
            return f"the stop is on the underlying's price and names none as a Decimal (underlying_price is {price})"
        return "" if price.is_finite() and price > 0 else f"the stop's underlying_price is {price}"


class TargetStep(Struct, frozen=True, kw_only=True):
    """A resting limit at the reference plus ``gain_fraction`` for ``share`` (0..1] of the position."""

    gain_fraction: float
    share: float = 1.0

    def fault(self) -> str:
        """Return what is wrong with it, empty if nothing is."""
        if not (math.isfinite(self.gain_fraction) and self.gain_fraction > 0):
            return f"a target's gain_fraction is {self.gain_fraction}, not over 0"
        return "" if 0 < self.share <= 1 else f"a target's share is {self.share}, not over 0 and at most 1"


class TrailingRule(Struct, frozen=True, kw_only=True):
    """From a bid ``start_gain_fraction`` over the reference on, the stop follows the best bid at ``distance_fraction``.

    The stop only ever rises. Option-price stops alone can trail.
    """

    start_gain_fraction: float
    distance_fraction: float

    def fault(self) -> str:
        """Return what is wrong with it, empty if nothing is."""
        if not (math.isfinite(self.start_gain_fraction) and self.start_gain_fraction >= 0):
            return f"the trailing stop's start_gain_fraction is {self.start_gain_fraction}, not at least 0"
        if not 0 < self.distance_fraction < 1:
            return f"the trailing stop's distance_fraction is {self.distance_fraction}, not between 0 and 1"
        return ""


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

    def fault(self) -> str:
        """Return what is wrong with it, empty if nothing is. Which dates have a session is not known here."""
        if self.kind == "at":
            return "" if self.ts_ns > 0 else f"the latest exit is at no instant (ts_ns is {self.ts_ns})"
        if not _is_date(self.date):
            return f"the latest exit's date {self.date!r} is not a date; write it as YYYY-MM-DD"
        if self.kind == "before_close":
            sound = math.isfinite(self.lead_s) and self.lead_s >= 0
            return "" if sound else f"the latest exit's lead_s is {self.lead_s}, not at least 0"
        sound = _CLOCK.fullmatch(self.clock) is not None
        return "" if sound else f"the latest exit's clock {self.clock!r} is not a time of the day; write it as HH:MM"


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

    def fault(self) -> str:
        """Return what is wrong with it, empty if nothing is."""
        try:
            # First: after this every value is of its type.
            msgspec.json.decode(msgspec.json.encode(self), type=ExitPlan)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
            return f"it could not be read back from the journal ({error})"
        if not (math.isfinite(self.max_hold_s) and self.max_hold_s >= 0):
            return f"max_hold_s is {self.max_hold_s}, not at least 0"
        if self.trailing is not None and self.stop.kind != "option_price":
            return "only a stop on the option's price can trail, and this one is on the underlying's"
        parts = (self.stop, *self.targets, self.trailing, self.latest)
        faults = [part.fault() for part in parts if part is not None]
        return next(filter(None, faults), "") or self._fault_of_steps()

    def _fault_of_steps(self) -> str:
        gains = [step.gain_fraction for step in self.targets]
        if gains != sorted(gains):
            return "its targets are not in order of price"
        shares = math.fsum(step.share for step in self.targets)
        # Shares are sums of fractions: a tenth ten times over may be a little more than a whole.
        return "" if shares <= 1 + 1e-9 else f"its targets' shares add up to {shares:g}, more than the whole"
