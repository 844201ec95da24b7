"""Messages about orders and executions: 3, 5, 11, 59, 101. Field by field in the order of version 176."""

from decimal import Decimal

from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderStatus
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import UNSET_DOUBLE_TEXT, FieldValue, message
from alphatrader.sim.wire.times import zoned_text

_DELTA_NEUTRAL = ("None", "", 0, "", "", "", "?", 0, 0, "")
"""A real gateway writes this block for every order."""


def contract_fields(contract: ListedContract, exchange: str = "SMART") -> tuple[FieldValue, ...]:
    """The eleven fields that name a contract in most answers."""
    option = contract.sec_type == "OPT"
    return (
        contract.con_id,
        contract.symbol,
        contract.sec_type,
        contract.expiry,
        contract.strike if option else 0,
        contract.right if option else "?",
        contract.multiplier if option else "",
        exchange,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
    )


def order_status(order: Order) -> bytes:
    """3: where the order stands."""
    return message(
        3,
        order.order_id,
        order.status.value,
        order.filled,
        order.remaining,
        _price(order.average_price),
        order.perm_id,
        order.parent_id,
        _price(order.last_price),
        order.client_id,
        order.why_held,
        0,
    )


def open_order(
    order: Order, contract: ListedContract, account: str, *, what_if: bool = False, margin: str = UNSET_DOUBLE_TEXT
) -> bytes:
    """5: the order in full, with its state."""
    return message(
        5,
        order.order_id,
        *contract_fields(contract),
        order.side,
        order.quantity,
        order.order_type,
        _price(order.limit_price),
        _price(order.stop_price),
        order.tif,
        order.oca_group,
        account,
        "",  # openClose
        0,  # origin
        order.order_ref,
        order.client_id,
        order.perm_id,
        order.outside_rth,
        *(0, 0, "", ""),  # hidden, discretionaryAmt, goodAfterTime, sharesAllocation
        *("", "", "", "", ""),  # faGroup, faMethod, faPercentage, faProfile, modelCode
        *("", "", "", ""),  # goodTillDate, rule80A, percentOffset, settlingFirm
        *(0, "", -1, 0),  # shortSaleSlot, designatedLocation, exemptCode, auctionStrategy
        *("", "", "", "", "", ""),  # startingPrice, stockRefPrice, delta, range lower and upper, displaySize
        *(0, 0, 0, ""),  # blockOrder, sweepToFill, allOrNone, minQty
        order.oca_type,
        *(0, 0, ""),  # eTradeOnly, firmQuoteOnly, nbboPriceCap
        order.parent_id,
        order.trigger_method,
        *("", 0),  # volatility, volatilityType
        *_DELTA_NEUTRAL,
        *(0, 0, "", "", "", 0),  # continuousUpdate, referencePriceType, trail stop and percent, basis points and type
        "",  # comboLegsDescrip
        *(0, 0, 0),  # legs, order legs, routing parameters
        *("", "", ""),  # scale: initial, subsequent, increment
        "",  # hedgeType
        *(0, "", "IB", 0, 0),  # optOutSmartRouting, clearing account and intent, notHeld, deltaNeutralContract
        "",  # algoStrategy
        *(0, what_if),  # solicited, whatIf
        order.status.value,
        *_margins(margin if what_if else UNSET_DOUBLE_TEXT),
        *("", 0, 0),  # warningText, randomizeSize, randomizePrice
        0,  # conditions
        *("None", "", "", "", "", "", "", 0),  # adjusted type, trigger, trail stop, offset, stops, trailing, unit
        *("", "", "", ""),  # soft dollar name, value, display name; cashQty
        *(0, 0, 0, 0),  # dontUseAutoPriceForHedge, isOmsContainer, discretionaryUpToLimitPrice, usePriceMgmtAlgo
        *("", "", 0),  # duration, postToAts, autoCancelParent
        *("", "", "", "", ""),  # minTradeQty, minCompeteSize, competeAgainstBestOffset, midOffset whole and half
    )


def _margins(change: str) -> tuple[FieldValue, ...]:
    unset = UNSET_DOUBLE_TEXT
    stated = change != unset
    return (
        *(unset, unset, unset),  # before: initial, maintenance, equity
        *((change, change, "0") if stated else (unset, unset, unset)),  # change
        *((change, change, change) if stated else (unset, unset, unset)),  # after
        *(unset, unset, unset),  # commission, lowest, highest
        "USD" if stated else "",
    )


def completed_order(order: Order, contract: ListedContract, account: str) -> bytes:
    """101: an order that is done."""
    return message(
        101,
        *contract_fields(contract),
        order.side,
        order.quantity,
        order.order_type,
        _price(order.limit_price),
        _price(order.stop_price),
        order.tif,
        order.oca_group,
        account,
        *("", 0),  # openClose, origin
        order.order_ref,
        order.perm_id,
        order.outside_rth,
        *(0, 0, ""),  # hidden, discretionaryAmt, goodAfterTime
        *("", "", "", "", ""),  # faGroup, faMethod, faPercentage, faProfile, modelCode
        *("", "", "", ""),  # goodTillDate, rule80A, percentOffset, settlingFirm
        *(0, "", -1),  # shortSaleSlot, designatedLocation, exemptCode
        *("", "", "", "", "", ""),  # startingPrice, stockRefPrice, delta, range lower and upper, displaySize
        *(0, 0, ""),  # sweepToFill, allOrNone, minQty
        order.oca_type,
        order.trigger_method,
        *("", 0),  # volatility, volatilityType
        *("None", "", 0, 0, 0, ""),  # delta neutral type, aux price, conId, short sale, slot, location
        *(0, 0, "", ""),  # continuousUpdate, referencePriceType, trail stop and percent
        "",  # comboLegsDescrip
        *(0, 0, 0),  # legs, order legs, routing parameters
        *("", "", ""),  # scale
        "",  # hedgeType
        *("", "IB", 0, 0),  # clearing account and intent, notHeld, deltaNeutralContract
        "",  # algoStrategy
        0,  # solicited
        order.status.value,
        *(0, 0),  # randomizeSize, randomizePrice
        0,  # conditions
        *("", "", "", 0, 0, ""),  # trail stop, offset, cashQty, dontUseAutoPrice, isOmsContainer, autoCancelDate
        order.filled,
        *(0, 0, "", 0, 0),  # refFuturesConId, autoCancelParent, shareholder, imbalanceOnly, routeMarketableToBbo
        order.parent_perm_id,
        zoned_text(order.closed_ns),
        "Filled Size: " + str(order.filled) if order.status is OrderStatus.FILLED else order.closed_reason,
        *("", "", "", "", ""),  # minTradeQty, minCompeteSize, competeAgainstBestOffset, midOffset whole and half
    )


def execution_details(execution: ExecutionRecord, contract: ListedContract, account: str, req_id: int) -> bytes:
    """11: a fill; ``req_id`` -1 when it is live."""
    return message(
        11,
        req_id,
        execution.order_id,
        *contract_fields(contract, execution.venue),
        execution.exec_id,
        zoned_text(execution.ts_ns),
        account,
        execution.venue,
        "BOT" if execution.side == "BUY" else "SLD",
        execution.quantity,
        execution.price,
        execution.perm_id,
        execution.client_id,
        0,  # liquidation
        execution.cumulative_quantity,
        _price(execution.average_price),
        execution.order_ref,
        *("", "", ""),  # evRule, evMultiplier, modelCode
        execution.liquidity,
    )


def commission_report(execution: ExecutionRecord) -> bytes:
    """59: what a fill cost, and the profit it realised."""
    realized = UNSET_DOUBLE_TEXT if execution.realized_pnl is None else execution.realized_pnl
    return message(59, 1, execution.exec_id, execution.commission, "USD", realized, UNSET_DOUBLE_TEXT, "")


def _price(price: Decimal | None) -> str:
    if price is None:
        return "0"
    return f"{price.normalize():f}" if price == price.quantize(Decimal("0.00000001")) else f"{price:.8f}"
