"""What an order says, field by field: everything that placeOrder states and openOrder echoes."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from alphatrader.sim.wire.conditions import WireCondition


class WireLeg(Struct, frozen=True):
    """One leg of a combination."""

    con_id: int
    ratio: int
    action: str
    exchange: str
    open_close: int = 0
    short_sale_slot: int = 0
    designated_location: str = ""
    exempt_code: int = -1


class TagValue(Struct, frozen=True):
    """A named parameter of a routing scheme or an algorithm."""

    tag: str
    value: str


class DeltaNeutralLeg(Struct, frozen=True):
    """The contract that a delta-neutral combination hedges with (``deltaNeutralContract``)."""

    con_id: int
    delta: Decimal | None
    price: Decimal | None


class HedgeTerms(Struct, frozen=True):
    """What follows a ``deltaNeutralOrderType``: how the hedge of a volatility order is to be placed."""

    con_id: int = 0
    settling_firm: str = ""
    clearing_account: str = ""
    clearing_intent: str = ""
    open_close: str = ""
    short_sale: bool = False
    short_sale_slot: int = 0
    designated_location: str = ""


class ScaleTerms(Struct, frozen=True):
    """What follows a ``scalePriceIncrement`` above zero."""

    price_adjust_value: Decimal | None = None
    price_adjust_interval: int | None = None
    profit_offset: Decimal | None = None
    auto_reset: bool = False
    init_position: int | None = None
    init_fill_quantity: int | None = None
    random_percent: bool = False


class BenchmarkTerms(Struct, frozen=True):
    """What a PEG BENCH order adds: what it is pegged to, and how far it moves."""

    reference_con_id: int = 0
    decreasing: bool = False
    pegged_change: Decimal | None = None
    reference_change: Decimal | None = None
    reference_exchange: str = ""


class WireTerms(Struct, frozen=True, omit_defaults=True):
    """An order's terms as the client sent them, in the order of the protocol. None = not stated.

    Prices are dollars a share, times text as the protocol writes them, sizes shares or contracts.
    """

    exchange: str = ""
    """Where it was routed to: the exchange of its contract."""
    action: str = ""
    quantity: Decimal = Decimal(0)
    order_type: str = ""
    limit_price: Decimal | None = None
    aux_price: Decimal | None = None
    tif: str = ""
    oca_group: str = ""
    account: str = ""
    open_close: str = ""
    origin: int = 0
    order_ref: str = ""
    transmit: bool = True
    parent_id: int = 0
    block_order: bool = False
    sweep_to_fill: bool = False
    display_size: int | None = None
    trigger_method: int = 0
    outside_rth: bool = False
    hidden: bool = False
    legs: tuple[WireLeg, ...] = ()
    leg_prices: tuple[Decimal | None, ...] = ()
    routing_params: tuple[TagValue, ...] = ()
    shares_allocation: str = ""
    discretionary_amount: Decimal | None = None
    good_after_time: str = ""
    good_till_date: str = ""
    fa_group: str = ""
    fa_method: str = ""
    fa_percentage: str = ""
    fa_profile: str = ""
    model_code: str = ""
    short_sale_slot: int = 0
    designated_location: str = ""
    exempt_code: int = -1
    oca_type: int = 0
    rule_80a: str = ""
    settling_firm: str = ""
    all_or_none: bool = False
    min_quantity: int | None = None
    percent_offset: Decimal | None = None
    etrade_only: bool = False
    firm_quote_only: bool = False
    nbbo_price_cap: Decimal | None = None
    auction_strategy: int = 0
    starting_price: Decimal | None = None
    stock_ref_price: Decimal | None = None
    delta: Decimal | None = None
    stock_range_lower: Decimal | None = None
    stock_range_upper: Decimal | None = None
    override_percentage_constraints: bool = False
    volatility: Decimal | None = None
    volatility_type: int | None = None
    delta_neutral_order_type: str = ""
    delta_neutral_aux_price: Decimal | None = None
    delta_neutral: HedgeTerms | None = None
    continuous_update: bool = False
    reference_price_type: int | None = None
    trail_stop_price: Decimal | None = None
    trailing_percent: Decimal | None = None
    scale_init_level_size: int | None = None
    scale_subs_level_size: int | None = None
    scale_price_increment: Decimal | None = None
    scale: ScaleTerms | None = None
    scale_table: str = ""
    active_start_time: str = ""
    active_stop_time: str = ""
    hedge_type: str = ""
    hedge_param: str = ""
    opt_out_smart_routing: bool = False
    clearing_account: str = ""
    clearing_intent: str = ""
    not_held: bool = False
    delta_neutral_leg: DeltaNeutralLeg | None = None
    algo_strategy: str = ""
    algo_params: tuple[TagValue, ...] = ()
    algo_id: str = ""
    what_if: bool = False
    misc_options: str = ""
    solicited: bool = False
    randomize_size: bool = False
    randomize_price: bool = False
    benchmark: BenchmarkTerms | None = None
    conditions: tuple[WireCondition, ...] = ()
    conditions_ignore_rth: bool = False
    conditions_cancel_order: bool = False
    adjusted_order_type: str = ""
    trigger_price: Decimal | None = None
    limit_price_offset: Decimal | None = None
    adjusted_stop_price: Decimal | None = None
    adjusted_stop_limit_price: Decimal | None = None
    adjusted_trailing_amount: Decimal | None = None
    adjustable_trailing_unit: int = 0
    ext_operator: str = ""
    soft_dollar_name: str = ""
    soft_dollar_value: str = ""
    cash_quantity: Decimal | None = None
    mifid_decision_maker: str = ""
    mifid_decision_algo: str = ""
    mifid_execution_trader: str = ""
    mifid_execution_algo: str = ""
    dont_use_auto_price_for_hedge: bool = False
    is_oms_container: bool = False
    discretionary_up_to_limit_price: bool = False
    use_price_mgmt_algo: bool | None = None
    duration: int | None = None
    post_to_ats: int | None = None
    auto_cancel_parent: bool = False
    advanced_error_override: str = ""
    manual_order_time: str = ""
    min_trade_quantity: int | None = None
    min_compete_size: int | None = None
    compete_offset: str = ""
    """``competeAgainstBestOffset``: dollars, or ``Infinity`` for "up to the mid"."""
    mid_offset_at_whole: Decimal | None = None
    mid_offset_at_half: Decimal | None = None


def pack_terms(terms: WireTerms) -> str:
    """Write terms as text that can be stored with the order."""
    return msgspec.json.encode(terms).decode()


def unpack_terms(text: str) -> WireTerms:
    """Read what ``pack_terms`` wrote; empty text is an order without stated terms."""
    return msgspec.json.decode(text, type=WireTerms) if text else WireTerms()


INFINITE = "Infinity"
"""How clients write the offset of a PEG BEST order that competes up to the mid."""

PEG_BENCH = frozenset({"PEG BENCH", "PEGBENCH"})
PEG_BEST = frozenset({"PEG BEST", "PEGBEST"})
PEG_MID = frozenset({"PEG MID", "PEGMID"})
