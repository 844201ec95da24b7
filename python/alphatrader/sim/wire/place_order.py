"""placeOrder (3) at version 176: some 110 fields, of which few matter to a single-leg order.

The rest is still read by name, so that a shifted layout is noticed instead of traded: after usePriceMgmtAlgo exactly
five fields must remain.
"""

from decimal import Decimal

from msgspec import Struct

from alphatrader.sim.wire.fields import FieldReader
from alphatrader.sim.wire.queries import ContractQuery, read_contract


class PlaceOrder(Struct, frozen=True):
    """An order as the client sent it. Prices are None where unset; ``oca_type`` 0 = not stated."""

    order_id: int
    contract: ContractQuery
    action: str
    quantity: Decimal
    order_type: str
    limit_price: Decimal | None
    aux_price: Decimal | None
    tif: str
    oca_group: str
    account: str
    order_ref: str
    transmit: bool
    parent_id: int
    trigger_method: int
    outside_rth: bool
    oca_type: int
    what_if: bool
    unsupported: str
    """Names of features asked for that this gateway does not offer; empty = none."""


def read_place_order(fields: FieldReader) -> PlaceOrder:
    """Take the fields of one order. Raises MalformedRequestError."""
    order_id = fields.integer("orderId")
    contract = read_contract(fields)
    fields.skip("secIdType", "secId")
    action = fields.text("action").upper()
    quantity = fields.decimal("totalQuantity") or Decimal(0)
    order_type = fields.text("orderType").upper()
    limit_price, aux_price = fields.decimal("lmtPrice"), fields.decimal("auxPrice")
    tif, oca_group, account = fields.text("tif").upper(), fields.text("ocaGroup"), fields.text("account")
    fields.skip("openClose", "origin")
    order_ref = fields.text("orderRef")
    transmit, parent_id = fields.flag("transmit"), fields.integer("parentId")
    fields.skip("blockOrder", "sweepToFill", "displaySize")
    trigger_method = fields.integer("triggerMethod")
    outside_rth = fields.flag("outsideRth")
    fields.skip("hidden")
    unsupported: list[str] = []
    if contract.sec_type == "BAG":
        _skip_combination(fields)
        unsupported.append("combination legs")
    fields.skip("sharesAllocation", "discretionaryAmt")
    if fields.text("goodAfterTime"):
        unsupported.append("goodAfterTime")
    fields.skip("goodTillDate", "faGroup", "faMethod", "faPercentage", "faProfile", "modelCode")
    fields.skip("shortSaleSlot", "designatedLocation", "exemptCode")
    oca_type = fields.integer("ocaType")
    fields.skip("rule80A", "settlingFirm")
    if fields.flag("allOrNone"):
        unsupported.append("allOrNone")
    fields.skip("minQty", "percentOffset", "eTradeOnly", "firmQuoteOnly", "nbboPriceCap", "auctionStrategy")
    fields.skip("startingPrice", "stockRefPrice", "delta", "stockRangeLower", "stockRangeUpper")
    fields.skip("overridePercentageConstraints")
    what_if = _read_tail(fields, order_type, contract.exchange, unsupported)
    return PlaceOrder(
        order_id=order_id,
        contract=contract,
        action=action,
        quantity=quantity,
        order_type=order_type,
        limit_price=limit_price,
        aux_price=aux_price,
        tif=tif,
        oca_group=oca_group,
        account=account,
        order_ref=order_ref,
        transmit=transmit,
        parent_id=parent_id,
        trigger_method=trigger_method,
        outside_rth=outside_rth,
        oca_type=oca_type,
        what_if=what_if,
        unsupported=", ".join(unsupported),
    )


def _skip_combination(fields: FieldReader) -> None:
    for _ in range(fields.count("comboLegs")):
        fields.skip("conId", "ratio", "action", "exchange", "openClose", "slot", "location", "exemptCode")
    for _ in range(fields.count("orderComboLegs")):
        fields.skip("price")
    for _ in range(fields.count("routingParams")):
        fields.skip("tag", "value")


def _read_tail(fields: FieldReader, order_type: str, exchange: str, unsupported: list[str]) -> bool:
    """Take what follows overridePercentageConstraints; return whatIf."""
    fields.skip("volatility", "volatilityType")
    if fields.text("deltaNeutralOrderType"):
        unsupported.append("deltaNeutralOrderType")
        fields.skip("auxPrice", "conId", "firm", "account", "intent", "openClose", "shortSale", "slot", "location")
    else:
        fields.skip("deltaNeutralAuxPrice")
    fields.skip("continuousUpdate", "referencePriceType", "trailStopPrice", "trailingPercent")
    fields.skip("scaleInitLevelSize", "scaleSubsLevelSize")
    if (fields.decimal("scalePriceIncrement") or 0) > 0:
        unsupported.append("scale")
        fields.skip("adjustValue", "adjustInterval", "profitOffset", "autoReset", "initPosition", "initFill", "random")
    fields.skip("scaleTable", "activeStartTime", "activeStopTime")
    if fields.text("hedgeType"):
        unsupported.append("hedge")
        fields.skip("hedgeParam")
    fields.skip("optOutSmartRouting", "clearingAccount", "clearingIntent", "notHeld")
    if fields.flag("deltaNeutralContract"):
        fields.skip("conId", "delta", "price")
    if fields.text("algoStrategy"):
        unsupported.append("algo")
        for _ in range(fields.count("algoParams")):
            fields.skip("tag", "value")
    fields.skip("algoId")
    what_if = fields.flag("whatIf")
    fields.skip("orderMiscOptions", "solicited", "randomizeSize", "randomizePrice")
    if order_type == "PEG BENCH":
        fields.skip("referenceContractId", "isDecrease", "peggedChange", "referenceChange", "referenceExchange")
    if fields.count("conditions"):
        # The lengths of conditions differ by type; an order with conditions is refused, so the rest need not be read.
        unsupported.append("conditions")
        while fields.remaining:
            fields.skip("condition")
        return what_if
    fields.skip("adjustedOrderType", "triggerPrice", "lmtPriceOffset", "adjustedStopPrice", "adjustedStopLimitPrice")
    fields.skip("adjustedTrailingAmount", "adjustableTrailingUnit", "extOperator", "softDollarName", "softDollarValue")
    fields.skip("cashQty", "mifid2DecisionMaker", "mifid2DecisionAlgo", "mifid2ExecutionTrader", "mifid2ExecutionAlgo")
    fields.skip("dontUseAutoPriceForHedge", "isOmsContainer", "discretionaryUpToLimitPrice", "usePriceMgmtAlgo")
    fields.skip("duration", "postToAts", "autoCancelParent", "advancedErrorOverride", "manualOrderTime")
    _skip_peg_fields(fields, order_type, exchange)
    return what_if


def _skip_peg_fields(fields: FieldReader, order_type: str, exchange: str) -> None:
    if exchange == "IBKRATS":
        fields.skip("minTradeQty")
    if order_type == "PEG BEST":
        fields.skip("minCompeteSize")
        if fields.text("competeAgainstBestOffset") in {"Infinite", "Infinity"}:
            fields.skip("midOffsetAtWhole", "midOffsetAtHalf")
    elif order_type == "PEG MID":
        fields.skip("midOffsetAtWhole", "midOffsetAtHalf")
