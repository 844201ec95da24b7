"""One trade: the intent that opened it, its exit plan, and everything that came of them."""

from dataclasses import dataclass, field
from decimal import Decimal

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.execution.plan_prices import Deadline
from alphatrader.execution.tracking import OrderState, TrackedOrder

_NO_PLAN = ExitPlan(stop=StopTerms(loss_fraction=1.0))
"""Of a position that was taken over without one: its resting orders and its expiry are all that ends it."""


@dataclass(slots=True)
class Trade:
    """One intent to open and everything that came of it."""

    intent: OrderIntent
    instrument: Instrument | None
    orders: dict[int, TrackedOrder] = field(default_factory=dict)
    limits: dict[int, Decimal] = field(default_factory=dict)
    """Limit in force of each order, by the broker's last report."""
    stops: dict[int, Decimal] = field(default_factory=dict)
    """Stop price in force of each order, by the broker's last report."""
    opened_ns: int = 0
    closed_ns: int = 0
    exit_reason: str = ""
    deadline: Deadline | None = None
    """Worked out at the first look."""
    repriced_ns: int = 0
    closing_ns: int = 0
    """When a closing order was last asked for."""
    trailed_ns: int = 0
    best_bid: float = 0.0
    """The best bid since the trade was opened."""
    unprotected_ns: int = 0
    oversized_ns: int = 0
    bidless_ns: int = 0
    forced: bool = False
    """It must end whatever the price: flattened by a person, at a stop, or for want of a stop."""
    sold_elsewhere: int = 0
    """Contracts of this trade that an order which is not ours has sold: by hand, or by another program."""

    @property
    def plan(self) -> ExitPlan:
        """How it ends."""
        return self.intent.exit_plan or _NO_PLAN

    @property
    def reference(self) -> Decimal:
        """What the plan's fractions refer to."""
        entry = self.leg(Leg.ENTRY)
        limit = entry.ticket.limit_price if entry else None
        return self.intent.reference_price or limit or Decimal(0)

    def leg(self, leg: Leg) -> TrackedOrder | None:
        """Return the newest order that plays this part."""
        found = self.legs(leg)
        return found[-1] if found else None

    def legs(self, leg: Leg) -> list[TrackedOrder]:
        """Return every order that plays this part, oldest first."""
        return [order for order in self.orders.values() if order.leg is leg]

    def exits(self) -> list[TrackedOrder]:
        """Every order that sells."""
        return [order for order in self.orders.values() if order.leg is not Leg.ENTRY]

    @property
    def entered(self) -> bool:
        """Whether no entry can be filled any more."""
        return all(entry.dead for entry in self.legs(Leg.ENTRY))

    @property
    def open_quantity(self) -> int:
        """Contracts held for this trade, by unique executions."""
        return self.own_quantity - self.sold_elsewhere

    @property
    def own_quantity(self) -> int:
        """What its own orders have bought and not sold."""
        return sum(o.filled if o.ticket.side == "BUY" else -o.filled for o in self.orders.values())

    @property
    def unheard_sales(self) -> int:
        """Contracts that statuses tell of as sold, whose executions have not been heard: they are not held any more."""
        return sum(max(0, o.reported_filled - o.taken_back - o.filled) for o in self.exits())

    def groups(self) -> list[list[TrackedOrder]]:
        """Exits by OCA group, oldest first: of one group only one order can be executed to its end."""
        found: dict[str, list[TrackedOrder]] = {}
        for order in self.exits():
            found.setdefault(order.ticket.oca_group or f"order {order.ticket.order_id}", []).append(order)
        return list(found.values())

    def sellable(self, group: list[TrackedOrder]) -> int:
        """Contracts that the entry of a group has bought and the group has not sold; what has no entry is not bound."""
        entry = self.orders.get(group[0].ticket.parent_id)
        if entry is None:
            return sum(order.remaining for order in group)
        return max(0, entry.filled - sum(order.filled for order in group))

    def outgoing_quantity(self) -> int:
        """Contracts that live exits can still sell; of one OCA group only the larger order can be executed."""
        return sum(max(order.remaining for order in group) for group in self.groups())

    @property
    def closed(self) -> bool:
        """Flat, nothing of it can be executed any more, and every fill that was told of has been heard."""
        return self.open_quantity == 0 and all(o.dead and not o.fills_missing for o in self.orders.values())

    @property
    def uncertain(self) -> bool:
        """Something of it is in a state that only the broker can settle."""
        return any(order.state is OrderState.UNKNOWN for order in self.orders.values())

    def stop_resting(self) -> bool:
        """Whether the broker confirmed working stops that cover the position."""
        return self.open_quantity > 0 and self.stopped_quantity() >= self.open_quantity

    def stopped_quantity(self) -> int:
        """Contracts that working stops would sell: of a step no more than its entry has bought."""
        return sum(
            min(order.remaining, self.sellable(group))
            for group in self.groups()
            for order in group
            if order.leg is Leg.STOP and order.working
        )
