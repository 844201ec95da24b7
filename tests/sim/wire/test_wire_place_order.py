"""placeOrder as the libraries send it, and as nobody should."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.wire.library_codec import LIBRARIES, LibraryCodec

from alphatrader.sim.wire.fields import MalformedRequestError
from alphatrader.sim.wire.order_terms import INFINITE, pack_terms, unpack_terms
from alphatrader.sim.wire.place_order import PlaceOrder
from alphatrader.sim.wire.readers import read_request


@pytest.fixture(params=LIBRARIES)
def codec(request):
    return LibraryCodec(request.param)


def stock(codec, **fields):
    return codec.library.Stock("SPY", "SMART", "USD", **fields)


def read(codec, contract, order, version=176):
    placed = read_request(codec.place(7, contract, order), version)
    assert isinstance(placed, PlaceOrder)
    return placed


def test_a_plain_order(codec):
    placed = read(codec, stock(codec), codec.library.LimitOrder("BUY", 3, 1.25, orderRef="x:1", tif="GTC"))
    assert placed.order_id == 7
    assert (placed.terms.action, placed.terms.quantity, placed.terms.order_type) == ("BUY", 3, "LMT")
    assert placed.terms.limit_price == Decimal("1.25")
    assert placed.terms.aux_price is None
    assert (placed.terms.tif, placed.terms.order_ref, placed.terms.transmit) == ("GTC", "x:1", True)
    assert placed.terms.min_quantity is None
    assert placed.terms.exempt_code == -1


def test_legs_prices_and_routing(codec):
    library = codec.library
    legs = [library.ComboLeg(901, 1, "BUY", "SMART"), library.ComboLeg(902, 2, "SELL", "CBOE", openClose=1)]
    bag = library.Bag(symbol="SPY", exchange="SMART", currency="USD", comboLegs=legs)
    order = library.LimitOrder("BUY", 1, -0.35)
    order.orderComboLegs = [library.OrderComboLeg(1.1), library.OrderComboLeg()]
    order.smartComboRoutingParams = [library.TagValue("NonGuaranteed", "1")]
    terms = read(codec, bag, order).terms
    assert [(leg.con_id, leg.ratio, leg.action, leg.exchange, leg.open_close) for leg in terms.legs] == [
        (901, 1, "BUY", "SMART", 0),
        (902, 2, "SELL", "CBOE", 1),
    ]
    assert terms.leg_prices == (Decimal("1.1"), None)
    assert [(param.tag, param.value) for param in terms.routing_params] == [("NonGuaranteed", "1")]
    assert terms.limit_price == Decimal("-0.35")


def test_every_kind_of_condition(codec):
    library = codec.library
    order = library.MarketOrder("SELL", 1)
    order.conditions = [
        library.PriceCondition(price=650.5, conId=11, exch="SMART", triggerMethod=2),
        library.TimeCondition(isMore=False, time="20261116 15:00:00 US/Eastern").Or(),
        library.MarginCondition(percent=30),
        library.ExecutionCondition(secType="STK", exch="SMART", symbol="SPY"),
        library.VolumeCondition(volume=1000, conId=11, exch="ARCA"),
        library.PercentChangeCondition(changePercent=1.5, conId=11, exch="SMART"),
    ]
    order.conditionsCancelOrder = True
    terms = read(codec, stock(codec), order).terms
    assert [condition.kind for condition in terms.conditions] == [1, 3, 4, 5, 6, 7]
    price, time, margin, execution, volume, percent = terms.conditions
    assert (price.value, price.con_id, price.trigger_method, price.is_more) == ("650.5", 11, 2, True)
    assert (time.value, time.is_more, time.conjunction) == ("20261116 15:00:00 US/Eastern", False, "o")
    assert margin.value == "30"
    assert (execution.sec_type, execution.exchange, execution.symbol) == ("STK", "SMART", "SPY")
    assert (volume.value, volume.exchange) == ("1000", "ARCA")
    assert percent.value == "1.5"
    assert terms.conditions_cancel_order
    assert not terms.conditions_ignore_rth


def test_scale_hedge_algorithm_and_benchmark(codec):
    library = codec.library
    order = library.Order(
        action="BUY",
        totalQuantity=10,
        orderType="PEG BENCH",
        scaleInitLevelSize=5,
        scalePriceIncrement=0.05,
        scaleAutoReset=True,
        hedgeType="D",
        hedgeParam="0.5",
        algoStrategy="Adaptive",
        algoParams=[library.TagValue("adaptivePriority", "Normal")],
        deltaNeutralOrderType="MKT",
        deltaNeutralConId=44,
        referenceContractId=55,
        peggedChangeAmount=0.5,
    )
    terms = read(codec, stock(codec), order).terms
    assert (terms.scale_init_level_size, terms.scale.auto_reset) == (5, True)
    assert (terms.hedge_type, terms.hedge_param) == ("D", "0.5")
    assert terms.algo_params[0].tag == "adaptivePriority"
    assert terms.delta_neutral.con_id == 44
    assert (terms.benchmark.reference_con_id, terms.benchmark.pegged_change) == (55, Decimal("0.5"))


@pytest.mark.parametrize(
    ("order_type", "exchange", "fields", "attribute", "value"),
    [
        ("LMT", "IBKRATS", {"minTradeQty": 10}, "min_trade_quantity", 10),
        ("PEG BEST", "IBKRATS", {"minCompeteSize": 100, "competeAgainstBestOffset": 0.02}, "compete_offset", "0.02"),
        ("PEG BEST", "SMART", {"competeAgainstBestOffset": float("inf")}, "compete_offset", INFINITE),
        ("PEG MID", "SMART", {"midOffsetAtWhole": 0.01}, "mid_offset_at_whole", Decimal("0.01")),
    ],
)
def test_what_pegged_orders_add(codec, order_type, exchange, fields, attribute, value):
    order = codec.library.Order(action="BUY", totalQuantity=1, orderType=order_type, **fields)
    contract = codec.library.Stock("SPY", exchange, "USD")
    assert getattr(read(codec, contract, order).terms, attribute) == value


def test_unset_in_all_its_spellings(codec):
    values = codec.place(7, stock(codec), codec.library.LimitOrder("BUY", 1, 1.0))
    at = values.index("LMT") + 2
    for spelling in ("", "1.7976931348623157e+308", "1.7976931348623157E308", "2147483647", "Infinity"):
        values[at] = spelling
        assert read_request(values, 176).terms.aux_price is None


def test_version_157_ends_with_the_price_management(codec):
    old = LibraryCodec(codec.name, version=157)
    values = old.place(7, stock(old), old.library.LimitOrder("BUY", 1, 1.0))
    assert len(values) == len(codec.place(7, stock(codec), codec.library.LimitOrder("BUY", 1, 1.0))) - 5
    assert read_request(values, 157).terms.limit_price == 1
    with pytest.raises(MalformedRequestError, match="0 fields remained after usePriceMgmtAlgo, not 5"):
        read_request(values, 176)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: values.insert(30, ""), "algoStrategy was '0'"),
        (lambda values: values.pop(), "fields remained"),
        (lambda values: values.__setitem__(17, "ten"), "totalQuantity"),
        (lambda values: values.__setitem__(19, "1e999"), "lmtPrice"),
        (lambda values: values.__setitem__(27, "perhaps"), "transmit"),
        (lambda values: values.__setitem__(28, "1.5"), "parentId"),
    ],
)
def test_a_wrong_field_is_named(codec, change, words):
    values = codec.place(7, stock(codec), codec.library.LimitOrder("BUY", 1, 1.0))
    change(values)
    with pytest.raises(MalformedRequestError, match=words):
        read_request(values, 176)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.eE-+xaoLMTBAG \n", max_size=8), max_size=140), st.sampled_from([157, 176]))
def test_any_fields_are_an_order_or_malformed(values, version):
    with contextlib.suppress(MalformedRequestError):
        assert isinstance(read_request(["3", *values], version), PlaceOrder)


_PLAIN = LibraryCodec("ib_async")
_FIELDS = _PLAIN.place(7, stock(_PLAIN), _PLAIN.library.LimitOrder("BUY", 1, 1.0))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_order_is_an_order_or_malformed(data):
    values = list(_FIELDS)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(1, len(values) - 1))
        text = data.draw(st.text(alphabet="0123456789.eE-+xaoLMTBAG", max_size=30))
        how = data.draw(st.sampled_from(["change", "insert", "remove"]))
        if how == "change":
            values[at] = text
        elif how == "insert":
            values.insert(at, text)
        else:
            values.pop(at)
    with contextlib.suppress(MalformedRequestError):
        placed = read_request(values, 176)
        assert unpack_terms(pack_terms(placed.terms)) == placed.terms
