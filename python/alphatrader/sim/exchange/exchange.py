"""The exchange: takes orders, matches them against the market, and reports what happened, in order.

It knows no protocol and no connection. Every call leaves its reports in ``drain``; the caller saves the state
(``commit``) before it tells anybody.

    place ─► Intake ─► Gates ─► Matcher ─► Fills ─► Account
             admission  session   queue     fees     positions
                        trigger   book      records  cash

One step (``on_market``): the day's change, auctions, what is due by time, then every order that the updates concern in
price-time priority, then expiries and settlements.
"""

from collections.abc import Sequence
from decimal import Decimal

from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.admission import Admission
from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.conditions_watch import ConditionWatch, condition_contracts
from alphatrader.sim.exchange.days import Days
from alphatrader.sim.exchange.desk import BY_SYSTEM, CANCELLED_CODE, Desk
from alphatrader.sim.exchange.fills import Fills
from alphatrader.sim.exchange.gates import Gates
from alphatrader.sim.exchange.hours import traded_contracts
from alphatrader.sim.exchange.intake import Intake, normal
from alphatrader.sim.exchange.interventions import Interventions
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.exchange.liquidation import Liquidation
from alphatrader.sim.exchange.matcher import Matcher
from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderRequest, OrderStatus, WhatIf
from alphatrader.sim.exchange.reports import Report
from alphatrader.sim.exchange.seen import Seen
from alphatrader.sim.exchange.settings import ExchangeSettings
from alphatrader.sim.exchange.settlement import Settlement
from alphatrader.sim.exchange.valuation import AccountFigures, Pnl
from alphatrader.sim.market.types import ListedContract, MarketUpdate, SimulatedMarket

__all__ = ["CANCELLED_CODE", "Exchange"]

PAST_CUTOFF = 161, "Cancel attempted when order is not in a cancellable state. Order permId = "


class Exchange:
    """Orders, account and matching over one simulated market."""

    def __init__(
        self,
        market: SimulatedMarket,
        journal: ExchangeJournal,
        account_id: str,
        starting_cash: Decimal,
        settings: ExchangeSettings | None = None,
        behaviours: Behaviours | None = None,
    ) -> None:
        settings = settings or ExchangeSettings()
        self.account = Account(account_id, starting_cash, market.session_date, settings.account_type)
        self._desk = desk = Desk(market, journal, self.account, settings, behaviours or Behaviours(TABLE))
        self.registry = desk.registry
        self.executions = desk.executions
        self.valuation = desk.valuation
        self._fills = Fills(desk)
        self._conditions = ConditionWatch(market, desk.instruments, desk.valuation, desk.executions)
        self._gates = Gates(desk, self._conditions)
        self.admission = Admission(desk, self._fills.charges)
        self._intake = Intake(desk, self.admission, self._gates)
        self._matcher = Matcher(desk, self._fills)
        self._settlement = Settlement(desk, self._fills)
        self._days = Days(desk, self._settlement)
        self._liquidation = Liquidation(desk, self._intake, self._gates)
        self.interventions = Interventions(desk, self._fills, self._liquidation)
        desk.unmatched.update(order.perm_id for order in self.registry.live())
        self._days.resume()

    # ------------------------------------------------------------------------------------------ what clients ask

    def place(self, request: OrderRequest, refusal: Refusal | None = None) -> None:
        """Take a new order, or new values for a live one. ``refusal`` forces one (fault injection)."""
        self._intake.place(request, refusal)

    def cancel(self, order: Order) -> None:
        """Cancel a live order, after the latency there may be; its children go with it.

        An order for the closing auction cannot be cancelled past its exchange's cut-off.
        """
        desk = self._desk
        if order.done or order.cancel_ns:
            return
        if order.active and desk.rules.past_cutoff(order) and desk.behaviours.on("cutoff_binds_cancels"):
            desk.notice(order, PAST_CUTOFF[0], f"{PAST_CUTOFF[1]}{order.perm_id}")
            if order.status is OrderStatus.PENDING_CANCEL:
                order.status = OrderStatus.SUBMITTED
                desk.note(order, full=False)
            return
        latency_ns = desk.settings.cancellation.draw_ns(desk.settings.rng("cancellation", order.perm_id))
        if latency_ns and order.status is not OrderStatus.STAGED:
            order.cancel_ns = desk.now_ns + latency_ns
            self.mark_pending_cancel(order)
        else:
            desk.close(order)

    def mark_pending_cancel(self, order: Order) -> None:
        """Say that a cancel was asked for, while the order still trades (slow cancels)."""
        if not order.done:
            order.status = OrderStatus.PENDING_CANCEL
            self._desk.note(order, full=False)

    def what_if(self, request: OrderRequest) -> WhatIf | Refusal:
        """Return what an order would do to the account; nothing is placed. A refusal if its form is wrong."""
        return self.admission.what_if(normal(request))

    def exercise(self, con_id: int, quantity: int, *, exercise: bool, override: bool = False) -> Refusal | None:
        """Take the wish to exercise an option, or to let it lapse; return why it is refused, None if it is taken.

        It is carried out at the end of the day. ``override`` allows exercising out of the money.
        """
        return self._settlement.instruct(con_id, quantity, exercise=exercise, override=override)

    def commit(self) -> None:
        """Write what changed to disk. Call it before any report leaves the process."""
        self._desk.journal.commit(self.account, self._desk.sequence, self.registry.floors)

    def drain(self) -> list[Report]:
        """Return the reports since the last call that are due."""
        return self._desk.drain()

    # ---------------------------------------------------------------------------------------------- what is known

    def figures(self) -> AccountFigures:
        """Return the account's equity, margin, profit and loss, priced now."""
        return self.valuation.figures()

    def pnl(self, con_id: int) -> Pnl | None:
        """Return profit and loss of one contract; None if it was not held today."""
        return self.valuation.pnl(con_id)

    def contract(self, con_id: int) -> ListedContract | None:
        """Return a contract that is listed, or was and is still held or ordered."""
        return self._desk.instruments.get(con_id)

    def watched_contracts(self) -> set[int]:
        """Contracts whose quotes the exchange needs, because an order waits in them."""
        watched: set[int] = set()
        for order in self.registry.live():
            watched.update(traded_contracts(order))
            watched.update(condition_contracts(order))
        return {con_id for con_id in watched if self._desk.instruments.listed(con_id)}

    # --------------------------------------------------------------------------------------------- fault injection

    def correct_execution(
        self, exec_id: str, *, price: Decimal | None = None, quantity: int | None = None
    ) -> ExecutionRecord:
        """Correct an execution of today, as the broker does: its id but for the last part. Raises ConfigError."""
        return self._fills.correct(exec_id, price=price, quantity=quantity)

    def bust_execution(self, exec_id: str) -> ExecutionRecord:
        """Take back an execution of today. Raises ConfigError."""
        return self._fills.bust(exec_id)

    # -------------------------------------------------------------------------------------------------- the market

    def on_market(self, updates: Sequence[MarketUpdate]) -> None:
        """Match all orders that the updates may concern. Call it after each advance of the market."""
        seen = Seen(updates)
        self._days.change(seen)
        if self.registry.live():
            for auction in seen.auctions:
                self._matcher.cross(auction)
            for order in sorted(self.registry.live(), key=_queue_place):
                self._visit(order, seen)
            self._expire()
        self._settlement.run()
        self._liquidation.run()

    def _visit(self, order: Order, seen: Seen) -> None:
        desk = self._desk
        if order.done:
            return
        if 0 < order.acknowledge_ns <= desk.now_ns:
            self._intake.acknowledge(order)
        if 0 < order.cancel_ns <= desk.now_ns:
            desk.close(order)
            return
        if order.status is OrderStatus.STAGED:
            return
        if order.conditions_cancel and order.conditions and self._conditions.hold(order, seen):
            desk.close(order, reason=BY_SYSTEM)
            return
        if not self._gates.open(order, seen):
            desk.unmatched.discard(order.perm_id)
            return
        if order.perm_id in desk.unmatched or seen.touches(traded_contracts(order)):
            desk.unmatched.discard(order.perm_id)
            self._matcher.work(order, seen)

    def _expire(self) -> None:
        desk = self._desk
        for order in self.registry.live():
            ended = 0 < order.expires_ns <= desk.now_ns
            if ended or any(desk.instruments.expired(con_id) for con_id in traded_contracts(order)):
                desk.close(order, reason=BY_SYSTEM)


def _queue_place(order: Order) -> tuple[int, float, int]:
    """Price-time priority among our own orders in one contract: market orders, then better prices, then earlier."""
    limit = order.effective_limit
    if limit is None:
        return (0, 0.0, order.priority)
    return (1, -float(limit) if order.side == "BUY" else float(limit), order.priority)
