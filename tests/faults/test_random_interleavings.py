"""The pure engine against a broker that does everything wrong that a broker can do, in any order that can be drawn."""

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.doubles.engine_bench import EngineBench
from tests.faults.random_broker import BrokerOrder, RandomBroker
from tests.faults.trader import SETTINGS

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Execution, Leg
from alphatrader.domain.records import FillRecord, IntentRecord, IntentStage, OpenIntent, RestoredState, StateRecord
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    Command,
    MoveStop,
    Reconcile,
    RepriceOrder,
    ResizeOrder,
    SubmitIntent,
    WriteRecord,
)
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import DEAD, OrderState
from alphatrader.risk.settings import RiskLimits
from alphatrader.signals.settings import SignalSettings

EAGER = SETTINGS.model_copy(
    update={
        "execution": ExecutionSettings(),
        "signals": SignalSettings(dedupe_window_s=1),
        "risk": RiskLimits(cooldown_s=0, max_orders_per_minute=1_000, max_orders_per_day=10_000),
    }
)
"""Working orders as delivered; entries as often as can be."""
DEAD_WORDS = {"Filled", "Cancelled"}


class Disk:
    """What the journal would hold."""

    def __init__(self) -> None:
        self.stages: dict[str, IntentRecord] = {}
        self.fills: dict[str, Execution] = {}
        self.own_exec_ids: set[str] = set()
        self.state = TradingState.ACTIVE
        self.reason = ""
        self.max_order_id = 0

    def write(self, record: object) -> None:
        match record:
            case IntentRecord():
                self.stages[record.intent.intent_id] = record
                self.max_order_id = max(self.max_order_id, *(t.order_id for t in record.intent.tickets))
            case FillRecord():
                self.fills[record.execution.exec_id] = record.execution
                if record.intent_id:
                    self.own_exec_ids.add(record.execution.exec_id)
            case StateRecord():
                self.state, self.reason = record.change.state, record.change.reason

    def restored(self) -> RestoredState:
        over = {IntentStage.CLOSED, IntentStage.NOT_SENT}
        return RestoredState(
            trading_state=self.state,
            state_reason=self.reason,
            max_order_id=self.max_order_id,
            intents=tuple(OpenIntent(r.intent, r.stage) for r in self.stages.values() if r.stage not in over),
            executions=tuple(self.fills.values()),
            own_exec_ids=tuple(self.own_exec_ids),
        )


class Bench(EngineBench):
    """The engine's bench, each start with a name of its own, and the broker's truth for an answer."""

    def __init__(self, run_id: str, broker: RandomBroker, disk: Disk, now_ns: int | None) -> None:
        self.run_id, self.broker, self.disk = run_id, broker, disk
        self.start_ns = now_ns
        super().__init__(EAGER, disk.restored())
        self.strategy: Any = self.engine.strategies[0]

    def post(self, event: ev.ControlEvent) -> list[Command]:
        if isinstance(event, ev.RunStarted):
            self.now_ns = self.start_ns or self.now_ns
            event = msgspec.structs.replace(event, run_id=self.run_id, ts_ns=self.now_ns)
        commands = super().post(event)
        self.commands.clear()
        for command in commands:
            if isinstance(command, WriteRecord):
                self.disk.write(command.record)
        return commands

    def snapshot(self, **_: object) -> list[Command]:
        return self.post(ev.SnapshotReceived(ts_ns=self.now_ns, snapshot=self.broker.snapshot()))


class Trading(RuleBasedStateMachine):
    """Rules are what the world may do; the engine answers at once."""

    def __init__(self) -> None:
        super().__init__()
        self.broker, self.disk = RandomBroker(), Disk()
        self.starts = 0
        self.link_up = True
        self.answer_complete = True
        self.dead: set[int] = set()
        self.heard: dict[str, Execution] = {}
        self.start(None)

    def start(self, now_ns: int | None) -> None:
        self.starts += 1
        self.bench = Bench(f"r{self.starts}", self.broker, self.disk, now_ns)
        self.bench.ready().quotes()
        self.link_up = True
        self.heard = {e.exec_id: e for e in (*self.disk.fills.values(), *self.broker.executions)}
        self.dead = set()
        self.post(ev.DecisionTimer(ts_ns=self.bench.now_ns))

    # ------------------------------------------------------------------------------------------ the runner's part

    def post(self, event: ev.ControlEvent) -> None:
        if isinstance(event, ev.ExecutionReported):
            self.heard[event.execution.exec_id] = event.execution
        if isinstance(event, ev.SnapshotReceived):
            self.heard.update((e.exec_id, e) for e in event.snapshot.executions)
        self.perform(self.bench.post(msgspec.structs.replace(event, ts_ns=self.bench.now_ns)))

    def perform(self, commands: Iterable[Command]) -> None:
        for command in commands:
            match command:
                case SubmitIntent():
                    self.submit(command)
                case CancelOrder(order_id, _) if self.link_up:
                    self.broker.ask_cancel(order_id)
                case RepriceOrder(order_id, limit, _) if self.link_up:
                    self.broker.change(order_id, limit=limit)
                case MoveStop(order_id, stop, _) if self.link_up:
                    self.broker.change(order_id, stop=stop)
                case ResizeOrder(order_id, quantity, _) if self.link_up:
                    self.broker.change(order_id, quantity=quantity)
                case ClaimSignal(fingerprint, signal_id, _):
                    answer = ev.ClaimAnswered(
                        ts_ns=0, fingerprint=fingerprint, signal_id=signal_id, granted=True, reason=""
                    )
                    self.post(answer)
                case Reconcile() if self.link_up:
                    self.deliver_all()
                    complete, self.answer_complete = self.answer_complete, True
                    self.post(ev.SnapshotReceived(ts_ns=0, snapshot=self.broker.snapshot(complete=complete)))

    def submit(self, command: SubmitIntent) -> None:
        intent = command.approved.value
        assert intent.intent_id not in self.disk.stages, "an intent was submitted twice"
        assert min(t.order_id for t in intent.tickets) > self.disk.max_order_id, "an order id was used twice"
        self.disk.write(IntentRecord(intent, IntentStage.INTENDED, self.bench.now_ns))
        if not self.link_up:
            self.post(ev.IntentRefused(ts_ns=0, intent_id=intent.intent_id, reason="link down"))
            return
        self.broker.place(intent)
        for ticket in intent.tickets:
            self.post(ev.OrderSent(ts_ns=0, intent_id=intent.intent_id, order_id=ticket.order_id))

    def deliver_all(self) -> None:
        while self.broker.queue:
            event = self.broker.queue.popleft()
            self.broker.said.append(event)
            self.post(event)

    # ------------------------------------------------------------------------------------------ rules

    @initialize(filled=st.integers(0, 10), heard=st.booleans())
    def an_entry_is_sent(self, filled: int, heard: bool) -> None:
        self.time_passes(0.2, armed=True)
        entries = [order for order in self.broker.live if order.ticket.leg is Leg.ENTRY]
        assert entries
        for entry in entries:
            part = min(filled, entry.quantity)
            filled -= part
            if part:
                self.broker.fill(entry, part)
        if heard:
            self.deliver_all()

    @rule(seconds=st.sampled_from([0.2, 1.0, 2.5, 6.0, 11.0, 31.0]), armed=st.booleans())
    def time_passes(self, seconds: float, armed: bool) -> None:
        self.bench.strategy.armed = armed
        self.bench.advance(seconds).quotes()
        self.post(ev.DecisionTimer(ts_ns=0))

    @precondition(lambda self: self.link_up and self.broker.queue)
    @rule(count=st.integers(1, 4), twice=st.booleans())
    def messages_arrive(self, count: int, twice: bool) -> None:
        for _ in range(min(count, len(self.broker.queue))):
            event = self.broker.queue.popleft()
            self.broker.said.append(event)
            self.post(event)
            if twice:
                self.post(event)

    @precondition(lambda self: self.link_up and any(isinstance(e, ev.ExecutionReported) for e in self.broker.queue))
    @rule(data=st.data())
    def an_execution_overtakes(self, data: st.DataObject) -> None:
        fills = [e for e in self.broker.queue if isinstance(e, ev.ExecutionReported)]
        event = data.draw(st.sampled_from(fills))
        self.broker.queue.remove(event)
        self.post(event)

    @precondition(lambda self: self.link_up and any(isinstance(e, ev.ExecutionReported) for e in self.broker.queue))
    @rule()
    def executions_come_last(self) -> None:
        self.broker.queue = deque(sorted(self.broker.queue, key=lambda e: isinstance(e, ev.ExecutionReported)))

    @precondition(lambda self: self.link_up and self.broker.said)
    @rule(data=st.data())
    def an_old_message_comes_again(self, data: st.DataObject) -> None:
        event = data.draw(st.sampled_from(self.broker.said[-20:]))
        if isinstance(event, ev.OrderReported):
            order = self.bench.engine.book.orders.get(event.order.order_id)
            if order is None or not order.dead:
                return  # a stale status of a live order would be a lie, not a repetition
        self.post(event)

    @precondition(lambda self: any(map(self.broker.executable, self.broker.orders.values())))
    @rule(data=st.data(), status_first=st.booleans(), whole=st.booleans())
    def an_order_trades(self, data: st.DataObject, status_first: bool, whole: bool) -> None:
        able = [order for order in self.broker.orders.values() if self.broker.executable(order)]
        order: BrokerOrder = data.draw(st.sampled_from(able))
        most = self.broker.executable(order)
        quantity = most if whole else data.draw(st.integers(1, most))
        self.broker.fill(order, quantity, status_first=status_first)

    @precondition(lambda self: self.broker.position)
    @rule()
    def every_order_to_sell_is_hit(self) -> None:
        for order in self.broker.live:
            quantity = self.broker.executable(order)
            if order.ticket.side == "SELL" and quantity:
                self.broker.fill(order, quantity)

    @precondition(lambda self: self.broker.position)
    @rule()
    def the_targets_are_cancelled(self) -> None:
        for order in self.broker.live:
            if order.ticket.leg is Leg.TARGET:
                self.broker.cancel(order)

    @rule()
    def cancels_take_effect(self) -> None:
        self.broker.carry_out_cancels()

    @precondition(lambda self: self.broker.live)
    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        self.broker.cancel(data.draw(st.sampled_from(self.broker.live)))

    @rule(kind=st.sampled_from(["lost", "refused", "unshrunk", "incomplete"]), leg=st.sampled_from(Leg))
    def a_fault_waits(self, kind: str, leg: Leg) -> None:
        match kind:
            case "lost":
                self.broker.swallow_next = True
            case "refused":
                self.broker.refuse_leg = leg
            case "unshrunk":
                self.broker.shrinks_children = False
            case "incomplete":
                self.answer_complete = False

    @precondition(lambda self: self.link_up)
    @rule()
    def the_link_breaks(self) -> None:
        self.link_up = False
        self.broker.queue.clear()
        self.post(ev.LinkChanged(ts_ns=0, healthy=False, code=0, text="lost"))

    @precondition(lambda self: not self.link_up)
    @rule()
    def the_link_is_back(self) -> None:
        self.broker.queue.clear()
        self.link_up = True
        self.post(ev.NextOrderId(ts_ns=0, order_id=1))
        self.post(ev.LinkChanged(ts_ns=0, healthy=True, code=0, text="back"))

    @rule(action=st.sampled_from(["flatten", "halt", "resume", "cancel_entries"]))
    def a_person_acts(self, action: str) -> None:
        self.post(ev.OperatorCommand(ts_ns=0, action=action, actor="test", reason="drill"))  # type: ignore[arg-type]

    @precondition(lambda self: self.broker.executions)
    @rule()
    def the_trader_dies_and_starts_again(self) -> None:
        self.broker.queue.clear()
        self.start(self.bench.now_ns)

    # ------------------------------------------------------------------------------------------ what must hold

    @invariant()
    def nothing_is_sold_that_is_not_held(self) -> None:
        assert self.broker.position >= 0, "a short position"

    @invariant()
    def the_ledger_is_the_sum_of_unique_executions(self) -> None:
        total = sum(e.quantity if e.side == "BUY" else -e.quantity for e in self.heard.values())
        ledger = self.bench.engine.book.ledger
        assert sum(ledger.position(con_id).quantity for con_id in ledger.con_ids()) == total
        assert ledger.execution_count == len(self.heard)

    @invariant()
    def the_dead_stay_dead(self) -> None:
        orders = self.bench.engine.book.orders
        assert all(orders[number].state in DEAD for number in self.dead)
        self.dead |= {number for number, order in orders.items() if order.dead}

    @invariant()
    def nothing_went_wrong_inside(self) -> None:
        assert "internal error" not in self.bench.engine.state.state_reason

    def teardown(self) -> None:
        """When the storm is over, everything is in order within a minute or two."""
        self.broker.swallow_next, self.broker.refuse_leg, self.answer_complete = False, None, True
        self.broker.shrinks_children = True
        if not self.link_up:
            self.the_link_is_back()
        for _ in range(14):
            self.time_passes(11.0, armed=False)
            self.broker.carry_out_cancels()
            for order in self.broker.live:
                worked = order.ticket.leg is Leg.FLATTEN or order.limit != order.ticket.limit_price
                if worked and self.broker.executable(order):
                    self.broker.fill(order, self.broker.executable(order))
            self.deliver_all()
            self.nothing_is_sold_that_is_not_held()
        book = self.bench.engine.book
        assert not any(order.state is OrderState.UNKNOWN for order in book.orders.values()), "somebody is still unsure"
        assert sum(p.quantity for p in book.ledger.open_positions()) == self.broker.position
        if self.broker.position:
            (trade,) = book.open_trades
            assert trade.open_quantity == self.broker.position
            assert trade.stop_resting(), "a position without a stop"
            stops = [order for order in self.broker.live if order.ticket.leg is Leg.STOP]
            assert all(stop.remaining == self.broker.executable(stop) for stop in stops)
            assert sum(stop.remaining for stop in stops) == self.broker.position
        else:
            assert not book.open_trades
            assert not self.broker.live, "an order was left behind"


SETTINGS_OF_A_STORM = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestTrading = Trading.TestCase
TestTrading.settings = SETTINGS_OF_A_STORM
