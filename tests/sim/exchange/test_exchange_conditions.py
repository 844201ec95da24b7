"""Conditions that submit an order or cancel it."""

from decimal import Decimal

import pytest
from tests.sim.exchange.conftest import DaysMarket

from alphatrader.sim.exchange.conditions import (
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.scripted import CALL_CON_ID, OPEN_NS, PUT_CON_ID, SPY_CON_ID

START_NS = OPEN_NS + 3_600_000_000_000
SECOND_NS = 1_000_000_000


def later(floor):
    floor.at(START_NS + 60 * SECOND_NS)


def higher(floor):
    floor.market.trade(SPY_CON_ID, 660, 5_000)


def lower(floor):
    floor.market.trade(SPY_CON_ID, 630, 5_000)


def wider(floor):
    floor.market.set_quote(SPY_CON_ID, 655, 665)


def spend(floor):
    floor.place(quantity=400, order_type="MKT", con_id=SPY_CON_ID)


def trade_put(floor):
    floor.place(order_type="MKT", con_id=PUT_CON_ID)


def crash(floor):
    """A position on margin loses more than half of the equity."""
    floor.place(quantity=250, order_type="MKT", con_id=SPY_CON_ID)
    floor.step()
    floor.market.set_quote(SPY_CON_ID, 400, 400.02, 500)


def price(value, method=0, *, is_more=True):
    return PriceCondition(SPY_CON_ID, "SMART", is_more, value, method)


@pytest.mark.parametrize(
    ("condition", "event"),
    [
        (price(660), higher),
        (price(630, is_more=False), lower),
        (price(655, 4), wider),
        (price(655, 7), wider),
        (price(660, 7), higher),
        (price(660, 8), wider),
        (TimeCondition(True, START_NS + 60 * SECOND_NS), later),
        (ExecutionCondition("OPT", "SMART", "SPY"), trade_put),
        (VolumeCondition(SPY_CON_ID, "SMART", True, 6_000), higher),
        (PercentChangeCondition(SPY_CON_ID, "SMART", True, 1.0), higher),
        (PercentChangeCondition(SPY_CON_ID, "SMART", False, -1.0), lower),
        (MarginCondition(False, 50.0), crash),
    ],
)
@pytest.mark.parametrize("cancels", [False, True])
def test_each_kind_submits_or_cancels(floor, condition, event, cancels):
    order = floor.place(limit="1.00", conditions=(condition,), conditions_cancel=cancels)
    floor.step()
    waiting = OrderStatus.SUBMITTED if cancels else OrderStatus.PRE_SUBMITTED
    assert floor.order(order).status is waiting
    event(floor)
    floor.step()
    floor.step()
    assert floor.order(order).status is (OrderStatus.CANCELLED if cancels else OrderStatus.SUBMITTED)


@pytest.mark.parametrize(
    ("joined", "holds"),
    [("aa", False), ("oa", True), ("ao", False)],
)
def test_and_binds_more_tightly_than_or(floor, joined, holds):
    """True ? false ? true: only "true or (false and true)" holds; "(true and false) or ..." needs the last."""
    true, false = price(600), price(700)
    first = PriceCondition(*_fields(true), conjunction=joined[0])
    second = PriceCondition(*_fields(false), conjunction=joined[1])
    third = price(700) if joined == "ao" else true
    order = floor.place(limit="1.00", conditions=(first, second, third))
    floor.step()
    assert (floor.order(order).status is OrderStatus.SUBMITTED) is holds


def _fields(condition):
    return condition.con_id, condition.exchange, condition.is_more, condition.price, condition.trigger_method


@pytest.mark.parametrize("method", [4, 7, 8])
def test_a_quote_that_came_and_went_within_a_step_counts(floor, method):
    order = floor.place(limit="1.00", conditions=(price(655, method),))
    floor.step()
    wider(floor)
    floor.market.set_quote(SPY_CON_ID, 650, 650.02)
    floor.step()
    assert floor.order(order).status is OrderStatus.SUBMITTED


def test_a_conditional_child_waits_for_its_parent_first(floor):
    parent = floor.place(quantity=2, limit="1.90", transmit=False)
    fields = {"parent_id": parent, "oca_group": "g", "oca_type": 2}
    stop = floor.place("SELL", 2, "MKT", tif="GTC", conditions=(price(640, is_more=False),), transmit=False, **fields)
    target = floor.place("SELL", 2, "LMT", "2.50", tif="GTC", **fields)
    lower(floor)
    floor.step()
    assert (floor.order(stop).status, floor.order(stop).why_held) == (OrderStatus.PRE_SUBMITTED, "child")
    floor.market.trade(SPY_CON_ID, 650, 100)
    floor.market.set_quote(CALL_CON_ID, 1.80, 1.90)
    floor.step()
    floor.step()
    assert floor.held() == 2
    assert (floor.order(stop).status, floor.order(stop).why_held) == (OrderStatus.PRE_SUBMITTED, "")
    lower(floor)
    floor.step()
    assert floor.order(stop).average_price == Decimal("1.8")
    assert floor.order(target).status is OrderStatus.CANCELLED
    assert floor.held() == 0


@pytest.mark.parametrize("outside", [False, True])
def test_conditions_sleep_outside_regular_hours_unless_told_otherwise(new_floor, outside):
    floor = new_floor(market=DaysMarket(start_ns=OPEN_NS - 1_800 * SECOND_NS))
    order = floor.place(limit="1.00", tif="GTC", conditions=(price(640),), conditions_outside_rth=outside)
    floor.step()
    assert floor.order(order).conditions_met is outside


def test_a_condition_that_held_once_is_not_asked_again_after_a_restart(floor):
    order = floor.place(limit="1.00", tif="GTC", conditions=(price(660),))
    floor.step()
    assert floor.exchange.watched_contracts() == {CALL_CON_ID, SPY_CON_ID}
    floor.reopen()
    higher(floor)
    floor.step()
    lower(floor)
    floor.step()
    floor.reopen()
    assert floor.order(order).status is OrderStatus.SUBMITTED
    floor.market.set_quote(CALL_CON_ID, 0.90, 0.95)
    floor.step()
    assert floor.order(order).average_price == Decimal(1)
