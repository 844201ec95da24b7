"""What the gateway says of orders and fills, passed on as it is said.

No state is derived here: whether an order lives is for our own state machine to decide. Statuses repeat, come late and
contradict each other; the library's ``Trade`` reads some of them as the death of a live order.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import structlog

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.known_orders import KnownOrder, side_of
from alphatrader.domain.events import CommissionReported, ExecutionReported, OrderErrored, OrderReported
from alphatrader.domain.orders import Execution, OpenOrder
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

MAX_KNOWN = 10_000
CANCEL_CONFIRMED = 202
_DONE = frozenset({"Filled", "Cancelled", "ApiCancelled"})


class OrderReports:
    """Decoder callbacks about orders. ``on_unknown`` asks for a poll when a status names an order never described."""

    def __init__(self, sink: EventSink, client_id: int, on_unknown: Callable[[], None]) -> None:
        self._sink = sink
        self._client_id = client_id
        self._on_unknown = on_unknown
        self._known: OrderedDict[Hashable, KnownOrder] = OrderedDict()
        self.polled_orders: dict[Hashable, OpenOrder] | None = None
        """Where an open-order poll collects; None while none runs."""

    def ours(self, order_id: int) -> KnownOrder | None:
        """Return what is known of an order of our own client id."""
        return self._known.get((self._client_id, order_id))

    def remember(self, order: KnownOrder) -> None:
        """Note an order that is about to be sent."""
        self._store(self._key(order.client_id, order.order_id, order.perm_id), order)

    # ------------------------------------------------------------------------------------------ decoder callbacks

    def open_order(self, order_id: int, contract: Any, order: Any, state: Any) -> None:
        """Take openOrder (5), pushed or polled."""
        if order.whatIf:
            return
        key = self._key(int(order.clientId), order_id, int(order.permId))
        before = self._known.get(key)
        known = KnownOrder.of_open_order(order_id, contract, order, state)
        if before is not None:
            known.filled, known.average_price = before.filled, before.average_price
        self._store(key, known)
        self._report(key, known, "")

    def order_status(
        self,
        order_id: int,
        status: str,
        filled: float,
        _remaining: float,
        average_price: float,
        perm_id: int,
        _parent_id: int,
        _last_price: float,
        client_id: int,
        why_held: str,
        _cap_price: float = 0.0,
    ) -> None:
        """Take orderStatus (3). It does not say what the order is: that is remembered."""
        key = self._key(client_id, order_id, perm_id)
        known = self._known.get(key)
        if known is None:
            _log.warning("ibkr_status_of_unknown_order", order_id=order_id, client_id=client_id, status=status)
            self._on_unknown()
            return
        known.status = status
        known.perm_id = perm_id or known.perm_id
        known.filled = numbers.whole(filled)
        known.average_price = numbers.price(average_price)
        self._report(key, known, why_held)

    def execution(self, _request_id: int, _contract: Any, execution: Any) -> Execution:
        """Take execDetails (11), live or polled: posted either way, since an execution counts once by its id."""
        report = Execution(
            exec_id=str(execution.execId),
            order_id=int(execution.orderId),
            perm_id=int(execution.permId),
            con_id=int(_contract.conId),
            side=side_of(execution.side),
            quantity=numbers.whole(execution.shares),
            price=numbers.price(execution.price),
            ts_ns=round(execution.time.timestamp() * 1_000_000) * 1_000,
            order_ref=str(execution.orderRef),
            client_id=int(execution.clientId),
        )
        self._sink.post(ExecutionReported(ts_ns=self._sink.now_ns(), execution=report))
        return report

    def commission(self, report: Any) -> None:
        """Take commissionReport (59). A commission that is not known yet is left out, not booked as zero."""
        if not numbers.is_set(report.commission):
            _log.info("ibkr_commission_not_known_yet", exec_id=report.execId)
            return
        self._sink.post(
            CommissionReported(
                ts_ns=self._sink.now_ns(),
                exec_id=str(report.execId),
                commission=numbers.price(report.commission),
                currency=str(report.currency),
            )
        )

    def error(self, order_id: int, code: int, text: str) -> None:
        """Take an error under an order id. It is passed on as words: some of them are about orders that live on."""
        log = _log.info if code == CANCEL_CONFIRMED else _log.warning
        log("ibkr_order_message", order_id=order_id, code=code, text=text)
        self._sink.post(OrderErrored(ts_ns=self._sink.now_ns(), order_id=order_id, code=code, text=text))

    # ------------------------------------------------------------------------------------------ inside

    def _report(self, key: Hashable, known: KnownOrder, why_held: str) -> None:
        order = known.as_open_order()
        if self.polled_orders is not None:
            # A change that met an outage can leave two live orders under one id: both must be seen.
            if known.status in _DONE:
                self.polled_orders.pop((key, known.perm_id), None)  # it ended while the poll ran
            else:
                self.polled_orders[key, known.perm_id] = order
        self._sink.post(
            OrderReported(ts_ns=self._sink.now_ns(), order=order, average_price=known.average_price, why_held=why_held)
        )

    def _store(self, key: Hashable, known: KnownOrder) -> None:
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)

    @staticmethod
    def _key(client_id: int, order_id: int, perm_id: int) -> Hashable:
        """Orders entered by hand have no order id: the permanent id names them."""
        return (client_id, order_id) if order_id > 0 else ("permanent", perm_id)
