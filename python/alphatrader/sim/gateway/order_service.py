"""Orders between client and exchange: requests in, reports out, each to the client that owns the order."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from msgspec import structs

from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.orders import Order, OrderRequest, OrderStatus
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, Notice, OrderReport, PositionReport, Report
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.order_messages import (
    commission_report,
    completed_order,
    execution_details,
    open_order,
    order_status,
)
from alphatrader.sim.gateway.outbox import Outbox
from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.requests import CancelOrder, ExecutionsRequest, Numbered
from alphatrader.sim.wire.times import TimeTextError, read_time

_LIVE_REQUEST = -1
_SWALLOWED_KEPT = 1000


class OrderService:
    """Serves placeOrder, cancels, open and completed orders, executions."""

    def __init__(self, exchange: Exchange, contracts: ContractService, faults: FaultBoard, outbox: Outbox) -> None:
        self._exchange = exchange
        self._contracts = contracts
        self._faults = faults
        self._outbox = outbox
        self._swallowed: deque[tuple[int, int]] = deque(maxlen=_SWALLOWED_KEPT)
        self._late_cancels: list[tuple[float, int]] = []
        self._shown: dict[int, dict[int, int]] = {}
        self.last_order_id: dict[int, int] = {}

    # -------------------------------------------------------------------------------------------------------- requests

    def place(self, session: Session, request: PlaceOrder) -> None:
        """Hand an order to the exchange, unless a fault takes it first."""
        client_id = _client(session)
        contract = self._contracts.resolve(session, request.order_id, request.contract)
        if contract is None:
            return
        asked = _order_request(client_id, request, contract)
        if request.what_if:
            self._answer_what_if(session, asked, contract)
            return
        is_new = self._exchange.registry.find(client_id, request.order_id) is None
        if is_new and self._swallow(client_id, request):
            return
        self.last_order_id[client_id] = request.order_id
        rejection = self._faults.take_rejection(request.order_type) if is_new else None
        self._exchange.place(asked, Refusal(rejection.code, rejection.text) if rejection else None)
        warning = self._faults.take_warning() if is_new else None
        if warning is not None:
            session.error(request.order_id, warning.code, warning.text)

    def cancel(self, session: Session, request: CancelOrder, now_s: float) -> None:
        """Cancel an order of this client, or one that it saw by reqAllOpenOrders."""
        order = self._find(_client(session), request.order_id)
        if order is None:
            text = f"OrderId {request.order_id} that needs to be cancelled is not found."
            session.error(request.order_id, 10147, text)
            return
        if order.done:
            text = f"OrderId {request.order_id} that needs to be cancelled cannot be cancelled, state: "
            session.error(request.order_id, 10148, f"{text}{order.status.value}.")
            return
        delay_s = self._faults.delay_s("cancels")
        if delay_s > 0:
            self._exchange.mark_pending_cancel(order)
            self._late_cancels.append((now_s + delay_s, order.perm_id))
        else:
            self._exchange.cancel(order)

    def cancel_all(self) -> None:
        """Cancel the orders of all clients, stops included."""
        for order in self._exchange.registry.live():
            self._exchange.cancel(order)

    def carry_out_late_cancels(self, now_s: float) -> None:
        """Put cancels into effect whose delay is over."""
        due = [perm_id for due_s, perm_id in self._late_cancels if due_s <= now_s]
        self._late_cancels = [(due_s, perm_id) for due_s, perm_id in self._late_cancels if due_s > now_s]
        for perm_id in due:
            order = self._exchange.registry.by_perm_id(perm_id)
            if order is not None and not order.done:
                self._exchange.cancel(order)

    def open_orders(self, session: Session, *, of_all_clients: bool) -> None:
        """Send live orders: those of the client, or those of all."""
        client_id = _client(session)
        for order in self._exchange.registry.live():
            if of_all_clients and order.client_id != client_id:
                self._shown.setdefault(client_id, {})[order.order_id] = order.perm_id
            if of_all_clients or order.client_id == client_id:
                session.send(open_order(order, self._contract(order), self._account) + order_status(order))
        if not self._faults.take_withheld("open_orders"):
            session.send(message(53, 1))

    def completed_orders(self, session: Session) -> None:
        """Send the day's orders that are done; refused ones are not among them."""
        for order in self._exchange.registry.closed():
            if order.status is not OrderStatus.INACTIVE:
                session.send(completed_order(order, self._contract(order), self._account))
        if not self._faults.take_withheld("completed_orders"):
            session.send(message(102))

    def auto_bind(self, session: Session, request: Numbered) -> None:
        """Take client 0's wish to own manual orders; there are none here."""
        if request.number and session.client_id != 0:
            text = "Error validating request.-'xx' : cause - Only the default client (0) can auto bind orders."
            session.error(SERVER_SIDE, 321, text)

    def executions(self, session: Session, request: ExecutionsRequest) -> None:
        """Send the day's executions of all clients that pass the filter, each with its commission."""
        try:
            since_ns = read_time(request.since) or 0
        except TimeTextError as error:
            session.error(request.req_id, 321, f"Error validating request.-'xx' : cause - {error}")
            return
        side = {"BUY": "BUY", "BOT": "BUY", "SELL": "SELL", "SLD": "SELL"}.get(request.side, "")
        for execution in self._exchange.executions:
            contract = self._contracts.catalogue.by_con_id[execution.con_id]
            wanted = (
                (request.client_id, execution.client_id),
                (request.symbol, contract.symbol),
                (request.sec_type, contract.sec_type),
                (request.account, self._account),
                (side, execution.side),
            )
            if execution.ts_ns >= since_ns and all(asked == has for asked, has in wanted if asked):
                session.send(execution_details(execution, contract, self._account, request.req_id))
                session.send(commission_report(execution))
        if not self._faults.take_withheld("executions"):
            session.send(message(55, 1, request.req_id))

    # --------------------------------------------------------------------------------------------------------- reports

    def publish(self, reports: Iterable[Report], now_s: float) -> set[int]:
        """Send reports to their clients; return the contracts whose positions changed."""
        moved: set[int] = set()
        for report in reports:
            if isinstance(report, PositionReport):
                moved.add(report.con_id)
                continue
            client_id, about_fill, encoded = self._encode(report)
            self._outbox.put(client_id, encoded, now_s, self._faults.held_for_s(about_fill=about_fill))
        return moved

    def forget(self, session: Session) -> None:
        """Drop what a client was shown of others; its orders stay."""
        self._shown.pop(_client(session), None)

    def _encode(self, report: OrderReport | FillReport | CommissionReport | Notice) -> tuple[int, bool, bytes]:
        if isinstance(report, OrderReport):
            order = report.order
            status = order_status(order)
            if self._faults.duplicating:
                status += status
            opening = open_order(order, self._contract(order), self._account) if report.full else b""
            return order.client_id, order.filled > 0, opening + status
        if isinstance(report, Notice):
            return report.client_id, False, message(4, 2, report.order_id, report.code, report.text, "")
        execution = report.execution
        if isinstance(report, CommissionReport):
            return execution.client_id, True, commission_report(execution)
        contract = self._contracts.catalogue.by_con_id[execution.con_id]
        return execution.client_id, True, execution_details(execution, contract, self._account, _LIVE_REQUEST)

    # ----------------------------------------------------------------------------------------------------------- parts

    @property
    def _account(self) -> str:
        return self._exchange.account.account_id

    def _contract(self, order: Order) -> ListedContract:
        return self._contracts.catalogue.by_con_id[order.con_id]

    def _find(self, client_id: int, order_id: int) -> Order | None:
        own = self._exchange.registry.find(client_id, order_id)
        if own is not None:
            return own
        return self._exchange.registry.by_perm_id(self._shown.get(client_id, {}).get(order_id, 0))

    def _swallow(self, client_id: int, request: PlaceOrder) -> bool:
        """Whether a fault loses this order; the children of a lost parent are lost with it."""
        lost = (client_id, request.parent_id) in self._swallowed or self._faults.take_swallow(request.order_type)
        if lost:
            self._swallowed.append((client_id, request.order_id))
        return lost

    def _answer_what_if(self, session: Session, asked: OrderRequest, contract: ListedContract) -> None:
        """Say what the order would tie up; nothing is placed."""
        price = self._exchange.admission.expected_price(asked, contract)
        cost = price * asked.quantity * contract.multiplier if asked.side == "BUY" else Decimal(0)
        order = Order(
            perm_id=0,
            client_id=asked.client_id,
            order_id=asked.order_id,
            con_id=asked.con_id,
            side="BUY" if asked.side == "BUY" else "SELL",
            quantity=int(asked.quantity),
            order_type=asked.order_type,
            tif=asked.tif,
            placed_ns=0,
            priority=0,
            limit_price=asked.limit_price,
            stop_price=asked.stop_price,
            status=OrderStatus.PRE_SUBMITTED,
        )
        session.send(open_order(order, contract, self._account, what_if=True, margin=f"{cost:.2f}"))


def _order_request(client_id: int, request: PlaceOrder, contract: ListedContract) -> OrderRequest:
    asked = OrderRequest(
        client_id=client_id,
        order_id=request.order_id,
        con_id=contract.con_id,
        side=request.action,
        quantity=request.quantity,
        order_type=request.order_type,
        tif=request.tif or "DAY",
        limit_price=request.limit_price,
        stop_price=request.aux_price,
        oca_group=request.oca_group,
        oca_type=request.oca_type,
        order_ref=request.order_ref,
        parent_id=request.parent_id,
        trigger_method=request.trigger_method,
        outside_rth=request.outside_rth,
        transmit=request.transmit,
        account=request.account,
        unsupported=request.unsupported,
    )
    if request.order_type in {"STP", "STP LMT"}:
        return asked
    # Clients write 0 into the auxiliary price of orders that have none.
    return structs.replace(asked, stop_price=None)


def _client(session: Session) -> int:
    return SERVER_SIDE if session.client_id is None else session.client_id
