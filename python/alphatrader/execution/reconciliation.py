"""Reconciliation: what the broker says against what the journal says.

Executions are a union by id. An order that the broker does not list and that has no execution is settled only after
two complete polls at least ``spacing`` apart: a silent order then counts as never sent, a formerly working one as
cancelled. Positions must agree for every contract, or entries in that underlying stay blocked for a person to look.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from alphatrader.domain.orders import BrokerSnapshot, OpenOrder
from alphatrader.execution.ledger import Ledger
from alphatrader.execution.tracking import OrderState, TrackedOrder


@dataclass(frozen=True, slots=True)
class PositionMismatch:
    """The broker and the ledger disagree on a contract."""

    con_id: int
    symbol: str
    broker_quantity: int
    ledger_quantity: int

    def text(self) -> str:
        """One line for people."""
        return (
            f"{self.symbol} (contract {self.con_id}): the broker holds {self.broker_quantity}, "
            f"our executions add up to {self.ledger_quantity}"
        )


def compare_positions(snapshot: BrokerSnapshot, ledger: Ledger) -> list[PositionMismatch]:
    """Compare every contract that either side knows."""
    theirs = {row.con_id: row for row in snapshot.positions}
    found = []
    for con_id in sorted(theirs.keys() | set(ledger.con_ids())):
        row = theirs.get(con_id)
        broker = row.quantity if row else 0
        ours = ledger.quantity(con_id)
        if broker != ours:
            found.append(PositionMismatch(con_id, row.symbol if row else "", broker, ours))
    return found


def order_key(report: OpenOrder) -> tuple[str, str] | None:
    """Split orderRef into (intent id, leg with its step); None for an order that is not ours."""
    intent_id, separator, suffix = report.order_ref.rpartition(":")
    return (intent_id, suffix) if separator else None


def settle_absent(
    orders: Iterable[TrackedOrder], snapshot: BrokerSnapshot, now_ns: int, spacing_ns: int
) -> list[TrackedOrder]:
    """Count complete polls in which a live order was absent; return those that two polls have settled."""
    listed_refs = {order.order_ref for order in snapshot.open_orders}
    # Order ids prove nothing: those of different clients collide.
    listed_perm_ids = {order.perm_id for order in snapshot.open_orders} - {0}
    settled = []
    for order in orders:
        reference = order.reference
        if order.dead or order.perm_id in listed_perm_ids or reference in listed_refs:
            order.absent_polls = 0
            continue
        if order.state is OrderState.INTENDED and not order.sent_ns:
            continue
        if order.absent_polls == 0:
            order.absent_polls, order.first_absent_ns = 1, now_ns
        elif now_ns - order.first_absent_ns >= spacing_ns:
            order.state = OrderState.NOT_SENT if not order.perm_id and not order.filled else OrderState.CANCELLED
            settled.append(order)
    return settled
