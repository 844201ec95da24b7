"""placeOrder (3): some 110 fields, each taken by its name and type, so that a shifted layout is noticed, not traded.

Versions 157 and 176 differ in the tail: after usePriceMgmtAlgo exactly none or five fields must remain, but for the
few that IBKRATS and pegged orders add.
"""

from typing import Any

from msgspec import Struct

from alphatrader.sim.wire.conditions import read_condition
from alphatrader.sim.wire.fields import FieldReader, MalformedRequestError
from alphatrader.sim.wire.order_layout import (
    BENCHMARK,
    CLEARING,
    COMPETE,
    END,
    HEAD,
    HEDGE,
    LEG,
    MID_OFFSETS,
    MIDDLE,
    OPTIONS,
    SCALE,
    SCALE_MORE,
    SCALE_TIMES,
    TAIL,
    TRAILING,
    VOLATILITY,
    Layout,
    name_of,
)
from alphatrader.sim.wire.order_terms import (
    INFINITE,
    PEG_BENCH,
    PEG_BEST,
    PEG_MID,
    BenchmarkTerms,
    DeltaNeutralLeg,
    HedgeTerms,
    ScaleTerms,
    TagValue,
    WireLeg,
    WireTerms,
)
from alphatrader.sim.wire.queries import ContractQuery, read_contract

LONG_TAIL_VERSION = 176
"""From here on placeOrder ends with duration, postToAts, autoCancelParent, advancedErrorOverride, manualOrderTime."""


class PlaceOrder(Struct, frozen=True):
    """An order as the client sent it."""

    order_id: int
    contract: ContractQuery
    sec_id_type: str
    sec_id: str
    terms: WireTerms


def read_place_order(fields: FieldReader) -> PlaceOrder:
    """Take the fields of one order at the session's version. Raises MalformedRequestError."""
    order_id = fields.integer("orderId")
    contract = read_contract(fields)
    sec_id_type, sec_id = fields.text("secIdType"), fields.text("secId")
    terms = {"exchange": contract.exchange, **_take(fields, HEAD)}
    if contract.sec_type == "BAG":
        terms |= _combination(fields)
    terms |= _take(fields, MIDDLE) | _volatility(fields) | _take(fields, TRAILING) | _scale(fields)
    terms |= _take(fields, CLEARING) | _algorithm(fields) | _take(fields, OPTIONS)
    if terms["order_type"] in PEG_BENCH:
        terms["benchmark"] = BenchmarkTerms(**_take(fields, BENCHMARK))
    terms |= _conditions(fields) | _take(fields, END)
    if fields.version >= LONG_TAIL_VERSION:
        terms |= _tail(fields, str(terms["order_type"]), contract.exchange)
    return PlaceOrder(order_id, contract, sec_id_type, sec_id, WireTerms(**terms))


def _take(fields: FieldReader, layout: Layout) -> dict[str, Any]:
    return {attribute: take(fields, name) for attribute, name, take in layout}


def _combination(fields: FieldReader) -> dict[str, Any]:
    return {
        "legs": tuple(WireLeg(**_take(fields, LEG)) for _ in range(fields.count("comboLegs"))),
        "leg_prices": tuple(fields.decimal("price of a leg") for _ in range(fields.count("orderComboLegs"))),
        "routing_params": _tag_values(fields, "smartComboRoutingParams"),
    }


def _tag_values(fields: FieldReader, name: str) -> tuple[TagValue, ...]:
    return tuple(TagValue(fields.text(f"{name} tag"), fields.text(f"{name} value")) for _ in range(fields.count(name)))


def _volatility(fields: FieldReader) -> dict[str, Any]:
    terms = _take(fields, VOLATILITY)
    if terms["delta_neutral_order_type"]:
        terms["delta_neutral"] = HedgeTerms(**_take(fields, HEDGE))
    return terms


def _scale(fields: FieldReader) -> dict[str, Any]:
    terms = _take(fields, SCALE)
    increment = fields.decimal("scalePriceIncrement")
    terms["scale_price_increment"] = increment
    if increment is not None and increment > 0:
        terms["scale"] = ScaleTerms(**_take(fields, SCALE_MORE))
    terms |= _take(fields, SCALE_TIMES)
    if terms["hedge_type"]:
        terms["hedge_param"] = fields.text("hedgeParam")
    return terms


def _algorithm(fields: FieldReader) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    if fields.flag("deltaNeutralContract"):
        terms["delta_neutral_leg"] = DeltaNeutralLeg(
            fields.integer("deltaNeutralContract conId"),
            fields.decimal("deltaNeutralContract delta"),
            fields.decimal("deltaNeutralContract price"),
        )
    strategy = name_of(fields, "algoStrategy")
    terms["algo_strategy"] = strategy
    if strategy:
        terms["algo_params"] = _tag_values(fields, "algoParams")
    return terms


def _conditions(fields: FieldReader) -> dict[str, Any]:
    conditions = tuple(read_condition(fields) for _ in range(fields.count("conditions")))
    if not conditions:
        return {}
    return {
        "conditions": conditions,
        "conditions_ignore_rth": fields.flag("conditionsIgnoreRth"),
        "conditions_cancel_order": fields.flag("conditionsCancelOrder"),
    }


def _tail(fields: FieldReader, order_type: str, exchange: str) -> dict[str, Any]:
    pegged = order_type in PEG_BEST or order_type in PEG_MID
    expected = len(TAIL) + (exchange == "IBKRATS") + 2 * pegged
    if fields.remaining != expected and not (order_type in PEG_BEST and fields.remaining == expected + 2):
        raise MalformedRequestError(
            f"{fields.remaining} fields remained after usePriceMgmtAlgo, not {expected}: "
            "the layout of this placeOrder is not that of server version 176"
        )
    terms = _take(fields, TAIL)
    if exchange == "IBKRATS":
        terms["min_trade_quantity"] = fields.whole("minTradeQty")
    if order_type in PEG_BEST:
        terms |= _take(fields, COMPETE)
    if order_type in PEG_MID or terms.get("compete_offset") == INFINITE:
        terms |= _take(fields, MID_OFFSETS)
    return terms
