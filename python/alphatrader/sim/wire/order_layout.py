"""The fields of placeOrder in the order of the protocol: which attribute each fills, its name, how it is taken."""

from collections.abc import Callable

from alphatrader.sim.wire.fields import FieldReader, MalformedRequestError

Take = Callable[[FieldReader, str], object]
Layout = tuple[tuple[str, str, Take], ...]
"""Attribute of WireTerms, name in the protocol, how the field is taken."""

_TEXT, _FLAG, _NUMBER = FieldReader.text, FieldReader.flag, FieldReader.decimal
_INTEGER, _WHOLE = FieldReader.integer, FieldReader.whole


def _upper(fields: FieldReader, name: str) -> str:
    return fields.text(name).upper()


def _quantity(fields: FieldReader, name: str) -> object:
    return fields.decimal(name) or 0


def _above_zero(fields: FieldReader, name: str) -> object:
    """A number of which clients write 0 for "none"."""
    return fields.decimal(name) or None


def _size_above_zero(fields: FieldReader, name: str) -> object:
    return fields.whole(name) or None


def _code(fields: FieldReader, name: str) -> int:
    return fields.integer(name, default=-1)


def name_of(fields: FieldReader, name: str) -> str:
    """Take the name of a kind, which begins with a letter: a number here is a field of another place."""
    value = fields.text(name)
    if value and not value[0].isalpha():
        raise MalformedRequestError(f"{name} was {value[:40]!r}, not a name: the layout is shifted")
    return value


def _choice(fields: FieldReader, name: str) -> bool | None:
    value = fields.whole(name)
    return None if value is None else bool(value)


HEAD: Layout = (
    ("action", "action", _upper),
    ("quantity", "totalQuantity", _quantity),
    ("order_type", "orderType", _upper),
    ("limit_price", "lmtPrice", _NUMBER),
    ("aux_price", "auxPrice", _NUMBER),
    ("tif", "tif", _upper),
    ("oca_group", "ocaGroup", _TEXT),
    ("account", "account", _TEXT),
    ("open_close", "openClose", _TEXT),
    ("origin", "origin", _INTEGER),
    ("order_ref", "orderRef", _TEXT),
    ("transmit", "transmit", _FLAG),
    ("parent_id", "parentId", _INTEGER),
    ("block_order", "blockOrder", _FLAG),
    ("sweep_to_fill", "sweepToFill", _FLAG),
    ("display_size", "displaySize", _size_above_zero),
    ("trigger_method", "triggerMethod", _INTEGER),
    ("outside_rth", "outsideRth", _FLAG),
    ("hidden", "hidden", _FLAG),
)
LEG: Layout = (
    ("con_id", "conId of a leg", _INTEGER),
    ("ratio", "ratio of a leg", _INTEGER),
    ("action", "action of a leg", _upper),
    ("exchange", "exchange of a leg", _TEXT),
    ("open_close", "openClose of a leg", _INTEGER),
    ("short_sale_slot", "shortSaleSlot of a leg", _INTEGER),
    ("designated_location", "designatedLocation of a leg", _TEXT),
    ("exempt_code", "exemptCode of a leg", _code),
)
MIDDLE: Layout = (
    ("shares_allocation", "sharesAllocation", _TEXT),
    ("discretionary_amount", "discretionaryAmt", _above_zero),
    ("good_after_time", "goodAfterTime", _TEXT),
    ("good_till_date", "goodTillDate", _TEXT),
    ("fa_group", "faGroup", _TEXT),
    ("fa_method", "faMethod", _TEXT),
    ("fa_percentage", "faPercentage", _TEXT),
    ("fa_profile", "faProfile", _TEXT),
    ("model_code", "modelCode", _TEXT),
    ("short_sale_slot", "shortSaleSlot", _INTEGER),
    ("designated_location", "designatedLocation", _TEXT),
    ("exempt_code", "exemptCode", _code),
    ("oca_type", "ocaType", _INTEGER),
    ("rule_80a", "rule80A", _TEXT),
    ("settling_firm", "settlingFirm", _TEXT),
    ("all_or_none", "allOrNone", _FLAG),
    ("min_quantity", "minQty", _WHOLE),
    ("percent_offset", "percentOffset", _NUMBER),
    ("etrade_only", "eTradeOnly", _FLAG),
    ("firm_quote_only", "firmQuoteOnly", _FLAG),
    ("nbbo_price_cap", "nbboPriceCap", _NUMBER),
    ("auction_strategy", "auctionStrategy", _INTEGER),
    ("starting_price", "startingPrice", _NUMBER),
    ("stock_ref_price", "stockRefPrice", _NUMBER),
    ("delta", "delta", _NUMBER),
    ("stock_range_lower", "stockRangeLower", _NUMBER),
    ("stock_range_upper", "stockRangeUpper", _NUMBER),
    ("override_percentage_constraints", "overridePercentageConstraints", _FLAG),
)
VOLATILITY: Layout = (
    ("volatility", "volatility", _NUMBER),
    ("volatility_type", "volatilityType", _WHOLE),
    ("delta_neutral_order_type", "deltaNeutralOrderType", name_of),
    ("delta_neutral_aux_price", "deltaNeutralAuxPrice", _NUMBER),
)
HEDGE: Layout = (
    ("con_id", "deltaNeutralConId", _INTEGER),
    ("settling_firm", "deltaNeutralSettlingFirm", _TEXT),
    ("clearing_account", "deltaNeutralClearingAccount", _TEXT),
    ("clearing_intent", "deltaNeutralClearingIntent", _TEXT),
    ("open_close", "deltaNeutralOpenClose", _TEXT),
    ("short_sale", "deltaNeutralShortSale", _FLAG),
    ("short_sale_slot", "deltaNeutralShortSaleSlot", _INTEGER),
    ("designated_location", "deltaNeutralDesignatedLocation", _TEXT),
)
TRAILING: Layout = (
    ("continuous_update", "continuousUpdate", _FLAG),
    ("reference_price_type", "referencePriceType", _WHOLE),
    ("trail_stop_price", "trailStopPrice", _NUMBER),
    ("trailing_percent", "trailingPercent", _NUMBER),
)
SCALE: Layout = (
    ("scale_init_level_size", "scaleInitLevelSize", _WHOLE),
    ("scale_subs_level_size", "scaleSubsLevelSize", _WHOLE),
)
SCALE_MORE: Layout = (
    ("price_adjust_value", "scalePriceAdjustValue", _NUMBER),
    ("price_adjust_interval", "scalePriceAdjustInterval", _WHOLE),
    ("profit_offset", "scaleProfitOffset", _NUMBER),
    ("auto_reset", "scaleAutoReset", _FLAG),
    ("init_position", "scaleInitPosition", _WHOLE),
    ("init_fill_quantity", "scaleInitFillQty", _WHOLE),
    ("random_percent", "scaleRandomPercent", _FLAG),
)
SCALE_TIMES: Layout = (
    ("scale_table", "scaleTable", _TEXT),
    ("active_start_time", "activeStartTime", _TEXT),
    ("active_stop_time", "activeStopTime", _TEXT),
    ("hedge_type", "hedgeType", name_of),
)
CLEARING: Layout = (
    ("opt_out_smart_routing", "optOutSmartRouting", _FLAG),
    ("clearing_account", "clearingAccount", _TEXT),
    ("clearing_intent", "clearingIntent", _TEXT),
    ("not_held", "notHeld", _FLAG),
)
OPTIONS: Layout = (
    ("algo_id", "algoId", _TEXT),
    ("what_if", "whatIf", _FLAG),
    ("misc_options", "orderMiscOptions", _TEXT),
    ("solicited", "solicited", _FLAG),
    ("randomize_size", "randomizeSize", _FLAG),
    ("randomize_price", "randomizePrice", _FLAG),
)
BENCHMARK: Layout = (
    ("reference_con_id", "referenceContractId", _INTEGER),
    ("decreasing", "isPeggedChangeAmountDecrease", _FLAG),
    ("pegged_change", "peggedChangeAmount", _NUMBER),
    ("reference_change", "referenceChangeAmount", _NUMBER),
    ("reference_exchange", "referenceExchangeId", _TEXT),
)
END: Layout = (
    ("adjusted_order_type", "adjustedOrderType", name_of),
    ("trigger_price", "triggerPrice", _NUMBER),
    ("limit_price_offset", "lmtPriceOffset", _NUMBER),
    ("adjusted_stop_price", "adjustedStopPrice", _NUMBER),
    ("adjusted_stop_limit_price", "adjustedStopLimitPrice", _NUMBER),
    ("adjusted_trailing_amount", "adjustedTrailingAmount", _NUMBER),
    ("adjustable_trailing_unit", "adjustableTrailingUnit", _INTEGER),
    ("ext_operator", "extOperator", _TEXT),
    ("soft_dollar_name", "softDollarTier name", _TEXT),
    ("soft_dollar_value", "softDollarTier value", _TEXT),
    ("cash_quantity", "cashQty", _above_zero),
    ("mifid_decision_maker", "mifid2DecisionMaker", _TEXT),
    ("mifid_decision_algo", "mifid2DecisionAlgo", _TEXT),
    ("mifid_execution_trader", "mifid2ExecutionTrader", _TEXT),
    ("mifid_execution_algo", "mifid2ExecutionAlgo", _TEXT),
    ("dont_use_auto_price_for_hedge", "dontUseAutoPriceForHedge", _FLAG),
    ("is_oms_container", "isOmsContainer", _FLAG),
    ("discretionary_up_to_limit_price", "discretionaryUpToLimitPrice", _FLAG),
    ("use_price_mgmt_algo", "usePriceMgmtAlgo", _choice),
)
TAIL: Layout = (
    ("duration", "duration", _WHOLE),
    ("post_to_ats", "postToAts", _WHOLE),
    ("auto_cancel_parent", "autoCancelParent", _FLAG),
    ("advanced_error_override", "advancedErrorOverride", _TEXT),
    ("manual_order_time", "manualOrderTime", _TEXT),
)
COMPETE: Layout = (
    ("min_compete_size", "minCompeteSize", _WHOLE),
    ("compete_offset", "competeAgainstBestOffset", FieldReader.number_text),
)
MID_OFFSETS: Layout = (
    ("mid_offset_at_whole", "midOffsetAtWhole", _NUMBER),
    ("mid_offset_at_half", "midOffsetAtHalf", _NUMBER),
)
