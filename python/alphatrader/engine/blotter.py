"""The blotter: every order, trade and execution of ours, found by id, reference or contract."""

from alphatrader.calendar import to_ns
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.orders import Execution, OpenOrder, OrderIntent
from alphatrader.domain.records import OrderRecord, RestoredState
from alphatrader.engine.commands import Command, WriteRecord
from alphatrader.engine.disputes import Disputes
from alphatrader.engine.state import EngineState
from alphatrader.execution.brackets import IntentIds
from alphatrader.execution.ledger import Ledger
from alphatrader.execution.reconciliation import order_key
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.execution.trade import Trade

_ORDER_ID_MAX = 2_000_000_000
"""Ids are 32 bits at the broker; a stranger's wild one must not leave us without any."""


class Blotter:
    """Holds what is. The executor decides what is done about it, the broker's reports change it."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self.ledger = Ledger()
        self.trades: dict[str, Trade] = {}
        self.orders: dict[int, TrackedOrder] = {}
        self.intents: dict[str, OrderIntent] = {}
        self.disputes = Disputes()
        self._own_exec_ids: frozenset[str] = frozenset()
        self._open: dict[str, Trade] = {}
        """Trades that are not finished: what is looked at in every decision."""
        self._next_order_id = 1
        self._next_intent = 1

    def start(self) -> None:
        """Count results and fees from the midnight of the session's date on."""
        if self._state.run.session_date:
            self.ledger.start(to_ns(self._state.run.session_date, "00:00"))

    def restore(self, restored: RestoredState) -> None:
        """Rebuild from the journal: emits no order. Whatever was not confirmed is UNKNOWN until reconciled."""
        self.raise_order_id(restored.max_order_id + 1)
        self._own_exec_ids = frozenset(restored.own_exec_ids)
        for opened in restored.intents:
            self.track(opened.intent, OrderState.UNKNOWN)
        for execution in restored.executions:
            self.apply_execution(execution)
        for exec_id, commission in restored.commissions:
            self.ledger.add_commission(exec_id, commission)

    def on_instrument(self, instrument: Instrument) -> None:
        """Connect trades restored from the journal with the instrument of this start."""
        self.ledger.register(instrument.con_id, instrument.multiplier)
        for trade in self.trades.values():
            if trade.instrument is None and trade.intent.con_id == instrument.con_id:
                trade.instrument = instrument

    def contracts_held(self) -> list[OptionKey]:
        """Contracts of unfinished trades: they need a quote."""
        return [t.intent.contract for t in self._open.values() if t.intent.contract]

    def allocate_ids(self, count: int) -> IntentIds:
        """Return a new intent id and the first of ``count`` consecutive order ids."""
        ids = IntentIds(f"{self._state.run.run_id}.{self._next_intent}", self._next_order_id)
        self._next_intent += 1
        self._next_order_id += count
        return ids

    @property
    def open_trades(self) -> list[Trade]:
        """Trades that are not finished."""
        return list(self._open.values())

    def close(self, trade: Trade) -> None:
        """Note that a trade is finished."""
        trade.closed_ns = self._state.now_ns
        self._open.pop(trade.intent.intent_id, None)

    def reopen(self, trade: Trade) -> None:
        """Note that a finished trade holds something again."""
        trade.closed_ns = 0
        self._open[trade.intent.intent_id] = trade

    def live_orders(self) -> list[TrackedOrder]:
        """Orders that may still be executed."""
        return [order for order in self.orders.values() if order.live]

    def busy(self, strategy: str, symbol: str) -> bool:
        """Whether a trade of the strategy in the underlying is unfinished."""
        return any(
            t.intent.strategy == strategy and t.intent.contract is not None and t.intent.contract.symbol == symbol
            for t in self.open_trades
        )

    def in_trade(self, con_id: int) -> bool:
        """Whether a contract is in an unfinished trade of any strategy."""
        return any(t.intent.con_id == con_id for t in self.open_trades)

    def _trade_of(self, intent: OrderIntent) -> Trade:
        """Return the trade that an intent opens, or the unfinished one that it closes.

        By its signal: a contract is in two trades where an entry that was dead was filled all the same.
        """
        if intent.purpose == "close":
            held = [t for t in self.trades.values() if t.intent.con_id == intent.con_id and not t.closed_ns]
            # Closing orders of earlier builds bear no signal.
            of_its_signal = [trade for trade in held if trade.intent.signal_id == intent.signal_id]
            for trade in of_its_signal or held:
                return trade
        trade = Trade(intent, self._state.by_con_id.get(intent.con_id))
        self.trades[intent.intent_id] = self._open[intent.intent_id] = trade
        return trade

    def owner(self, order: TrackedOrder) -> Trade:
        """Return the trade that an order belongs to."""
        trade = self.trades.get(order.intent_id)
        return trade or next(t for t in self.trades.values() if order.ticket.order_id in t.orders)

    def raise_order_id(self, order_id: int) -> None:
        """Never go back: the next id is above everything seen."""
        if order_id <= _ORDER_ID_MAX:
            self._next_order_id = max(self._next_order_id, order_id)

    def find(self, report: OpenOrder) -> TrackedOrder | None:
        """Return our order that a report is about, by id or else by reference."""
        key = order_key(report)
        if key is None:
            # Order ids of different clients collide: without our reference only the permanent id proves it ours.
            return self._by_perm_id(report.perm_id)
        order = self.orders.get(report.order_id)
        if order is not None and report.order_ref == order.reference:
            return order
        return next((o for o in self.orders.values() if o.reference == report.order_ref), None)

    def _by_perm_id(self, perm_id: int) -> TrackedOrder | None:
        return next((o for o in self.orders.values() if perm_id and o.perm_id == perm_id), None)

    def apply_execution(self, execution: Execution) -> TrackedOrder | bool | None:
        """Book it; return the order, True for one of a stranger's order, None for a repetition."""
        order = self._order_of(execution)
        own = order is not None or execution.exec_id in self._own_exec_ids
        if not self.ledger.add(execution, own=own):
            return None
        if order is not None:
            order.on_execution(execution)
            if execution.side == "BUY":
                trade = self.owner(order)
                trade.opened_ns = min(trade.opened_ns or execution.ts_ns, execution.ts_ns)
        self._note_sold_elsewhere(execution.con_id)
        return order or True

    def _order_of(self, execution: Execution) -> TrackedOrder | None:
        """Match by reference, then by permanent id."""
        named = (o for o in self.orders.values() if o.reference == execution.order_ref)
        return next(named, None) or self._by_perm_id(execution.perm_id)

    def _note_sold_elsewhere(self, con_id: int) -> None:
        """What somebody else has sold of a trade is not there to be sold again: its exits must shrink, or go.

        By the ledger's attribution: a stranger's sale takes ours first, and what he bought before is not ours to sell.
        """
        trades = [trade for trade in self.open_trades if trade.intent.con_id == con_id]
        missing = sum(trade.own_quantity for trade in trades) - max(0, self.ledger.position(con_id).quantity)
        for trade in trades:
            trade.sold_elsewhere = max(0, min(trade.own_quantity, missing))
            missing -= trade.sold_elsewhere

    def label(self, trade: Trade) -> str:
        """Name a trade for people."""
        contract = trade.intent.contract
        return contract.label(self._state.run.session_date.replace("-", "")) if contract else trade.intent.intent_id

    def record(self, order: TrackedOrder, text: str) -> Command:
        """Return the command that journals an order's state."""
        return WriteRecord(
            OrderRecord(
                order_id=order.ticket.order_id,
                perm_id=order.perm_id,
                intent_id=order.intent_id,
                leg=order.ticket.ref_suffix,
                state=order.state.value,
                filled=order.filled,
                ts_ns=self._state.now_ns,
                text=text,
            )
        )

    def track(self, intent: OrderIntent, state: OrderState) -> None:
        """Begin to follow the orders of an intent."""
        trade = self._trade_of(intent)
        self.intents[intent.intent_id] = intent
        for ticket in intent.tickets:
            order = TrackedOrder(ticket, intent.intent_id, ticket.quantity, state, deadline_ns=intent.deadline_ns)
            if state is OrderState.UNKNOWN:
                order.sent_ns = intent.created_ns
            trade.orders[ticket.order_id] = order
            self.orders[ticket.order_id] = order
            self.raise_order_id(ticket.order_id + 1)
