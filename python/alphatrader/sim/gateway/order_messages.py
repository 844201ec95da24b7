"""Short messages about orders and executions: 3, 11, 59, 100."""

from collections.abc import Mapping

from alphatrader.sim.exchange.orders import ExecutionRecord, Order
from alphatrader.sim.gateway.order_parts import combo_contract_fields, contract_fields, price_text
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import UNSET_DOUBLE_TEXT, message
from alphatrader.sim.wire.times import stamp


def order_status(order: Order, *, order_id: int | None = None) -> bytes:
    """3: where the order stands. ``order_id`` as in ``open_order``."""
    return message(
        3,
        order.order_id if order_id is None else order_id,
        order.status.value,
        order.filled,
        order.remaining,
        price_text(order.average_price),
        order.perm_id,
        order.parent_id,
        price_text(order.last_price),
        order.client_id,
        order.why_held,
        0,  # mktCapPrice: the exchange caps no prices
    )


def execution_details(
    execution: ExecutionRecord,
    contracts: Mapping[int, ListedContract],
    account: str,
    req_id: int,
    version: int,
    *,
    order_id: int | None = None,
) -> bytes:
    """11: a fill; ``req_id`` -1 when it is live."""
    venue = execution.venue
    return message(
        11,
        req_id,
        execution.order_id if order_id is None else order_id,
        *(
            combo_contract_fields(execution.legs, contracts, venue)
            if execution.legs
            else contract_fields(contracts[execution.con_id], venue)
        ),
        execution.exec_id,
        stamp(execution.ts_ns, version),
        account,
        venue,
        "BOT" if execution.side == "BUY" else "SLD",
        execution.quantity,
        execution.price,
        execution.perm_id,
        execution.client_id,
        execution.liquidation,
        execution.cumulative_quantity,
        price_text(execution.average_price),
        execution.order_ref,
        *("", "", ""),  # evRule, evMultiplier, modelCode
        execution.liquidity,
    )


def commission_report(execution: ExecutionRecord) -> bytes:
    """59: what a fill cost, and the profit it realised."""
    realized = UNSET_DOUBLE_TEXT if execution.realized_pnl is None else execution.realized_pnl
    return message(59, 1, execution.exec_id, execution.commission, "USD", realized, UNSET_DOUBLE_TEXT, "")


def order_bound(perm_id: int, client_id: int, order_id: int) -> bytes:
    """100: a manual order has got an id by which the client may name it."""
    return message(100, perm_id, client_id, order_id)
