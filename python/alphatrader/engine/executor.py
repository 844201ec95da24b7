"""What is done about our orders and trades: submitted, worked by their plans, closed. Sends nothing itself."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from alphatrader.calendar import Session
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.domain.records import IntentRecord, IntentStage, RestoredState
from alphatrader.domain.signals import Denial
from alphatrader.domain.state import TradingState
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import (
    CancelOrder,
    Command,
    MoveStop,
    Notify,
    RepriceOrder,
    ResizeOrder,
    SubmitIntent,
    WriteRecord,
)
from alphatrader.engine.state import EngineState
from alphatrader.engine.valuation import Valuation
from alphatrader.execution.brackets import build_close
from alphatrader.execution.keeper import (
    Action,
    CancelLeg,
    ClosePosition,
    Footing,
    MoveStopLeg,
    RepriceLeg,
    ResizeLeg,
    TradeKeeper,
)
from alphatrader.execution.ledger import round_trips
from alphatrader.execution.plan_prices import trading_ends_ns
from alphatrader.execution.tracking import OrderState
from alphatrader.execution.trade import Trade
from alphatrader.risk.breakers import Breakers
from alphatrader.risk.gate import RiskGate


class Executor:
    """Submits approved intents, works open trades, closes the book on finished ones."""

    def __init__(self, state: EngineState, book: Blotter, valuation: Valuation) -> None:
        self._state = state
        self._book = book
        self._valuation = valuation
        self.gate = RiskGate(state.settings.risk)
        self.breakers = Breakers(state.settings.risk)
        self.closed_ns: dict[tuple[str, str], int] = {}
        """When the last trade of a strategy in an underlying ended, by (strategy, symbol)."""
        self._keeper = TradeKeeper(state.settings.execution, 1.0)

    def start(self) -> None:
        """Take the run's time scale."""
        self._keeper = TradeKeeper(self._state.settings.execution, self._state.time_scale)

    def restore(self, restored: RestoredState) -> None:
        """Count what earlier starts of the session did, so that a restart lifts no breaker and ends no cool-down."""
        own = set(restored.own_exec_ids)
        for ts_ns in restored.order_times_ns:
            self.breakers.on_order(ts_ns)
        ours = (execution for execution in restored.executions if execution.exec_id in own)
        for result in round_trips(ours, since_ns=self._state.run.session_open_ns):
            self.breakers.on_trade_closed(result)
        self.closed_ns.update({(strategy, symbol): ts_ns for strategy, symbol, ts_ns in restored.closed_trades})

    def submit(self, approved: RiskApproved[OrderIntent]) -> Command:
        """Track an approved intent and return the command that journals and sends it."""
        intent = approved.value
        for _ in intent.tickets:
            self.breakers.on_order(self._state.now_ns)
        self._book.track(intent, OrderState.INTENDED)
        self._state.outputs.append(msgspec.json.encode(intent, order="deterministic"))
        return SubmitIntent(approved)

    def cancel_entries(self, reason: str) -> list[Command]:
        """Cancel every working entry; protective stops stay."""
        commands: list[Command] = []
        for trade in self._book.open_trades:
            working = (entry for entry in trade.legs(Leg.ENTRY) if entry.live and not entry.cancel_requested_ns)
            commands += self._perform(trade, [CancelLeg(entry, reason) for entry in working])
        return commands

    def flatten(self, reason: str) -> None:
        """Ask every open trade to get out; :meth:`work` works the exits."""
        for trade in self._book.open_trades:
            trade.forced = True
            trade.exit_reason = trade.exit_reason or reason

    def work(self, trade: Trade) -> list[Command]:
        """Work one unfinished trade."""
        if not self._state.link.orders_possible:
            return []
        bid = self._valuation.bid(trade.instrument)
        return self._perform(trade, self._keeper.step(trade, self._state.now_ns, bid, self._footing(trade)))

    def _footing(self, trade: Trade) -> Footing:
        """Say how firm the ground is. Of what the broker holds in dispute, other trades of the contract have theirs."""
        state, con_id = self._state, trade.intent.con_id
        halted = state.trading_state is TradingState.HALTED
        no_entries = state.stopping or (state.state_reason or "halted" if halted else "")
        dispute = self._book.disputes.of(con_id)
        at_broker = None
        if dispute is not None:
            others = (t for t in self._book.open_trades if t is not trade and t.intent.con_id == con_id)
            at_broker = dispute.at_broker - sum(max(0, other.open_quantity) for other in others)
        return Footing(
            reconciled=state.link.reconciled,
            disputed=dispute is not None,
            at_broker=at_broker,
            proven=dispute is not None and dispute.proven,
            no_entries=no_entries,
            trading=state.in_session or self._trades_late(trade),
        )

    def _trades_late(self, trade: Trade) -> bool:
        """Whether a contract is traded past the close of the session, and still is."""
        run, now_ns = self._state.run, self._state.now_ns
        if now_ns < run.session_close_ns or not run.session_date:
            return False
        session = Session(run.session_date, run.session_open_ns, run.session_close_ns, half_day=False)
        return now_ns < trading_ends_ns(trade.intent.contract, session)

    def _perform(self, trade: Trade, actions: Iterable[Action]) -> list[Command]:
        commands: list[Command] = []
        for action in actions:
            match action:
                case CancelLeg(order, _) if order.leg is Leg.STOP and not self._may_unprotect(trade):
                    pass  # the closing order that should follow could not be sent: the stop stays
                case CancelLeg(order, reason):
                    order.cancel_requested_ns = self._state.now_ns
                    commands.append(CancelOrder(order.ticket.order_id, reason))
                case RepriceLeg() | MoveStopLeg() | ResizeLeg() if not self._state.link.healthy:
                    pass  # a change sent over a doubtful link can leave two live orders
                case RepriceLeg(order, limit, reason):
                    commands.append(RepriceOrder(order.ticket.order_id, limit, reason))
                    text = f"{self._book.label(trade)}: {order.leg.value} moved to {limit} ({reason})"
                    commands.append(Notify("info", "exit.repriced", text))
                case MoveStopLeg(order, stop, reason):
                    commands.append(MoveStop(order.ticket.order_id, stop, reason))
                    text = f"{self._book.label(trade)}: stop moved up to {stop} ({reason})"
                    commands.append(Notify("info", "stop.trailed", text))
                case ResizeLeg(order, quantity, reason):
                    commands.append(ResizeOrder(order.ticket.order_id, quantity, reason))
                case ClosePosition() if not self._state.link.reconciled:
                    pass  # what is held is not certain; the keeper proposes it again
                case ClosePosition(quantity, limit, reason):
                    commands += self._close(trade, quantity, limit, reason)
        return commands

    def _may_unprotect(self, trade: Trade) -> bool:
        """Whether a stop may go: nothing is held, or a closing order can be made, journaled and sent after it."""
        state = self._state
        follows = trade.instrument is not None and state.services.journal_up and state.link.reconciled
        return trade.open_quantity <= 0 or follows

    def _close(self, trade: Trade, quantity: int, limit: Decimal | None, reason: str) -> list[Command]:
        if trade.instrument is None:
            return [
                Notify(
                    "error",
                    "exit.unqualified",
                    f"{trade.intent.intent_id}: contract {trade.intent.con_id} is not qualified",
                )
            ]
        life_ns = int(self._state.settings.execution.send_deadline_s * 1e9 * self._state.time_scale)
        ids = self._book.allocate_ids(1)
        intent = build_close(trade.intent, trade.instrument, quantity, ids, limit, self._state.now_ns, life_ns)
        held = self._book.ledger.position(trade.instrument.con_id).quantity
        verdict = self.gate.check_close(intent, held, trade.outgoing_quantity())
        if isinstance(verdict, Denial):
            text = f"{self._book.label(trade)}: closing refused: {verdict.text}"
            return [Notify("error", "exit.refused", text)]
        return [
            Notify("warning", "exit.closing", f"closing {quantity} {self._book.label(trade)}: {reason}"),
            self.submit(verdict),
        ]

    def finish(self, trade: Trade) -> list[Command]:
        """Close the book on a trade when nothing of it can move any more."""
        if trade.closed_ns or not trade.closed:
            return []
        self._book.close(trade)
        # The opening one last: a start that finds it open finds it sold, one that finds a closing order alone is lost.
        intents = reversed(dict.fromkeys(order.intent_id for order in trade.orders.values()))
        commands: list[Command] = [
            WriteRecord(
                IntentRecord(self._book.intents[intent_id], IntentStage.CLOSED, self._state.now_ns, trade.exit_reason)
            )
            for intent_id in intents
        ]
        if trade.intent.contract is None:
            return commands
        if not any(o.filled for o in trade.orders.values()):
            text = f"{self._book.label(trade)}: ended without a fill; no order of it is left"
            return [*commands, Notify("info", "entry.unfilled", text)]
        self.closed_ns[(trade.intent.strategy, trade.intent.contract.symbol)] = self._state.now_ns
        if trade.sold_elsewhere:
            text = f"{self._book.label(trade)}: closed, {trade.sold_elsewhere} of it sold by an order that is not ours"
            return [*commands, Notify("warning", "exit.sold_elsewhere", text)]
        result = self._valuation.result_usd(trade)
        self.breakers.on_trade_closed(result)
        held_s = (trade.closed_ns - trade.opened_ns) / 1e9 if trade.opened_ns else 0.0
        text = (
            f"{self._book.label(trade)}: closed after {held_s:.0f} s of market time, P&L {result:+.2f} USD before fees"
        )
        return [*commands, Notify("good" if result >= 0 else "warning", "exit.closed", text)]
