"""openOrder and completedOrder: what a client sent is what it reads back, by the libraries' own decoders."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tests.sim.wire.library_codec import LIBRARIES, LibraryCodec

from alphatrader.sim.exchange.orders import COMBO_CON_ID, OrderStatus, WhatIf
from alphatrader.sim.gateway.completed_order import completed_order
from alphatrader.sim.gateway.open_order import open_order
from alphatrader.sim.gateway.order_messages import order_bound, order_status
from alphatrader.sim.gateway.order_preview import as_order
from alphatrader.sim.gateway.order_request import build_request
from alphatrader.sim.scripted import CALL_CON_ID, CONTRACTS, OPEN_NS, PUT_CON_ID, SPY_CON_ID
from alphatrader.sim.wire.readers import read_request

CODECS = {(name, version): LibraryCodec(name, version) for name in LIBRARIES for version in (157, 176)}
KNOWN = {contract.con_id: contract for contract in CONTRACTS}
ACCOUNT = "DUSIM0001"

price = st.integers(1, 100_000).map(lambda cents: cents / 100)
size = st.integers(1, 10_000)
text = st.text(alphabet="abcXYZ019:._- ", min_size=1, max_size=12)
truth = st.booleans()

ECHOED = {
    "lmtPrice": price,
    "auxPrice": price,
    "ocaGroup": text,
    "orderRef": text,
    "origin": st.integers(0, 1),
    "outsideRth": truth,
    "hidden": truth,
    "discretionaryAmt": price,
    "goodAfterTime": st.just("20261116 14:00:00 US/Eastern"),
    "faGroup": text,
    "faMethod": text,
    "faPercentage": text,
    "faProfile": text,
    "modelCode": text,
    "rule80A": text,
    "percentOffset": price,
    "settlingFirm": text,
    "shortSaleSlot": st.integers(0, 2),
    "designatedLocation": text,
    "exemptCode": st.integers(-1, 3),
    "startingPrice": price,
    "stockRefPrice": price,
    "delta": price,
    "stockRangeLower": price,
    "stockRangeUpper": price,
    "displaySize": size,
    "sweepToFill": truth,
    "allOrNone": truth,
    "minQty": size,
    "ocaType": st.integers(1, 3),
    "triggerMethod": st.sampled_from([0, 1, 2, 3, 4, 7, 8]),
    "volatilityType": st.integers(0, 2),
    "continuousUpdate": truth,
    "referencePriceType": st.integers(0, 2),
    "trailStopPrice": price,
    "trailingPercent": price,
    "scaleInitLevelSize": size,
    "scaleSubsLevelSize": size,
    "notHeld": truth,
    "solicited": truth,
    "randomizeSize": truth,
    "randomizePrice": truth,
    "clearingAccount": text,
    "clearingIntent": st.sampled_from(["IB", "Away", "PTA"]),
    "lmtPriceOffset": price,
    "cashQty": price,
    "isOmsContainer": truth,
}
"""Fields that stand in both messages."""
OPEN_ALONE = {
    "parentId": size,
    "auctionStrategy": st.integers(0, 3),
    "blockOrder": truth,
    "eTradeOnly": truth,
    "firmQuoteOnly": truth,
    "nbboPriceCap": price,
    "optOutSmartRouting": truth,
    "adjustedOrderType": st.sampled_from(["STP", "TRAIL"]),
    "triggerPrice": price,
    "adjustedStopPrice": price,
    "adjustedStopLimitPrice": price,
    "adjustedTrailingAmount": price,
    "adjustableTrailingUnit": st.integers(0, 100),
    "discretionaryUpToLimitPrice": truth,
    "usePriceMgmtAlgo": truth,
}
SINCE_176 = {"duration": size, "postToAts": size, "autoCancelParent": truth}

OPTIONAL = {**ECHOED, **OPEN_ALONE, **SINCE_176}
some_names = st.lists(st.sampled_from(sorted(OPTIONAL)), max_size=15, unique=True)
order_types = st.sampled_from(["LMT", "MKT", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "REL", "VOL", "PEG BENCH"])


def conditions(library):
    return st.lists(
        st.one_of(
            st.builds(library.PriceCondition, price=price, conId=st.just(SPY_CON_ID), exch=text, isMore=truth),
            st.just(library.TimeCondition(conjunction="o", time="20261116 15:00:00 US/Eastern")),
            st.builds(library.MarginCondition, percent=st.integers(1, 90)),
            st.builds(library.ExecutionCondition, secType=st.just("STK"), exch=text, symbol=st.just("SPY")),
            st.builds(library.VolumeCondition, volume=size, conId=st.just(SPY_CON_ID), exch=text),
            st.builds(library.PercentChangeCondition, changePercent=price, conId=st.just(SPY_CON_ID), exch=text),
        ),
        max_size=4,
    )


@st.composite
def orders(draw, library):
    """An order of a library, with any of its fields."""
    order = library.Order(
        action=draw(st.sampled_from(["BUY", "SELL"])),
        totalQuantity=draw(size),
        orderType=draw(order_types),
        tif=draw(st.sampled_from(["", "DAY", "GTC", "IOC"])),
        **{name: draw(OPTIONAL[name]) for name in draw(some_names)},
    )
    order.conditions = draw(conditions(library))
    if order.conditions:
        order.conditionsIgnoreRth, order.conditionsCancelOrder = draw(truth), draw(truth)
    if draw(truth):
        order.scalePriceIncrement, order.scaleProfitOffset = draw(price), draw(price)
        order.scaleAutoReset, order.scaleInitPosition = draw(truth), draw(size)
    if draw(truth):
        order.hedgeType, order.hedgeParam = "D", draw(text)
    if draw(truth):
        order.algoStrategy, order.algoParams = "Twap", [library.TagValue("strategyType", draw(text))]
    if draw(truth):
        order.deltaNeutralOrderType, order.deltaNeutralAuxPrice, order.deltaNeutralConId = (
            "LMT",
            draw(price),
            draw(size),
        )
        order.deltaNeutralShortSale, order.deltaNeutralShortSaleSlot = draw(truth), draw(st.integers(0, 2))
    if order.orderType == "PEG BENCH":
        order.referenceContractId, order.peggedChangeAmount = draw(size), draw(price)
        order.referenceExchangeId = draw(text)
    if draw(truth):
        order.softDollarTier = library.SoftDollarTier(draw(text), draw(text))
    return order


def received(codec, order, contract, con_id):
    """The order as the exchange keeps it after it came over the wire."""
    placed = read_request(codec.place(7, contract, order), codec._version)
    asked = build_request(1, placed, con_id, KNOWN, OPEN_NS)
    kept = structs.replace(as_order(asked), perm_id=99, status=OrderStatus.SUBMITTED)
    return structs.replace(kept, oca_type=asked.oca_type or 3)


def spy(codec):
    return codec.library.Stock("SPY", "SMART", "USD")


def expected(order, names, version):
    """What a gateway says of an order that was sent like this."""
    values = {name: getattr(order, name) for name in names}
    for name, unset, written in (
        ("lmtPrice", None, 0.0),
        ("auxPrice", None, 0.0),
        ("volatilityType", None, 0),
        ("referencePriceType", None, 0),
        ("cashQty", None, 0.0),
        ("rule80A", "", "0"),
        ("clearingIntent", "", "IB"),
        ("adjustedOrderType", "", "None"),
        ("deltaNeutralOrderType", "", "None"),
        ("displaySize", 0, 2147483647),
        ("ocaType", 0, 3),
        ("tif", "", "DAY"),
    ):
        if name in values and (is_unset(values[name]) if unset is None else values[name] == unset):
            values[name] = written
    if version < 176:
        for name in SINCE_176:
            values.pop(name, None)
    return values


def is_unset(value):
    return value in {2147483647, 1.7976931348623157e308}


def same(value, other):
    if isinstance(value, float):
        return math.isclose(value, float(other), rel_tol=1e-9)
    return value == other


MORE = (
    *("action", "totalQuantity", "orderType", "tif", "hedgeType", "hedgeParam", "algoStrategy", "algoParams"),
    *("scalePriceIncrement", "scaleProfitOffset", "scaleAutoReset", "scaleInitPosition", "conditions"),
    *("conditionsIgnoreRth", "conditionsCancelOrder", "deltaNeutralOrderType", "deltaNeutralAuxPrice"),
    *("deltaNeutralConId", "deltaNeutralShortSale", "deltaNeutralShortSaleSlot"),
    *("referenceContractId", "peggedChangeAmount", "referenceExchangeId"),
)


@pytest.mark.parametrize("key", list(CODECS))
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_was_sent_is_read_back(key, data):
    codec, version = CODECS[key], key[1]
    order = data.draw(orders(codec.library))
    kept = received(codec, order, codec.library.Stock("SPY", "ARCA", "USD"), SPY_CON_ID)
    name, (order_id, contract, read, state) = codec.read(open_order(kept, KNOWN, ACCOUNT, version))
    assert (name, order_id, contract.conId, contract.exchange) == ("openOrder", 7, SPY_CON_ID, "ARCA")
    assert (read.clientId, read.permId, read.account, state.status) == (1, 99, ACCOUNT, "Submitted")
    assert read.softDollarTier.name == order.softDollarTier.name
    for field, value in expected(order, (*ECHOED, *OPEN_ALONE, *SINCE_176, *MORE), version).items():
        assert same(value, getattr(read, field)), field


@pytest.mark.parametrize("key", list(CODECS))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_completed_orders_say_it_once_more(key, data):
    codec, version = CODECS[key], key[1]
    order = data.draw(orders(codec.library))
    kept = received(codec, order, spy(codec), SPY_CON_ID)
    done = structs.replace(kept, status=OrderStatus.CANCELLED, closed_ns=OPEN_NS, closed_reason="Cancelled by Trader")
    encoded = completed_order(done, KNOWN, ACCOUNT, version, quantity=done.quantity)
    name, (contract, read, state) = codec.read(encoded)
    assert (name, contract.symbol, read.permId) == ("completedOrder", "SPY", 99)
    assert (state.status, state.completedStatus) == ("Cancelled", "Cancelled by Trader")
    assert state.completedTime == ("20261116 09:30:00 US/Eastern" if version == 176 else "20261116  09:30:00")
    for field, value in expected(order, (*ECHOED, *MORE), version).items():
        assert same(value, getattr(read, field)), field


@pytest.mark.parametrize("key", list(CODECS))
def test_combinations_keep_their_legs(key):
    codec = CODECS[key]
    library = codec.library
    legs = [
        library.ComboLeg(CALL_CON_ID, 1, "BUY", "SMART"),
        library.ComboLeg(PUT_CON_ID, 2, "SELL", "SMART", shortSaleSlot=0, exemptCode=-1),
    ]
    bag = library.Bag(symbol="SPY", exchange="SMART", currency="USD", comboLegs=legs)
    order = library.LimitOrder("SELL", 4, -0.25)
    order.smartComboRoutingParams = [library.TagValue("NonGuaranteed", "0")]
    kept = received(codec, order, bag, COMBO_CON_ID)
    _, (_, contract, read, _) = codec.read(open_order(kept, KNOWN, ACCOUNT, key[1]))
    assert (contract.secType, contract.symbol, contract.conId) == ("BAG", "SPY", COMBO_CON_ID)
    assert contract.comboLegsDescrip == f"{CALL_CON_ID}|1,{PUT_CON_ID}|-2"
    assert [(leg.conId, leg.ratio, leg.action) for leg in contract.comboLegs] == [
        (CALL_CON_ID, 1, "BUY"),
        (PUT_CON_ID, 2, "SELL"),
    ]
    assert read.lmtPrice == -0.25
    assert read.smartComboRoutingParams[0].tag == "NonGuaranteed"


@pytest.mark.parametrize("key", list(CODECS))
def test_a_what_if_order_has_all_its_figures(key):
    codec = CODECS[key]
    kept = received(codec, codec.library.MarketOrder("BUY", 1), spy(codec), SPY_CON_ID)
    figures = WhatIf(
        *(Decimal(value) for value in ("100", "80", "5000", "12.5", "10", "-1", "1.05", "1", "1.1")), "Mind!"
    )
    _, (_, _, read, state) = codec.read(open_order(kept, KNOWN, ACCOUNT, key[1], what_if=figures))
    assert read.whatIf
    assert float(state.initMarginBefore) == 100
    assert float(state.initMarginAfter) == 112.5
    assert float(state.maintMarginChange) == 10
    assert float(state.equityWithLoanAfter) == 4999
    assert (float(state.commission), float(state.minCommission), float(state.maxCommission)) == (1.05, 1, 1.1)
    assert (state.commissionCurrency, state.warningText) == ("USD", "Mind!")


@pytest.mark.parametrize("key", list(CODECS))
def test_short_messages(key):
    codec = CODECS[key]
    kept = received(codec, codec.library.LimitOrder("BUY", 5, 1), spy(codec), SPY_CON_ID)
    _, status = codec.read(order_status(structs.replace(kept, filled=2, notional=Decimal("2.1"))))
    assert status == (7, "Submitted", 2, 3, 1.05, 99, 0, 0, 1, "", 0)
    assert codec.read(order_bound(99, 0, -2)) == ("orderBound", (99, 0, -2))
