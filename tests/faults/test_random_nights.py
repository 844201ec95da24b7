"""The storm over two strategies that want one contract, and over a night in which nobody looks.

Entries that were cancelled are filled all the same. At the close day orders end, and what was said is lost; by night a
stop is executed, or somebody sells by hand, and the next day the broker tells of the executions of that day only.
"""

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.doubles.engine_bench import EngineBench
from tests.doubles.engine_market import DATE, EXPIRY, NEXT_DATE, NEXT_EXPIRY
from tests.doubles.strategies_dir import STRATEGIES_DIR
from tests.faults.random_broker import BrokerOrder, RandomBroker
from tests.faults.test_random_interleavings import EAGER, Bench, Disk, Trading

from alphatrader.domain import events as ev
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep, TrailingRule
from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg
from alphatrader.engine.settings import EngineSettings

STOP = StopTerms(loss_fraction=0.25)
STEPS = (TargetStep(gain_fraction=0.3, share=0.4), TargetStep(gain_fraction=0.8, share=0.3))
PLANS = (
    ExitPlan(stop=STOP, targets=(TargetStep(gain_fraction=0.4),)),
    ExitPlan(stop=STOP),
    ExitPlan(stop=STOP, targets=STEPS, trailing=TrailingRule(start_gain_fraction=0.1, distance_fraction=0.15)),
    ExitPlan(stop=STOP, max_hold_s=40),
    ExitPlan(stop=STOP, targets=STEPS, latest=LatestExit(kind="overnight_until", date=NEXT_DATE, clock="09:31")),
)
NAMES = ("armed", "rival")


def settings_of(date: str) -> EngineSettings:
    """Both strategies want the contract that expires on the second day."""
    block = {"expiry_index": 1 if date == DATE else 0}
    both = EngineSettings.model_validate(
        {"strategies_dir": STRATEGIES_DIR, "strategies": dict.fromkeys(NAMES, block)}
    ).strategies
    return EAGER.model_copy(
        update={"strategies": both, "risk": EAGER.risk.model_copy(update={"max_premium_usd": Decimal(90_000)})}
    )


class DayBench(Bench):
    """The bench of one day."""

    def __init__(self, run_id: str, broker: RandomBroker, disk: Disk, now_ns: int | None, date: str) -> None:
        self.run_id, self.broker, self.disk, self.start_ns = run_id, broker, disk, now_ns
        today = date == DATE
        expiries = (EXPIRY, NEXT_EXPIRY) if today else (NEXT_EXPIRY,)
        at = "11:30" if today else "09:28"
        EngineBench.__init__(self, settings_of(date), disk.restored(), date=date, expiries=expiries, at=at)
        self.strategy: Any = self.strategies["armed"]


class ForgetfulBroker(RandomBroker):
    """Tells of the executions of its day."""

    today_from = 0

    def snapshot(self, *, complete: bool = True) -> BrokerSnapshot:
        whole = super().snapshot(complete=complete)
        return msgspec.structs.replace(whole, executions=tuple(self.executions[self.today_from :]))

    def sell_by_hand(self, con_id: int, quantity: int) -> None:
        """Nobody is told."""
        number = len(self.executions) + 1
        sale = Execution(f"x.{number}.01", 0, 50_000 + number, con_id, "SELL", quantity, Decimal("1.60"), number)
        self.executions.append(sale)


class TradingOverNight(Trading):
    """The rules of the storm, and a night."""

    def __init__(self) -> None:
        self.date, self.plan, self.unseen = DATE, 0, False
        super().__init__()

    def start(self, now_ns: int | None) -> None:
        if not isinstance(self.broker, ForgetfulBroker):
            self.broker = ForgetfulBroker()
        self.starts += 1
        self.bench = DayBench(f"r{self.starts}", self.broker, self.disk, now_ns, self.date)
        self.choose_plans()
        self.bench.ready().quotes()
        self.link_up = True
        told = self.broker.executions[self.broker.today_from :]
        self.heard = {e.exec_id: e for e in (*self.disk.fills.values(), *told)}
        self.dead = set()
        self.time_passes(0.0, armed=False)

    def choose_plans(self) -> None:
        for number, strategy in enumerate(self.bench.strategies.values()):
            strategy.exit_plan = PLANS[(self.plan + number) % len(PLANS)]

    @initialize(filled=st.integers(0, 10), heard=st.booleans(), plan=st.integers(0, len(PLANS) - 1))
    def an_entry_is_sent(self, filled: int, heard: bool, plan: int = 0) -> None:
        self.plan = plan
        self.choose_plans()
        self.time_passes(0.2, armed=False)
        super().an_entry_is_sent(filled, heard)

    # ------------------------------------------------------------------------------------------ rules

    @precondition(lambda self: self.link_up)
    @rule(name=st.sampled_from(NAMES), filled=st.booleans())
    def another_enters(self, name: str, filled: bool) -> None:
        self.enter(name, filled=filled)

    def enter(self, name: str, *, filled: bool) -> list[BrokerOrder]:
        """Let one strategy want something; return the entries that rest."""
        self.deliver_all()
        for other in NAMES:
            self.bench.strategies[other].armed = other == name
        self.bench.advance(0.2).quotes()
        self.post(ev.DecisionTimer(ts_ns=0))
        self.bench.strategies["rival"].armed = False
        entries = [order for order in self.broker.live if order.ticket.leg is Leg.ENTRY]
        for order in entries if filled else []:
            self.broker.fill(order, order.remaining)
        self.deliver_all()
        return entries

    @precondition(lambda self: self.link_up)
    @rule(name=st.sampled_from(NAMES), quantity=st.integers(1, 2))
    def a_cancelled_entry_is_filled_after_the_next_one(self, name: str, quantity: int) -> None:
        dead = [order for order in self.enter(name, filled=False) if not order.filled]
        for order in dead:
            self.broker.cancel(order)
        self.enter(NAMES[name == NAMES[0]], filled=True)
        # Of an earlier start nobody would know it: that is another matter.
        for order in dead[:1]:
            if order.remaining >= quantity and order.intent.intent_id.startswith(f"r{self.starts}."):
                self.broker.fill(order, quantity)
                order.status = "Filled" if not order.remaining else "Cancelled"
        self.deliver_all()

    @precondition(lambda self: self.date == DATE)
    @rule(last_word=st.booleans(), gap=st.sampled_from(["none", "stop", "hand"]))
    def the_night_falls(self, last_word: bool, gap: str) -> None:
        self.bench.at("16:00:30")
        self.post(ev.StopRequested(ts_ns=0, flatten=False, reason="the session is over"))
        self.broker.carry_out_cancels()
        if self.link_up and last_word:
            self.deliver_all()
            self.post(ev.SnapshotReceived(ts_ns=0, snapshot=self.broker.snapshot()))
        for order in self.broker.live:
            if order.live and order.ticket.time_in_force == "DAY":
                self.broker.cancel(order)
        if gap == "stop":
            for order in self.broker.live:
                if order.ticket.leg is Leg.STOP and self.broker.executable(order):
                    self.broker.fill(order, self.broker.executable(order))
        elif gap == "hand":
            for con_id, quantity in self.held().items():
                self.broker.sell_by_hand(con_id, quantity)
        self.broker.queue.clear()
        self.unseen = not {e.exec_id for e in self.broker.executions} <= self.disk.fills.keys()
        self.broker.today_from = len(self.broker.executions)
        self.date = NEXT_DATE
        self.start(None)

    @precondition(lambda self: not self.unseen and self.broker.position)
    @rule()
    def every_order_to_sell_is_hit(self) -> None:
        super().every_order_to_sell_is_hit()

    @precondition(lambda self: not self.unseen and any(map(self.broker.executable, self.broker.orders.values())))
    @rule(data=st.data(), status_first=st.booleans(), whole=st.booleans())
    def an_order_trades(self, data: st.DataObject, status_first: bool, whole: bool) -> None:
        super().an_order_trades(data, status_first, whole)

    # ------------------------------------------------------------------------------------------ what must hold

    def held(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for execution in self.broker.executions:
            signed = execution.quantity if execution.side == "BUY" else -execution.quantity
            found[execution.con_id] = found.get(execution.con_id, 0) + signed
        return {con_id: quantity for con_id, quantity in found.items() if quantity}

    @invariant()
    def nothing_is_sold_that_is_not_held(self) -> None:
        assert all(quantity > 0 for quantity in self.held().values()), "a short position"

    @invariant()
    def the_ledger_is_the_sum_of_unique_executions(self) -> None:
        total = sum(e.quantity if e.side == "BUY" else -e.quantity for e in self.heard.values())
        ledger = self.bench.engine.book.ledger
        assert sum(ledger.quantity(con_id) for con_id in ledger.con_ids()) == total

    def teardown(self) -> None:
        """Whatever was seen of the night, nothing rests that could sell what is not held; and all else is in order."""
        self.broker.swallow_next, self.broker.refuse_leg = False, None
        self.broker.shrinks_children = self.answer_complete = True
        if not self.link_up:
            self.the_link_is_back()
        for _ in range(14):
            self.time_passes(11.0, armed=False)
            self.broker.carry_out_cancels()
            for order in self.broker.live if not self.unseen else []:
                worked = order.ticket.leg is Leg.FLATTEN or order.limit != order.ticket.limit_price
                if worked and self.broker.executable(order):
                    self.broker.fill(order, self.broker.executable(order))
            self.deliver_all()
            self.nothing_is_sold_that_is_not_held()
        held, book = self.held(), self.bench.engine.book
        for con_id in {order.intent.con_id for order in self.broker.live}:
            assert self.outgoing(con_id) <= held.get(con_id, 0), "an exit rests for what is not held"
        if not self.unseen:
            assert {p.con_id: p.quantity for p in book.ledger.open_positions()} == held
            assert sum(trade.open_quantity for trade in book.open_trades) == sum(held.values())
            assert all(trade.stop_resting() for trade in book.open_trades), "a position without a stop"

    def outgoing(self, con_id: int) -> int:
        """How many could be sold of a contract, if all that rests were hit."""
        groups: dict[str, int] = {}
        for order in self.broker.live:
            if order.intent.con_id == con_id and order.ticket.side == "SELL":
                group = order.ticket.oca_group or str(order.ticket.order_id)
                groups[group] = max(groups.get(group, 0), self.broker.executable(order))
        return sum(groups.values())


TestTradingOverNight = TradingOverNight.TestCase
TestTradingOverNight.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
