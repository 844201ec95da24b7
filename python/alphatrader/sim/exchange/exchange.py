"""The exchange: takes orders, matches them against the market, and reports what happened, in order.

It knows no protocol and no connection. Every call leaves its reports in ``drain``; the caller saves the state
(``store``) before it tells anybody.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import structs

from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.admission import Admission
from alphatrader.sim.exchange.checks import Refusal, check_form
from alphatrader.sim.exchange.families import Families
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.exchange.matching import exact, opposite_side, plan_takes, traded_through
from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderRequest, OrderStatus
from alphatrader.sim.exchange.registry import OrderRegistry
from alphatrader.sim.exchange.reports import (
    CommissionReport,
    FillReport,
    Notice,
    OrderReport,
    PositionReport,
    Report,
)
from alphatrader.sim.exchange.triggers import observe
from alphatrader.sim.market.types import MarketUpdate, Print, Quote, SimulatedMarket

CANCELLED_CODE = 202
CANCELLED_TEXT = "Order Canceled - reason:"


class Exchange:
    """Orders, account and matching over one simulated market."""

    def __init__(
        self, market: SimulatedMarket, journal: ExchangeJournal, account_id: str, starting_cash: Decimal
    ) -> None:
        self._market = market
        self._contracts = {contract.con_id: contract for contract in market.contracts()}
        self._journal = journal
        self._reports: list[Report] = []
        self.registry = OrderRegistry()
        self.account = Account(account_id, starting_cash, market.session_date)
        self.executions: list[ExecutionRecord] = []
        self.admission = Admission(market, self.account, self.registry)
        self._families = Families(self.registry, self._note, self._close)
        self._sequence = journal.restore(self.registry, self.account, self.executions)
        self._unmatched: set[int] = {order.perm_id for order in self.registry.live()}

    # ------------------------------------------------------------------------------------------ what clients ask

    def place(self, request: OrderRequest, refusal: Refusal | None = None) -> None:
        """Take a new order, or new values for a live one. ``refusal`` forces one (fault injection)."""
        existing = self.registry.find(request.client_id, request.order_id)
        if existing is not None and not existing.done:
            self._modify(existing, request, refusal)
            return
        if existing is not None and existing.status is OrderStatus.FILLED:
            self._refuse(request, Refusal(104, "Cannot modify a filled order."))
            return
        id_is_own = request.manual == (request.order_id < 0) and request.order_id != 0
        if not id_is_own or (not request.manual and self.registry.id_was_used(request.client_id, request.order_id)):
            self._refuse(request, Refusal(103, "Duplicate order id"))
            return
        contract = self._contracts[request.con_id]
        parent = self.registry.find(request.client_id, request.parent_id) if request.parent_id else None
        refusal = refusal or self.admission.check_new(request, contract, parent)
        if refusal is not None:
            self._refuse(request, refusal, record=refusal.reaches_exchange)
            return
        order = self._create(request)
        if parent is not None:
            self._families.attach(order, parent)
        self.registry.add(order)
        self._journal.note(order)
        if request.transmit:
            self._transmit_family(order)

    def cancel(self, order: Order) -> None:
        """Cancel a live order at once; its children go with it."""
        self._close(order)

    def mark_pending_cancel(self, order: Order) -> None:
        """Say that a cancel was asked for, while the order still trades (fault injection: slow cancels)."""
        if not order.done:
            order.status = OrderStatus.PENDING_CANCEL
            self._note(order, full=False)

    def commit(self) -> None:
        """Write what changed to disk. Call it before any report leaves the process."""
        self._journal.commit(self.account, self._sequence)

    def drain(self) -> list[Report]:
        """Return the reports since the last call."""
        reports, self._reports = self._reports, []
        return reports

    # -------------------------------------------------------------------------------------------------- the market

    def on_market(self, updates: Sequence[MarketUpdate]) -> None:
        """Match all orders that the updates may concern. Call it after each advance of the market."""
        if not self.registry.live():
            return
        quotes: dict[int, list[Quote]] = {}
        prints: dict[int, list[Print]] = {}
        touched: set[int] = set()
        for update in updates:
            if isinstance(update, Quote):
                touched.add(update.con_id)
                quotes.setdefault(update.con_id, []).append(update)
            elif isinstance(update, Print):
                touched.add(update.con_id)
                prints.setdefault(update.con_id, []).append(update)
        for order in sorted(self.registry.live(), key=_queue_place):
            if order.con_id in touched or order.perm_id in self._unmatched:
                self._visit(order, quotes.get(order.con_id, ()), prints.get(order.con_id, ()))
        if self._market.now_ns >= self._market.close_ns:
            self._expire()

    def watched_contracts(self) -> set[int]:
        """Contracts whose quotes the exchange needs, because an order waits in them."""
        return {order.con_id for order in self.registry.live()}

    def _visit(self, order: Order, quotes: Sequence[Quote], prints: Sequence[Print]) -> None:
        first_visit = order.perm_id in self._unmatched
        self._unmatched.discard(order.perm_id)
        if order.done or order.status is OrderStatus.STAGED or order.held_by_parent:
            return
        if order.waits_for_trigger:
            if first_visit:
                quotes, prints = self._present(order.con_id)
            if not observe(order, self._contracts[order.con_id].sec_type, quotes, prints):
                return
            order.triggered = True
            order.status = OrderStatus.SUBMITTED
            self._note(order)
        self._take_liquidity(order)
        self._fill_traded_through(order, prints)
        if order.tif == "IOC" and order.remaining > 0:
            order.status = OrderStatus.PENDING_CANCEL
            self._note(order, full=False)
            self._close(order, notice=False)
        if not order.rested:
            order.rested = True
            self._journal.note(order)

    def _present(self, con_id: int) -> tuple[list[Quote], list[Print]]:
        """Show a new stop the present market, twice: one that is already beyond its price triggers at once."""
        quote = self._market.quote(con_id)
        last = Print(quote.ts_ns, con_id, quote.last, quote.last_size, "", "")
        return [quote, quote], [last, last]

    def _take_liquidity(self, order: Order) -> None:
        side = opposite_side(order)
        wanted = self._families.executable_quantity(order)
        if wanted <= 0:
            return
        levels = list(self._market.displayed(order.con_id, side))
        for take in plan_takes(order, wanted, levels):
            self._market.consume(order.con_id, side, take.price, take.quantity)
            self._fill(order, take.quantity, exact(take.price), liquidity=1 if order.rested else 2)

    def _fill_traded_through(self, order: Order, prints: Sequence[Print]) -> None:
        quantity = traded_through(order, prints, self._families.executable_quantity(order))
        if quantity > 0 and order.limit_price is not None:
            self._fill(order, quantity, order.limit_price, liquidity=1)

    def _expire(self) -> None:
        for order in self.registry.live():
            if order.tif != "GTC" and not order.done:
                self._close(order)

    # --------------------------------------------------------------------------------------------------- new orders

    def _create(self, request: OrderRequest) -> Order:
        return Order(
            perm_id=self._sequence.next_perm_id(),
            client_id=request.client_id,
            order_id=request.order_id,
            con_id=request.con_id,
            side="BUY" if request.side == "BUY" else "SELL",
            quantity=int(request.quantity),
            order_type=request.order_type,
            tif=request.tif,
            placed_ns=self._market.now_ns,
            priority=self._sequence.next_priority(),
            limit_price=request.limit_price if request.order_type in {"LMT", "STP LMT"} else None,
            stop_price=request.stop_price if request.order_type in {"STP", "STP LMT"} else None,
            oca_group=request.oca_group,
            oca_type=request.oca_type or 3,
            order_ref=request.order_ref,
            parent_id=request.parent_id,
            trigger_method=request.trigger_method,
            outside_rth=request.outside_rth,
            legs=request.legs,
            echo=request.echo,
        )

    def _transmit_family(self, member: Order) -> None:
        for order in self._families.family(member):
            if order.status is not OrderStatus.STAGED:
                continue
            order.status = OrderStatus.PRE_SUBMITTED
            self._note(order)
            if order.held_by_parent and order.parent_perm_id:
                continue
            if not order.waits_for_trigger:
                order.status = OrderStatus.SUBMITTED
                self._note(order)
            self._unmatched.add(order.perm_id)

    def _modify(self, order: Order, request: OrderRequest, refusal: Refusal | None) -> None:
        contract = self._contracts[order.con_id]
        refusal = refusal or check_form(request, contract, self.account.account_id)
        if refusal is None and (request.con_id != order.con_id or request.side != order.side):
            refusal = Refusal(105, "Order being modified does not match original order")
        if refusal is None and request.quantity <= order.filled:
            refusal = Refusal(321, f"Error validating request.-'bF' : cause - {order.filled} are filled already")
        if refusal is not None:
            self._refuse(request, refusal)
            return
        changed = structs.replace(order)
        order.order_type, order.tif = request.order_type, request.tif
        order.limit_price = request.limit_price if order.order_type in {"LMT", "STP LMT"} else None
        order.stop_price = request.stop_price if order.order_type in {"STP", "STP LMT"} else None
        order.quantity = int(request.quantity)
        order.order_ref = request.order_ref or order.order_ref
        if order.stop_price != changed.stop_price or order.order_type != changed.order_type:
            order.triggered, order.trigger_hits = False, 0
        if order.limit_price != changed.limit_price or order.quantity > changed.quantity:
            order.priority = self._sequence.next_priority()
            order.rested = False
        self._unmatched.add(order.perm_id)
        if order.status is OrderStatus.STAGED:
            self._journal.note(order)
            if request.transmit:
                self._transmit_family(order)
            return
        waiting = order.held_by_parent or order.waits_for_trigger
        order.status = OrderStatus.PRE_SUBMITTED if waiting else OrderStatus.SUBMITTED
        self._note(order)

    def _refuse(self, request: OrderRequest, refusal: Refusal, *, record: bool = False) -> None:
        self._reports.append(Notice(request.client_id, request.order_id, refusal.code, refusal.text))
        if not record:
            return
        order = self._create(request)
        order.status = OrderStatus.INACTIVE
        order.closed_ns, order.closed_reason = self._market.now_ns, refusal.text
        self.registry.add(order)
        self._note(order)

    # -------------------------------------------------------------------------------------------- fills and endings

    def _fill(self, order: Order, quantity: int, price: Decimal, liquidity: int) -> None:
        contract = self._contracts[order.con_id]
        booking = self.account.book(contract, order, quantity, price)
        order.filled += quantity
        order.notional += price * quantity
        order.last_price = price
        execution = ExecutionRecord(
            exec_id=self._sequence.next_exec_id(),
            perm_id=order.perm_id,
            client_id=order.client_id,
            order_id=order.order_id,
            con_id=order.con_id,
            side=order.side,
            quantity=quantity,
            price=price,
            ts_ns=self._market.now_ns,
            venue=contract.primary_exchange or "CBOE",
            cumulative_quantity=order.filled,
            average_price=order.average_price,
            order_ref=order.order_ref,
            liquidity=liquidity,
            commission=booking.commission,
            realized_pnl=booking.realized_pnl,
        )
        self.executions.append(execution)
        self._journal.note_execution(execution)
        self._reports.append(FillReport(execution))
        if order.remaining == 0:
            order.status, order.closed_ns = OrderStatus.FILLED, self._market.now_ns
            self._note(order)
            self.registry.close(order)
            # Real gateways report the last status twice; clients must live with it.
            self._note(order, full=False)
        else:
            if order.status is not OrderStatus.PENDING_CANCEL:
                order.status = OrderStatus.SUBMITTED
            self._note(order)
        self._reports.append(CommissionReport(execution))
        self._reports.append(PositionReport(order.con_id))
        self._families.after_fill(order, quantity)
        self._wake_relatives(order)

    def _wake_relatives(self, order: Order) -> None:
        """Children that a fill released are matched in the next round even if nothing moves."""
        for relative in self._families.family(order):
            if relative.perm_id != order.perm_id and not relative.done:
                self._unmatched.add(relative.perm_id)

    def _close(self, order: Order, *, notice: bool = True) -> None:
        if order.done:
            return
        order.status, order.closed_ns, order.closed_reason = OrderStatus.CANCELLED, self._market.now_ns, "Cancelled"
        self._note(order, full=False)
        if notice:
            self._reports.append(Notice(order.client_id, order.order_id, CANCELLED_CODE, CANCELLED_TEXT))
        self.registry.close(order)
        self._families.after_end(order)

    def _note(self, order: Order, *, full: bool = True) -> None:
        self._journal.note(order)
        self._reports.append(OrderReport(structs.replace(order), full))


def _queue_place(order: Order) -> tuple[int, float, int]:
    """Price-time priority among our own orders in one contract: market orders, then better prices, then earlier."""
    limit = order.effective_limit
    if limit is None:
        return (0, 0.0, order.priority)
    return (1, -float(limit) if order.side == "BUY" else float(limit), order.priority)
