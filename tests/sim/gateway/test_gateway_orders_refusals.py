"""Orders that are refused or remarked upon, each by the code of a real gateway and by what causes it there."""

import pytest
from tests.sim.gateway.conftest import running
from tests.sim.gateway.order_client import OrderClient

from alphatrader.sim.scripted import CALL_CON_ID, NEXT_CALL_CON_ID, PUT_CON_ID, SPY_CON_ID


@pytest.fixture
async def client(tmp_path):
    async with running(None, tmp_path) as bench, OrderClient(bench) as client:
        yield await client.begin()


def stock(client):
    return client.library.Stock("SPY", "SMART", "USD", conId=SPY_CON_ID)


async def refused(client, order, contract=None):
    """The code and text with which an order is refused; nothing of it remains."""
    client.place(1, order, contract)
    message = await client.order_message()
    assert message[0] == "4", message
    assert message[2] == "1"
    assert await client.silence() == []
    assert client.bench.sim.gateway.exchange.registry.live() == []
    return int(message[3]), message[4]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"eTradeOnly": True}, 10268),
        ({"firmQuoteOnly": True}, 10269),
        ({"postToAts": 5}, 10274),
        ({"whatIf": True, "transmit": False}, 413),
        ({"origin": 1}, 311),
        ({"triggerMethod": 5}, 146),
        ({"discretionaryAmt": 0.05}, 325),
        ({"faGroup": "all"}, 344),
        ({"shortSaleSlot": 2}, 348),
        ({"settlingFirm": "ABC"}, 346),
        ({"clearingIntent": "Away"}, 346),
        ({"volatilityType": 1}, 367),
        ({"referencePriceType": 2}, 368),
        ({"continuousUpdate": True}, 372),
        ({"stockRangeLower": 1.0}, 373),
        ({"deltaNeutralOrderType": "MKT"}, 380),
        ({"ocaType": 7}, 321),
        ({"tif": "GTD"}, 334),
        ({"tif": "GTD", "goodTillDate": "next week"}, 337),
        ({"goodAfterTime": "soon"}, 337),
        ({"tif": "XYZ"}, 321),
        ({"account": "DU1"}, 321),
        ({"orderType": "PEG STK"}, 387),
        ({"orderType": "MOC"}, 387),
        ({"algoStrategy": "Magic"}, 439),
        ({"totalQuantity": 0}, 434),
        ({"totalQuantity": 1.5}, 321),
        ({"lmtPrice": 1.505}, 110),
        ({"parentId": 77}, 10006),
        ({"cashQty": 500.0}, 10244),
    ],
)
async def test_terms_that_cannot_be_had(client, terms, code):
    order = client.library.Order(**{"action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 1.5, **terms})
    order.tif = order.tif or "DAY"
    assert (await refused(client, order))[0] == code


@pytest.mark.parametrize(
    "terms",
    [
        {"blockOrder": True},
        {"modelCode": "m"},
        {"percentOffset": 0.1},
        {"nbboPriceCap": 1.0},
        {"auctionStrategy": 1},
        {"delta": 0.5},
        {"scaleInitLevelSize": 5, "scalePriceIncrement": 0.01},
        {"hedgeType": "D"},
        {"optOutSmartRouting": True},
        {"notHeld": True},
        {"algoId": "x"},
        {"randomizeSize": True},
        {"adjustedOrderType": "TRAIL"},
        {"isOmsContainer": True},
        {"usePriceMgmtAlgo": True},
        {"duration": 60},
        {"autoCancelParent": True},
        {"orderType": "PEG BENCH"},
        {"orderType": "PEG BEST", "minCompeteSize": 100},
    ],
)
async def test_what_is_not_simulated_is_named(client, terms):
    order = client.library.Order(**{"action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 1.5, **terms})
    order.tif = "DAY"
    code, text = await refused(client, order)
    assert code == 321
    assert "the SIMULATED gateway does not offer: " in text
    named = {"orderType": terms.get("orderType", "")}.get(next(iter(terms)), next(iter(terms)))
    assert named in text or "minCompeteSize" in text


async def test_what_a_client_sends_back_of_an_open_order_is_taken(client):
    library = client.library
    echoed = library.Order(
        action="BUY",
        totalQuantity=1,
        orderType="LMT",
        lmtPrice=1.5,
        auxPrice=0.0,
        tif="DAY",
        ocaType=3,
        displaySize=2147483647,
        rule80A="0",
        openClose="",
        volatilityType=0,
        deltaNeutralOrderType="None",
        deltaNeutralOpenClose="?",
        referencePriceType=0,
        account="DUSIM0001",
        clearingIntent="IB",
        adjustedOrderType="None",
        cashQty=0.0,
        dontUseAutoPriceForHedge=True,
    )
    client.place(1, echoed)
    assert (await client.story(4))[-1] == ("status", "Submitted")


async def test_contracts_that_are_none_or_several(client):
    nobody = client.library.Option("SPY", "20261116", 651, "C", "SMART")
    assert (await refused(client, client.limit(), nobody))[0] == 200
    several = client.library.Option("SPY", "20261116", 650, "", "SMART")
    code, text = await refused(client, client.limit(), several)
    assert (code, "ambiguous" in text) == (200, True)


@pytest.mark.parametrize(
    ("legs", "code"),
    [
        ([], 314),
        ([(CALL_CON_ID, 1, "BUY"), (5, 1, "SELL")], 313),
        ([(CALL_CON_ID, 0, "BUY"), (PUT_CON_ID, 1, "SELL")], 313),
        ([(CALL_CON_ID, 1, "BUY"), (CALL_CON_ID, 1, "SELL")], 321),
    ],
)
async def test_combinations_that_are_none(client, legs, code):
    library = client.library
    bag = library.Bag(symbol="SPY", exchange="SMART", currency="USD")
    bag.comboLegs = [library.ComboLeg(con_id, ratio, action, "SMART") for con_id, ratio, action in legs]
    assert (await refused(client, client.limit(), bag))[0] == code


async def test_prices_of_single_legs_are_not_offered(client):
    library = client.library
    bag = library.Bag(symbol="SPY", exchange="SMART", currency="USD")
    bag.comboLegs = [library.ComboLeg(con_id, 1, "BUY", "SMART") for con_id in (CALL_CON_ID, PUT_CON_ID)]
    order = client.limit()
    order.orderComboLegs = [library.OrderComboLeg(1.0), library.OrderComboLeg(2.0)]
    assert "prices of single legs" in (await refused(client, order, bag))[1]
    order.orderComboLegs = []
    order.smartComboRoutingParams = [library.TagValue("NonGuaranteed", "1")]
    assert "NonGuaranteed" in (await refused(client, order, bag))[1]


async def test_a_vertical_fills_leg_by_leg(client):
    library = client.library
    bag = library.Bag(symbol="SPY", exchange="SMART", currency="USD")
    legs = ((NEXT_CALL_CON_ID, "BUY"), (CALL_CON_ID, "SELL"))
    bag.comboLegs = [library.ComboLeg(con_id, 1, action, "SMART") for con_id, action in legs]
    client.place(1, client.limit(quantity=2, price=1.30), bag)
    seen = []
    while len(seen) < 3:
        message = await client.order_message()
        if message[0] == "11":
            seen.append((message[5], message[17 + 2]))
    assert sorted(kind for kind, _ in seen) == ["BAG", "OPT", "OPT"]


async def test_conditions_of_nothing(client):
    order = client.limit()
    order.conditions = [client.library.PriceCondition(price=1.0, conId=5, exch="SMART")]
    assert (await refused(client, order))[0] == 147


async def test_modifications_that_cannot_be(client):
    client.place(1, client.limit())
    await client.story(4)
    client.place(1, client.limit(side="SELL"))
    assert await client.story(1) == [("error", 105)]
    client.place(1, client.limit(ocaGroup="other"))
    assert await client.story(1) == [("error", 10326)]
    client.place(1, client.library.StopOrder("BUY", 1, 2.5, tif="DAY"))
    assert await client.story(1) == [("error", 329)]
    client.place(1, client.limit(tif="IOC"))
    assert await client.story(1) == [("error", 462)]
    client.place(1, client.limit(tif="GTC"))
    assert await client.story(2) == [("open", "Submitted"), ("status", "Submitted")]
    client.place(1, client.limit(price=1.505))
    assert await client.story(1) == [("error", 110)]
    client.place(1, client.limit(algoStrategy="Twap"))
    assert await client.story(1) == [("error", 440)]
    client.place(1, client.limit(price=2.0))
    await client.story_until(("commission",))
    client.place(1, client.limit(price=2.1))
    assert (await client.story_until(("error", 104)))[-1] == ("error", 104)
    client.cancel(1)
    assert await client.story(1) == [("error", 10148)]
    client.place(0, client.limit())
    assert await client.story(1) == [("error", 103)]


@pytest.mark.parametrize(("must_grow", "told"), [(True, ("error", 103)), (False, ("open", "PreSubmitted"))])
async def test_ids_grow(tmp_path, must_grow, told):
    running_gateway = running(None, tmp_path, behaviours={"order_ids_must_grow": must_grow})
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        client.place(5, client.limit())
        await client.story(4)
        client.place(4, client.limit())
        assert await client.story(1) == [told]
        client.place(5, client.limit(price=1.6))
        assert (await client.story_until(("status", "Submitted")))[-1] == ("status", "Submitted")


async def test_a_limit_may_become_a_stop_if_so_chosen(tmp_path):
    running_gateway = running(None, tmp_path, behaviours={"order_kind_fixed": False})
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        client.place(1, client.limit())
        await client.story(4)
        client.place(1, client.library.StopOrder("BUY", 1, 2.5, tif="DAY"))
        assert await client.story(2) == [("open", "PreSubmitted"), ("status", "PreSubmitted")]


async def test_a_cancel_under_way_cannot_be_repeated(tmp_path):
    running_gateway = running(None, tmp_path, cancel_latency_ms=60_000)
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        client.place(1, client.limit())
        await client.story(4)
        client.cancel(1)
        assert await client.story(1) == [("status", "PendingCancel")]
        client.cancel(1)
        message = await client.order_message()
        assert message[3:5] == [
            "10148",
            "OrderId 1 that needs to be cancelled cannot be cancelled, state: PendingCancel.",
        ]


@pytest.mark.parametrize(
    ("terms", "of_stock", "code"),
    [
        ({"outsideRth": True}, False, 2109),
        ({"outsideRth": True, "orderType": "MKT"}, True, 2109),
        ({"outsideRth": True}, True, None),
        ({"sweepToFill": True}, False, 131),
        ({"sweepToFill": True}, True, None),
    ],
)
async def test_remarks(client, terms, of_stock, code):
    order = client.library.Order(**{"action": "BUY", "totalQuantity": 1, "orderType": "LMT", "lmtPrice": 1.5, **terms})
    order.tif = "DAY"
    client.place(1, order, stock(client) if of_stock else None)
    told = await client.story(1)
    assert told == [("error", code) if code else ("open", "PreSubmitted")]


@pytest.mark.parametrize(("refused_outright", "codes"), [(True, [10268]), (False, [2168, 2169])])
async def test_retired_attributes_both_ways(tmp_path, refused_outright, codes):
    running_gateway = running(None, tmp_path, behaviours={"etrade_only_refused": refused_outright})
    async with running_gateway as bench, OrderClient(bench, 157) as client:
        await client.begin()
        client.place(1, client.limit(eTradeOnly=True, firmQuoteOnly=True))
        assert await client.story(len(codes)) == [("error", code) for code in codes]
        assert bool(bench.sim.gateway.exchange.registry.live()) is not refused_outright


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"totalQuantity": 51}, 383),
        ({"totalQuantity": 50, "lmtPrice": 21.0}, 451),
        ({"lmtPrice": 3.01}, 163),
        ({"lmtPrice": 3.01, "overridePercentageConstraints": True}, None),
        ({}, None),
    ],
)
async def test_precautions(tmp_path, terms, code):
    running_gateway = running(None, tmp_path, behaviours={"order_precautions": True})
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        order = client.limit()
        for name, value in terms.items():
            setattr(order, name, value)
        client.place(1, order)
        message = await client.order_message()
        if code is None:
            assert message[0] == "5"
        else:
            assert message[3] == str(code)
            assert "Precautionary Settings" in message[4]


async def test_a_routed_order_is_held_back(tmp_path):
    running_gateway = running(None, tmp_path, behaviours={"order_precautions": True})
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        client.place(1, client.limit(price=600.0), client.library.Stock("SPY", "ARCA", "USD"))
        assert await client.story(1) == [("error", 10311)]
        client.place(2, client.limit(price=600.0), stock(client))
        assert (await client.story(1)) == [("open", "PreSubmitted")]


async def test_an_order_without_market_data_is_held_back(tmp_path):
    running_gateway = running(None, tmp_path, behaviours={"order_precautions": True}, market_data=("stocks",))
    async with running_gateway as bench, OrderClient(bench) as client:
        await client.begin()
        client.place(1, client.limit())
        assert await client.story(1) == [("error", 354)]


async def test_what_if_is_answered_by_figures_alone(client):
    client.place(1, client.library.MarketOrder("BUY", 100, tif="DAY", whatIf=True), stock(client))
    message = await client.order_message()
    assert message[0] == "5"
    at = message.index("PreSubmitted")
    figures = [float(value) for value in message[at + 1 : at + 13]]
    before, change, after = figures[0:3], figures[3:6], figures[6:9]
    assert after == pytest.approx([sum(pair) for pair in zip(before, change, strict=True)])
    assert change[0] > 0
    assert 0 < figures[10] <= figures[9] <= figures[11]
    assert await client.silence() == []
    assert client.bench.sim.gateway.exchange.registry.live() == []
    client.place(2, client.library.MarketOrder("BUY", 10_000, tif="DAY", whatIf=True), stock(client))
    message = await client.order_message()
    assert any("INITIAL MARGIN" in word for word in message)


def exercise(client, action=1, quantity=1, account="", override=0, con_id=CALL_CON_ID):
    contract = (con_id, "SPY", "OPT", "20261116", 650.0, "C", "100", "SMART", "USD", "", "")
    client.ask(21, 2, 9, *contract, action, quantity, account, override)


async def test_exercise_is_taken_or_refused(client):
    exercise(client)
    assert await client.story(1) == [("error", 321)]
    client.place(1, client.limit(price=2.0))
    await client.story_until(("commission",))
    await client.silence()
    for wrong in ({"action": 3}, {"account": "DU1"}, {"quantity": 2}):
        exercise(client, **wrong)
        assert await client.story(1) == [("error", 321)]
    exercise(client, con_id=77)
    assert await client.story(1) == [("error", 200)]
    exercise(client, override=1)
    assert await client.silence() == []
    assert client.bench.sim.gateway.exchange.account.instructions == {CALL_CON_ID: 1}
    exercise(client, action=2)
    assert await client.silence() == []
    assert client.bench.sim.gateway.exchange.account.instructions == {CALL_CON_ID: -1}
