"""openOrder (5): an order in full with its state, field by field, at versions 157 and 176."""

from collections.abc import Mapping
from decimal import Decimal

from alphatrader.sim.exchange.orders import Order, WhatIf
from alphatrader.sim.gateway.order_parts import (
    UNSET_INTEGER,
    Fields,
    algo_fields,
    any_contract_fields,
    aux_price,
    benchmark_fields,
    combination_fields,
    conditions_fields,
    delta_neutral_leg_fields,
    first_stated,
    hedge_fields,
    limit_price,
    pegged_fields,
    price_text,
    scale_fields,
    trail_stop,
    volatility_fields,
)
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import UNSET_DOUBLE_TEXT, message
from alphatrader.sim.wire.order_terms import WireTerms, unpack_terms
from alphatrader.sim.wire.place_order import LONG_TAIL_VERSION

_NO_HEDGE: Fields = (0, "", "", "", "?", 0, 0, "")
"""A real gateway writes this block for every order, after the type "None"."""
_NO_STATE: Fields = (UNSET_DOUBLE_TEXT,) * 12 + ("", "")
"""Margins and commissions of an order that is not a what-if; clients turn them into numbers, so none may be empty."""


def open_order(
    order: Order,
    contracts: Mapping[int, ListedContract],
    account: str,
    version: int,
    *,
    order_id: int | None = None,
    what_if: WhatIf | None = None,
) -> bytes:
    """Encode an order. ``order_id`` as the client that is told knows it, where that is another than its own."""
    terms = unpack_terms(order.echo)
    return message(
        5,
        order.order_id if order_id is None else order_id,
        *any_contract_fields(order, contracts, terms.exchange or "SMART"),
        *_head(order, terms, account),
        *_middle(order, terms),
        *_hedge(terms),
        *_attached(order, terms),
        *_state(order, what_if),
        *_end(order, terms),
        *(_tail(terms) if version >= LONG_TAIL_VERSION else ()),
    )


def _head(order: Order, terms: WireTerms, account: str) -> Fields:
    return (
        order.side,
        order.quantity,
        order.order_type,
        limit_price(order, terms),
        aux_price(order, terms),
        order.tif,
        order.oca_group,
        account,
        "",  # openClose: gateways leave it empty for the accounts of private persons
        terms.origin,
        order.order_ref,
        order.client_id,
        order.perm_id,
        order.outside_rth,
        order.hidden,
        terms.discretionary_amount or 0,
        terms.good_after_time,
        "",  # sharesAllocation
        terms.fa_group,
        terms.fa_method,
        terms.fa_percentage,
        terms.fa_profile,
        terms.model_code,
        terms.good_till_date,
        terms.rule_80a or "0",
        terms.percent_offset,
        terms.settling_firm,
    )


def _middle(order: Order, terms: WireTerms) -> Fields:
    return (
        terms.short_sale_slot,
        terms.designated_location,
        terms.exempt_code,
        terms.auction_strategy,
        terms.starting_price,
        terms.stock_ref_price,
        terms.delta,
        terms.stock_range_lower,
        terms.stock_range_upper,
        order.display_size or UNSET_INTEGER,
        terms.block_order,
        terms.sweep_to_fill,
        order.all_or_none,
        order.min_quantity or "",
        order.oca_type,
        terms.etrade_only,
        terms.firm_quote_only,
        terms.nbbo_price_cap,
        order.parent_id,
        order.trigger_method,
        *volatility_fields(terms),
    )


def _hedge(terms: WireTerms) -> Fields:
    hedge = terms.delta_neutral
    start: Fields = (terms.delta_neutral_order_type or "None", terms.delta_neutral_aux_price)
    if hedge is None:
        return (*start, *_NO_HEDGE)
    return (
        *start,
        hedge.con_id,
        hedge.settling_firm,
        hedge.clearing_account,
        hedge.clearing_intent,
        hedge.open_close or "?",
        hedge.short_sale,
        hedge.short_sale_slot,
        hedge.designated_location,
    )


def _attached(order: Order, terms: WireTerms) -> Fields:
    return (
        terms.continuous_update,
        terms.reference_price_type or 0,
        trail_stop(order, terms),
        first_stated(order.trail_percent, terms.trailing_percent),
        *("", ""),  # basisPoints, basisPointsType
        *combination_fields(terms),
        *scale_fields(terms),
        *hedge_fields(terms),
        terms.opt_out_smart_routing,
        terms.clearing_account,
        terms.clearing_intent or "IB",
        terms.not_held,
        *delta_neutral_leg_fields(terms.delta_neutral_leg),
        *algo_fields(terms),
        terms.solicited,
    )


def _state(order: Order, what_if: WhatIf | None) -> Fields:
    if what_if is None:
        return (0, order.status.value, *_NO_STATE)
    after = (
        what_if.init_before + what_if.init_change,
        what_if.maint_before + what_if.maint_change,
        what_if.equity_before + what_if.equity_change,
    )
    figures = (
        *(what_if.init_before, what_if.maint_before, what_if.equity_before),
        *(what_if.init_change, what_if.maint_change, what_if.equity_change),
        *after,
    )
    charges = (what_if.commission, what_if.min_commission, what_if.max_commission)
    return (
        1,
        order.status.value,
        *[_money(figure) for figure in figures],
        *[UNSET_DOUBLE_TEXT if charge is None else price_text(charge) for charge in charges],
        "USD",
        what_if.warning,
    )


def _money(figure: Decimal) -> str:
    return f"{figure:.2f}"


def _end(order: Order, terms: WireTerms) -> Fields:
    return (
        terms.randomize_size,
        terms.randomize_price,
        *benchmark_fields(terms),
        *conditions_fields(terms),
        terms.adjusted_order_type or "None",
        terms.trigger_price,
        trail_stop(order, terms),
        first_stated(order.limit_offset, terms.limit_price_offset),
        terms.adjusted_stop_price,
        terms.adjusted_stop_limit_price,
        terms.adjusted_trailing_amount,
        terms.adjustable_trailing_unit,
        terms.soft_dollar_name,
        terms.soft_dollar_value,
        "",  # softDollarDisplayName
        order.cash_quantity or 0,
        1,  # dontUseAutoPriceForHedge: gateways answer 1 whatever was asked
        terms.is_oms_container,
        terms.discretionary_up_to_limit_price,
        bool(terms.use_price_mgmt_algo),
    )


def _tail(terms: WireTerms) -> Fields:
    return (terms.duration, terms.post_to_ats, terms.auto_cancel_parent, *pegged_fields(terms))
