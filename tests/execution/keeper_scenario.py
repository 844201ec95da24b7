"""One trade from its first byte to its end, between the keeper and a broker that hears late, forgets and drops.

Every step is a name and two numbers, so that a scenario is a list that can be drawn, repeated and shortened.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from tests.execution.broker_model import BrokerModel
from tests.execution.terms import OPEN_NS, S, bracket, option, plan, trade_of

from alphatrader.domain.orders import Leg, OrderTicket
from alphatrader.execution.keeper import (
    Action,
    CancelLeg,
    ClosePosition,
    MoveStopLeg,
    RepriceLeg,
    ResizeLeg,
    TradeKeeper,
)
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import OrderState, TrackedOrder

PLANS = (
    plan((0.4, 1.0)),
    plan(),
    plan((0.2, 0.5), (0.4, 0.5)),
    plan((0.2, 0.4), (0.4, 0.3), trailing=(0.2, 0.1)),
    plan((0.2, 0.5), max_hold_s=30.0),
)
STEPS = {
    "look": 8, "requests_arrive": 4, "statuses_arrive": 4, "executions_arrive": 2, "exits_trade": 3,
    "entries_trade": 1, "exit_is_lost": 1, "request_is_lost": 1, "poll": 1, "leave": 1,
}  # fmt: skip
"""What can happen, and how often against the rest."""
SECONDS = (0.1, 0.5, 1.0, 2.5, 3.5, 6.0, 21.0)
BIDS = (None, 1.00, 1.40, 1.40, 1.50, 1.80, 2.00, 2.10, 2.60, 3.00)
LATER = option("20261218")
_ALL = 10_000


class Scenario:
    """``opened``: 0 nothing is filled yet, 1 a contract of each entry, else all, and that is heard."""

    def __init__(self, plan_number: int, quantity: int, opened: int, *, shrinks_children: bool, leaving: bool) -> None:
        intent = bracket(PLANS[plan_number % len(PLANS)], quantity, LATER)
        self.trade = trade_of(intent, LATER)
        self.keeper = TradeKeeper(ExecutionSettings(), 1.0)
        self.broker = BrokerModel(shrinks_children=shrinks_children)
        self.requests: deque[Action | OrderTicket] = deque()
        self.now_ns = OPEN_NS
        self.next_id = 1_000
        for ticket in intent.tickets:
            self.trade.orders[ticket.order_id].on_sent(self.now_ns)
            self.broker.place(ticket)
        if opened:
            for ticket in intent.tickets:
                if ticket.leg is Leg.ENTRY:
                    self.broker.fill(ticket.order_id, 1 if opened == 1 else ticket.quantity)
            self.poll()
        if leaving:
            self.leave()

    def happen(self, name: str, first: int, second: int) -> None:
        """Let something happen; the broker never ends up short of what it was asked to hold."""
        happening: Callable[[int, int], None] = getattr(self, name)
        happening(first, second)
        self.check()

    def check(self) -> None:
        assert self.broker.position >= 0, "more was sold than was held"

    # ------------------------------------------------------------------ the market and the broker

    def exits_trade(self, pick: int, quantity: int) -> None:
        self._trade("SELL", pick, quantity)

    def entries_trade(self, pick: int, quantity: int) -> None:
        self._trade("BUY", pick, quantity)

    def _trade(self, side: str, pick: int, quantity: int) -> None:
        numbers = [n for n, o in self.broker.orders.items() if o.ticket.side == side and self.broker.executable(n)]
        if numbers:
            number = numbers[pick % len(numbers)]
            self.broker.fill(number, 1 + quantity % self.broker.executable(number))

    def exit_is_lost(self, pick: int, _: int) -> None:
        """The broker cancels an exit of its own accord."""
        live = [n for n, o in self.broker.orders.items() if o.live and o.ticket.leg is not Leg.ENTRY]
        if live:
            self.broker.cancel(live[pick % len(live)])

    def requests_arrive(self, times: int, _: int = 0) -> None:
        for _ in range(min(1 + times % 3 if times < _ALL else _ALL, len(self.requests))):
            match self.requests.popleft():
                case OrderTicket() as ticket:
                    self.broker.place(ticket)
                case CancelLeg(order, _):
                    self.broker.cancel(order.ticket.order_id)
                case ResizeLeg(order, quantity, _):
                    self.broker.resize(order.ticket.order_id, quantity)
                case RepriceLeg(order, limit, _):
                    self.broker.reprice(order.ticket.order_id, limit)
                case MoveStopLeg(order, price, _):
                    self.broker.move_stop(order.ticket.order_id, price)

    def request_is_lost(self, *_: int) -> None:
        if self.requests:
            self.requests.popleft()

    # ------------------------------------------------------------------ what is heard

    def statuses_arrive(self, times: int, _: int = 0) -> None:
        for _ in range(min(1 + times % 6 if times < _ALL else _ALL, len(self.broker.statuses))):
            report = self.broker.statuses.popleft()
            self.trade.orders[report.order_id].on_report(report)
            if report.limit_price is not None:
                self.trade.limits[report.order_id] = report.limit_price
            if report.stop_price is not None:
                self.trade.stops[report.order_id] = report.stop_price

    def executions_arrive(self, times: int, _: int = 0) -> None:
        for _ in range(min(1 + times % 2 if times < _ALL else _ALL, len(self.broker.executions))):
            execution = self.broker.executions.popleft()
            for _ in range(2):  # every execution is told twice: live, and by the next poll
                self.trade.orders[execution.order_id].on_execution(execution)

    def poll(self, *_: int) -> None:
        """A complete answer: all is heard, and what is neither there nor on its way was never sent."""
        self.executions_arrive(_ALL)
        self.statuses_arrive(_ALL)
        on_its_way = {request.order_id for request in self.requests if isinstance(request, OrderTicket)}
        for number, order in self.trade.orders.items():
            if number not in self.broker.orders and number not in on_its_way:
                order.state = OrderState.NOT_SENT

    # ------------------------------------------------------------------ the keeper

    def leave(self, forced: int = 0, _: int = 0) -> None:
        self.trade.exit_reason, self.trade.forced = "flatten", forced % 2 == 1

    def look(self, seconds: int, bid: int) -> None:
        self.watch(SECONDS[seconds % len(SECONDS)], BIDS[bid % len(BIDS)])

    def watch(self, seconds: float, bid: float | None) -> None:
        self.now_ns += int(seconds * S)
        for action in self.keeper.step(self.trade, self.now_ns, bid):
            self._perform(action, bid)

    def _perform(self, action: Action, bid: float | None) -> None:
        match action:
            case CancelLeg(order, _):
                order.cancel_requested_ns = self.now_ns
            case MoveStopLeg(order, price, _):
                standing = self.trade.stops.get(order.ticket.order_id, order.ticket.stop_price)
                assert standing is not None
                assert bid is not None
                assert standing < price < Decimal(repr(bid)), "a stop moves upward only, and under the bid"
            case RepriceLeg(_, limit, _) | ClosePosition(_, limit, _):
                assert self.trade.exit_reason, "nobody said that it must go"
                assert limit is None or limit > 0
        self.requests.append(self._closing(action) if isinstance(action, ClosePosition) else action)

    def _closing(self, action: ClosePosition) -> OrderTicket:
        """A closing order as the executor makes it: the gate refuses one that sells too much."""
        assert 1 <= action.quantity <= self.trade.open_quantity - self.trade.outgoing_quantity()
        kind = "MKT" if action.limit_price is None else "LMT"
        ticket = OrderTicket(
            self.next_id, Leg.FLATTEN, "SELL", action.quantity, kind, "DAY", limit_price=action.limit_price
        )  # type: ignore[arg-type]
        self.next_id += 1
        tracked = TrackedOrder(ticket, "r.2", ticket.quantity, OrderState.SENT, sent_ns=self.now_ns)
        self.trade.orders[ticket.order_id] = tracked
        return ticket

    # ------------------------------------------------------------------ the end

    def end(self) -> None:
        """Asked to go, with everything answered and every marketable exit filled, it gets out and leaves nothing."""
        self.leave(forced=1)
        for _ in range(40):
            self.requests_arrive(_ALL)
            self.poll()
            if self._ended():
                break
            self.watch(3.5, 1.50)
            self.requests_arrive(_ALL)
            self.check()
            for number, order in list(self.broker.orders.items()):
                marketable = order.limit is None or order.limit <= Decimal("1.50")
                if order.ticket.leg in {Leg.TARGET, Leg.FLATTEN} and marketable and self.broker.executable(number):
                    self.broker.fill(number, self.broker.executable(number))
                    self.check()
        assert self._ended(), "it did not get out"
        self.poll()
        assert self.trade.open_quantity == 0

    def _ended(self) -> bool:
        return self.broker.position == 0 and not any(order.live for order in self.broker.orders.values())
