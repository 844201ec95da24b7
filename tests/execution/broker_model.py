"""A broker as small as can be: brackets, OCA groups of type 2, requests on their way, words that wait to be heard.

It keeps the truth. A fill of one order of a group reduces the others at once; a group sells no more than its entry has
bought. What it says waits in two queues, statuses and executions, so that either can be heard first.
"""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

from alphatrader.domain.orders import Execution, OpenOrder, OrderTicket

LIVE = frozenset({"PreSubmitted", "Submitted"})


@dataclass(slots=True)
class ModelOrder:
    """An order as the broker has it."""

    ticket: OrderTicket
    quantity: int
    limit: Decimal | None
    stop: Decimal | None
    status: str = "Submitted"
    filled: int = 0

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled if self.live else 0


class BrokerModel:
    """All orders by id, the position, and what is still to be heard."""

    def __init__(self, *, shrinks_children: bool = True) -> None:
        self.orders: dict[int, ModelOrder] = {}
        self.statuses: deque[OpenOrder] = deque()
        self.executions: deque[Execution] = deque()
        self.position = 0
        self._shrinks_children = shrinks_children
        self._exec_ids = 0

    def place(self, ticket: OrderTicket) -> None:
        assert ticket.order_id not in self.orders, "an order id was used twice"
        self.orders[ticket.order_id] = ModelOrder(ticket, ticket.quantity, ticket.limit_price, ticket.stop_price)
        self.tell(ticket.order_id)

    def executable(self, number: int) -> int:
        """Contracts of an order that can trade now."""
        order = self.orders[number]
        parent = self.orders.get(order.ticket.parent_id)
        if parent is None:
            return order.remaining
        sold = sum(o.filled for o in self.orders.values() if o.ticket.parent_id == order.ticket.parent_id)
        return max(0, min(order.remaining, parent.filled - sold))

    def fill(self, number: int, quantity: int) -> None:
        order = self.orders[number]
        order.filled += quantity
        self.position += quantity if order.ticket.side == "BUY" else -quantity
        self._exec_ids += 1
        self.executions.append(
            Execution(
                exec_id=f"x.{self._exec_ids}.01",
                order_id=number,
                perm_id=900 + number,
                con_id=7,
                side=order.ticket.side,
                quantity=quantity,
                price=Decimal("1.50"),
                ts_ns=self._exec_ids,
            )
        )
        if not order.remaining:
            order.status = "Filled"
        self.tell(number)
        for other in self.orders.values():
            same = order.ticket.oca_group and other.ticket.oca_group == order.ticket.oca_group
            if not same or other is order or not other.live:
                continue
            if other.remaining <= quantity:
                self.cancel(other.ticket.order_id)
            else:
                other.quantity -= quantity
                self.tell(other.ticket.order_id)

    def cancel(self, number: int) -> None:
        order = self.orders.get(number)
        if order is None or not order.live:
            return
        order.status = "Cancelled"
        self.tell(number)
        for child in [o for o in self.orders.values() if o.ticket.parent_id == number and o.live]:
            left = self.executable(child.ticket.order_id)
            if not left:
                self.cancel(child.ticket.order_id)
            elif self._shrinks_children and left < child.remaining:
                child.quantity = child.filled + left
                self.tell(child.ticket.order_id)

    def resize(self, number: int, quantity: int) -> None:
        order = self.orders[number]
        if order.live and quantity > order.filled:
            order.quantity = quantity
            self.tell(number)

    def reprice(self, number: int, limit: Decimal) -> None:
        order = self.orders[number]
        assert order.limit is not None, "a market order has no limit to move"
        if order.live:
            order.limit = limit
            self.tell(number)

    def move_stop(self, number: int, price: Decimal) -> None:
        order = self.orders[number]
        assert order.stop is not None, "a conditional stop has no price to move"
        if order.live:
            order.stop = price
            self.tell(number)

    def tell(self, number: int) -> None:
        order = self.orders[number]
        self.statuses.append(
            OpenOrder(
                order_id=number,
                perm_id=900 + number,
                client_id=1,
                con_id=7,
                side=order.ticket.side,
                quantity=order.quantity,
                order_type=order.ticket.order_type,
                status=order.status,
                limit_price=order.limit,
                stop_price=order.stop,
                filled=order.filled,
            )
        )
