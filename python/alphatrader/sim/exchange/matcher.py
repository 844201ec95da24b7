"""Works one order against the market: takes what is displayed, rests, and is hit; what cannot trade now ends.

See :mod:`alphatrader.sim.exchange.matching` for the queue model.
"""

from alphatrader.sim.exchange.combos import plan_combo
from alphatrader.sim.exchange.desk import BY_SYSTEM, Desk
from alphatrader.sim.exchange.fills import MADE, TOOK, Fills
from alphatrader.sim.exchange.matching import (
    PrintLeft,
    bound_ahead,
    exact,
    opposite_side,
    own_side,
    plan_takes,
    size_ahead,
    through,
    within,
)
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import Order, OrderStatus
from alphatrader.sim.exchange.pegs import pegged_price
from alphatrader.sim.exchange.seen import Seen
from alphatrader.sim.market.types import Auction, Quote

IMMEDIATE = frozenset({"IOC", "FOK"})


class Matcher:
    """Trades orders whose gates are open."""

    def __init__(self, desk: Desk, fills: Fills) -> None:
        self._desk = desk
        self._fills = fills

    def work(self, order: Order, seen: Seen) -> None:
        """Let an active order meet what the market shows now and what it printed in this step."""
        if not self._desk.rules.open_for(order):
            return
        if order_type(order.order_type).auction:
            return
        ahead = order.queue_ahead
        if order.legs:
            self._work_combo(order)
        else:
            self._work_single(order, seen)
        if order.done:
            return
        if order.queue_ahead != ahead:
            self._desk.journal.note(order)
        if order.tif in IMMEDIATE:
            self._end_immediate(order)
        elif not order.rested:
            order.rested = True
            self._desk.journal.note(order)

    def cross(self, auction: Auction) -> None:
        """Fill the orders of an auction at its price, market orders first, up to its size; the rest is cancelled."""
        desk, kind = self._desk, auction.kind
        members = [order for order in desk.registry.live() if _in_auction(order, auction)]
        left, bound = int(auction.size), float(auction.price)
        for order in sorted(members, key=_auction_place):
            if order.done:
                continue
            limit = order.effective_limit
            if limit is None or within(order, bound, float(limit)):
                quantity = min(left, desk.families.executable_quantity(order))
                if quantity > 0:
                    left -= quantity
                    order.active = True
                    self._fills.fill(order, quantity, exact(auction.price), MADE)
            if not order.done and (kind == "open" or order.remaining):
                desk.close(order, reason=BY_SYSTEM)

    # ---------------------------------------------------------------------------------------------------------- parts

    def _work_single(self, order: Order, seen: Seen) -> None:
        quote = seen.last_quote(order.con_id)
        if order.rested:
            self._be_hit(order, seen.left(order.con_id))
        elif order.working_limit is None and order_type(order.order_type).peg:
            self._peg(order)
        if not order.done and not self._unpriced(order) and _may_take(order, quote):
            self._take(order)
        if order.done:
            return
        if order.rested and order_type(order.order_type).floats:
            self._peg(order)
        self._move_up(order, quote)

    def _unpriced(self, order: Order) -> bool:
        """Whether a pegged order has no price yet, the side it follows being absent."""
        return order.working_limit is None and bool(order_type(order.order_type).peg)

    def _peg(self, order: Order) -> None:
        quote = self._desk.market.quote(order.con_id)
        price = pegged_price(order, quote, self._desk.instruments[order.con_id])
        if price is not None and price != order.working_limit:
            order.working_limit, order.queue_ahead = price, -1
            order.priority = self._desk.sequence.next_priority()
            self._desk.journal.note(order)

    def _take(self, order: Order) -> None:
        side = opposite_side(order)
        wanted = self._desk.families.executable_quantity(order)
        if wanted <= 0:
            return
        levels = list(self._desk.market.displayed(order.con_id, side))
        if order.order_type == "MTL" and order.working_limit is None:
            levels = levels[:1]
        takes = plan_takes(order, wanted, levels)
        if not _enough(order, sum(take.quantity for take in takes)):
            return
        limit = order.effective_limit
        for take in takes:
            self._desk.market.consume(order.con_id, side, take.price, take.quantity)
            price = limit if order.rested and limit is not None else exact(take.price)
            if order.order_type == "MTL" and order.working_limit is None:
                order.working_limit = price
            self._fills.fill(order, take.quantity, price, MADE if order.rested else TOOK)

    def _be_hit(self, order: Order, prints: list[PrintLeft]) -> None:
        limit = order.effective_limit
        if limit is None:
            return
        bound = float(limit)
        for tick in prints:
            wanted = self._desk.families.executable_quantity(order)
            if order.done or wanted <= 0:
                return
            if through(order, tick.price, bound):
                order.queue_ahead = 0
            elif abs(tick.price - bound) > 1e-9:
                continue
            if order.hidden:
                self._queue(order, anew=True)
            ahead = max(0, order.queue_ahead)
            used = min(ahead, tick.left)
            order.queue_ahead = ahead - used
            shown = min(wanted, order.display_size or wanted)
            hit = min(tick.left - used, shown)
            if hit <= 0 or not _enough(order, hit):
                continue
            # What was ahead is the print's for the next of our orders too; what we had is not.
            tick.left -= hit
            self._fills.fill(order, hit, limit, MADE, tick.venue)
            if not order.done and order.display_size and hit == shown:
                self._queue(order, anew=True)

    def _move_up(self, order: Order, quote: Quote | None) -> None:
        """See what is left of the queue: by the quote where it says enough, for to price an option's book is dear."""
        limit = order.effective_limit
        if quote is None or limit is None or order.queue_ahead <= 0:
            if order.queue_ahead < 0:
                self._queue(order)
            return
        best, size = (quote.bid, quote.bid_size) if order.side == "BUY" else (quote.ask, quote.ask_size)
        level = [(best, size)] if best > 0 else []
        ahead = bound_ahead(order, float(limit), level, order.queue_ahead)
        if ahead == order.queue_ahead and self._desk.instruments[order.con_id].sec_type == "STK":
            self._queue(order)
        else:
            order.queue_ahead = ahead

    def _queue(self, order: Order, *, anew: bool = False) -> None:
        """Take a place behind what is displayed at the order's price, or see what is left of it."""
        limit = order.effective_limit
        if limit is None:
            return
        levels = self._desk.market.displayed(order.con_id, own_side(order))
        price = float(limit)
        if order.queue_ahead < 0 or anew:
            ahead = size_ahead(order, price, levels)
        else:
            ahead = bound_ahead(order, price, levels, order.queue_ahead)
        order.queue_ahead = ahead

    def _work_combo(self, order: Order) -> None:
        wanted = self._desk.families.executable_quantity(order)
        takes = plan_combo(order, wanted, self._desk.contracts(order), self._desk.market.displayed)
        if not _enough(order, sum(take.units for take in takes)):
            return
        for take in takes:
            for leg in take.legs:
                self._desk.market.consume(
                    leg.con_id, "ask" if leg.side == "BUY" else "bid", float(leg.price), leg.quantity * take.units
                )
            self._fills.fill_combo(order, take, MADE if order.rested else TOOK)

    def _end_immediate(self, order: Order) -> None:
        if order.tif == "FOK":
            self._desk.deactivate(order, "Fill or kill: not filled")
            return
        order.status = OrderStatus.PENDING_CANCEL
        self._desk.note(order, full=False)
        self._desk.close(order, notice=False, reason=BY_SYSTEM)


def _may_take(order: Order, quote: Quote | None) -> bool:
    """Whether the other side may have come to the order's price; without a new quote one must look."""
    limit = order.effective_limit
    if quote is None or limit is None:
        return True
    other = quote.ask if order.side == "BUY" else quote.bid
    return other > 0 and within(order, other, float(limit))


def _enough(order: Order, quantity: int) -> bool:
    """Whether a fill of this size satisfies all-or-none, fill-or-kill and the minimum quantity."""
    if order.all_or_none or order.tif == "FOK":
        return quantity >= order.remaining
    return quantity > 0 and (order.filled > 0 or quantity >= min(order.min_quantity, order.remaining))


def _in_auction(order: Order, auction: Auction) -> bool:
    if order.con_id != auction.con_id or order.status is OrderStatus.STAGED or order.held_by_parent:
        return False
    if auction.kind == "open":
        return order.tif == "OPG"
    return bool(order_type(order.order_type).auction) and order.active


def _auction_place(order: Order) -> tuple[int, float, int]:
    """Market orders, then better prices, then earlier ones."""
    limit = order.effective_limit
    if limit is None:
        return (0, 0.0, order.priority)
    return (1, -float(limit) if order.side == "BUY" else float(limit), order.priority)
