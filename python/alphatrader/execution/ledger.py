"""The ledger: positions and P&L as the sum of unique executions, and nothing else; ours and not ours apart.

Average-cost accounting; money in dollars as ``Decimal``. A correction (same stem, higher last part) replaces the
execution that it corrects, so any split, order and repetition of reports gives the same book.

An execution is ours if an order of ours made it. What a stranger's order (a hand, another program, the broker itself)
does in a contract closes our position first, as far as it goes: that result is ours, for the loss is. The rest is the
stranger's, and enters no figure of ours.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.orders import Execution

ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Position:
    """Net position in one contract. ``average_price`` per share of the option, 0 when flat."""

    con_id: int
    quantity: int
    average_price: Decimal
    realised_usd: Decimal


def signed(execution: Execution) -> int:
    """Contracts bought, negative if sold."""
    return execution.quantity if execution.side == "BUY" else -execution.quantity


def round_trips(executions: Iterable[Execution], since_ns: int = 0) -> list[Decimal]:
    """Return the cash result, in dollars a share times contracts, of each time that a contract went flat, oldest first.

    For its sign: the multiplier is not in an execution. Those that ended before ``since_ns`` are left out.
    """
    open_quantity: defaultdict[int, int] = defaultdict(int)
    cash: defaultdict[int, Decimal] = defaultdict(Decimal)
    results = []
    newest = {e.stem: e for e in sorted(executions, key=lambda e: e.exec_id)}
    for execution in sorted(newest.values(), key=lambda e: (e.ts_ns, e.exec_id)):
        open_quantity[execution.con_id] += signed(execution)
        cash[execution.con_id] -= signed(execution) * execution.price
        if open_quantity[execution.con_id] == 0:
            result = cash.pop(execution.con_id)
            results += [result] if execution.ts_ns >= since_ns else []
    return results


class _Book:
    """Average-cost book of one contract and one owner."""

    def __init__(self) -> None:
        self.quantity = 0
        self.average = ZERO
        self.realised = ZERO

    def closable(self, quantity: int) -> int:
        """How many of ``quantity`` (signed) contracts would close what is held."""
        return min(abs(quantity), abs(self.quantity)) if quantity * self.quantity < 0 else 0

    def apply(self, quantity: int, price: Decimal) -> Decimal:
        """Book ``quantity`` (signed) contracts; return what that realised, per unit of the multiplier."""
        if not quantity:
            return ZERO
        if self.quantity * quantity >= 0:
            total = abs(self.quantity) + abs(quantity)
            self.average = (self.average * abs(self.quantity) + price * abs(quantity)) / total
            self.quantity += quantity
            return ZERO
        closed = self.closable(quantity)
        gain = price - self.average if self.quantity > 0 else self.average - price
        self.quantity += quantity
        if self.quantity == 0:
            self.average = ZERO
        elif abs(quantity) > closed:
            self.average = price
        return gain * closed


class Ledger:
    """All executions of our account that we know of. ``since_ns``: results and fees count from there on."""

    def __init__(self, since_ns: int = 0) -> None:
        self._since_ns = since_ns
        self._executions: dict[str, Execution] = {}
        self._own_stems: set[str] = set()
        self._commissions: dict[str, Decimal] = {}
        self._multipliers: dict[int, int] = {}
        self._own: dict[int, Position] = {}
        self._foreign: dict[int, Position] = {}
        self._own_parts: dict[str, Decimal] = {}
        """Part of each execution that is ours, 0..1."""

    def start(self, since_ns: int) -> None:
        """Count results and fees from an instant on: the start of the trading day."""
        self._since_ns = since_ns
        for con_id in self.con_ids():
            self._book(con_id)

    def register(self, con_id: int, multiplier: int) -> None:
        """Tell the multiplier of a contract (from its contract details, never from its symbol)."""
        if self._multipliers.get(con_id) != multiplier:
            self._multipliers[con_id] = multiplier
            self._book(con_id)

    def add(self, execution: Execution, *, own: bool = True) -> bool:
        """Take an execution; return False for a repetition."""
        known = self._executions.get(execution.stem)
        if known is not None and known.exec_id >= execution.exec_id:
            return False
        self._executions[execution.stem] = execution
        if own:
            self._own_stems.add(execution.stem)
        self._book(execution.con_id)
        return True

    def add_commission(self, exec_id: str, commission: Decimal) -> None:
        """Take the cost of an execution; a repetition replaces."""
        self._commissions[exec_id.rsplit(".", 1)[0]] = commission

    def quantity(self, con_id: int) -> int:
        """Return what the whole account holds of a contract, ours and not ours, as our executions add up."""
        return self.position(con_id).quantity + self.foreign(con_id).quantity

    def position(self, con_id: int) -> Position:
        """Our position in a contract (flat if none)."""
        return self._own.get(con_id, Position(con_id, 0, ZERO, ZERO))

    def foreign(self, con_id: int) -> Position:
        """The position in a contract that is not ours (flat if none)."""
        return self._foreign.get(con_id, Position(con_id, 0, ZERO, ZERO))

    def open_positions(self) -> list[Position]:
        """Our positions that are not flat, by contract id."""
        return [p for _, p in sorted(self._own.items()) if p.quantity]

    def foreign_positions(self) -> list[Position]:
        """Positions that are not ours and not flat, by contract id."""
        return [p for _, p in sorted(self._foreign.items()) if p.quantity]

    def con_ids(self) -> list[int]:
        """Every contract ever traded, ascending."""
        return sorted(self._own.keys() | self._foreign.keys())

    @property
    def realised_usd(self) -> Decimal:
        """Our realised P&L before fees."""
        return sum((p.realised_usd for p in self._own.values()), ZERO)

    @property
    def foreign_realised_usd(self) -> Decimal:
        """Realised P&L before fees of what is not ours."""
        return sum((p.realised_usd for p in self._foreign.values()), ZERO)

    @property
    def fees_usd(self) -> Decimal:
        """Commissions reported of our executions, and of our part of those that closed our position.

        One whose execution has not been heard counts as ours until then: a budget is not to be late by it.
        """
        return sum((self._fee(stem) * self._own_parts.get(stem, ONE) for stem in self._commissions), ZERO)

    @property
    def foreign_fees_usd(self) -> Decimal:
        """Commissions reported that are not ours."""
        return sum((self._fee(stem) * (1 - self._own_parts.get(stem, ONE)) for stem in self._commissions), ZERO)

    @property
    def execution_count(self) -> int:
        """Number of unique executions of our orders."""
        return sum(1 for stem in self._executions if stem in self._own_stems)

    @property
    def foreign_execution_count(self) -> int:
        """Number of unique executions of orders that are not ours."""
        return len(self._executions) - self.execution_count

    def executions(self) -> list[Execution]:
        """All executions in order of time."""
        return sorted(self._executions.values(), key=lambda e: (e.ts_ns, e.exec_id))

    def _fee(self, stem: str) -> Decimal:
        execution = self._executions.get(stem)
        return self._commissions[stem] if execution is None or execution.ts_ns >= self._since_ns else ZERO

    def _book(self, con_id: int) -> None:
        """Recompute one contract from its executions: few a day, so clarity beats increments."""
        multiplier = self._multipliers.get(con_id, 100)
        own, foreign = _Book(), _Book()
        executions = [e for e in self._executions.values() if e.con_id == con_id]
        for execution in sorted(executions, key=lambda e: (e.ts_ns, e.exec_id)):
            quantity = signed(execution)
            ours = quantity
            if execution.stem not in self._own_stems:
                ours = own.closable(quantity) * (1 if quantity > 0 else -1)
            self._own_parts[execution.stem] = Decimal(ours) / quantity if quantity else ZERO
            counts = execution.ts_ns >= self._since_ns
            for book, part in ((own, ours), (foreign, quantity - ours)):
                gain = book.apply(part, execution.price)
                book.realised += gain * multiplier if counts else ZERO
        if executions or con_id in self._own:
            self._own[con_id] = Position(con_id, own.quantity, own.average, own.realised)
            self._foreign[con_id] = Position(con_id, foreign.quantity, foreign.average, foreign.realised)
