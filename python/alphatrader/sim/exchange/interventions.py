"""What the exchange does when it is made to: fills out of nowhere, orders struck down or forked, old reports again.

For fault injection alone; every change goes through the same books as a real one.
"""

from decimal import Decimal

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.exchange.desk import Desk
from alphatrader.sim.exchange.fills import MADE, Fills
from alphatrader.sim.exchange.liquidation import Liquidation
from alphatrader.sim.exchange.orders import COMBO_CON_ID, ExecutionRecord, Order, OrderStatus
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, Report


class Interventions:
    """The hand in the exchange's works."""

    def __init__(self, desk: Desk, fills: Fills, liquidation: Liquidation) -> None:
        self._desk = desk
        self._fills = fills
        self._liquidation = liquidation

    def working(self, client_id: int | None = None) -> Order:
        """Return the newest order (of a client) that works. Raises ConfigError if there is none."""
        for order in reversed(self._desk.registry.live()):
            mine = client_id in {None, order.client_id}
            if mine and order.status is not OrderStatus.STAGED and not order.held_by_parent:
                return order
        raise ConfigError("no order works that the fault could strike")

    def fill(self, order: Order, quantity: int = 0) -> None:
        """Fill a live order now, at its limit or the far side of the quote; 0 = all that is left of it."""
        wanted = min(quantity or order.remaining, order.remaining)
        if order.done or order.con_id == COMBO_CON_ID or wanted <= 0:
            return
        quote = self._desk.market.quote(order.con_id)
        shown = quote.ask if order.side == "BUY" else quote.bid
        price = order.effective_limit or Decimal(str(round(shown or quote.last, 4)))
        self._fills.fill(order, wanted, price, MADE)

    def split_fills(self, lot: int) -> None:
        """Let fills come in parts of at most ``lot`` from now on; 0 = whole."""
        self._fills.lot = lot

    def deactivate(self, order: Order) -> None:
        """Turn a live order Inactive."""
        self._desk.deactivate(order, "Deactivated by a SIMULATED fault")

    def free_id(self, order: Order) -> None:
        """Let a live order's client forget its id: what comes under it next is another order."""
        self._desk.registry.free_id(order)

    def liquidate(self, con_id: int, quantity: int = 0) -> None:
        """Close a position without being asked; 0 = all. Raises ConfigError if nothing is held."""
        held = abs(self._desk.account.quantity(con_id))
        if not held:
            raise ConfigError(f"nothing is held of contract {con_id}: there is nothing to liquidate")
        self._liquidation.close(con_id, min(quantity or held, held))

    def last_executions(self, count: int = 1, client_id: int | None = None) -> list[ExecutionRecord]:
        """Return the day's last executions (of a client), oldest first. Raises ConfigError if there are none."""
        found = [
            record
            for record in self._desk.executions
            if record.con_id != COMBO_CON_ID and client_id in {None, record.client_id}
        ]
        if not found:
            raise ConfigError("no execution of today could be struck")
        return found[-count:]

    def replay(self, record: ExecutionRecord, *, commission: bool) -> None:
        """Report an execution once more."""
        self._desk.report(FillReport(record))
        if commission:
            self._desk.report(CommissionReport(record))

    def correct(self, record: ExecutionRecord, price: Decimal) -> None:
        """Correct an execution's price."""
        self._fills.correct(record.exec_id, price=price)

    def bust(self, record: ExecutionRecord, *, told: bool) -> None:
        """Take an execution back; ``told`` = as a correction to quantity 0, otherwise only the position shows it."""
        self._fills.correct(record.exec_id, quantity=0, told=told)

    def tell(self, report: Report) -> None:
        """Report what is not so."""
        self._desk.report(report)
