"""Orders out: families sent as one piece, and OrderSent only once the bytes have left."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import structlog

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.contracts import ContractBook
from alphatrader.adapters.ibkr.known_orders import KnownOrder, library_condition
from alphatrader.adapters.ibkr.limiter import Priority
from alphatrader.adapters.ibkr.reports import OrderReports
from alphatrader.adapters.ibkr.session import Session
from alphatrader.adapters.ibkr.wire import Request
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.contracts import Instrument
from alphatrader.domain.errors import LinkError, OrderRefusedError
from alphatrader.domain.events import OrderSent
from alphatrader.domain.orders import OrderIntent, OrderTicket
from alphatrader.ports import Clock, EventSink

_log = structlog.get_logger(__name__)


class OrderSender:
    """Sends, changes and cancels orders. The only place of the system where an order leaves it."""

    def __init__(
        self, session: Session, sink: EventSink, clock: Clock, contracts: ContractBook, reports: OrderReports
    ) -> None:
        self._session = session
        self._sink = sink
        self._clock = clock
        self._contracts = contracts
        self._reports = reports

    async def submit(self, approved: RiskApproved[OrderIntent]) -> None:
        """Send the intent's families in one piece; post OrderSent for each order once its bytes have left the machine.

        Raises LinkError or OrderRefusedError only if not one byte was sent. If the link breaks between the first byte
        and the last, it returns without OrderSent: the intent is UNKNOWN, and reconciliation settles it.
        """
        if not isinstance(approved, RiskApproved):
            raise OrderRefusedError("an order without the risk gate's approval was refused; send it through the gate.")
        intent = approved.value
        instrument = self._contracts.instrument(intent.instrument_id)
        self._check(intent, instrument)
        self._need_orders_possible()
        family = [self._known(intent, ticket) for ticket in intent.tickets]
        requests = [self._placing(order, transmit=_ends_a_family(order, family)) for order in family]
        wire = self._session.wire
        # All tokens first: a family must not be torn apart by the pace.
        await self._session.take(len(requests), Priority.ORDER, wire)
        self._need_orders_possible()
        if self._clock.now_ns() > intent.deadline_ns:
            raise OrderRefusedError(
                f"intent {intent.intent_id} missed its deadline while it waited to be sent; it was not sent."
            )
        for order in family:
            self._reports.remember(order)
        wire.send(requests)
        if not await wire.drained(self._session.settings.send_timeout_s):
            _log.error("ibkr_order_bytes_uncertain", intent_id=intent.intent_id)
            return
        for ticket in intent.tickets:
            self._sink.post(OrderSent(ts_ns=self._sink.now_ns(), intent_id=intent.intent_id, order_id=ticket.order_id))

    async def reprice(self, order_id: int, limit_price: Decimal) -> None:
        """Change the limit of a working order. Raises LinkError unless the link is healthy, OrderRefusedError."""
        order = self._changeable(order_id)
        if order.limit_price is None:
            raise OrderRefusedError(f"order {order_id} is a {order.order_type} order and has no limit to change.")
        await self._change(order, limit_price=limit_price)

    async def move_stop(self, order_id: int, stop_price: Decimal) -> None:
        """Change the price of a working stop. Raises LinkError unless the link is healthy, OrderRefusedError."""
        order = self._changeable(order_id)
        if order.stop_price is None and order.conditions:
            raise OrderRefusedError(
                f"order {order_id} waits for a condition, not for a price of its own: only stops on the option's price "
                "can be moved; leave it, or cancel it and send another."
            )
        if order.stop_price is None:
            raise OrderRefusedError(f"order {order_id} is a {order.order_type} order and has no stop price to move.")
        await self._change(order, stop_price=stop_price)

    async def resize(self, order_id: int, quantity: int) -> None:
        """Change the quantity of a working order. Raises LinkError unless the link is healthy, OrderRefusedError."""
        order = self._changeable(order_id)
        if quantity < max(1, order.filled):
            raise OrderRefusedError(
                f"order {order_id} cannot shrink to {quantity}: {order.filled} are filled; cancel it."
            )
        await self._change(order, quantity=quantity)

    async def cancel(self, order_id: int) -> None:
        """Ask for a cancel, ahead of everything that waits. Raises LinkError if it cannot leave."""
        await self._session.call(Priority.CANCEL, lambda client: client.cancelOrder(order_id, ""))

    # ------------------------------------------------------------------------------------------ inside

    def _changeable(self, order_id: int) -> KnownOrder:
        if not self._session.health.healthy:
            raise LinkError(
                f"order {order_id} was not changed: {self._session.health.describe()}. A change sent now could leave "
                "two live orders."
            )
        order = self._reports.ours(order_id)
        if order is None:
            raise OrderRefusedError(f"order {order_id} is not known to this connection; poll open orders first.")
        return order

    async def _change(self, order: KnownOrder, **changes: Any) -> None:
        # The record stays as it is until the gateway confirms: a refused change (110) keeps the old price.
        await self._session.call(Priority.ORDER, self._placing(replace(order, **changes), transmit=True))

    def _need_orders_possible(self) -> None:
        if not self._session.health.orders_possible:
            raise LinkError(f"nothing was sent: {self._session.health.describe()}.")

    def _check(self, intent: OrderIntent, instrument: Instrument) -> None:
        if not intent.tickets:
            raise OrderRefusedError(f"intent {intent.intent_id} holds no order.")
        most = self._session.most_at_once(Priority.ORDER)
        if len(intent.tickets) > most:
            raise OrderRefusedError(
                f"intent {intent.intent_id} holds {len(intent.tickets)} orders, and only {most} messages a second may "
                "leave beside the reserve for cancels; nothing was sent: take fewer steps, or lower cancel_reserve."
            )
        for ticket in intent.tickets:
            for price in (ticket.limit_price, ticket.stop_price):
                if price is not None and not numbers.on_grid(price, instrument.min_tick):
                    raise OrderRefusedError(
                        f"{intent.order_ref(ticket)}: price {price} is no multiple of the tick {instrument.min_tick}; "
                        "the whole intent was not sent."
                    )
            if ticket.quantity < 1 or ticket.order_id < 1:
                raise OrderRefusedError(
                    f"{intent.order_ref(ticket)}: quantity {ticket.quantity} and order id {ticket.order_id} must be "
                    "positive; the whole intent was not sent."
                )

    def _known(self, intent: OrderIntent, ticket: OrderTicket) -> KnownOrder:
        contract = self._contracts.contract(intent.instrument_id)
        client_id = self._session.endpoint.client_id
        return KnownOrder.of_ticket(ticket, intent.order_ref(ticket), client_id, contract, self._conditions(ticket))

    def _conditions(self, ticket: OrderTicket) -> tuple[Any, ...]:
        condition = ticket.condition
        if condition is None:
            return ()
        # An index is not quoted by the router: where the contract is qualified, its own exchange is known.
        exchange = self._contracts.exchange_of(condition.con_id) or condition.exchange
        return (library_condition(self._session.library, condition, exchange),)

    def _placing(self, order: KnownOrder, *, transmit: bool) -> Request:
        return order.placing(self._session.library, self._session.account, transmit=transmit)


def _ends_a_family(order: KnownOrder, orders: Sequence[KnownOrder]) -> bool:
    """Whether an order is the last of its family: an entry and its children rest untransmitted until then."""
    root = order.parent_id or order.order_id
    return order is [one for one in orders if root in {one.order_id, one.parent_id}][-1]
