"""What an order waits for before it trades: its parent, its time, its conditions, the session, its trigger.

When the last gate opens, the order is Submitted.
"""

from collections.abc import Sequence

from alphatrader import calendar
from alphatrader.sim.exchange.conditions_watch import ConditionWatch
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.hours import auction_kind, describe, traded_contracts
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import Order, OrderStatus
from alphatrader.sim.exchange.seen import Seen
from alphatrader.sim.exchange.triggers import Triggers
from alphatrader.sim.market.types import Print, Quote

HELD_CODE = 399


class Gates:
    """Opens the gates of waiting orders."""

    def __init__(self, desk: Desk, conditions: ConditionWatch) -> None:
        self._desk = desk
        self._conditions = conditions
        self._triggers = Triggers(far_side=desk.behaviours.text("stop_quote_side") == "far")

    def announce(self, order: Order) -> None:
        """Acknowledge an order that was transmitted: PreSubmitted, then Submitted unless it has to wait."""
        desk = self._desk
        order.status = OrderStatus.PRE_SUBMITTED
        desk.note(order)
        desk.unmatched.add(order.perm_id)
        if order.held_by_parent:
            return
        self._say_held(order)
        if not order.waits_for_trigger:
            self.open(order, Seen(()))

    def open(self, order: Order, seen: Seen) -> bool:
        """Return whether the order trades now; the last gate that opens makes it Submitted."""
        if order.active:
            return True
        if order.status is OrderStatus.STAGED or not self._may_go(order, seen):
            return False
        if order.waits_for_trigger:
            if not self._triggered(order, seen):
                return False
            order.triggered = True
            if order.order_type == "TRAIL LIMIT":
                _set_trailing_limit(order)
        order.active = True
        if order.status in {OrderStatus.SUBMITTED, OrderStatus.PENDING_CANCEL}:
            self._desk.journal.note(order)
        else:
            order.status = OrderStatus.SUBMITTED
            self._desk.note(order)
        self._desk.unmatched.add(order.perm_id)
        return True

    def _may_go(self, order: Order, seen: Seen) -> bool:
        desk = self._desk
        if order.held_by_parent or order.good_after_ns > desk.now_ns or auction_kind(order) == "open":
            return False
        if order.conditions and not order.conditions_cancel and not order.conditions_met:
            if not self._conditions.hold(order, seen):
                return False
            order.conditions_met = True
            desk.journal.note(order)
        # A halt stops trading, not the acceptance of orders.
        return desk.rules.open_for(order) or (not order.waits_for_trigger and desk.rules.halted(order))

    def _triggered(self, order: Order, seen: Seen) -> bool:
        contract = self._desk.instruments[order.con_id]
        quotes: Sequence[Quote] = seen.quotes.get(order.con_id, ())
        prints: Sequence[Print] = seen.prints.get(order.con_id, ())
        if order.perm_id in self._desk.unmatched:
            quotes, prints = self._present(order.con_id)
        before = order.trail_stop_price
        triggered = self._triggers.observe(order, contract, quotes, prints)
        if order.trail_stop_price != before:
            self._desk.journal.note(order)
        return triggered

    def _present(self, con_id: int) -> tuple[list[Quote], list[Print]]:
        """Show a new stop the present market, twice: one that is already beyond its price triggers at once."""
        quote = self._desk.market.quote(con_id)
        last = Print(quote.ts_ns, con_id, quote.last, quote.last_size, "", "")
        return [quote, quote], [last, last]

    def _say_held(self, order: Order) -> None:
        """Warn that the order goes nowhere before the session, or the auction, of another hour or day."""
        desk = self._desk
        session = desk.rules.session_of(order)
        if session is None or session[0] <= desk.now_ns or desk.rules.halted(order):
            return
        if auction_kind(order) == "open" and session[0] == desk.market.open_ns:
            return
        contract = self._desk.instruments[traded_contracts(order)[0]]
        opens = calendar.to_text(session[0])
        self._desk.notice(
            order,
            HELD_CODE,
            f"Order Message:\n{describe(contract, order.side, order.quantity)}\n"
            f"Warning: your order will not be placed at the exchange until {opens} US/Eastern",
        )


def _set_trailing_limit(order: Order) -> None:
    """Fix the limit of a TRAIL LIMIT where its stop was reached."""
    stop = order.trail_stop_price
    offset = order.limit_offset
    if stop is None or offset is None:
        order.working_limit = order.limit_price
        return
    order.working_limit = stop - offset if order.side == "SELL" else stop + offset


def restart_gates(order: Order) -> None:
    """Close the gates behind an order whose terms have changed: a new trigger, a new time."""
    order.active = False
    if order_type(order.order_type).trigger:
        order.triggered, order.trigger_hits = False, 0
