"""All orders of the exchange, found by permanent id, by client and id, by family and by group."""

from alphatrader.sim.exchange.orders import Order

MAX_CLOSED_ORDERS = 5_000
"""Closed orders kept in memory; all of them stay on disk."""


class OrderRegistry:
    """Holds the orders. Ids that were ever used stay used, also after an order was dropped from memory."""

    def __init__(self, max_closed: int = MAX_CLOSED_ORDERS) -> None:
        self._max_closed = max_closed
        self._by_perm_id: dict[int, Order] = {}
        self._by_client: dict[tuple[int, int], Order] = {}
        self._live: dict[int, Order] = {}
        self._closed: dict[int, Order] = {}
        self._children: dict[int, list[Order]] = {}
        self._dropped_up_to: dict[int, int] = {}
        self._next_order_id: dict[int, int] = {}

    def add(self, order: Order) -> None:
        """Take a new order, or one from disk."""
        self._by_perm_id[order.perm_id] = order
        if order.order_id:
            # The broker's own orders have no id, and there may be many.
            self._by_client[order.client_id, order.order_id] = order
        if order.parent_perm_id:
            self._children.setdefault(order.parent_perm_id, []).append(order)
        if order.order_id >= self._next_order_id.get(order.client_id, 1):
            self._next_order_id[order.client_id] = order.order_id + 1
        if order.done:
            self._keep_closed(order)
        else:
            self._live[order.perm_id] = order

    def close(self, order: Order) -> None:
        """Move an order that is done out of the live ones."""
        if self._live.pop(order.perm_id, None) is not None:
            self._keep_closed(order)

    def _keep_closed(self, order: Order) -> None:
        self._closed[order.perm_id] = order
        while len(self._closed) > self._max_closed:
            self._drop(next(iter(self._closed.values())))

    def _drop(self, order: Order) -> None:
        del self._closed[order.perm_id]
        del self._by_perm_id[order.perm_id]
        if self._by_client.get((order.client_id, order.order_id)) is order:
            del self._by_client[order.client_id, order.order_id]
        self._children.pop(order.perm_id, None)
        floor = self._dropped_up_to.get(order.client_id, 0)
        self._dropped_up_to[order.client_id] = max(floor, order.order_id)

    def drop_closed_before(self, ts_ns: int) -> list[int]:
        """Forget orders that ended before ``ts_ns``, unless a child of theirs lives; return their permanent ids."""
        ended = [
            order
            for order in self._closed.values()
            if order.closed_ns < ts_ns and all(child.done for child in self.children(order))
        ]
        for order in ended:
            self._drop(order)
        return [order.perm_id for order in ended]

    @property
    def floors(self) -> dict[int, int]:
        """The highest id of each client whose order was forgotten."""
        return self._dropped_up_to

    def restore_floors(self, floors: dict[int, int]) -> None:
        """Take over what ``floors`` was; before any order is added."""
        self._dropped_up_to = dict(floors)
        self._next_order_id = {client_id: floor + 1 for client_id, floor in floors.items()}

    def free_id(self, order: Order) -> None:
        """Let an order be found by its permanent id alone; its client's id is free again."""
        self._by_client.pop((order.client_id, order.order_id), None)

    def find(self, client_id: int, order_id: int) -> Order | None:
        """Return a client's order."""
        return self._by_client.get((client_id, order_id))

    def by_perm_id(self, perm_id: int) -> Order | None:
        """Return an order by its permanent id."""
        return self._by_perm_id.get(perm_id)

    def id_was_used(self, client_id: int, order_id: int) -> bool:
        """Whether the client has already used this id."""
        return (client_id, order_id) in self._by_client or order_id <= self._dropped_up_to.get(client_id, 0)

    def next_order_id(self, client_id: int) -> int:
        """Return the lowest id that the client may use; each client has its own sequence."""
        return self._next_order_id.get(client_id, 1)

    def live(self) -> list[Order]:
        """Return the orders that are not done, oldest first."""
        return list(self._live.values())

    def closed(self) -> list[Order]:
        """Return the orders that are done, oldest first."""
        return list(self._closed.values())

    def children(self, order: Order) -> list[Order]:
        """Return the orders attached to ``order``, done or not."""
        return list(self._children.get(order.perm_id, ()))

    def group(self, order: Order) -> list[Order]:
        """Return the other live orders of the same one-cancels-all group."""
        if not order.oca_group:
            return []
        return [
            other
            for other in self._live.values()
            if other.oca_group == order.oca_group and other.perm_id != order.perm_id
        ]
