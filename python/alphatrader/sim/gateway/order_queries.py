"""Questions about orders: what is open, what is done, what was executed."""

from collections.abc import Mapping

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderStatus
from alphatrader.sim.gateway.completed_order import completed_order
from alphatrader.sim.gateway.order_ids import MANUAL_CLIENT, OrderIds, is_manual
from alphatrader.sim.gateway.order_messages import commission_report, execution_details, order_bound
from alphatrader.sim.gateway.order_reports import OrderReporter
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.market.types import ListedContract, SimulatedMarket
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.requests import ExecutionsRequest
from alphatrader.sim.wire.times import TimeTextError, eastern, read_time

_SIDES = {"BUY": "BUY", "BOT": "BUY", "SELL": "SELL", "SLD": "SELL", "SSHORT": "SELL"}


class OrderQueries:
    """Answers reqOpenOrders, reqAllOpenOrders, reqCompletedOrders and reqExecutions."""

    def __init__(
        self,
        exchange: Exchange,
        market: SimulatedMarket,
        contracts: Mapping[int, ListedContract],
        ids: OrderIds,
        reporter: OrderReporter,
        behaviours: Behaviours,
    ) -> None:
        self._exchange = exchange
        self._market = market
        self._contracts = contracts
        self._ids = ids
        self._reporter = reporter
        self._behaviours = behaviours

    def open_orders(self, session: Session, *, of_all_clients: bool) -> None:
        """Send live orders: those of the client (client 0: manual ones too, which it binds), or those of all.

        Orders that were not transmitted stay unseen, unless chosen otherwise.
        """
        client_id = client_of(session)
        staged_too = self._behaviours.on("untransmitted_listed")
        for order in self._exchange.registry.live():
            if order.status is OrderStatus.STAGED and not staged_too:
                continue
            if of_all_clients:
                self._ids.show(client_id, order)
            elif order.client_id != client_id:
                continue
            elif is_manual(order) and self._ids.bind(order):
                session.send(order_bound(order.perm_id, MANUAL_CLIENT, order.order_id))
            session.send(self._reporter.describe(order, session, client_id))
        session.send(message(53, 1))

    def completed_orders(self, session: Session, *, api_only: bool) -> None:
        """Send orders that are done; refused ones are not among them, and with ``api_only`` manual ones neither."""
        emptied = self._behaviours.on("completed_filled_quantity_zero")
        for order in self._exchange.registry.closed():
            if order.status is OrderStatus.INACTIVE or (api_only and is_manual(order)):
                continue
            if not self._is_known(order):
                continue
            quantity = 0 if emptied and order.status is OrderStatus.FILLED else order.quantity
            account = self._exchange.account.account_id
            session.send(completed_order(order, self._contracts, account, session.version, quantity=quantity))
        session.send(message(102))

    def executions(self, session: Session, request: ExecutionsRequest) -> None:
        """Send the executions of all clients that pass the filter, each with its commission."""
        try:
            since_ns = read_time(request.since) or 0
        except TimeTextError as error:
            session.error(request.req_id, 321, f"Error validating request.-'bF' : cause - {error}")
            return
        client_id = client_of(session)
        for execution in self._exchange.executions:
            if execution.ts_ns < since_ns or not self._passes(execution, request):
                continue
            if not execution.legs and execution.con_id not in self._contracts:
                continue
            order_id = self._ids.seen_by(client_id, execution.order_id, execution.perm_id)
            account = self._exchange.account.account_id
            session.send(
                execution_details(
                    execution, self._contracts, account, request.req_id, session.version, order_id=order_id
                )
            )
            session.send(commission_report(execution))
        session.send(message(55, 1, request.req_id))

    def _is_known(self, order: Order) -> bool:
        """Whether an old order's contract can still be named: after a restart, one that has expired cannot."""
        return bool(order.legs) or order.con_id in self._contracts

    def _passes(self, execution: ExecutionRecord, request: ExecutionsRequest) -> bool:
        if self._behaviours.on("executions_current_day"):
            day = f"{eastern(execution.ts_ns):%Y-%m-%d}"
            if day != self._market.session_date:
                return False
        contract = self._contracts.get(execution.con_id)
        symbol, sec_type = (contract.symbol, contract.sec_type) if contract else ("", "BAG")
        wanted = (
            (request.client_id, execution.client_id),
            (request.symbol.upper(), symbol),
            (request.sec_type.upper(), sec_type),
            (request.account, self._exchange.account.account_id),
            (request.exchange.upper(), execution.venue),
            (_SIDES.get(request.side.upper(), request.side), execution.side),
        )
        return all(asked in {has, "SMART"} for asked, has in wanted if asked)


def client_of(session: Session) -> int:
    """Return the session's client id."""
    return SERVER_SIDE if session.client_id is None else session.client_id
