"""Orders that belong together: a parent with its children, and groups in which one cancels (or reduces) the others.

The rule that all of this serves: a group of exits can never sell more than its entry has bought. Exits in groups of
their own are not held to it together, as nothing says that they are at a real gateway.
"""

from collections.abc import Callable

from alphatrader.sim.exchange.orders import OCA_CANCEL_ALL, Order, OrderStatus
from alphatrader.sim.exchange.registry import OrderRegistry

Note = Callable[[Order], None]
Close = Callable[[Order], None]


class Families:
    """Applies what a fill or an end of one order means for its relatives."""

    def __init__(
        self,
        registry: OrderRegistry,
        note: Note,
        close: Close,
        *,
        by_part: bool = True,
        parents_quantity: bool = True,
    ) -> None:
        """``note`` saves and reports a changed order; ``close`` cancels one.

        ``by_part``: the first fill of a parent wakes its children, for as much as it has bought; otherwise its last.
        ``parents_quantity``: while the parent lives, its children have its quantity and cannot be given another.
        """
        self._registry = registry
        self._note = note
        self._close = close
        self._by_part = by_part
        self._parents_quantity = parents_quantity

    def attach(self, child: Order, parent: Order) -> None:
        """Make ``child`` wait for ``parent``; children without a group of their own share one."""
        child.parent_perm_id = parent.perm_id
        child.held_by_parent = not self._wakes(parent)
        if not child.oca_group:
            child.oca_group = str(parent.perm_id)
        if self.sized_by_parent(child):
            child.quantity = parent.quantity

    def sized_by_parent(self, order: Order) -> bool:
        """Whether the order is an exit whose quantity is not its own yet: its parent lives."""
        parent = self._registry.by_perm_id(order.parent_perm_id) if order.parent_perm_id else None
        if not self._parents_quantity or parent is None or parent.done:
            return False
        return (order.con_id, order.legs) == (parent.con_id, parent.legs) and order.side != parent.side

    def family(self, member: Order) -> list[Order]:
        """Return parent first, then all its children; just the order itself if it has neither."""
        parent = self._registry.by_perm_id(member.parent_perm_id) if member.parent_perm_id else member
        return [member] if parent is None else [parent, *self._registry.children(parent)]

    def executable_quantity(self, order: Order) -> int:
        """How much may trade now: for a child, no more than its parent has bought and its siblings left."""
        parent = self._registry.by_perm_id(order.parent_perm_id) if order.parent_perm_id else None
        if parent is None:
            return order.remaining
        taken = sum(child.filled for child in self._registry.children(parent) if child.oca_group == order.oca_group)
        return max(0, min(order.remaining, parent.filled - taken))

    def after_fill(self, order: Order, quantity: int) -> None:
        """Wake the children of a parent; shrink or cancel the others of the order's group."""
        self._wake(order)
        for other in self._registry.group(order):
            if other.oca_type == OCA_CANCEL_ALL or other.remaining <= quantity:
                self._close(other)
            else:
                other.quantity -= quantity
                self._note(other)

    def resize_children(self, parent: Order, added: int) -> list[Order]:
        """Change children as their parent was changed, by ``added``; return those that follow it."""
        followers = [
            child for child in self._registry.children(parent) if not child.done and self.sized_by_parent(child)
        ]
        for child in followers:
            child.quantity += added
        return followers if added else []

    def after_end(self, order: Order) -> None:
        """A parent ended without (all of) its fills: its children go, or shrink to what was filled."""
        if order.status is OrderStatus.FILLED:
            return
        for child in self._registry.children(order):
            if child.done:
                continue
            allowed = child.filled + self.executable_quantity(child)
            if allowed <= child.filled:
                self._close(child)
            elif allowed < child.quantity:
                child.quantity = allowed
                self._note(child)
        self._wake(order)

    def _wakes(self, parent: Order) -> bool:
        return parent.filled > 0 and (self._by_part or parent.done or parent.remaining == 0)

    def _wake(self, parent: Order) -> None:
        if not self._wakes(parent):
            return
        for child in self._registry.children(parent):
            if child.held_by_parent and not child.done and child.status is not OrderStatus.STAGED:
                child.held_by_parent = False
                if not (child.waits_for_trigger or child.conditions or child.good_after_ns):
                    child.status = OrderStatus.SUBMITTED
                self._note(child)
