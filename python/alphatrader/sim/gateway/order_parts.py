"""Parts that openOrder and completedOrder share, each in the order of the protocol."""

from collections.abc import Mapping
from decimal import Decimal

from alphatrader.sim.exchange.orders import COMBO_CON_ID, ComboLeg, Order
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.conditions import condition_fields
from alphatrader.sim.wire.fields import FieldValue
from alphatrader.sim.wire.order_terms import DeltaNeutralLeg, WireTerms

UNSET_INTEGER = 2147483647
UNSET_LONG = 9223372036854775807

Fields = tuple[FieldValue, ...]


def price_text(price: Decimal | None) -> str:
    """Write a price or an average: 0 where there is none, at most eight decimals."""
    if price is None:
        return "0"
    return f"{price.normalize():f}" if price == price.quantize(Decimal("0.00000001")) else f"{price:.8f}"


def contract_fields(contract: ListedContract, exchange: str = "SMART") -> Fields:
    """Name a contract by the eleven fields of most answers."""
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


def combo_contract_fields(
    legs: tuple[ComboLeg, ...], contracts: Mapping[int, ListedContract], exchange: str = "SMART"
) -> Fields:
    """Name a combination: one contract id for all of them, the symbol of its legs."""
    symbols = dict.fromkeys(contracts[leg.con_id].symbol for leg in legs if leg.con_id in contracts)
    symbol = ",".join(symbols)
    return (COMBO_CON_ID, symbol, "BAG", "", 0, "?", "", exchange, "USD", str(COMBO_CON_ID), "COMB")


def any_contract_fields(order: Order, contracts: Mapping[int, ListedContract], exchange: str) -> Fields:
    """Name what an order is in: a listed contract or a combination."""
    if order.legs:
        return combo_contract_fields(order.legs, contracts, exchange)
    return contract_fields(contracts[order.con_id], exchange)


def limit_price(order: Order, terms: WireTerms) -> str:
    """What stands in lmtPrice: the limit as it is now, else as it was stated."""
    return price_text(terms.limit_price if order.limit_price is None else order.limit_price)


def aux_price(order: Order, terms: WireTerms) -> str:
    """What stands in auxPrice: a trailing amount, a trigger or an offset, as the type has it."""
    for price in (order.trail_amount, None if is_trailing(order) else order.stop_price, order.peg_offset):
        if price is not None:
            return price_text(price)
    return price_text(terms.aux_price)


def is_trailing(order: Order) -> bool:
    """Whether the order's stop follows the market."""
    return order.order_type.startswith("TRAIL")


def trail_stop(order: Order, terms: WireTerms) -> Decimal | None:
    """Where a trailing stop stands now, else as it was stated."""
    if is_trailing(order) and order.stop_price is not None:
        return order.stop_price
    return terms.trail_stop_price if order.trail_stop_price is None else order.trail_stop_price


def first_stated(now: Decimal | None, stated: Decimal | None) -> Decimal | None:
    """Return a value as it is now, else as it was stated."""
    return stated if now is None else now


def volatility_fields(terms: WireTerms) -> Fields:
    """Volatility and its type: 0 where unset, as gateways write it."""
    return (terms.volatility, terms.volatility_type or 0)


def combination_fields(terms: WireTerms) -> Fields:
    """comboLegsDescrip, the legs, their prices, the routing parameters."""
    description = ",".join(f"{leg.con_id}|{leg.ratio if leg.action == 'BUY' else -leg.ratio}" for leg in terms.legs)
    fields: list[FieldValue] = [description, len(terms.legs)]
    for leg in terms.legs:
        fields += [leg.con_id, leg.ratio, leg.action, leg.exchange, leg.open_close]
        fields += [leg.short_sale_slot, leg.designated_location, leg.exempt_code]
    fields += [len(terms.leg_prices), *terms.leg_prices, len(terms.routing_params)]
    for param in terms.routing_params:
        fields += [param.tag, param.value]
    return tuple(fields)


def scale_fields(terms: WireTerms) -> Fields:
    """Scale levels, and what follows an increment above zero."""
    levels: Fields = (terms.scale_init_level_size, terms.scale_subs_level_size, terms.scale_price_increment)
    scale = terms.scale
    if scale is None:
        return levels
    return (
        *levels,
        scale.price_adjust_value,
        scale.price_adjust_interval,
        scale.profit_offset,
        scale.auto_reset,
        scale.init_position,
        scale.init_fill_quantity,
        scale.random_percent,
    )


def hedge_fields(terms: WireTerms) -> Fields:
    """HedgeType and, if there is one, hedgeParam."""
    return (terms.hedge_type, terms.hedge_param) if terms.hedge_type else ("",)


def delta_neutral_leg_fields(leg: DeltaNeutralLeg | None) -> Fields:
    """Whether there is a deltaNeutralContract, and which."""
    return (0,) if leg is None else (1, leg.con_id, leg.delta, leg.price)


def algo_fields(terms: WireTerms) -> Fields:
    """AlgoStrategy and its parameters."""
    if not terms.algo_strategy:
        return ("",)
    fields: list[FieldValue] = [terms.algo_strategy, len(terms.algo_params)]
    for param in terms.algo_params:
        fields += [param.tag, param.value]
    return tuple(fields)


def benchmark_fields(terms: WireTerms) -> Fields:
    """What a PEG BENCH order adds; nothing for others."""
    benchmark = terms.benchmark
    if benchmark is None:
        return ()
    return (
        benchmark.reference_con_id,
        benchmark.decreasing,
        benchmark.pegged_change,
        benchmark.reference_change,
        benchmark.reference_exchange,
    )


def conditions_fields(terms: WireTerms) -> Fields:
    """The conditions, and whether they ignore regular hours and cancel instead of submit."""
    if not terms.conditions:
        return (0,)
    fields: list[FieldValue] = [len(terms.conditions)]
    for condition in terms.conditions:
        fields += condition_fields(condition)
    return (*fields, terms.conditions_ignore_rth, terms.conditions_cancel_order)


def pegged_fields(terms: WireTerms) -> Fields:
    """minTradeQty, minCompeteSize, competeAgainstBestOffset, midOffsetAtWhole, midOffsetAtHalf."""
    return (
        terms.min_trade_quantity,
        terms.min_compete_size,
        terms.compete_offset,
        terms.mid_offset_at_whole,
        terms.mid_offset_at_half,
    )
