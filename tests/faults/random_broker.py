"""A broker in memory that does whatever it is told, when it is told: it fills, refuses, forgets and repeats at random.

It keeps the truth. What it says of it waits in a queue, so that a scenario decides when it is heard, and what never is.
"""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain import events as ev
from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg, OpenOrder, OrderIntent, OrderTicket, PositionRow

LIVE = frozenset({"PreSubmitted", "Submitted"})


@dataclass(slots=True)
class BrokerOrder:
    """An order as the broker has it."""

    ticket: OrderTicket
    intent: OrderIntent
    perm_id: int
    quantity: int
    status: str
    limit: Decimal | None
    stop: Decimal | None
    filled: int = 0
    cancel_asked: bool = False

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled

    def report(self) -> OpenOrder:
        return OpenOrder(
            order_id=self.ticket.order_id,
            perm_id=self.perm_id,
            client_id=1,
            con_id=self.intent.con_id,
            side=self.ticket.side,
            quantity=self.quantity,
            order_type=self.ticket.order_type,
            status=self.status,
            order_ref=self.intent.order_ref(self.ticket),
            limit_price=self.limit,
            stop_price=self.stop,
            filled=self.filled,
        )


class RandomBroker:
    """Orders, executions and the queue of what is to be said. Brackets and OCA groups work as the real ones do."""

    def __init__(self) -> None:
        self.orders: dict[int, BrokerOrder] = {}
        self.executions: list[Execution] = []
        self.queue: deque[ev.ControlEvent] = deque()
        self.said: list[ev.ControlEvent] = []
        self.swallow_next = False
        self.refuse_leg: Leg | None = None
        self.refusal_code = 201
        self.shrinks_children = True

    # ------------------------------------------------------------------------------------------ requests

    def place(self, intent: OrderIntent) -> None:
        """Take a family; a fault may lose it or refuse a part of it."""
        if self.swallow_next:
            self.swallow_next = False
            return
        refused, self.refuse_leg = self.refuse_leg, None
        for ticket in intent.tickets:
            assert ticket.order_id not in self.orders, f"order id {ticket.order_id} was used twice"
            parent = self.orders.get(ticket.parent_id)
            if ticket.leg is refused or (ticket.parent_id and (parent is None or not parent.live)):
                self._say(ev.OrderErrored(ts_ns=0, order_id=ticket.order_id, code=self.refusal_code, text="refused"))
                continue
            status = "PreSubmitted" if ticket.parent_id else "Submitted"
            perm_id = 9_000 + ticket.order_id
            order = BrokerOrder(ticket, intent, perm_id, ticket.quantity, status, ticket.limit_price, ticket.stop_price)
            self.orders[ticket.order_id] = order
            self._tell(order)

    def ask_cancel(self, order_id: int) -> None:
        """Note the wish; :meth:`carry_out_cancels` fulfils it."""
        order = self.orders.get(order_id)
        if order is None or not order.live:
            self._say(ev.OrderErrored(ts_ns=0, order_id=order_id, code=10148, text="cannot be cancelled"))
        else:
            order.cancel_asked = True

    def carry_out_cancels(self) -> None:
        for order in list(self.orders.values()):
            if order.cancel_asked and order.live:
                self.cancel(order)

    def change(
        self,
        order_id: int,
        limit: Decimal | None = None,
        quantity: int | None = None,
        stop: Decimal | None = None,
    ) -> None:
        """Change a live order; too late a change is refused and changes nothing."""
        order = self.orders.get(order_id)
        if order is None or not order.live or (quantity is not None and quantity <= order.filled):
            self._say(ev.OrderErrored(ts_ns=0, order_id=order_id, code=104, text="cannot be changed"))
            return
        order.limit = limit if limit is not None else order.limit
        order.stop = stop if stop is not None else order.stop
        order.quantity = quantity if quantity is not None else order.quantity
        self._tell(order)

    # ------------------------------------------------------------------------------------------ the market

    def executable(self, order: BrokerOrder) -> int:
        """How much of it can trade now: a child, no more than its parent bought and its siblings left."""
        parent = self.orders.get(order.ticket.parent_id)
        if not order.live or parent is None:
            return order.remaining if order.live else 0
        taken = sum(o.filled for o in self.orders.values() if o.ticket.parent_id == order.ticket.parent_id)
        return max(0, min(order.remaining, parent.filled - taken))

    def fill(self, order: BrokerOrder, quantity: int, *, status_first: bool = False) -> None:
        order.filled += quantity
        if order.remaining == 0:
            order.status = "Filled"
        execution = Execution(
            exec_id=f"x.{len(self.executions) + 1}.01",
            order_id=order.ticket.order_id,
            perm_id=order.perm_id,
            con_id=order.intent.con_id,
            side=order.ticket.side,
            quantity=quantity,
            price=Decimal("1.60"),
            ts_ns=len(self.executions) + 1,
            order_ref=order.intent.order_ref(order.ticket),
        )
        self.executions.append(execution)
        said = ev.ExecutionReported(ts_ns=0, execution=execution)
        if status_first:
            self._tell(order)
            self._say(said)
        else:
            self._say(said)
            self._tell(order)
        self._say(ev.CommissionReported(ts_ns=0, exec_id=execution.exec_id, commission=Decimal(1), currency="USD"))
        for other in list(self.orders.values()):
            if other is order or not other.live or not other.ticket.oca_group:
                continue
            if other.ticket.oca_group == order.ticket.oca_group:
                if other.remaining <= quantity:
                    self.cancel(other)
                else:
                    other.quantity -= quantity
                    self._tell(other)

    def cancel(self, order: BrokerOrder) -> None:
        order.status = "Cancelled"
        self._tell(order)
        self._say(ev.OrderErrored(ts_ns=0, order_id=order.ticket.order_id, code=202, text="Order Canceled"))
        for child in list(self.orders.values()):
            if child.ticket.parent_id != order.ticket.order_id or not child.live:
                continue
            allowed = child.filled + self.executable(child)
            if allowed <= child.filled:
                self.cancel(child)
            elif allowed < child.quantity and self.shrinks_children:
                child.quantity = allowed
                self._tell(child)

    # ------------------------------------------------------------------------------------------ the truth

    @property
    def position(self) -> int:
        return sum(e.quantity if e.side == "BUY" else -e.quantity for e in self.executions)

    @property
    def live(self) -> list[BrokerOrder]:
        return [order for order in self.orders.values() if order.live]

    def snapshot(self, *, complete: bool = True) -> BrokerSnapshot:
        held: dict[int, int] = {}
        for execution in self.executions:
            signed = execution.quantity if execution.side == "BUY" else -execution.quantity
            held[execution.con_id] = held.get(execution.con_id, 0) + signed
        rows = tuple(PositionRow("DU1", con_id, "SPY", n, Decimal(0)) for con_id, n in held.items() if n)
        return BrokerSnapshot(
            positions=rows if complete else (),
            open_orders=tuple(order.report() for order in self.live),
            executions=tuple(self.executions),
            complete=complete,
            missing="" if complete else "positions",
        )

    def _tell(self, order: BrokerOrder) -> None:
        self._say(ev.OrderReported(ts_ns=0, order=order.report(), average_price=Decimal(0)))

    def _say(self, event: ev.ControlEvent) -> None:
        self.queue.append(event)
