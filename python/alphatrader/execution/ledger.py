"""The ledger: positions and P&L as the sum of unique executions, and nothing else.

Average-cost accounting; money in dollars as ``Decimal``. A correction (same stem, higher last part) replaces the
execution that it corrects, so any split, order and repetition of reports gives the same book.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.orders import Execution

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Position:
    """Net position in one contract. ``average_price`` per share of the option, 0 when flat."""

    con_id: int
    quantity: int
    average_price: Decimal
    realised_usd: Decimal


def round_trips(executions: Iterable[Execution]) -> list[Decimal]:
    """Return the cash result, in dollars a share times contracts, of each time that a contract went flat, oldest first.

    For its sign: the multiplier is not in an execution.
    """
    open_quantity: defaultdict[int, int] = defaultdict(int)
    cash: defaultdict[int, Decimal] = defaultdict(Decimal)
    results = []
    newest = {e.stem: e for e in sorted(executions, key=lambda e: e.exec_id)}
    for execution in sorted(newest.values(), key=lambda e: (e.ts_ns, e.exec_id)):
        signed = execution.quantity if execution.side == "BUY" else -execution.quantity
        open_quantity[execution.con_id] += signed
        cash[execution.con_id] -= signed * execution.price
        if open_quantity[execution.con_id] == 0:
            results.append(cash.pop(execution.con_id))
    return results


class Ledger:
    """All executions of our account that we know of."""

    def __init__(self) -> None:
        self._executions: dict[str, Execution] = {}
        self._commissions: dict[str, Decimal] = {}
        self._multipliers: dict[int, int] = {}
        self._positions: dict[int, Position] = {}

    def register(self, con_id: int, multiplier: int) -> None:
        """Tell the multiplier of a contract (from its contract details, never from its symbol)."""
        if self._multipliers.get(con_id) != multiplier:
            self._multipliers[con_id] = multiplier
            self._book(con_id)

    def add(self, execution: Execution) -> bool:
        """Take an execution; return False for a repetition."""
        known = self._executions.get(execution.stem)
        if known is not None and known.exec_id >= execution.exec_id:
            return False
        self._executions[execution.stem] = execution
        self._book(execution.con_id)
        return True

    def add_commission(self, exec_id: str, commission: Decimal) -> None:
        """Take the cost of an execution; a repetition replaces."""
        self._commissions[exec_id.rsplit(".", 1)[0]] = commission

    def position(self, con_id: int) -> Position:
        """Position in a contract (flat if none)."""
        return self._positions.get(con_id, Position(con_id, 0, ZERO, ZERO))

    def open_positions(self) -> list[Position]:
        """Positions that are not flat, by contract id."""
        return [p for _, p in sorted(self._positions.items()) if p.quantity]

    def con_ids(self) -> list[int]:
        """Every contract ever traded, ascending."""
        return sorted(self._positions)

    @property
    def realised_usd(self) -> Decimal:
        """Realised P&L before fees."""
        return sum((p.realised_usd for p in self._positions.values()), ZERO)

    @property
    def fees_usd(self) -> Decimal:
        """All commissions reported."""
        return sum(self._commissions.values(), ZERO)

    @property
    def execution_count(self) -> int:
        """Number of unique executions."""
        return len(self._executions)

    def executions(self) -> list[Execution]:
        """All executions in order of time."""
        return sorted(self._executions.values(), key=lambda e: (e.ts_ns, e.exec_id))

    def _book(self, con_id: int) -> None:
        """Recompute one contract from its executions: few a day, so clarity beats increments."""
        multiplier = self._multipliers.get(con_id, 100)
        quantity, average, realised = 0, ZERO, ZERO
        own = [e for e in self._executions.values() if e.con_id == con_id]
        for execution in sorted(own, key=lambda e: (e.ts_ns, e.exec_id)):
            signed = execution.quantity if execution.side == "BUY" else -execution.quantity
            if quantity * signed >= 0:
                total = abs(quantity) + abs(signed)
                average = (average * abs(quantity) + execution.price * abs(signed)) / total if total else ZERO
                quantity += signed
                continue
            closed = min(abs(quantity), abs(signed))
            gain = execution.price - average if quantity > 0 else average - execution.price
            realised += gain * closed * multiplier
            quantity += signed
            if quantity == 0:
                average = ZERO
            elif abs(signed) > closed:
                average = execution.price
        if own or con_id in self._positions:
            self._positions[con_id] = Position(con_id, quantity, average, realised)
