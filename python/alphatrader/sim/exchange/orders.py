"""An order as the simulated exchange keeps it."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Side = Literal["BUY", "SELL"]


class OrderStatus(StrEnum):
    """Where an order stands, in the words of the TWS API."""

    STAGED = "PendingSubmit"
    """Taken, but not transmitted: its family is not complete."""
    PRE_SUBMITTED = "PreSubmitted"
    SUBMITTED = "Submitted"
    PENDING_CANCEL = "PendingCancel"
    FILLED = "Filled"
    CANCELLED = "Cancelled"
    INACTIVE = "Inactive"
    """Refused."""


DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.INACTIVE})

OCA_CANCEL_ALL = 1
OCA_REDUCE_WITH_BLOCK = 2
OCA_REDUCE = 3


class Order(Struct):
    """One order, from its arrival to its end. ``perm_id`` names it for good; ``(client_id, order_id)`` for its client.

    Prices are dollars a share (not a contract). ``notional`` is the sum of price x quantity over the fills.
    ``priority`` is the place in the queue: lower is earlier; a new price or a larger quantity gives a new place.
    """

    perm_id: int
    client_id: int
    order_id: int
    con_id: int
    side: Side
    quantity: int
    order_type: str
    tif: str
    placed_ns: int
    priority: int
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    oca_group: str = ""
    oca_type: int = OCA_REDUCE
    order_ref: str = ""
    parent_id: int = 0
    parent_perm_id: int = 0
    trigger_method: int = 0
    outside_rth: bool = False
    status: OrderStatus = OrderStatus.STAGED
    triggered: bool = False
    trigger_hits: int = 0
    held_by_parent: bool = False
    rested: bool = False
    filled: int = 0
    notional: Decimal = Decimal(0)
    last_price: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    """Commission and fees of the fills so far, before the minimum an order."""
    commission: Decimal = Decimal(0)
    """What was charged: ``fees`` or the minimum, whichever is more."""
    closed_ns: int = 0
    closed_reason: str = ""

    @property
    def remaining(self) -> int:
        """Quantity that has not been filled."""
        return self.quantity - self.filled

    @property
    def average_price(self) -> Decimal:
        """Average fill price, 0 before the first fill."""
        return self.notional / self.filled if self.filled else Decimal(0)

    @property
    def done(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in DONE

    @property
    def waits_for_trigger(self) -> bool:
        """Whether it is a stop whose price has not been reached."""
        return self.order_type in {"STP", "STP LMT"} and not self.triggered

    @property
    def why_held(self) -> str:
        """The reason that a gateway shows while an order is PreSubmitted."""
        reasons = []
        if self.held_by_parent:
            reasons.append("child")
        if self.waits_for_trigger and not self.done:
            reasons.append("trigger")
        return ",".join(reasons)

    @property
    def effective_limit(self) -> Decimal | None:
        """The worst price at which it may trade; None = any."""
        return self.limit_price if self.order_type in {"LMT", "STP LMT"} else None


class OrderRequest(Struct, frozen=True):
    """What a client asks for: a new order, or new values for one of its orders."""

    client_id: int
    order_id: int
    con_id: int
    side: str
    quantity: Decimal
    order_type: str
    tif: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    oca_group: str = ""
    oca_type: int = 0
    order_ref: str = ""
    parent_id: int = 0
    trigger_method: int = 0
    outside_rth: bool = False
    transmit: bool = True
    account: str = ""
    unsupported: str = ""


class ExecutionRecord(Struct, frozen=True):
    """One fill. ``liquidity`` 1 = it rested and was hit, 2 = it took."""

    exec_id: str
    perm_id: int
    client_id: int
    order_id: int
    con_id: int
    side: Side
    quantity: int
    price: Decimal
    ts_ns: int
    venue: str
    cumulative_quantity: int
    average_price: Decimal
    order_ref: str
    liquidity: int
    commission: Decimal
    realized_pnl: Decimal | None
    """None where the fill opened a position."""
