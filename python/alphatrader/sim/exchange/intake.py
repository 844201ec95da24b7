"""New orders and new values for live ones: checked, kept, and passed on when their family is complete."""

from decimal import Decimal
from typing import Any

from msgspec import structs

from alphatrader.sim.exchange.admission import Admission
from alphatrader.sim.exchange.checks import Refusal, invalid
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.gates import Gates, restart_gates
from alphatrader.sim.exchange.hours import auction_kind
from alphatrader.sim.exchange.order_types import ORDER_TYPES, OrderType
from alphatrader.sim.exchange.orders import OCA_REDUCE, Order, OrderRequest, OrderStatus, OrderTerms, Side
from alphatrader.sim.exchange.reports import Notice

_MATCHING_TERMS = ("con_id", "legs", "parent_id")
"""What a modification cannot change."""
_AUCTION_NS = 300_000_000_000
"""How long after the open or the close an auction may still cross."""

RANDOM_TEXTS = {
    201: "Order rejected - reason:Rejected at random by the SIMULATED gateway",
    202: "Order Canceled - reason:Cancelled at random by the SIMULATED gateway",
    321: "Error validating request.-'bF' : cause - Refused at random by the SIMULATED gateway",
}


class Intake:
    """Takes orders in."""

    def __init__(self, desk: Desk, admission: Admission, gates: Gates) -> None:
        self._desk = desk
        self._admission = admission
        self._gates = gates

    def place(self, request: OrderRequest, refusal: Refusal | None = None) -> None:
        """Take a new order, or new values for a live one. ``refusal`` forces one (fault injection)."""
        desk = self._desk
        request = normal(request)
        existing = desk.registry.find(request.client_id, request.order_id)
        if existing is not None and not existing.done:
            self._modify(existing, request, refusal)
            return
        if existing is not None and existing.status is OrderStatus.FILLED:
            self._refuse(request, Refusal(104, "Cannot modify a filled order."))
            return
        id_is_own = request.manual == (request.order_id < 0) and request.order_id != 0
        used = not request.manual and desk.registry.id_was_used(request.client_id, request.order_id)
        if not id_is_own or used:
            self._refuse(request, Refusal(103, "Duplicate order id"))
            return
        parent = desk.registry.find(request.client_id, request.parent_id) if request.parent_id else None
        refusal = refusal or self._admission.check_new(request, parent) or self._at_random()
        if refusal is not None:
            self._refuse(request, refusal, record=refusal.reaches_exchange)
            return
        order = self.create(request)
        if parent is not None:
            desk.families.attach(order, parent)
        else:
            order.reserved = self._admission.reserve(request)
        desk.registry.add(order)
        desk.journal.note(order)
        if request.transmit:
            self._transmit_family(order)

    def create(self, request: OrderRequest) -> Order:
        """Make an order of a request, with the next permanent id and the last place in the queue."""
        side: Side = "BUY" if request.side == "BUY" else "SELL"
        order = Order(
            **_terms(request),
            perm_id=self._desk.sequence.next_perm_id(),
            client_id=request.client_id,
            order_id=request.order_id,
            side=side,
            quantity=int(request.quantity),
            placed_ns=self._desk.now_ns,
            priority=self._desk.sequence.next_priority(),
        )
        order.oca_type = request.oca_type or OCA_REDUCE
        return order

    def acknowledge(self, order: Order) -> None:
        """Let an order reach the market, its latency being over."""
        order.acknowledge_ns = 0
        self._gates.announce(order)

    # ---------------------------------------------------------------------------------------------------------- parts

    def _transmit_family(self, member: Order) -> None:
        desk = self._desk
        for order in desk.families.family(member):
            if order.status is not OrderStatus.STAGED or order.acknowledge_ns:
                continue
            order.expires_ns = self._expiry(order)
            rng = desk.settings.rng("acknowledgement", order.perm_id)
            latency_ns = desk.settings.acknowledgement.draw_ns(rng)
            if latency_ns:
                order.acknowledge_ns = desk.now_ns + latency_ns
                desk.journal.note(order)
            else:
                self._gates.announce(order)

    def _expiry(self, order: Order) -> int:
        if order.tif == "GTD":
            return order.good_till_ns
        if order.tif not in {"DAY", "OPG"}:
            return 0
        from_ns = max(self._desk.now_ns, order.good_after_ns)
        session = self._desk.rules.session_of(order, from_ns)
        if session is None:
            return self._desk.market.close_ns
        kind = auction_kind(order)
        if kind == "open":
            return session[0] + _AUCTION_NS
        return session[1] + _AUCTION_NS if kind == "close" else session[1]

    def _at_random(self) -> Refusal | None:
        desk = self._desk
        draw = desk.settings.rng("rejection", desk.sequence.perm_id).random()
        for code, share in desk.settings.rejection_rates:
            if draw < share:
                text = RANDOM_TEXTS.get(code, f"Refused at random by the SIMULATED gateway ({code})")
                desk.sequence.next_perm_id()
                return Refusal(code, text)
            draw -= share
        return None

    def _refuse(self, request: OrderRequest, refusal: Refusal, *, record: bool = False) -> None:
        desk = self._desk
        desk.report(Notice(request.client_id, request.order_id, refusal.code, refusal.text))
        if not record:
            return
        order = self.create(request)
        order.status = OrderStatus.INACTIVE
        order.closed_ns, order.closed_reason = desk.now_ns, refusal.text
        desk.registry.add(order)
        desk.note(order)

    # -------------------------------------------------------------------------------------------------- modifications

    def _modify(self, order: Order, request: OrderRequest, refusal: Refusal | None) -> None:
        desk = self._desk
        refusal = refusal or self._check_change(order, request)
        if refusal is not None:
            self._refuse(request, refusal)
            return
        before = structs.replace(order)
        for name, value in _terms(request).items():
            if name not in {*_MATCHING_TERMS, "oca_group", "oca_type", "order_ref"}:
                setattr(order, name, value)
        order.order_ref = request.order_ref or order.order_ref
        if not order.parent_perm_id:
            order.oca_group, order.oca_type = request.oca_group, request.oca_type or OCA_REDUCE
            order.reserved = self._admission.reserve(request)
        if not desk.families.sized_by_parent(order):
            order.quantity = int(request.quantity)
        if order.status is OrderStatus.STAGED:
            desk.journal.note(order)
            self._resize_children(order, before)
            if request.transmit:
                self._transmit_family(order)
            return
        self._move_in_queue(order, before)
        if (order.tif, order.good_till_ns, order.outside_rth) != (before.tif, before.good_till_ns, before.outside_rth):
            order.expires_ns = self._expiry(order)
        desk.unmatched.add(order.perm_id)
        if not order.active:
            order.status = OrderStatus.PRE_SUBMITTED
        elif order.status is not OrderStatus.PENDING_CANCEL:
            order.status = OrderStatus.SUBMITTED
        desk.note(order)
        self._resize_children(order, before)

    def _resize_children(self, parent: Order, before: Order) -> None:
        for child in self._desk.families.resize_children(parent, parent.quantity - before.quantity):
            if child.status is OrderStatus.STAGED:
                self._desk.journal.note(child)
            else:
                self._desk.note(child)

    def _check_change(self, order: Order, request: OrderRequest) -> Refusal | None:
        refusal = self._admission.check_terms(request)
        if refusal is not None:
            return refusal
        same = all(getattr(order, name) == getattr(request, name) for name in _MATCHING_TERMS)
        if not same or request.side != order.side:
            return Refusal(105, "Order being modified does not match original order")
        if request.quantity <= order.filled:
            return invalid(f"{order.filled} are filled already")
        if request.algo != order.algo:
            return Refusal(440, "Order modify failed. Algorithm cannot be modified.")
        if self._desk.rules.past_cutoff(order) and order.active:
            return invalid(f"{order.order_type} orders can no longer be changed for today's close")
        if order.parent_perm_id:
            return None
        return self._admission.check_margin(request, replaced=order)

    def _move_in_queue(self, order: Order, before: Order) -> None:
        """A new trigger waits anew; a new price or a larger size goes to the back of the queue."""
        triggers = ("order_type", "stop_price", "trail_amount", "trail_percent", "trail_stop_price")
        if any(getattr(order, name) != getattr(before, name) for name in triggers):
            restart_gates(order)
            order.working_limit = None
        elif order.good_after_ns > self._desk.now_ns or order.conditions != before.conditions:
            order.conditions_met = False
            restart_gates(order)
        prices = ("limit_price", "peg_offset", "order_type")
        if any(getattr(order, name) != getattr(before, name) for name in prices) or order.quantity > before.quantity:
            order.priority = self._desk.sequence.next_priority()
            order.rested, order.queue_ahead = False, -1
            if order.order_type != "MTL":
                order.working_limit = None


def _terms(request: OrderRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in OrderTerms.__struct_fields__}


def normal(request: OrderRequest) -> OrderRequest:
    """Return the request without the prices that its type does not use: clients write 0, or anything, into them."""
    kind = ORDER_TYPES.get(request.order_type, OrderType())
    trails, aux = kind.trigger == "trail", request.stop_price
    limit = request.limit_price
    capped = kind.cap_optional and bool(limit)
    keeps_limit = kind.limit == "client" or capped or (request.order_type == "TRAIL LIMIT" and bool(limit))
    return structs.replace(
        request,
        limit_price=limit if keeps_limit else None,
        stop_price=aux if kind.trigger in {"stop", "touch"} else None,
        trail_amount=_positive(request.trail_amount or aux) if trails and not request.trail_percent else None,
        trail_percent=_positive(request.trail_percent) if trails else None,
        trail_stop_price=_positive(request.trail_stop_price) if trails else None,
        limit_offset=request.limit_offset if request.order_type == "TRAIL LIMIT" else None,
        peg_offset=(request.peg_offset or aux) if kind.peg else None,
        cash_quantity=_positive(request.cash_quantity),
    )


def _positive(value: Decimal | None) -> Decimal | None:
    return value if value is not None and value > 0 else None
