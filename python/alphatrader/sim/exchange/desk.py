"""The exchange's desk: the state that all its parts share, and the few ways in which an order changes for others.

Whatever a client shall hear goes through here, so that it is noted for the disk before it is reported.
"""

from collections import deque

from msgspec import structs

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.account import Account
from alphatrader.sim.exchange.families import Families
from alphatrader.sim.exchange.hours import SessionRules
from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.journal import ExchangeJournal, Sequence
from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderStatus
from alphatrader.sim.exchange.registry import OrderRegistry
from alphatrader.sim.exchange.reports import Notice, OrderReport, Report
from alphatrader.sim.exchange.settings import ExchangeSettings
from alphatrader.sim.exchange.valuation import Valuation
from alphatrader.sim.market.types import ListedContract, SimulatedMarket

CANCELLED_CODE = 202
CANCELLED_TEXT = "Order Canceled - reason:"
BY_TRADER = "Cancelled by Trader"
BY_SYSTEM = "Cancelled by System:\n"
"""With the line break that real gateways put into the field."""


class Desk:
    """Shared state of one exchange."""

    def __init__(
        self,
        market: SimulatedMarket,
        journal: ExchangeJournal,
        account: Account,
        settings: ExchangeSettings,
        behaviours: Behaviours,
    ) -> None:
        self.market = market
        self.journal = journal
        self.account = account
        self.settings = settings
        self.behaviours = behaviours
        self.instruments = Instruments(market)
        self.rules = SessionRules(market, self.instruments)
        self.valuation = Valuation(market, self.instruments, account)
        self.registry = OrderRegistry()
        self.families = Families(
            self.registry,
            self.note,
            self.close,
            by_part=behaviours.on("children_wake_by_part"),
            parents_quantity=behaviours.on("child_quantity_is_parents"),
        )
        self.executions: list[ExecutionRecord] = []
        self.unmatched: set[int] = set()
        """Orders to be looked at in the next round even if their market does not move."""
        self.sequence: Sequence = journal.restore(self.registry, account, self.instruments, self.executions)
        self._reports: deque[tuple[int, Report]] = deque()

    @property
    def now_ns(self) -> int:
        """Market time."""
        return self.market.now_ns

    def contracts(self, order: Order) -> list[ListedContract]:
        """Return the contracts that an order trades: one, or one a leg."""
        if order.legs:
            return [self.instruments[leg.con_id] for leg in order.legs]
        return [self.instruments[order.con_id]]

    # ----------------------------------------------------------------------------------------------------- reports

    def report(self, report: Report, delay_ns: int = 0) -> None:
        """Queue a report; a delayed one holds up those behind it, so that their order stays."""
        due_ns = self.now_ns + delay_ns
        if self._reports:
            due_ns = max(due_ns, self._reports[-1][0])
        self._reports.append((due_ns, report))

    def drain(self) -> list[Report]:
        """Return the reports that are due."""
        due: list[Report] = []
        while self._reports and self._reports[0][0] <= self.now_ns:
            due.append(self._reports.popleft()[1])
        return due

    def note(self, order: Order, *, full: bool = True) -> None:
        """Save and report an order as it is now."""
        self.journal.note(order)
        self.report(OrderReport(structs.replace(order), full))

    def notice(self, order: Order, code: int, text: str) -> None:
        """Send a coded message about an order."""
        self.report(Notice(order.client_id, order.order_id, code, text))

    # ------------------------------------------------------------------------------------------------------ endings

    def close(self, order: Order, *, notice: bool = True, reason: str = BY_TRADER) -> None:
        """Cancel a live order; what depends on it follows."""
        if order.done:
            return
        order.status, order.closed_ns, order.closed_reason = OrderStatus.CANCELLED, self.now_ns, reason
        self.note(order, full=False)
        if notice:
            self.notice(order, CANCELLED_CODE, CANCELLED_TEXT)
        self._end(order)

    def deactivate(self, order: Order, reason: str) -> None:
        """End an order as refused: Inactive."""
        if order.done:
            return
        order.status, order.closed_ns, order.closed_reason = OrderStatus.INACTIVE, self.now_ns, reason
        self.note(order)
        self._end(order)

    def _end(self, order: Order) -> None:
        self.unmatched.discard(order.perm_id)
        self.registry.close(order)
        self.families.after_end(order)
