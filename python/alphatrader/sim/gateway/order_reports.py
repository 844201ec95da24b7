"""What happened to orders, told to the clients that own them and to the master client."""

from collections.abc import Iterable, Mapping

import structlog

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.exchange import CANCELLED_CODE, Exchange
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, Notice, OrderReport, PositionReport, Report
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.open_order import open_order
from alphatrader.sim.gateway.order_ids import MANUAL_CLIENT, OrderIds, is_manual
from alphatrader.sim.gateway.order_messages import commission_report, execution_details, order_bound, order_status
from alphatrader.sim.gateway.order_sequence import arrange
from alphatrader.sim.gateway.outbox import Outbox
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.errors import error_message

log = structlog.get_logger("alphatrader.sim.gateway")

LIVE_REQUEST = -1
"""Request id of executions that nobody asked for."""

Told = OrderReport | FillReport | CommissionReport | Notice


class OrderReporter:
    """Turns the exchange's reports into messages, each for the version and the ids of its client."""

    def __init__(
        self,
        exchange: Exchange,
        contracts: Mapping[int, ListedContract],
        ids: OrderIds,
        faults: FaultBoard,
        outbox: Outbox,
        behaviours: Behaviours,
        master_client_id: int | None,
    ) -> None:
        self._exchange = exchange
        self._contracts = contracts
        self._ids = ids
        self._faults = faults
        self._outbox = outbox
        self._behaviours = behaviours
        self._master_client_id = master_client_id

    def publish(self, reports: Iterable[Report], now_s: float) -> set[int]:
        """Send reports to their clients; return the contracts whose positions changed."""
        moved: set[int] = set()
        for report in arrange(reports, self._behaviours):
            if isinstance(report, PositionReport):
                moved.add(report.con_id)
                continue
            owner, about_fill = _owner(report)
            for client_id in self._told_of(report, owner):
                session = self._outbox.session(client_id)
                if session is not None:
                    encoded = self._encode(report, session, client_id)
                    self._outbox.put(client_id, encoded, now_s, self._faults.held_for_s(about_fill=about_fill))
        return moved

    def describe(self, order: Order, session: Session, client_id: int) -> bytes:
        """Encode openOrder and orderStatus as one client sees them."""
        order_id = self._ids.seen_by(client_id, order.order_id, order.perm_id)
        opening = open_order(order, self._contracts, self._account, session.version, order_id=order_id)
        return opening + order_status(order, order_id=order_id)

    def _told_of(self, report: Told, owner: int) -> list[int]:
        """The owner, unless it is a manual order that client 0 has not bound; and the master client."""
        told = [owner]
        if isinstance(report, OrderReport) and is_manual(report.order):
            told = [MANUAL_CLIENT] if self._visible(report.order) else []
        elif isinstance(report, FillReport | CommissionReport) and report.execution.order_id < 0:
            order = self._exchange.registry.by_perm_id(report.execution.perm_id)
            told = [MANUAL_CLIENT] if order is not None and self._visible(order) else []
        if self._master_client_id is not None and self._master_client_id not in told:
            told.append(self._master_client_id)
        return told

    def _visible(self, order: Order) -> bool:
        """Whether client 0 knows a manual order by its id; binds it if that client asked for all of them."""
        if self._ids.seen_by(MANUAL_CLIENT, order.order_id, order.perm_id):
            return True
        if not self._ids.auto_bind:
            return False
        self._ids.bind(order)
        session = self._outbox.session(MANUAL_CLIENT)
        if session is not None:
            session.send(order_bound(order.perm_id, MANUAL_CLIENT, order.order_id))
        return True

    def _encode(self, report: Told, session: Session, client_id: int) -> bytes:
        if isinstance(report, OrderReport):
            order = report.order
            if report.full:
                return self.describe(order, session, client_id)
            return order_status(order, order_id=self._ids.seen_by(client_id, order.order_id, order.perm_id))
        if isinstance(report, Notice):
            if report.code != CANCELLED_CODE:
                log.info(
                    "SIMULATED gateway: order message",
                    client_id=report.client_id,
                    order_id=report.order_id,
                    code=report.code,
                    text=report.text,
                )
            return error_message(report.order_id, report.code, report.text, session.version)
        execution = report.execution
        if isinstance(report, CommissionReport):
            return commission_report(execution)
        order_id = self._ids.seen_by(client_id, execution.order_id, execution.perm_id)
        return execution_details(
            execution, self._contracts, self._account, LIVE_REQUEST, session.version, order_id=order_id
        )

    @property
    def _account(self) -> str:
        return self._exchange.account.account_id


def _owner(report: Told) -> tuple[int, bool]:
    """Whose report it is, and whether it tells of a fill."""
    if isinstance(report, OrderReport):
        return report.order.client_id, report.order.filled > 0
    if isinstance(report, Notice):
        return report.client_id, False
    return report.execution.client_id, True
