"""One order with all that its messages need: what a status leaves out, and what a change must repeat.

The gateway knows no partial change: whatever a changed order does not repeat is taken out of it. So everything that we
ever send is kept, from our own ticket or from openOrder, and sent again as it was.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alphatrader.adapters.ibkr import numbers
from alphatrader.adapters.ibkr.library import Library
from alphatrader.adapters.ibkr.wire import Request
from alphatrader.domain.orders import OpenOrder, OrderTicket, PriceCondition, Side

OCA_REDUCE_WITH_BLOCK = 2
"""A fill of one reduces the others by as much, and while one is worked the others are held back: no double exit, and
after a partial fill of the target the stop still covers the rest (type 1 would cancel it)."""
PRICE_CONDITION = 1
_SIDES: dict[str, Side] = {"BUY": "BUY", "SELL": "SELL", "SSHORT": "SELL", "BOT": "BUY", "SLD": "SELL"}


@dataclass(slots=True)
class KnownOrder:
    """``conditions`` are the library's own objects. ``status``, ``filled`` and ``average_price``: as last reported."""

    order_id: int
    client_id: int
    contract: Any
    con_id: int
    side: Side
    quantity: int
    order_type: str
    time_in_force: str
    order_ref: str
    limit_price: Decimal | None
    stop_price: Decimal | None
    parent_id: int
    oca_group: str
    oca_type: int
    trigger_method: int = 0
    conditions: tuple[Any, ...] = ()
    conditions_ignore_rth: bool = False
    conditions_cancel_order: bool = False
    perm_id: int = 0
    status: str = ""
    filled: int = 0
    average_price: Decimal = Decimal(0)

    @classmethod
    def of_ticket(
        cls, ticket: OrderTicket, order_ref: str, client_id: int, contract: Any, conditions: tuple[Any, ...]
    ) -> "KnownOrder":
        """Return what is to be sent for a ticket. ``conditions`` is its condition in the library's form."""
        return cls(
            order_id=ticket.order_id,
            client_id=client_id,
            contract=contract,
            con_id=int(contract.conId),
            side=ticket.side,
            quantity=ticket.quantity,
            order_type=ticket.order_type,
            time_in_force=ticket.time_in_force,
            order_ref=order_ref,
            limit_price=ticket.limit_price,
            stop_price=ticket.stop_price,
            parent_id=ticket.parent_id,
            oca_group=ticket.oca_group,
            oca_type=OCA_REDUCE_WITH_BLOCK if ticket.oca_group else 0,
            trigger_method=ticket.trigger_method,
            conditions=conditions,
        )

    @classmethod
    def of_open_order(cls, order_id: int, contract: Any, order: Any, state: Any) -> "KnownOrder":
        """Return what an openOrder (5) says. Raises ValueError for a side that there is not."""
        kind = str(order.orderType)
        return cls(
            order_id=order_id,
            client_id=int(order.clientId),
            contract=contract,
            con_id=int(contract.conId),
            side=side_of(order.action),
            quantity=numbers.whole(order.totalQuantity),
            order_type=kind,
            time_in_force=str(order.tif),
            order_ref=str(order.orderRef),
            limit_price=numbers.price(order.lmtPrice) if "LMT" in kind and numbers.is_set(order.lmtPrice) else None,
            stop_price=numbers.price(order.auxPrice) if "STP" in kind and numbers.is_set(order.auxPrice) else None,
            parent_id=int(order.parentId),
            oca_group=str(order.ocaGroup),
            oca_type=int(order.ocaType),
            trigger_method=int(order.triggerMethod),
            conditions=tuple(order.conditions),
            conditions_ignore_rth=bool(order.conditionsIgnoreRth),
            conditions_cancel_order=bool(order.conditionsCancelOrder),
            perm_id=int(order.permId),
            status=str(state.status),
        )

    @property
    def condition_price(self) -> Decimal | None:
        """The price that an order with one price condition waits for; None for any other order."""
        if len(self.conditions) != 1 or int(self.conditions[0].condType) != PRICE_CONDITION:
            return None
        return numbers.price(self.conditions[0].price)

    def as_open_order(self) -> OpenOrder:
        """Return the domain's form."""
        return OpenOrder(
            order_id=self.order_id,
            perm_id=self.perm_id,
            client_id=self.client_id,
            con_id=self.con_id,
            side=self.side,
            quantity=self.quantity,
            order_type=self.order_type,
            status=self.status,
            order_ref=self.order_ref,
            limit_price=self.limit_price,
            stop_price=self.stop_price,
            filled=self.filled,
            parent_id=self.parent_id,
            condition_price=self.condition_price,
        )

    def placing(self, library: Library, account: str, *, transmit: bool) -> Request:
        """Return the placeOrder that sends the whole order, for the first time or as a change."""
        values: dict[str, Any] = {
            "orderId": self.order_id,
            "clientId": self.client_id,
            "action": self.side,
            "totalQuantity": float(self.quantity),
            "orderType": self.order_type,
            # Always explicit: without it an order preset decides (10349), and the library calls the order cancelled.
            "tif": self.time_in_force,
            "orderRef": self.order_ref,
            "transmit": transmit,
            "parentId": self.parent_id,
            "account": account,
            "outsideRth": False,
            "triggerMethod": self.trigger_method,
        }
        if self.limit_price is not None:
            values["lmtPrice"] = float(self.limit_price)
        if self.stop_price is not None:
            values["auxPrice"] = float(self.stop_price)
        if self.oca_group:
            values |= {"ocaGroup": self.oca_group, "ocaType": self.oca_type}
        if self.conditions:
            values |= {
                "conditions": list(self.conditions),
                "conditionsIgnoreRth": self.conditions_ignore_rth,
                "conditionsCancelOrder": self.conditions_cancel_order,
            }
        message = library.order_class(**values)
        contract = self.contract
        if not contract.exchange:
            contract.exchange = "SMART"
        return lambda client: client.placeOrder(self.order_id, contract, message)


def library_condition(library: Library, condition: PriceCondition, exchange: str) -> Any:
    """Return a condition in the library's form. It alone submits the order, and sleeps outside regular hours."""
    return library.price_condition_class(
        isMore=condition.is_more,
        price=float(condition.price),
        conId=condition.con_id,
        exch=exchange,
        triggerMethod=condition.trigger_method,
    )


def side_of(text: str) -> Side:
    """Return the side that the gateway names. Raises ValueError for one that there is not."""
    try:
        return _SIDES[text]
    except KeyError:
        raise ValueError(f"the side of an order was {text!r}, not one of {', '.join(_SIDES)}.") from None
