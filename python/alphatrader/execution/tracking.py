"""One order as we know it: a monotonic state machine fed by the broker's reports.

```
INTENDED ─► SENT ─► WORKING ─► FILLED | CANCELLED | REJECTED
    │         └──► UNKNOWN ──┘ (silence; settled by reconciliation only)
    └───────► NOT_SENT
```

A dead order never comes back to life by a stale status, but an execution is accepted from every state. One that was
filled works again if it is larger than what was filled: a change of its quantity has crossed the fill. Error
messages do not kill an order, except those that the broker sends *instead of* a status (``REFUSAL_CODES``).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from alphatrader.domain.orders import Execution, Leg, OpenOrder, OrderTicket

REFUSAL_CODES = frozenset(
    {103, 109, 110, 111, 135, 163, 200, 201, 203, 321, 382, 383, 387, 434, 451, 460, 10268, 10269}
)
"""Error codes that answer a new order in place of any status: the order does not exist at the broker."""

_ALIVE_STATUSES = frozenset({"PreSubmitted", "Submitted"})
_CANCELLED_STATUSES = frozenset({"Cancelled", "ApiCancelled"})


class OrderState(StrEnum):
    """Where an order is in its life."""

    INTENDED = "INTENDED"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    WORKING = "WORKING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    NOT_SENT = "NOT_SENT"


# Tuples, not sets: their members are found by identity, where a set would hash an enum's name at every look.
DEAD = (OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.NOT_SENT)
_LIVE = (OrderState.WORKING, OrderState.SENT, OrderState.UNKNOWN)


@dataclass(slots=True)
class TrackedOrder:
    """An order of ours. Quantities in contracts; times in engine nanoseconds."""

    ticket: OrderTicket
    intent_id: str
    quantity: int
    state: OrderState = OrderState.INTENDED
    perm_id: int = 0
    deadline_ns: int = 0
    """Past this it is not sent any more: if it is still INTENDED then, nobody knows."""
    sent_ns: int = 0
    cancel_requested_ns: int = 0
    reported_filled: int = 0
    fills: dict[str, Execution] = field(default_factory=dict)
    """By execution stem: a correction replaces what it corrects."""
    filled: int = 0
    """Contracts executed, by unique executions only."""
    last_error: str = ""
    taken_back: int = 0
    """Contracts by which corrections made executions smaller: statuses go on counting them."""
    absent_polls: int = 0
    first_absent_ns: int = 0

    @property
    def leg(self) -> Leg:
        """The part this order plays."""
        return self.ticket.leg

    @property
    def reference(self) -> str:
        """The orderRef under which the broker reports it."""
        return f"{self.intent_id}:{self.ticket.ref_suffix}"

    @property
    def fills_missing(self) -> bool:
        """A status told of fills whose executions have not been heard."""
        return self.reported_filled - self.taken_back > self.filled

    @property
    def dead(self) -> bool:
        """Nothing more can be executed, as far as the broker has told."""
        return self.state in DEAD

    @property
    def live(self) -> bool:
        """It may still be executed: working, unconfirmed, unknown, or under an unconfirmed cancel."""
        return self.state in _LIVE

    @property
    def working(self) -> bool:
        """The broker confirmed it and no cancel is under way."""
        return self.state is OrderState.WORKING and not self.cancel_requested_ns

    @property
    def remaining(self) -> int:
        """Contracts that may still be executed."""
        return 0 if self.dead else max(0, self.quantity - max(self.filled, self.reported_filled))

    def on_sent(self, ts_ns: int) -> None:
        """Bytes left the machine."""
        if self.state is OrderState.INTENDED:
            self.state, self.sent_ns = OrderState.SENT, ts_ns

    def is_fork(self, report: OpenOrder) -> bool:
        """Whether a report is about a second order under our reference: a change that met an outage can make one."""
        return bool(self.perm_id and report.perm_id and report.perm_id != self.perm_id)

    def on_report(self, report: OpenOrder) -> bool:
        """Take a status; return whether the state changed."""
        self.perm_id = self.perm_id or report.perm_id
        self.reported_filled = max(self.reported_filled, report.filled)
        before = self.state
        # An older report, from before it was made smaller, does not know what has been filled since.
        grown = report.quantity > report.filled >= self.filled
        if self.state is OrderState.FILLED and report.status in _ALIVE_STATUSES and grown:
            self.state = OrderState.WORKING
        if not self.dead:
            if report.quantity:
                self.quantity = report.quantity
            if report.status in _ALIVE_STATUSES:
                self.state = OrderState.WORKING
            elif report.status in _CANCELLED_STATUSES:
                self.state = OrderState.CANCELLED
            elif report.status == "Inactive":
                self.state = OrderState.REJECTED
            self._settle_fill()
        return self.state is not before

    def on_execution(self, execution: Execution) -> bool:
        """Take an execution, from any state; return whether it is new or corrects one."""
        known = self.fills.get(execution.stem)
        if known is not None and known.exec_id >= execution.exec_id:
            return False
        if known is not None:
            self.taken_back += known.quantity - execution.quantity
        self.fills[execution.stem] = execution
        self.filled += execution.quantity - (known.quantity if known is not None else 0)
        self.perm_id = self.perm_id or execution.perm_id
        if not self.dead:
            if self.state is not OrderState.WORKING:
                self.state = OrderState.WORKING
            self._settle_fill()
        return True

    def on_error(self, code: int, text: str) -> bool:
        """Take an error message; return whether it settled a new order as refused."""
        self.last_error = f"{code}: {text}"
        if code in REFUSAL_CODES and self.state in {OrderState.INTENDED, OrderState.SENT, OrderState.UNKNOWN}:
            self.state = OrderState.REJECTED
            return True
        return False

    def _settle_fill(self) -> None:
        if self.quantity and self.filled >= self.quantity:
            self.state = OrderState.FILLED
