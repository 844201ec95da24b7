"""What an order may ask for and this gateway does not simulate: refused by name, never ignored.

Codes and texts are those of the broker's published table where one fits; otherwise 321, which real gateways use for
whatever does not pass validation.
"""

from collections.abc import Callable

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.wire.order_terms import WireTerms

VALIDATION = "Error validating request.-'bF' : cause - "
_TRIGGER_METHODS = frozenset({0, 1, 2, 3, 4, 7, 8})
_NONE = frozenset({"", "None"})
"""A client that modifies an order it was shown sends back the "None" of openOrder."""

Asked = Callable[[WireTerms], object]


def invalid(cause: str) -> Refusal:
    """Refuse a request that fails validation (321): no order comes of it."""
    return Refusal(321, VALIDATION + cause)


_CODED: tuple[tuple[Asked, int, str], ...] = (
    (lambda t: t.what_if and not t.transmit, 413, "What-if order should have the transmit flag set to true."),
    (lambda t: t.origin not in {0}, 311, "The origin is invalid."),
    (lambda t: t.trigger_method not in _TRIGGER_METHODS, 146, "Invalid trigger method."),
    (lambda t: t.shares_allocation, 333, "Invalid share allocation syntax."),
    (
        lambda t: t.discretionary_amount is not None,
        325,
        "Discretionary orders are not supported for this combination of exchange and order type.",
    ),
    (
        lambda t: t.fa_group or t.fa_method or t.fa_percentage or t.fa_profile,
        344,
        "The account logged into is not a financial advisor account.",
    ),
    (
        lambda t: t.short_sale_slot or t.designated_location,
        348,
        "Order not a short sale -- type must be SSHORT to specify short sale slot.",
    ),
    (
        lambda t: t.settling_firm or t.clearing_account or t.clearing_intent not in {"", "IB"},
        346,
        "Not an institutional account or an away clearing account.",
    ),
    (
        lambda t: t.volatility is not None,
        371,
        "VOL order requires positive floating point value for volatility. Do not set it for other order types.",
    ),
    (
        lambda t: t.volatility_type,
        367,
        "Volatility type if set must be 1 or 2 for VOL orders. Do not set it for other order types.",
    ),
    (
        lambda t: t.reference_price_type,
        368,
        "Reference Price Type must be 1 or 2 for dynamic volatility management. Do not set it for non-VOL orders.",
    ),
    (lambda t: t.continuous_update, 372, "Cannot set dynamic VOL attribute on non-VOL order."),
    (
        lambda t: t.stock_range_lower is not None or t.stock_range_upper is not None,
        373,
        "Can only set stock range attribute on VOL or RELATIVE TO STOCK order.",
    ),
    (
        lambda t: t.delta_neutral_order_type not in _NONE,
        380,
        "This order type is not allowed for delta hedge orders.",
    ),
    (
        lambda t: t.post_to_ats is not None,
        10274,
        "The 'PostToATS' order attribute may not be specified for this order or is invalid.",
    ),
)

_UNCODED: tuple[tuple[Asked, str], ...] = (
    (lambda t: t.block_order, "blockOrder"),
    (lambda t: t.model_code, "modelCode"),
    (lambda t: t.exempt_code not in {-1, 0}, "exemptCode"),
    (lambda t: t.percent_offset is not None, "percentOffset"),
    (lambda t: t.nbbo_price_cap is not None, "nbboPriceCap"),
    (lambda t: t.auction_strategy, "auctionStrategy"),
    (lambda t: t.starting_price is not None, "startingPrice"),
    (lambda t: t.stock_ref_price is not None, "stockRefPrice"),
    (lambda t: t.delta is not None, "delta"),
    (lambda t: t.scale_init_level_size is not None, "scaleInitLevelSize"),
    (lambda t: t.scale_subs_level_size is not None, "scaleSubsLevelSize"),
    (lambda t: t.scale_price_increment is not None, "scalePriceIncrement"),
    (lambda t: t.scale_table or t.active_start_time or t.active_stop_time, "scaleTable"),
    (lambda t: t.hedge_type, "hedgeType"),
    (lambda t: t.opt_out_smart_routing, "optOutSmartRouting"),
    (lambda t: t.not_held, "notHeld"),
    (lambda t: t.delta_neutral_leg is not None, "deltaNeutralContract"),
    (lambda t: t.algo_id, "algoId"),
    (lambda t: t.misc_options, "orderMiscOptions"),
    (lambda t: t.randomize_size, "randomizeSize"),
    (lambda t: t.randomize_price, "randomizePrice"),
    (lambda t: t.benchmark is not None, "PEG BENCH"),
    (lambda t: t.adjusted_order_type not in _NONE, "adjustedOrderType"),
    (lambda t: t.soft_dollar_name or t.soft_dollar_value, "softDollarTier"),
    (lambda t: t.is_oms_container, "isOmsContainer"),
    (lambda t: t.discretionary_up_to_limit_price, "discretionaryUpToLimitPrice"),
    (lambda t: t.use_price_mgmt_algo, "usePriceMgmtAlgo"),
    (lambda t: t.duration is not None, "duration"),
    (lambda t: t.auto_cancel_parent, "autoCancelParent"),
    (lambda t: t.min_trade_quantity is not None, "minTradeQty"),
    (lambda t: t.min_compete_size is not None, "minCompeteSize"),
    (lambda t: t.compete_offset, "competeAgainstBestOffset"),
    (lambda t: t.mid_offset_at_whole is not None or t.mid_offset_at_half is not None, "midOffset"),
)

ETRADE_ONLY = Refusal(10268, "The 'EtradeOnly' order attribute is not supported.")
FIRM_QUOTE_ONLY = Refusal(10269, "The 'FirmQuoteOnly' order attribute is not supported.")
ETRADE_WARNING = (2168, "Warning: The 'EtradeOnly' order attribute is not supported.")
FIRM_QUOTE_WARNING = (2169, "Warning: The 'FirmQuoteOnly' order attribute is not supported.")


def refusal_of_features(terms: WireTerms, behaviours: Behaviours) -> Refusal | None:
    """Return why the terms cannot be had here, None if all of them are simulated or do not touch execution."""
    if behaviours.on("etrade_only_refused"):
        if terms.etrade_only:
            return ETRADE_ONLY
        if terms.firm_quote_only:
            return FIRM_QUOTE_ONLY
    for asked, code, text in _CODED:
        if asked(terms):
            return Refusal(code, text)
    names = [name for asked, name in _UNCODED if asked(terms)]
    if names:
        return invalid(f"the SIMULATED gateway does not offer: {', '.join(names)}")
    return None


def warnings_of_features(terms: WireTerms, behaviours: Behaviours) -> list[tuple[int, str]]:
    """Return what a gateway that lets the retired attributes pass says of them."""
    if behaviours.on("etrade_only_refused"):
        return []
    warnings = [ETRADE_WARNING] if terms.etrade_only else []
    return [*warnings, FIRM_QUOTE_WARNING] if terms.firm_quote_only else warnings
