"""Under which id each client knows which order.

Every client has its own ids. Orders placed by hand at the terminal belong to client 0 under negative ids, once it has
bound them; everybody else sees them as order 0, which cannot be named in a request.
"""

from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.exchange.registry import OrderRegistry

MANUAL_CLIENT = 0
"""The client to which orders of the terminal belong."""
UNNAMED = 0
"""Order id of a manual order that the client has not bound."""


class OrderIds:
    """Names of orders, by client."""

    def __init__(self, registry: OrderRegistry) -> None:
        self._registry = registry
        self._shown: dict[int, dict[int, int]] = {}
        self._bound: set[int] = set()
        self.auto_bind = False
        """Whether client 0 asked for new manual orders to be bound as they come."""

    def next_manual_id(self) -> int:
        """Return the id of the next manual order: negative, below all others."""
        orders = [*self._registry.live(), *self._registry.closed()]
        return min([order.order_id for order in orders if is_manual(order)], default=0) - 1

    def bind(self, order: Order) -> bool:
        """Let client 0 know a manual order by its id; False = it does already."""
        if order.perm_id in self._bound:
            return False
        self._bound.add(order.perm_id)
        return True

    def seen_by(self, client_id: int, order_id: int, perm_id: int) -> int:
        """Return the id under which a client sees an order."""
        manual = order_id < 0
        return UNNAMED if manual and (client_id != MANUAL_CLIENT or perm_id not in self._bound) else order_id

    def show(self, client_id: int, order: Order) -> None:
        """Remember that a client has seen an order of another, which it may cancel from now on."""
        if order.client_id != client_id and not is_manual(order):
            self._shown.setdefault(client_id, {})[order.order_id] = order.perm_id

    def find(self, client_id: int, order_id: int) -> Order | None:
        """Return the order that a client means: its own, a manual one it has bound, or one it was shown."""
        own = self._registry.find(client_id, order_id) if order_id != UNNAMED else None
        if own is not None and (not is_manual(own) or own.perm_id in self._bound):
            return own
        return self._registry.by_perm_id(self._shown.get(client_id, {}).get(order_id, 0))

    def forget(self, client_id: int) -> None:
        """Drop what a client was shown of others."""
        self._shown.pop(client_id, None)
        if client_id == MANUAL_CLIENT:
            self.auto_bind = False


def is_manual(order: Order) -> bool:
    """Whether an order was placed by hand."""
    return order.order_id < 0
