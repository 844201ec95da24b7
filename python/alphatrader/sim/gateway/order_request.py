"""From what a client wrote to what the exchange is asked: names, times, legs and conditions put into its terms."""

from collections.abc import Mapping
from decimal import Decimal

from alphatrader.sim.exchange import conditions as of_exchange
from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.conditions import Condition
from alphatrader.sim.exchange.orders import COMBO_CON_ID, ComboLeg, OrderRequest
from alphatrader.sim.gateway.order_features import invalid
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.wire.conditions import ConditionKind, WireCondition
from alphatrader.sim.wire.order_terms import WireLeg, WireTerms, pack_terms
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.times import TimeTextError, read_moment

_SPELLINGS = {
    "STPLMT": "STP LMT",
    "TRAILLIMIT": "TRAIL LIMIT",
    "TRAILLMT": "TRAIL LIMIT",
    "PEGMKT": "PEG MKT",
    "PEGMID": "PEG MID",
    "PEGBEST": "PEG BEST",
    "PEGBENCH": "PEG BENCH",
    "PEGSTK": "PEG STK",
    "PEGPRIM": "REL",
    "PEG PRIM": "REL",
    "MKTPRT": "MKT PRT",
    "STPPRT": "STP PRT",
    "BOXTOP": "BOX TOP",
    "MIDPX": "MIDPRICE",
}
"""Other ways in which clients write order types."""

_TRIGGERED = frozenset({"STP", "STP LMT", "STP PRT", "MIT", "LIT"})
_TRAILING = frozenset({"TRAIL", "TRAIL LIMIT", "TRAIL MIT", "TRAIL LIT"})
_PEGGED = frozenset({"REL", "PEG MKT", "PEG MID", "PEG BEST", "PASSV REL"})
_LIMITED = frozenset({"LMT", "STP LMT", "LIT", "LOC"})
"""Types whose limit must be stated; zero is a price, for a combination at least."""
_CAPPED = _PEGGED | {"MIDPRICE", "TRAIL LIMIT", "TRAIL LIT"}
"""Types whose limit may be stated; clients write 0 for none."""

_BAD_CONDITION = Refusal(147, "The conditional contract info is incomplete.")
_BAD_TIME = (
    "The date, time, or time-zone entered is invalid. "
    "The correct format is yyyymmdd hh:mm:ss xxx where yyyymmdd and xxx are optional."
)


class OrderRefusedError(Exception):
    """An order that goes no further than its terms. ``refusal`` is what the client is told."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


def spelled(order_type: str) -> str:
    """Return the one spelling of an order type."""
    return _SPELLINGS.get(order_type, order_type)


def build_request(
    client_id: int, order: PlaceOrder, con_id: int, contracts: Mapping[int, ListedContract], now_ns: int
) -> OrderRequest:
    """Put an order into the exchange's terms. Raises OrderRefusedError for legs, conditions and times that say nothing.

    ``con_id`` is that of the resolved contract, ``COMBO_CON_ID`` for a combination; times without a date mean today's.
    """
    terms = order.terms
    order_type = spelled(terms.order_type)
    return OrderRequest(
        client_id=client_id,
        order_id=order.order_id,
        con_id=con_id,
        side=terms.action,
        quantity=terms.quantity,
        order_type=order_type,
        tif=terms.tif or "DAY",
        limit_price=_limit(order_type, terms.limit_price),
        stop_price=terms.aux_price if order_type in _TRIGGERED else None,
        trail_amount=_trail_amount(terms) if order_type in _TRAILING else None,
        trail_percent=terms.trailing_percent if order_type in _TRAILING else None,
        trail_stop_price=terms.trail_stop_price if order_type in _TRAILING else None,
        limit_offset=terms.limit_price_offset if order_type in _TRAILING else None,
        peg_offset=terms.aux_price if order_type in _PEGGED else None,
        good_after_ns=_moment(terms.good_after_time, now_ns),
        good_till_ns=_good_till(terms, now_ns),
        legs=_legs(terms, contracts) if con_id == COMBO_CON_ID else (),
        conditions=tuple(_condition(condition, contracts, now_ns) for condition in terms.conditions),
        conditions_cancel=terms.conditions_cancel_order,
        conditions_outside_rth=terms.conditions_ignore_rth,
        oca_group=terms.oca_group,
        oca_type=_oca_type(terms),
        order_ref=terms.order_ref,
        parent_id=terms.parent_id,
        trigger_method=terms.trigger_method,
        outside_rth=terms.outside_rth,
        all_or_none=terms.all_or_none,
        min_quantity=terms.min_quantity or 0,
        hidden=terms.hidden,
        display_size=terms.display_size or 0,
        cash_quantity=terms.cash_quantity,
        open_close=terms.open_close,
        algo=terms.algo_strategy,
        algo_params=tuple((param.tag, param.value) for param in terms.algo_params),
        origin=terms.origin,
        account=terms.account,
        override_constraints=terms.override_percentage_constraints,
        transmit=terms.transmit,
        echo=pack_terms(terms),
    )


def _limit(order_type: str, price: Decimal | None) -> Decimal | None:
    if order_type in _LIMITED:
        return price
    return (price or None) if order_type in _CAPPED else None


def _trail_amount(terms: WireTerms) -> Decimal | None:
    return None if terms.trailing_percent is not None else terms.aux_price


def _oca_type(terms: WireTerms) -> int:
    if not 0 <= terms.oca_type <= 3:
        raise OrderRefusedError(invalid(f"Invalid OCA type: {terms.oca_type}"))
    return terms.oca_type


# -------------------------------------------------------------------------------------------------------------- times


def _moment(text: str, now_ns: int) -> int:
    try:
        return read_moment(text, now_ns) or 0
    except TimeTextError:
        raise OrderRefusedError(Refusal(337, _BAD_TIME)) from None


def _good_till(terms: WireTerms, now_ns: int) -> int:
    if terms.tif != "GTD":
        return 0
    moment = _moment(terms.good_till_date, now_ns)
    if not moment:
        raise OrderRefusedError(Refusal(334, "Invalid Good Till Date order"))
    return moment


# --------------------------------------------------------------------------------------------------------------- legs


def _legs(terms: WireTerms, contracts: Mapping[int, ListedContract]) -> tuple[ComboLeg, ...]:
    if len(terms.legs) < 2:
        raise OrderRefusedError(Refusal(314, "Security type 'BAG' requires combo leg details."))
    if terms.leg_prices and any(price is not None for price in terms.leg_prices):
        raise OrderRefusedError(invalid("the SIMULATED gateway does not offer: prices of single legs"))
    for param in terms.routing_params:
        if param.tag != "NonGuaranteed" or param.value not in {"0", "1"}:
            raise OrderRefusedError(invalid(f"the SIMULATED gateway does not offer: smart routing {param.tag}"))
        if param.value == "1":
            raise OrderRefusedError(invalid("the SIMULATED gateway does not offer: NonGuaranteed combinations"))
    return tuple(_leg(number, leg, contracts) for number, leg in enumerate(terms.legs, start=1))


def _leg(number: int, leg: WireLeg, contracts: Mapping[int, ListedContract]) -> ComboLeg:
    known = leg.con_id in contracts and leg.ratio > 0
    if not known or leg.action not in {"BUY", "SELL"}:
        raise OrderRefusedError(Refusal(313, f"The combo details for leg '{number}' are invalid."))
    if leg.short_sale_slot or leg.designated_location:
        raise OrderRefusedError(Refusal(393, "Short sale slot may be specified for delta hedge orders only."))
    return ComboLeg(leg.con_id, leg.ratio, "BUY" if leg.action == "BUY" else "SELL", leg.exchange, leg.open_close)


# --------------------------------------------------------------------------------------------------------- conditions


def _condition(stated: WireCondition, contracts: Mapping[int, ListedContract], now_ns: int) -> Condition:
    joined: of_exchange.Conjunction = "a" if stated.conjunction == "a" else "o"
    if stated.kind is ConditionKind.EXECUTION:
        if not stated.symbol or not stated.sec_type:
            raise OrderRefusedError(_BAD_CONDITION)
        return of_exchange.ExecutionCondition(stated.sec_type, stated.exchange, stated.symbol, joined)
    if not stated.value:
        raise OrderRefusedError(_BAD_CONDITION)
    if stated.kind is ConditionKind.TIME:
        return of_exchange.TimeCondition(stated.is_more, _moment(stated.value, now_ns), joined)
    number = float(stated.value)
    if stated.kind is ConditionKind.MARGIN:
        return of_exchange.MarginCondition(stated.is_more, number, joined)
    if stated.con_id not in contracts:
        raise OrderRefusedError(_BAD_CONDITION)
    where = (stated.con_id, stated.exchange, stated.is_more)
    if stated.kind is ConditionKind.PRICE:
        return of_exchange.PriceCondition(*where, number, stated.trigger_method, joined)
    if stated.kind is ConditionKind.VOLUME:
        return of_exchange.VolumeCondition(*where, int(number), joined)
    return of_exchange.PercentChangeCondition(*where, number, joined)
