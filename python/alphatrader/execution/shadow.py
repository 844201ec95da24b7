"""A trade that was not made: the outcome that a signal would have had, judged by the option's quotes alone.

Bought at the ask of the signal, ended by the same plan as a real trade: a stop is executed at the bid that reached it,
a target at its limit once the bid is there, everything else at the bid. Without a usable bid it waits. What is open at
its last trade is worth its bid then, and nothing without one: a contract that settles in cash is valued no further.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.signals import Signal
from alphatrader.execution.plan_prices import (
    deadline_of,
    step_quantities,
    stop_price,
    target_prices,
    trailing_stop,
    underlying_stopped,
)
from alphatrader.execution.settings import ExecutionSettings


@dataclass(frozen=True, slots=True)
class ShadowExit:
    """Part of a shadow trade that ended."""

    quantity: int
    price: Decimal
    reason: str


@dataclass(slots=True)
class ShadowTrade:
    """A shadow signal and what would have become of it."""

    signal: Signal
    instrument: Instrument
    quantity: int
    opened_ns: int
    exits: list[ShadowExit] = field(default_factory=list)
    best_bid: float = 0.0

    @property
    def open_quantity(self) -> int:
        """Contracts that would still be held."""
        return self.quantity - sum(part.quantity for part in self.exits)

    @property
    def result_usd(self) -> Decimal:
        """Result before fees of what has ended."""
        return sum(
            ((part.price - self.signal.ask) * part.quantity * self.instrument.multiplier for part in self.exits),
            Decimal(0),
        )

    @property
    def exit_price(self) -> Decimal:
        """Mean price of the parts that ended."""
        sold = sum(part.quantity for part in self.exits)
        return sum((part.price * part.quantity for part in self.exits), Decimal(0)) / sold if sold else Decimal(0)

    def step(self, now_ns: int, bid: float | None, spot: float | None, settings: ExecutionSettings) -> bool:
        """Look at the newest bid and at the underlying's mid; return whether the trade has ended."""
        plan, tick = self.signal.exit_plan, self.instrument.min_tick
        deadline = deadline_of(plan, self.instrument.option, settings)
        if deadline.last_trade_ns is not None and now_ns >= deadline.last_trade_ns:
            self.end(bid, "it stopped trading" if bid is not None else "it stopped trading without a bid")
            return not self.open_quantity
        if bid is None:
            return not self.open_quantity
        price = Decimal(repr(bid))
        self.best_bid = max(self.best_bid, bid)
        stop = max(
            stop_price(plan, self.signal.ask, tick),
            trailing_stop(plan, self.signal.ask, self.best_bid, tick) or Decimal(0),
        )
        stopped = underlying_stopped(plan, self.signal.contract.right, spot)
        if stopped or (plan.stop.kind == "option_price" and price <= stop):
            self._end(price, "stop")
        elif plan.max_hold_s and now_ns - self.opened_ns > plan.max_hold_s * 1e9:
            self._end(price, f"held {plan.max_hold_s:.0f} s, the longest the strategy allows")
        elif deadline.exit_ns is not None and now_ns >= deadline.exit_ns:
            self._end(price, deadline.reason)
        else:
            self._take_targets(price)
        return not self.open_quantity

    def end(self, bid: float | None, reason: str) -> None:
        """End what is left at the bid, or at nothing."""
        self._end(Decimal(repr(bid)) if bid is not None else Decimal(0), reason)

    def _take_targets(self, bid: Decimal) -> None:
        plan = self.signal.exit_plan
        limits = target_prices(plan, self.signal.ask, self.instrument.min_tick)
        taken = len([part for part in self.exits if part.reason == "target"])
        steps = [
            (contracts, target) for contracts, target in step_quantities(plan, self.quantity) if target is not None
        ]
        for contracts, target in steps[taken:]:
            if bid < limits[target]:
                break
            self.exits.append(ShadowExit(contracts, limits[target], "target"))

    def _end(self, price: Decimal, reason: str) -> None:
        if self.open_quantity:
            self.exits.append(ShadowExit(self.open_quantity, price, reason))
