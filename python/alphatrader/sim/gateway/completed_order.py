"""completedOrder (101): an order that is done, field by field, at versions 157 and 176."""

from collections.abc import Mapping

from alphatrader.sim.exchange.orders import Order, OrderStatus
from alphatrader.sim.gateway.order_parts import (
    UNSET_INTEGER,
    UNSET_LONG,
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
    scale_fields,
    trail_stop,
    volatility_fields,
)
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.fields import message
from alphatrader.sim.wire.order_terms import WireTerms, unpack_terms
from alphatrader.sim.wire.place_order import LONG_TAIL_VERSION
from alphatrader.sim.wire.times import stamp

_SHAREHOLDER = "Not an insider or substantial shareholder"


def completed_order(
    order: Order, contracts: Mapping[int, ListedContract], account: str, version: int, *, quantity: int
) -> bytes:
    """Encode a completed order. ``quantity`` stands in totalQuantity: gateways write 0 for filled orders."""
    terms = unpack_terms(order.echo)
    return message(
        101,
        *any_contract_fields(order, contracts, terms.exchange or "SMART"),
        *_head(order, terms, account, quantity),
        *_middle(order, terms),
        *_attached(order, terms),
        *_end(order, terms, version),
        *(pegged_fields(terms) if version >= LONG_TAIL_VERSION else ()),
    )


def _head(order: Order, terms: WireTerms, account: str, quantity: int) -> Fields:
    return (
        order.side,
        quantity,
        order.order_type,
        limit_price(order, terms),
        aux_price(order, terms),
        order.tif,
        order.oca_group,
        account,
        "",  # openClose
        terms.origin,
        order.order_ref,
        order.perm_id,
        order.outside_rth,
        order.hidden,
        terms.discretionary_amount or 0,
        terms.good_after_time,
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
    hedge = terms.delta_neutral
    return (
        terms.short_sale_slot,
        terms.designated_location,
        terms.exempt_code,
        terms.starting_price,
        terms.stock_ref_price,
        terms.delta,
        terms.stock_range_lower,
        terms.stock_range_upper,
        order.display_size or UNSET_INTEGER,
        terms.sweep_to_fill,
        order.all_or_none,
        order.min_quantity or "",
        order.oca_type,
        order.trigger_method,
        *volatility_fields(terms),
        terms.delta_neutral_order_type or "None",
        terms.delta_neutral_aux_price,
        *(
            (0, 0, 0, "")
            if hedge is None
            else (hedge.con_id, hedge.short_sale, hedge.short_sale_slot, hedge.designated_location)
        ),
    )


def _attached(order: Order, terms: WireTerms) -> Fields:
    return (
        terms.continuous_update,
        terms.reference_price_type or 0,
        trail_stop(order, terms),
        first_stated(order.trail_percent, terms.trailing_percent),
        *combination_fields(terms),
        *scale_fields(terms),
        *hedge_fields(terms),
        terms.clearing_account,
        terms.clearing_intent or "IB",
        terms.not_held,
        *delta_neutral_leg_fields(terms.delta_neutral_leg),
        *algo_fields(terms),
        terms.solicited,
        order.status.value,
    )


def _end(order: Order, terms: WireTerms, version: int) -> Fields:
    return (
        terms.randomize_size,
        terms.randomize_price,
        *benchmark_fields(terms),
        *conditions_fields(terms),
        trail_stop(order, terms),
        first_stated(order.limit_offset, terms.limit_price_offset),
        order.cash_quantity or 0,
        1,  # dontUseAutoPriceForHedge
        terms.is_oms_container,
        "",  # autoCancelDate
        order.filled,
        UNSET_INTEGER,  # refFuturesConId
        terms.auto_cancel_parent,
        _SHAREHOLDER,
        *(0, 0),  # imbalanceOnly, routeMarketableToBbo
        order.parent_perm_id or UNSET_LONG,
        stamp(order.closed_ns, version),
        completed_status(order),
    )


def completed_status(order: Order) -> str:
    """How an order came to its end, in the words of a gateway."""
    return f"Filled Size: {order.filled}" if order.status is OrderStatus.FILLED else order.closed_reason
