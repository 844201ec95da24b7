"""Margin by strategy against worked examples, buying power, what-if, cash accounts, liquidation."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.exchange.conftest import listed

from alphatrader.sim.exchange.checks import Refusal
from alphatrader.sim.exchange.margin import Holding, requirement
from alphatrader.sim.exchange.orders import ComboLeg, OrderRequest, OrderStatus
from alphatrader.sim.exchange.reports import FillReport, Notice
from alphatrader.sim.scripted import CALL_CON_ID, PUT_CON_ID, SPY_CON_ID

SPOT = Decimal(650)


def option(strike, right, quantity, price, expiry="20261116"):
    con_id = int(strike) * 10 + (right == "P") + (expiry != "20261116") * 100_000
    contract = listed(CALL_CON_ID, con_id=con_id, strike=Decimal(strike), right=right, expiry=expiry)
    return Holding(contract, quantity, Decimal(str(price)))


def shares(quantity, price=650):
    return Holding(listed(SPY_CON_ID), quantity, Decimal(price))


def margin(*holdings):
    return tuple(requirement(holdings, lambda _: SPOT))


# Worked by hand from the rules in the margin module's docstring.
@pytest.mark.parametrize(
    ("holdings", "initial", "maintenance"),
    [
        ([option(650, "C", 5, 2)], 0, 0),
        ([shares(100)], 32_500, 16_250),
        ([shares(-100)], 32_500, 19_500),
        # 20% of 65,000 - 10 x 100 out of the money + 150 of premium
        ([option(660, "C", -1, 1.5)], 12_150, 12_150),
        # far out of the money: 10% of the underlying, or of the put's strike
        ([option(800, "C", -1, 0.1)], 6_510, 6_510),
        ([option(500, "P", -1, 0.1)], 5_010, 5_010),
        # a debit spread loses no more than was paid; a credit spread its width
        ([option(650, "C", 1, 4), option(655, "C", -1, 2)], 0, 0),
        ([option(650, "C", -1, 4), option(655, "C", 1, 2)], 500, 500),
        ([option(650, "P", -2, 4), option(645, "P", 2, 2)], 1_000, 1_000),
        # a long option that expires first covers nothing
        ([option(650, "C", -1, 4, "20261117"), option(655, "C", 1, 2)], 13_400, 13_400),
        ([option(650, "C", -1, 4), option(655, "C", 1, 5, "20261117")], 500, 500),
        # an iron condor loses on one side only
        (
            [option(660, "C", -1, 2), option(665, "C", 1, 1), option(640, "P", -1, 2), option(630, "P", 1, 1)],
            1_000,
            1_000,
        ),
        # a short strangle: the greater side, and the other's premium
        ([option(660, "C", -1, 2), option(640, "P", -1, 3)], 12_300 + 200, 12_300 + 200),
        # strikes that overlap: both sides can lose
        (
            [option(640, "C", -1, 11), option(645, "C", 1, 7), option(660, "P", -1, 12), option(655, "P", 1, 8)],
            1000,
            1000,
        ),
        # covered: the stock lends no more than the strike
        ([shares(100), option(660, "C", -1, 2)], 32_500, 16_250),
        ([shares(100), option(640, "C", -1, 12)], 1_000 + 32_000, 1_000 + 16_000),
        ([shares(-100), option(640, "P", -1, 2)], 32_500, 19_500),
        ([shares(150), option(660, "C", -2, 2)], 48_750 + 12_200, 24_375 + 12_200),
    ],
)
def test_requirements(holdings, initial, maintenance):
    assert margin(*holdings) == (initial, maintenance)


def test_broad_indexes_need_less():
    spx = listed(CALL_CON_ID, settlement="cash")
    assert margin(Holding(spx, -1, Decimal(5))) == (9_750 + 500, 9_750 + 500)


@given(
    st.lists(
        st.tuples(st.integers(600, 700), st.sampled_from("CP"), st.integers(-5, 5), st.integers(0, 2000)),
        max_size=6,
        unique_by=lambda row: row[:2],
    )
)
def test_requirements_are_never_negative_and_a_long_option_never_raises_them(rows):
    holdings = [option(strike, right, quantity, cents / 100) for strike, right, quantity, cents in rows]
    initial, maintenance = margin(*holdings)
    assert initial >= maintenance >= 0
    with_more = margin(*holdings, option(650, "C", 3, 1, "20261217"), option(650, "P", 3, 1, "20261217"))
    assert with_more[0] <= initial


def texts(floor):
    return [report.text for report in floor.reports if isinstance(report, Notice)]


def test_buying_power_counts_working_orders_and_is_given_back(floor):
    first = floor.place(quantity=300, limit="1.90")
    floor.place(quantity=300, limit="1.90")
    assert floor.codes() == [201]
    assert "MUST EXCEED THE INITIAL MARGIN" in texts(floor)[0]
    floor.exchange.cancel(floor.order(first))
    third = floor.place(quantity=300, limit="1.90")
    assert not floor.order(third).done


def test_a_larger_order_is_checked_like_a_new_one(floor):
    order = floor.place(quantity=300, limit="1.90")
    floor.place(order_id=order, quantity=600, limit="1.90")
    assert floor.codes() == [201]
    assert floor.order(order).quantity == 300
    floor.place(order_id=order, quantity=500, limit="1.90")
    assert floor.order(order).quantity == 500


def test_stock_can_be_bought_on_margin_and_sold_short(floor):
    floor.place(quantity=300, limit="650.02", con_id=SPY_CON_ID)
    floor.step()
    figures = floor.exchange.figures()
    assert figures.cash < 0
    assert figures.initial_margin == Decimal("650.01") * 150
    assert figures.equity_with_loan == figures.net_liquidation
    floor.place("SELL", 400, limit="650.00", con_id=SPY_CON_ID)
    floor.step()
    assert floor.held(SPY_CON_ID) == -100
    assert floor.exchange.account.positions[SPY_CON_ID].realized_pnl < 0


def test_a_short_option_needs_margin(floor):
    order = floor.place("SELL", 7, limit="1.98")
    assert floor.order(order).status is not OrderStatus.INACTIVE
    floor.place("SELL", 1, limit="1.98", con_id=PUT_CON_ID)
    assert floor.codes() == [201]
    floor.step()
    assert floor.held() == -7
    floor.place("BUY", 7, limit="2.00")
    assert floor.codes() == [201], "buying back needs nothing"


def test_little_equity_lends_nothing(new_floor):
    floor = new_floor(cash="1500")
    floor.place(quantity=3, con_id=SPY_CON_ID, limit="650")
    assert "MINIMUM OF 2000 USD" in texts(floor)[0]
    floor.place(quantity=2, con_id=SPY_CON_ID, limit="650")
    assert floor.codes() == [201]


@pytest.mark.parametrize("kind", ["margin", "cash"])
def test_a_cash_account_is_long_only_and_lends_nothing(new_floor, kind):
    floor = new_floor(account_type=kind)
    short = floor.place("SELL", 1, limit="1.98")
    stock = floor.place("BUY", 200, limit="650", con_id=SPY_CON_ID)
    refused = kind == "cash"
    assert [floor.order(order).status is OrderStatus.INACTIVE for order in (short, stock)] == [refused, refused]
    if refused:
        assert "opening a short position" in texts(floor)[0]
        assert floor.exchange.figures().buying_power == 100_000


def request(side, quantity, limit, **fields):
    fields = {"con_id": CALL_CON_ID, "order_type": "LMT", "tif": "DAY", **fields}
    return OrderRequest(
        client_id=1, order_id=9, side=side, quantity=Decimal(quantity), limit_price=Decimal(limit), **fields
    )


def test_what_if_says_what_an_order_would_do_and_places_nothing(floor):
    bought = floor.exchange.what_if(request("BUY", 3, "2.00"))
    assert (bought.init_change, bought.maint_change) == (0, 0)
    assert bought.equity_change == -600 - bought.commission
    assert bought.min_commission == 1
    assert bought.commission == Decimal("2.0619")
    sold = floor.exchange.what_if(request("SELL", 1, "2.00"))
    assert sold.init_change == Decimal("13199.20")
    assert sold.equity_before == 100_000
    stock = floor.exchange.what_if(request("BUY", 100, "650", con_id=SPY_CON_ID))
    assert stock.maint_change == Decimal("16250.25")
    assert floor.exchange.what_if(request("SELL", 100, "2.00")).warning.startswith("Order rejected")
    assert isinstance(floor.exchange.what_if(request("BUY", 1, "2.005")), Refusal)
    assert floor.exchange.registry.live() == []
    floor.settle()
    assert floor.reports == []


def test_what_if_of_a_vertical(floor):
    legs = (ComboLeg(CALL_CON_ID, 1, "SELL"), ComboLeg(900003, 1, "BUY"))
    effect = floor.exchange.what_if(request("BUY", 2, "1.20", con_id=28812380, legs=legs))
    assert effect.init_change == 0
    assert effect.equity_change == -240 - effect.commission


@pytest.mark.parametrize("liquidate", [False, True])
def test_the_broker_may_close_what_lacks_maintenance(new_floor, liquidate):
    floor = new_floor(liquidate=liquidate)
    floor.place("SELL", 7, "MKT")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 40, 41, 50)
    floor.market.set_quote(SPY_CON_ID, 690, 690.02, 500)
    floor.step(2)
    floor.step(2)
    assert floor.exchange.figures().excess_liquidity < 0 or liquidate
    assert floor.held() == (0 if liquidate else -7)
    fills = [report.execution for report in floor.reports if isinstance(report, FillReport)]
    assert [fill.liquidation for fill in fills] == [False, True][: 1 + liquidate]
    assert all(fill.order_id == 0 and fill.client_id == 0 for fill in fills if fill.liquidation)
