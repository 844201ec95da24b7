"""Matching, triggers, families, expiry: the exchange alone."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader.sim.exchange.matching import exact
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, Notice, OrderReport
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, SPY_CON_ID, ScriptedMarket


def test_better_prices_fill_first_then_earlier_orders(floor):
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.10, 10)
    late_best = [floor.place(limit="1.50"), floor.place(limit="1.60"), floor.place(limit="1.50")]
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.40, 1.50, 2)
    floor.step()
    assert [floor.order(order_id).status.value for order_id in late_best] == ["Filled", "Filled", "Submitted"]


def test_size_that_one_order_took_is_gone_for_the_next(floor):
    floor.place(quantity=8, limit="2.00")
    floor.place(quantity=8, limit="2.00")
    floor.step()
    assert floor.order(1).filled == 8
    assert floor.order(2).filled == 2


def test_reports_of_a_market_order_come_in_the_real_order(floor):
    floor.place(order_type="MKT")
    floor.step()
    kinds = []
    for report in floor.reports:
        if isinstance(report, OrderReport):
            kinds.append(report.order.status.value + ("" if report.full else "*"))
        elif isinstance(report, FillReport):
            kinds.append("exec")
        elif isinstance(report, CommissionReport):
            kinds.append("commission")
    assert kinds == ["PreSubmitted", "Submitted", "exec", "Filled", "Filled*", "commission"]


def test_a_stop_limit_triggers_and_then_rests(floor):
    floor.place(order_type="MKT")
    floor.step()
    stop = floor.place("SELL", 1, "STP LMT", limit="1.80", stop="1.85")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.70, 1.75, 10)
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.71, 1.75, 10)
    floor.step()
    assert floor.order(stop).triggered
    assert floor.order(stop).status is OrderStatus.SUBMITTED
    floor.market.set_quote(CALL_CON_ID, 1.81, 1.90, 10)
    floor.step()
    assert floor.order(stop).status is OrderStatus.FILLED


def test_a_stop_already_beyond_its_price_triggers_at_once(floor):
    floor.place(order_type="MKT")
    floor.step()
    stop = floor.place("SELL", 1, "STP", stop="2.00")
    floor.step()
    assert floor.order(stop).status is OrderStatus.FILLED


def test_day_orders_end_at_the_close_and_gtc_orders_live_on(floor):
    day = floor.place(limit="1.00")
    good = floor.place(limit="1.00", tif="GTC")
    floor.step((CLOSE_NS - floor.market.now_ns) / 1e9)
    assert floor.order(day).status is OrderStatus.CANCELLED
    assert floor.order(good).status is OrderStatus.SUBMITTED
    floor.place(limit="2.00")
    assert floor.order(3).status is OrderStatus.INACTIVE
    assert any(isinstance(report, Notice) and "closed" in report.text for report in floor.reports)


def test_a_cancelled_parent_takes_its_children_along(floor):
    parent = floor.place(limit="1.00", transmit=False)
    target = floor.place("SELL", 1, "LMT", "2.50", parent_id=parent, transmit=False)
    stop = floor.place("SELL", 1, "STP", stop="0.50", parent_id=parent)
    floor.exchange.cancel(floor.order(parent))
    assert {floor.order(order_id).status for order_id in (parent, target, stop)} == {OrderStatus.CANCELLED}


def test_a_partly_filled_parent_that_is_cancelled_leaves_exits_of_its_size(floor):
    floor.market.set_quote(CALL_CON_ID, 1.90, 2.00, 2)
    parent = floor.place(quantity=5, limit="2.00", transmit=False)
    stop = floor.place("SELL", 5, "STP", stop="1.00", parent_id=parent)
    floor.step()
    assert floor.order(stop).held_by_parent is False
    floor.exchange.cancel(floor.order(parent))
    assert floor.order(stop).quantity == 2
    floor.market.set_quote(CALL_CON_ID, 0.90, 0.95, 50)
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 0.91, 0.95, 50)
    floor.step()
    assert floor.order(stop).status is OrderStatus.FILLED
    assert floor.held() == 0


def test_an_explicit_group_with_cancel_all(floor):
    floor.place(order_type="MKT", quantity=4)
    floor.step()
    first = floor.place("SELL", 2, "LMT", "1.98", oca_group="g", oca_type=1)
    second = floor.place("SELL", 4, "STP", stop="1.00", oca_group="g", oca_type=1)
    floor.step()
    assert floor.order(first).status is OrderStatus.FILLED
    assert floor.order(second).status is OrderStatus.CANCELLED


def test_two_exits_without_a_group_can_oversell(floor):
    """The exchange does not save a client from a double exit: only a group does."""
    floor.place(order_type="MKT", quantity=2)
    floor.step()
    floor.place("SELL", 2, "LMT", "1.98")
    floor.place("SELL", 2, "LMT", "1.98")
    floor.step()
    assert floor.held() == -2


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_bracket_never_sells_more_than_it_bought(new_floor, data):
    floor = new_floor()
    quantity = data.draw(st.integers(1, 9))
    floor.market.set_quote(CALL_CON_ID, 1.90, 2.00, data.draw(st.integers(1, 9)))
    parent = floor.place(quantity=quantity, limit="2.00", transmit=False)
    floor.place("SELL", quantity, "LMT", "2.20", parent_id=parent, transmit=False)
    floor.place("SELL", quantity, "STP", stop="1.50", parent_id=parent)
    for _ in range(data.draw(st.integers(1, 12))):
        bid = data.draw(st.sampled_from([1.40, 1.45, 1.95, 2.20, 2.30]))
        floor.market.set_quote(CALL_CON_ID, bid, round(bid + 0.05, 2), data.draw(st.integers(1, 5)))
        if data.draw(st.booleans()):
            floor.market.trade(CALL_CON_ID, data.draw(st.sampled_from([1.30, 2.00, 2.40])), 1)
        if data.draw(st.integers(0, 7)) == 0:
            floor.exchange.cancel(floor.order(parent))
        floor.step()
        assert floor.held() >= 0
        exits = [floor.order(order_id) for order_id in (parent + 1, parent + 2)]
        assert sum(order.filled for order in exits) <= floor.order(parent).filled


def test_prices_are_booked_exactly():
    assert exact(0.1 + 0.2) == Decimal("0.3")
    assert exact(1.98) == Decimal("1.98")


@pytest.mark.parametrize("con_id", [SPY_CON_ID, CALL_CON_ID])
def test_an_order_waits_while_the_side_is_empty(floor, con_id):
    floor.market.set_quote(con_id, 0, 0)
    order = floor.place(order_type="MKT", con_id=con_id)
    floor.step()
    assert floor.order(order).status is OrderStatus.SUBMITTED
    floor.market.set_quote(con_id, 1.0, 1.1)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED


def test_the_scripted_market_is_what_the_exchange_expects():
    market = ScriptedMarket()
    market.consume(CALL_CON_ID, "ask", 2.00, 10)
    assert market.displayed(CALL_CON_ID, "ask") == []
    assert market.quote(CALL_CON_ID).ask == 0
