"""A trade with hands for all that its broker says, and a keeper that looks at it."""

from decimal import Decimal

from tests.execution.terms import OPEN_NS, S, bracket, option, plan, trade_of

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.orders import Execution, Leg, OpenOrder, OrderIntent, OrderTicket
from alphatrader.execution.keeper import SOUND, Action, CancelLeg, Footing, TradeKeeper
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import TrackedOrder

ONE_TARGET = plan((0.4, 1.0), max_hold_s=180.0)
"""Ids 1 entry, 2 stop at 1.12, 3 target at 2.10."""
TWO_STEPS = plan((0.2, 0.5), (0.4, 0.5))
"""Ids 1 entry, 2 stop, 3 target at 1.80; 4, 5, 6 the same with a target at 2.10."""
RUNNER = plan((0.2, 0.5))
"""Ids 1 entry, 2 stop, 3 target at 1.80; 4 entry, 5 stop of what runs on."""


class TradeBench:
    """Seconds count from the opening of the session, when the intent was made."""

    def __init__(
        self,
        exit_plan: ExitPlan = ONE_TARGET,
        quantity: int = 4,
        instrument: Instrument | None = None,
        settings: ExecutionSettings | None = None,
    ) -> None:
        instrument = instrument or option()
        self.trade = trade_of(bracket(exit_plan, quantity, instrument), instrument)
        self.keeper = TradeKeeper(settings or ExecutionSettings(), 1.0)
        self.at_s = 0.0
        self._fills = 0

    def order(self, number: int) -> TrackedOrder:
        return self.trade.orders[number]

    def sent(self) -> "TradeBench":
        for order in self.trade.orders.values():
            order.on_sent(OPEN_NS)
        return self

    def status(
        self,
        number: int,
        status: str,
        *,
        quantity: int = 0,
        filled: int = 0,
        limit: str | None = None,
        stop: str | None = None,
    ) -> "TradeBench":
        """What the broker reports of an order, taken as the engine takes it."""
        ticket = self.order(number).ticket
        quantity = quantity or self.order(number).quantity
        report = OpenOrder(
            number, 900 + number, 1, 7, ticket.side, quantity, ticket.order_type, status, filled=filled,
        )  # fmt: skip
        self.order(number).on_report(report)
        if limit is not None:
            self.trade.limits[number] = Decimal(limit)
        if stop is not None:
            self.trade.stops[number] = Decimal(stop)
        return self

    def fill(self, number: int, quantity: int) -> "TradeBench":
        self._fills += 1
        order = self.order(number)
        execution = Execution(
            f"e.{self._fills}.01", number, 0, 7, order.ticket.side, quantity, Decimal("1.50"), self._fills
        )
        order.on_execution(execution)
        return self

    def working(self) -> "TradeBench":
        """All is sent and confirmed; nothing is filled."""
        self.sent()
        for number, order in self.trade.orders.items():
            self.status(number, "Submitted" if order.leg is Leg.ENTRY else "PreSubmitted")
        return self

    def open(self) -> "TradeBench":
        """All entries are filled, all exits rest."""
        self.working()
        for number, order in list(self.trade.orders.items()):
            if order.leg is Leg.ENTRY:
                self.fill(number, order.quantity)
        return self

    def leave(self, reason: str = "flatten", *, forced: bool = False) -> "TradeBench":
        """Ask the trade to get out, as a person's flatten does."""
        self.trade.exit_reason, self.trade.forced = reason, forced
        return self

    def step(self, at_s: float, bid: float | None = 1.40, footing: Footing = SOUND) -> list[Action]:
        """Look once; cancels are marked as asked for, as the executor does."""
        self.at_s = at_s
        now_ns = OPEN_NS + int(at_s * S)
        actions = self.keeper.step(self.trade, now_ns, bid, footing)
        for action in actions:
            if isinstance(action, CancelLeg):
                action.order.cancel_requested_ns = now_ns
        return actions

    def add(self, intent: OrderIntent, ticket: OrderTicket) -> TrackedOrder:
        """Track a closing order."""
        order = TrackedOrder(ticket, intent.intent_id, ticket.quantity)
        self.trade.orders[ticket.order_id] = order
        return order

    def flattening(self, number: int, quantity: int, limit: str | None = "1.38") -> "TradeBench":
        """A closing order works at the broker."""
        price = None if limit is None else Decimal(limit)
        kind = "MKT" if limit is None else "LMT"
        ticket = OrderTicket(number, Leg.FLATTEN, "SELL", quantity, kind, "DAY", limit_price=price)  # type: ignore[arg-type]
        self.add(self.trade.intent, ticket).on_sent(OPEN_NS)
        return self.status(number, "Submitted", limit=limit)


def cancels(actions: list[Action]) -> list[int]:
    """Order ids that are to be cancelled."""
    return [action.order.ticket.order_id for action in actions if isinstance(action, CancelLeg)]
