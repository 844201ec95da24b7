"""An order as clients ask for it, and as the simulated exchange keeps it."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from alphatrader.sim.exchange.conditions import Condition
from alphatrader.sim.exchange.order_types import ORDER_TYPES

Side = Literal["BUY", "SELL"]

COMBO_CON_ID = 28812380
"""Contract id of every combination (BAG) in US dollars, as real gateways show it."""


class OrderStatus(StrEnum):
    """Where an order stands, in the words of the TWS API."""

    STAGED = "PendingSubmit"
    """Taken, but not transmitted (its family is not complete) or not yet acknowledged."""
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


class ComboLeg(Struct, frozen=True):
    """One leg of a combination: ``ratio`` contracts a unit, bought or sold when the combination is bought."""

    con_id: int
    ratio: int
    action: Side
    exchange: str = "SMART"
    open_close: int = 0


class OrderTerms(Struct, kw_only=True):
    """What can be asked of an order. Prices are dollars a share (not a contract); None or 0 = not stated.

    ``con_id`` is ``COMBO_CON_ID`` where there are ``legs``; the limit of a combination is its net price and may be
    negative. ``stop_price`` is the trigger of stops and touched orders. ``trail_amount`` (dollars) or ``trail_percent``
    follow the market from ``trail_stop_price`` on; ``limit_offset`` sets the limit of a TRAIL LIMIT from its stop.
    ``peg_offset`` is the distance of pegged orders. ``good_after_ns`` and ``good_till_ns`` are nanoseconds since the
    epoch. ``echo`` is what the client said in the words of the wire, to be repeated in openOrder; opaque here.
    """

    con_id: int
    order_type: str
    tif: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    trail_stop_price: Decimal | None = None
    limit_offset: Decimal | None = None
    peg_offset: Decimal | None = None
    good_after_ns: int = 0
    good_till_ns: int = 0
    legs: tuple[ComboLeg, ...] = ()
    conditions: tuple[Condition, ...] = ()
    conditions_cancel: bool = False
    """True: the conditions cancel the order; False: they submit it."""
    conditions_outside_rth: bool = False
    oca_group: str = ""
    oca_type: int = 0
    order_ref: str = ""
    parent_id: int = 0
    trigger_method: int = 0
    outside_rth: bool = False
    all_or_none: bool = False
    min_quantity: int = 0
    hidden: bool = False
    display_size: int = 0
    cash_quantity: Decimal | None = None
    open_close: str = ""
    algo: str = ""
    algo_params: tuple[tuple[str, str], ...] = ()
    origin: int = 0
    account: str = ""
    override_constraints: bool = False
    """overridePercentageConstraints: prices far from the market pass."""
    echo: str = ""


class OrderRequest(OrderTerms, kw_only=True):
    """What a client asks for: a new order, or new values for one of its orders.

    ``unsupported`` names what was asked for and is not offered; it makes the request invalid.
    """

    client_id: int
    order_id: int
    side: str
    quantity: Decimal
    transmit: bool = True
    unsupported: str = ""
    manual: bool = False
    """Placed by hand at the terminal: its id is negative."""


class Order(OrderTerms, kw_only=True):
    """One order, from its arrival to its end. ``perm_id`` names it for good; ``(client_id, order_id)`` for its client.

    ``notional`` is the sum of price x quantity over the fills. ``priority`` is the place among our own orders: lower is
    earlier; a new price or a larger quantity gives a new place. Instants are market nanoseconds, 0 = never.
    """

    perm_id: int
    client_id: int
    order_id: int
    side: Side
    quantity: int
    placed_ns: int
    priority: int
    oca_type: int = OCA_REDUCE
    parent_perm_id: int = 0
    status: OrderStatus = OrderStatus.STAGED
    acknowledge_ns: int = 0
    """When it reaches the market, with a latency."""
    cancel_ns: int = 0
    """When a cancel that is under way takes effect."""
    expires_ns: int = 0
    active: bool = False
    """Whether all that it waited for has happened: it trades."""
    conditions_met: bool = False
    triggered: bool = False
    trigger_hits: int = 0
    held_by_parent: bool = False
    rested: bool = False
    queue_ahead: int = -1
    """Displayed size that trades before it at its price; -1 = it is in no queue yet."""
    working_limit: Decimal | None = None
    """The limit that follows from the market: pegged orders, market-to-limit, trailing limits once triggered."""
    reserved: Decimal = Decimal(0)
    """Buying power that each unfilled unit ties up, in dollars."""
    filled: int = 0
    notional: Decimal = Decimal(0)
    leg_notional: tuple[Decimal, ...] = ()
    """For combinations: the sum of price x quantity of each leg."""
    last_price: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    """Commission and fees of the fills so far, before the minimum an order."""
    commission: Decimal = Decimal(0)
    """What was charged: ``fees`` or the minimum, whichever is more."""
    liquidation: bool = False
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
        """Whether it is a stop, a trailing or a touched order whose price has not been reached."""
        return bool(ORDER_TYPES[self.order_type].trigger) and not self.triggered

    @property
    def why_held(self) -> str:
        """The reason that a gateway shows while an order is PreSubmitted."""
        reasons = []
        if self.held_by_parent:
            reasons.append("child")
        if not self.done and self.waits_for_trigger:
            reasons.append("trigger")
        return ",".join(reasons)

    @property
    def effective_limit(self) -> Decimal | None:
        """The worst price at which it may trade; None = any."""
        source = ORDER_TYPES[self.order_type].limit
        if source == "client":
            return self.limit_price
        return self.working_limit if source == "market" else None


class ExecutionRecord(Struct, frozen=True):
    """One fill. ``liquidity`` 1 = it rested and was hit, 2 = it took.

    A fill of a combination is one record of the whole (``con_id`` = ``COMBO_CON_ID``, with ``legs``, without
    commission) and one of each leg; only the legs move positions. ``liquidation``: the broker closed the position.
    """

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
    legs: tuple[ComboLeg, ...] = ()
    liquidation: bool = False
    carried: Decimal = Decimal(0)
    """Cost that came with the fill without cash: the premium of an option that became stock."""


class WhatIf(Struct, frozen=True):
    """What an order would do to the account, in dollars; nothing is placed. The commission is an estimate."""

    init_before: Decimal
    maint_before: Decimal
    equity_before: Decimal
    """Equity with loan value."""
    init_change: Decimal
    maint_change: Decimal
    equity_change: Decimal
    commission: Decimal
    min_commission: Decimal
    max_commission: Decimal
    warning: str = ""
