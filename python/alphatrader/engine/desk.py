"""The desk: every order, trade and position of ours, and the rules by which they are worked."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.orders import Execution, Leg, OpenOrder, OrderIntent
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    IntentStage,
    OrderRecord,
    RestoredState,
)
from alphatrader.domain.signals import Denial
from alphatrader.engine.commands import (
    CancelOrder,
    Command,
    Notify,
    Reconcile,
    RepriceOrder,
    ResizeOrder,
    SubmitIntent,
    WriteRecord,
)
from alphatrader.engine.state import EngineState
from alphatrader.execution.brackets import build_close
from alphatrader.execution.ledger import Ledger
from alphatrader.execution.reconciliation import PositionMismatch, compare_positions, order_key, settle_absent
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.execution.trades import (
    Action,
    CancelLeg,
    ClosePosition,
    PollBroker,
    RepriceLeg,
    ResizeLeg,
    Trade,
    TradeKeeper,
)
from alphatrader.risk.approval import RiskApproved
from alphatrader.risk.breakers import Breakers
from alphatrader.risk.gate import RiskGate


class Desk:
    """Owns orders, trades, the ledger and the breakers. Returns commands; sends nothing."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self.ledger = Ledger()
        self.gate = RiskGate(state.settings.risk)
        self.breakers = Breakers(state.settings.risk, 1.0)
        self.trades: dict[str, Trade] = {}
        self.orders: dict[int, TrackedOrder] = {}
        self.mismatches: list[PositionMismatch] = []
        self.orphans: dict[int, OpenOrder] = {}
        self.closed_ns: dict[str, int] = {}
        self._intents: dict[str, OrderIntent] = {}
        self._keeper = TradeKeeper(state.settings.execution, 1.0)
        self._next_order_id = 1
        self._next_intent = 1
        self._unclaimed: list[Execution] = []

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Take the run's time scale."""
        self.breakers = Breakers(self._state.settings.risk, self._state.time_scale)
        self._keeper = TradeKeeper(self._state.settings.execution, self._state.time_scale)

    def restore(self, restored: RestoredState) -> None:
        """Rebuild from the journal: emits no order. Whatever was not confirmed is UNKNOWN until reconciled."""
        self._raise_order_id(restored.max_order_id + 1)
        for opened in restored.intents:
            self._track(opened.intent, OrderState.UNKNOWN)
        for execution in restored.executions:
            self._apply_execution(execution)
        for exec_id, commission in restored.commissions:
            self.ledger.add_commission(exec_id, commission)

    def contracts_held(self) -> list[OptionKey]:
        """Contracts of unfinished trades: they need a quote."""
        return [t.intent.contract for t in self.trades.values() if not t.closed_ns and t.intent.contract]

    def on_instrument(self, instrument: Instrument) -> None:
        """Connect trades restored from the journal with the instrument of this start."""
        self.ledger.register(instrument.con_id, instrument.multiplier)
        for trade in self.trades.values():
            if trade.instrument is None and trade.intent.con_id == instrument.con_id:
                trade.instrument = instrument

    # ------------------------------------------------------------------ opening and closing

    def allocate_ids(self, count: int) -> tuple[str, int]:
        """Return a new intent id and the first of ``count`` consecutive order ids."""
        intent_id, first = f"{self._state.run.run_id}.{self._next_intent}", self._next_order_id
        self._next_intent += 1
        self._next_order_id += count
        return intent_id, first

    def submit(self, approved: RiskApproved[OrderIntent]) -> Command:
        """Track an approved intent and return the command that journals and sends it."""
        intent = approved.value
        for _ in intent.tickets:
            self.breakers.on_order(self._state.now_ns)
        self._track(intent, OrderState.INTENDED)
        self._state.outputs.append(msgspec.json.encode(intent, order="deterministic"))
        return SubmitIntent(approved)

    def cancel_entries(self, reason: str) -> list[Command]:
        """Cancel every working entry; protective stops stay."""
        commands: list[Command] = []
        for trade in self.trades.values():
            entry = trade.leg(Leg.ENTRY)
            if entry is not None and entry.live and not entry.cancel_requested_ns:
                commands += self._perform(trade, [CancelLeg(entry, reason)])
        return commands

    def flatten(self, reason: str) -> None:
        """Ask every open trade to get out; :meth:`step` works the exits."""
        for trade in self.trades.values():
            if not trade.closed_ns and not trade.exit_reason:
                trade.exit_reason = reason

    def step(self) -> list[Command]:
        """Work every unfinished trade."""
        commands: list[Command] = []
        if not self._state.link.healthy:
            return commands
        for trade in self.trades.values():
            if trade.closed_ns:
                continue
            bid = self._state.option_bid(trade.instrument)
            commands += self._perform(trade, self._keeper.step(trade, self._state.now_ns, bid))
        return commands

    # ------------------------------------------------------------------ questions

    @property
    def open_trades(self) -> list[Trade]:
        """Trades that are not finished."""
        return [trade for trade in self.trades.values() if not trade.closed_ns]

    def live_orders(self) -> list[TrackedOrder]:
        """Orders that may still be executed."""
        return [order for order in self.orders.values() if order.live]

    def busy(self, symbol: str) -> bool:
        """Whether a trade in the underlying is unfinished."""
        return any(t.intent.contract is not None and t.intent.contract.symbol == symbol for t in self.open_trades)

    def blocks(self, symbol: str) -> list[Denial]:
        """Reasons of orders and positions that forbid entries in a symbol."""
        denials = [
            Denial("order_unknown", f"the state of an order of {t.intent.intent_id} is not known")
            for t in self.open_trades
            if t.uncertain and (t.intent.contract is None or t.intent.contract.symbol == symbol)
        ]
        denials += [Denial("position_mismatch", m.text()) for m in self.mismatches]
        denials += [
            Denial("orphan_order", f"order {o.order_id} ({o.order_ref}) is open at the broker, not in our journal")
            for o in self.orphans.values()
        ]
        return denials

    # ------------------------------------------------------------------ reports of the broker

    def on_next_order_id(self, order_id: int) -> None:
        """Never go back: the next id is above everything seen."""
        self._raise_order_id(order_id)

    def on_sent(self, event: ev.OrderSent) -> list[Command]:
        """Bytes of one order left the machine."""
        order = self.orders.get(event.order_id)
        if order is None:
            return []
        order.on_sent(event.ts_ns)
        commands = [self._record(order, "sent")]
        intent = self._intents[order.intent_id]
        if order.ticket is intent.tickets[-1]:
            commands.append(WriteRecord(IntentRecord(intent, IntentStage.SENT, event.ts_ns)))
        return commands

    def on_refused(self, event: ev.IntentRefused) -> list[Command]:
        """Nothing of the intent was sent, and nothing will be."""
        commands: list[Command] = [Notify("warning", "order", f"{event.intent_id} was not sent: {event.reason}")]
        intent = self._intents.get(event.intent_id)
        if intent is None:
            return commands
        for ticket in intent.tickets:
            order = self.orders[ticket.order_id]
            if order.state is OrderState.INTENDED:
                order.state = OrderState.NOT_SENT
                commands.append(self._record(order, event.reason))
        commands.append(WriteRecord(IntentRecord(intent, IntentStage.NOT_SENT, event.ts_ns, event.reason)))
        return commands + self._finish(self._owner(self.orders[intent.tickets[0].order_id]))

    def on_report(self, report: OpenOrder, text: str = "") -> list[Command]:
        """Take the broker's word on one order."""
        order = self._find(report)
        if order is None:
            if report.status in {"PreSubmitted", "Submitted"} and order_key(report):
                self.orphans[report.perm_id or report.order_id] = report
            else:
                self.orphans.pop(report.perm_id or report.order_id, None)
            return []
        changed = order.on_report(report)
        trade = self._owner(order)
        if report.limit_price is not None:
            trade.limits[order.ticket.order_id] = report.limit_price
        if not changed:
            return []
        return [self._record(order, text or report.status), *self._announce(trade, order), *self._finish(trade)]

    def on_error(self, event: ev.OrderErrored) -> list[Command]:
        """Note an error; only a refusal of a new order settles it."""
        order = self.orders.get(event.order_id)
        if order is None:
            return []
        settled = order.on_error(event.code, event.text)
        commands = [self._record(order, order.last_error)]
        if settled or event.code not in {202, 399, 10349, 10148}:
            commands.append(
                Notify("warning", "order", f"{order.leg.value} order {event.order_id}: {event.code} {event.text}")
            )
        return commands + (self._finish(self._owner(order)) if settled else [])

    def on_execution(self, execution: Execution) -> list[Command]:
        """Take an execution: once per id, from any state."""
        order = self._apply_execution(execution)
        if order is None:
            return []
        intent_id = order.intent_id if isinstance(order, TrackedOrder) else ""
        commands: list[Command] = [WriteRecord(FillRecord(execution, intent_id))]
        if not isinstance(order, TrackedOrder):
            text = f"execution {execution.exec_id} of an order that is not ours: {execution.side} {execution.quantity}"
            return [*commands, Notify("warning", "fill", text), Reconcile("an execution that is not ours")]
        trade = self._owner(order)
        label = self._label(trade)
        text = f"{execution.side} {execution.quantity} {label} at {execution.price:.2f} ({order.leg.value})"
        commands.append(Notify("good", "fill", text))
        return [*commands, self._record(order, "execution"), *self._finish(trade)]

    def on_commission(self, event: ev.CommissionReported) -> list[Command]:
        """Book a fee."""
        self.ledger.add_commission(event.exec_id, event.commission)
        return [WriteRecord(CommissionRecord(event.exec_id, event.commission, event.currency, event.ts_ns))]

    def on_snapshot(self, event: ev.SnapshotReceived) -> list[Command]:
        """Reconcile: adopt executions and orders, settle what two complete polls do not show, compare positions."""
        snapshot, link = event.snapshot, self._state.link
        commands: list[Command] = []
        for execution in snapshot.executions:
            commands += self.on_execution(execution)
        self.orphans.clear()
        for report in snapshot.open_orders:
            commands += self.on_report(report, "reconciled")
        if not snapshot.complete:
            link.reconciled, link.reconcile_text = False, f"the broker's answer is incomplete: {snapshot.missing}"
            return [*commands, Notify("warning", "broker", link.reconcile_text)]
        spacing_ns = int(self._state.settings.execution.absent_poll_spacing_ms * 1e6 * self._state.time_scale)
        for order in settle_absent(self.orders.values(), snapshot, event.ts_ns, spacing_ns):
            commands.append(self._record(order, "absent in two complete polls"))
            commands += self._finish(self._owner(order))
        self.mismatches = compare_positions(snapshot, self.ledger)
        if not link.reconciled:
            held = len(self.ledger.open_positions())
            text = f"reconciled: {held} open positions, {len(snapshot.open_orders)} open orders at the broker"
            commands.append(Notify("good", "broker", text))
        link.reconciled, link.reconcile_text = True, ""
        commands += [Notify("error", "broker", mismatch.text()) for mismatch in self.mismatches]
        return commands

    # ------------------------------------------------------------------ inside

    def _track(self, intent: OrderIntent, state: OrderState) -> None:
        trade = self._trade_of(intent)
        self._intents[intent.intent_id] = intent
        for ticket in intent.tickets:
            order = TrackedOrder(ticket, intent.intent_id, ticket.quantity, state, deadline_ns=intent.deadline_ns)
            if state is OrderState.UNKNOWN:
                order.sent_ns = intent.created_ns
            trade.orders[ticket.order_id] = order
            self.orders[ticket.order_id] = order
            self._raise_order_id(ticket.order_id + 1)

    def _trade_of(self, intent: OrderIntent) -> Trade:
        """Return the trade that an intent opens, or the unfinished one that it closes."""
        if intent.purpose == "close":
            for trade in self.trades.values():
                if trade.intent.con_id == intent.con_id and not trade.closed_ns:
                    return trade
        trade = Trade(intent, self._state.by_con_id.get(intent.con_id))
        self.trades[intent.intent_id] = trade
        return trade

    def _owner(self, order: TrackedOrder) -> Trade:
        trade = self.trades.get(order.intent_id)
        return trade or next(t for t in self.trades.values() if order.ticket.order_id in t.orders)

    def _raise_order_id(self, order_id: int) -> None:
        self._next_order_id = max(self._next_order_id, order_id)

    def _find(self, report: OpenOrder) -> TrackedOrder | None:
        key = order_key(report)
        order = self.orders.get(report.order_id)
        if order is not None and (key is None or key == (order.intent_id, order.leg.value)):
            return order
        if key is None:
            return None
        return next((o for o in self.orders.values() if (o.intent_id, o.leg.value) == key), None)

    def _apply_execution(self, execution: Execution) -> TrackedOrder | bool | None:
        """Book it; return the order, True for one of a stranger's order, None for a repetition."""
        if not self.ledger.add(execution):
            return None
        reference = execution.order_ref.rpartition(":")
        for order in self.orders.values():
            if (order.intent_id, order.leg.value) == (reference[0], reference[2]):
                order.on_execution(execution)
                return order
        return True

    def _perform(self, trade: Trade, actions: Iterable[Action]) -> list[Command]:
        commands: list[Command] = []
        for action in actions:
            match action:
                case CancelLeg(order, reason):
                    order.cancel_requested_ns = self._state.now_ns
                    commands.append(CancelOrder(order.ticket.order_id, reason))
                case RepriceLeg(order, limit, reason):
                    commands.append(RepriceOrder(order.ticket.order_id, limit, reason))
                    text = f"{self._label(trade)}: {order.leg.value} moved to {limit} ({reason})"
                    commands.append(Notify("info", "exit", text))
                case ResizeLeg(order, quantity, reason):
                    commands.append(ResizeOrder(order.ticket.order_id, quantity, reason))
                case PollBroker(reason):
                    commands.append(Reconcile(reason))
                case ClosePosition(quantity, limit, reason):
                    commands += self._close(trade, quantity, limit, reason)
        return commands

    def _close(self, trade: Trade, quantity: int, limit: Decimal | None, reason: str) -> list[Command]:
        if trade.instrument is None:
            return [
                Notify("error", "exit", f"{trade.intent.intent_id}: contract {trade.intent.con_id} is not qualified")
            ]
        intent_id, order_id = self.allocate_ids(1)
        life_ns = int(self._state.settings.execution.send_deadline_s * 1e9 * self._state.time_scale)
        intent = build_close(trade.instrument, quantity, intent_id, order_id, limit, self._state.now_ns, life_ns)
        outgoing = sum(order.remaining for order in trade.exits() if order.live)
        held = self.ledger.position(trade.instrument.con_id).quantity
        verdict = self.gate.check_close(intent, held, outgoing)
        if isinstance(verdict, Denial):
            return [Notify("error", "exit", f"{self._label(trade)}: closing refused: {verdict.text}")]
        return [Notify("warning", "exit", f"closing {quantity} {self._label(trade)}: {reason}"), self.submit(verdict)]

    def _announce(self, trade: Trade, order: TrackedOrder) -> list[Command]:
        label = self._label(trade)
        if order.leg is Leg.STOP and order.state is OrderState.WORKING:
            text = f"stop for {order.quantity} {label} rests at the broker at {order.ticket.stop_price}"
            return [Notify("good", "stop", text)]
        if order.state is OrderState.REJECTED:
            return [
                Notify("error", "order", f"{order.leg.value} {label} was refused: {order.last_error or 'Inactive'}")
            ]
        return []

    def _finish(self, trade: Trade) -> list[Command]:
        """Close the book on a trade when nothing of it can move any more."""
        if trade.closed_ns or not trade.closed:
            return []
        trade.closed_ns = self._state.now_ns
        commands: list[Command] = [
            WriteRecord(
                IntentRecord(self._intents[intent_id], IntentStage.CLOSED, self._state.now_ns, trade.exit_reason)
            )
            for intent_id in dict.fromkeys(order.intent_id for order in trade.orders.values())
        ]
        if trade.intent.contract is None or not any(o.filled for o in trade.orders.values()):
            return commands
        self.closed_ns[trade.intent.contract.symbol] = self._state.now_ns
        result = self.result_usd(trade)
        self.breakers.on_trade_closed(result)
        held_s = (trade.closed_ns - trade.opened_ns) / 1e9 if trade.opened_ns else 0.0
        text = f"{self._label(trade)}: closed after {held_s:.0f} s of market time, P&L {result:+.2f} USD before fees"
        return [*commands, Notify("good" if result >= 0 else "warning", "exit", text)]

    def result_usd(self, trade: Trade) -> Decimal:
        """Result of a trade's own executions, before fees."""
        multiplier = trade.instrument.multiplier if trade.instrument else 100
        total = Decimal(0)
        for order in trade.orders.values():
            for fill in order.fills.values():
                total += (fill.price if fill.side == "SELL" else -fill.price) * fill.quantity * multiplier
        return total

    def _label(self, trade: Trade) -> str:
        contract = trade.intent.contract
        return contract.label(self._state.run.session_date.replace("-", "")) if contract else trade.intent.intent_id

    def _record(self, order: TrackedOrder, text: str) -> Command:
        return WriteRecord(
            OrderRecord(
                order_id=order.ticket.order_id,
                perm_id=order.perm_id,
                intent_id=order.intent_id,
                leg=order.leg.value,
                state=order.state.value,
                filled=order.filled,
                ts_ns=self._state.now_ns,
                text=text,
            )
        )
