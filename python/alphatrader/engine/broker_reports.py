"""What the broker says of our orders: reports, executions, errors and whole snapshots, taken into the blotter.

Every report is accepted in any order and any number of times; what it changes is journaled.
"""

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Execution, Leg, OpenOrder
from alphatrader.domain.records import CommissionRecord, FillRecord, IntentRecord, IntentStage
from alphatrader.domain.signals import Denial
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import CancelOrder, Command, Notify, Reconcile, WriteRecord
from alphatrader.engine.executor import Executor
from alphatrader.engine.state import EngineState
from alphatrader.execution.reconciliation import PositionMismatch, compare_positions, order_key, settle_absent
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.execution.trade import Trade

_ALIVE = frozenset({"PreSubmitted", "Submitted"})


class BrokerReports:
    """Takes the broker's word."""

    def __init__(self, state: EngineState, book: Blotter, executor: Executor) -> None:
        self._state = state
        self._book = book
        self._executor = executor
        self.mismatches: list[PositionMismatch] = []
        self.orphans: dict[int, OpenOrder] = {}
        self.revived: dict[int, OpenOrder] = {}
        """Orders that counted as dead and work at the broker, by order id, since the last poll."""
        self.forks: dict[int, OpenOrder] = {}
        """Live orders, by permanent id, that share the reference of another of ours."""

    def on_sent(self, event: ev.OrderSent) -> list[Command]:
        """Bytes of one order left the machine."""
        order = self._book.orders.get(event.order_id)
        if order is None:
            return []
        order.on_sent(event.ts_ns)
        commands = [self._book.record(order, "sent")]
        intent = self._book.intents[order.intent_id]
        if order.ticket is intent.tickets[-1] and not self._book.owner(order).closed_ns:
            commands.append(WriteRecord(IntentRecord(intent, IntentStage.SENT, event.ts_ns)))
        return commands

    def on_refused(self, event: ev.IntentRefused) -> list[Command]:
        """Nothing of the intent was sent, and nothing will be."""
        commands: list[Command] = [
            Notify("warning", "order.not_sent", f"{event.intent_id} was not sent: {event.reason}")
        ]
        intent = self._book.intents.get(event.intent_id)
        if intent is None:
            return commands
        for ticket in intent.tickets:
            order = self._book.orders[ticket.order_id]
            # UNKNOWN: its deadline passed before this answer came; now it is known.
            if order.state in {OrderState.INTENDED, OrderState.UNKNOWN}:
                order.state = OrderState.NOT_SENT
                commands.append(self._book.record(order, event.reason))
        commands.append(WriteRecord(IntentRecord(intent, IntentStage.NOT_SENT, event.ts_ns, event.reason)))
        return commands + self._executor.finish(self._book.owner(self._book.orders[intent.tickets[0].order_id]))

    def on_report(self, report: OpenOrder, text: str = "") -> list[Command]:
        """Take the broker's word on one order."""
        order = self._book.find(report)
        if order is None:
            if report.status in _ALIVE and order_key(report):
                self.orphans[report.perm_id or report.order_id] = report
            else:
                self.orphans.pop(report.perm_id or report.order_id, None)
            return []
        if order.is_fork(report):
            return self._on_fork(report)
        if order.dead and order.state is not OrderState.FILLED and report.status in _ALIVE:
            return self._on_revived(order, report)
        self.revived.pop(order.ticket.order_id, None)
        changed = order.on_report(report)
        trade = self._book.owner(order)
        if report.limit_price is not None:
            trade.limits[order.ticket.order_id] = report.limit_price
        if report.stop_price is not None and order.leg is Leg.STOP:
            trade.stops[order.ticket.order_id] = report.stop_price
        if not changed:
            return []
        commands = [self._book.record(order, text or report.status), *self._announce(trade, order)]
        if trade.closed_ns and order.live:
            # A change that crossed its fill made it larger: what works belongs to a trade that is worked.
            why = f"its {order.leg.value} order {order.ticket.order_id} works again, {order.remaining} more"
            return commands + self._take_up_again(trade, why)
        return commands + self._executor.finish(trade)

    def on_error(self, event: ev.OrderErrored) -> list[Command]:
        """Note an error; only a refusal of a new order settles it."""
        order = self._book.orders.get(event.order_id)
        if order is None:
            return []
        settled = order.on_error(event.code, event.text)
        commands = [self._book.record(order, order.last_error)]
        if settled or event.code not in {202, 399, 10349, 10148}:
            commands.append(
                Notify("warning", "order.error", f"{order.leg.value} order {event.order_id}: {event.code} {event.text}")
            )
        return commands + (self._executor.finish(self._book.owner(order)) if settled else [])

    def on_execution(self, execution: Execution) -> list[Command]:
        """Take an execution: once per id, from any state."""
        order = self._book.apply_execution(execution)
        if order is None:
            return []
        intent_id = order.intent_id if isinstance(order, TrackedOrder) else ""
        commands: list[Command] = [WriteRecord(FillRecord(execution, intent_id))]
        if not isinstance(order, TrackedOrder):
            text = f"execution {execution.exec_id} of an order that is not ours: {execution.side} {execution.quantity}"
            return [*commands, Notify("warning", "fill.foreign", text), Reconcile("an execution that is not ours")]
        trade = self._book.owner(order)
        label = self._book.label(trade)
        text = f"{execution.side} {execution.quantity} {label} at {execution.price:.2f} ({order.leg.value})"
        commands.append(Notify("good", "fill.own", text))
        return [*commands, self._book.record(order, "execution"), *self._reopen(trade), *self._executor.finish(trade)]

    def _reopen(self, trade: Trade) -> list[Command]:
        """A fill that came after the end makes a position again: it is worked, and a restart must know of it."""
        if not trade.closed_ns or not trade.open_quantity:
            return []
        return self._take_up_again(trade, f"a late fill opened it again, {trade.open_quantity} held")

    def _take_up_again(self, trade: Trade, why: str) -> list[Command]:
        self._book.reopen(trade)
        intent = self._book.intents[trade.intent.intent_id]
        record = IntentRecord(intent, IntentStage.SENT, self._state.now_ns, why)
        return [WriteRecord(record), Notify("error", "fill.late", f"{self._book.label(trade)}: {why}")]

    def on_commission(self, event: ev.CommissionReported) -> list[Command]:
        """Book a fee."""
        self._book.ledger.add_commission(event.exec_id, event.commission)
        return [WriteRecord(CommissionRecord(event.exec_id, event.commission, event.currency, event.ts_ns))]

    def on_snapshot(self, event: ev.SnapshotReceived) -> list[Command]:
        """Reconcile: adopt executions and orders, settle what two complete polls do not show, compare positions."""
        snapshot, link = event.snapshot, self._state.link
        commands: list[Command] = []
        for execution in snapshot.executions:
            commands += self.on_execution(execution)
        self.orphans.clear()
        self.revived.clear()
        listed = {report.perm_id for report in snapshot.open_orders}
        self.forks = {perm_id: report for perm_id, report in self.forks.items() if perm_id in listed}
        for report in snapshot.open_orders:
            commands += self.on_report(report, "reconciled")
        if not snapshot.complete:
            link.reconciled, link.reconcile_text = False, f"the broker's answer is incomplete: {snapshot.missing}"
            return [*commands, Notify("warning", "broker.incomplete", link.reconcile_text)]
        self.mismatches = compare_positions(snapshot, self._book.ledger)
        spacing_ns = int(self._state.settings.execution.absent_poll_spacing_ms * 1e6 * self._state.time_scale)
        self._book.disputes.note(self.mismatches, event.ts_ns, spacing_ns)
        undisputed = [order for order in self._book.orders.values() if self._absence_proves(order)]
        for order in settle_absent(undisputed, snapshot, event.ts_ns, spacing_ns):
            commands.append(self._book.record(order, "absent in two complete polls"))
            if order.state is OrderState.NOT_SENT:
                # It may rest untransmitted, which no list need show; where there is nothing, the broker says 10147.
                commands.append(CancelOrder(order.ticket.order_id, "no poll shows it"))
            commands += self._executor.finish(self._book.owner(order))
        if not link.reconciled:
            held = len(self._book.ledger.open_positions())
            text = f"reconciled: {held} open positions, {len(snapshot.open_orders)} open orders at the broker"
            commands.append(Notify("good", "broker.reconciled", text))
        link.reconciled, link.reconcile_text = True, ""
        commands += [Notify("error", "broker.mismatch", mismatch.text()) for mismatch in self.mismatches]
        return commands

    def _absence_proves(self, order: TrackedOrder) -> bool:
        """Only where the positions agree, or less is held: more may be a fill of it that nobody told us of."""
        dispute = self._book.disputes.of(self._book.intents[order.intent_id].con_id)
        return dispute is None or dispute.fewer

    def _on_revived(self, order: TrackedOrder, report: OpenOrder) -> list[Command]:
        """An order that counted as dead works at the broker: it is cancelled there; entries wait until it is gone."""
        known = report.order_id in self.revived
        self.revived[order.ticket.order_id] = report
        text = f"{order.leg.value} order {report.order_id} counted as {order.state.value} but works at the broker"
        cancel = CancelOrder(report.order_id, "it counted as dead")
        return [cancel] if known else [Notify("error", "order.revived", f"{text}: cancelling it"), cancel]

    def _on_fork(self, report: OpenOrder) -> list[Command]:
        """A second order under one reference is never ours to work; entries wait until it is gone."""
        if report.status not in _ALIVE:
            self.forks.pop(report.perm_id, None)
            return []
        known = report.perm_id in self.forks
        self.forks[report.perm_id] = report
        text = f"{report.order_ref} is at the broker twice (permanent id {report.perm_id}): cancel one there"
        return [] if known else [Notify("error", "order.forked", text)]

    def _announce(self, trade: Trade, order: TrackedOrder) -> list[Command]:
        label = self._book.label(trade)
        if order.leg is Leg.STOP and order.state is OrderState.WORKING:
            where = order.ticket.condition
            at = f"at {order.ticket.stop_price}" if where is None else f"behind the underlying's price {where.price}"
            text = f"stop for {order.quantity} {label} rests at the broker {at}"
            return [Notify("good", "stop.resting", text)]
        if order.state is OrderState.REJECTED:
            return [
                Notify(
                    "error",
                    "order.refused",
                    f"{order.leg.value} {label} was refused: {order.last_error or 'Inactive'}",
                )
            ]
        return []

    @property
    def unsettled(self) -> bool:
        """Whether the broker shows something that does not fit what we know."""
        return bool(self.mismatches or self.orphans or self.forks or self.revived)

    def blocks(self, symbol: str) -> list[Denial]:
        """Reasons of orders and positions that forbid entries in a symbol."""
        denials = [
            Denial("order_unknown", f"the state of an order of {t.intent.intent_id} is not known")
            for t in self._book.open_trades
            if t.uncertain and (t.intent.contract is None or t.intent.contract.symbol == symbol)
        ]
        denials += [Denial("position_mismatch", m.text()) for m in self.mismatches if m.symbol in {symbol, ""}]
        denials += [
            Denial("revived_order", f"order {o.order_id} ({o.order_ref}) counted as dead but works at the broker")
            for o in self.revived.values()
        ]
        denials += [
            Denial("forked_order", f"{o.order_ref} is at the broker twice (permanent id {o.perm_id})")
            for o in self.forks.values()
        ]
        denials += [
            Denial("orphan_order", f"order {o.order_id} ({o.order_ref}) is open at the broker, not in our journal")
            for o in self.orphans.values()
        ]
        return denials
