"""Price-time priority against the displayed book: what a resting order waits behind, and what fills it."""

from decimal import Decimal

import pytest

from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


def test_a_marketable_limit_walks_the_book_one_execution_a_level(floor):
    floor.market.set_levels(CALL_CON_ID, [(1.98, 5)], [(2.00, 3), (2.01, 2), (2.05, 9)])
    order = floor.place(quantity=7, limit="2.02")
    floor.step()
    assert floor.fills == [("2", 3), ("2.01", 2)]
    assert floor.order(order).remaining == 2
    assert {fill.liquidity for fill in floor.exchange.executions} == {2}
    assert floor.market.quote(CALL_CON_ID).ask == 2.05


def test_prints_at_the_price_first_fill_those_who_were_there_before(floor):
    order = floor.place(quantity=4, limit="1.98")
    floor.step()
    assert floor.order(order).queue_ahead == 10
    floor.market.trade(CALL_CON_ID, 1.98, 6)
    floor.step()
    assert floor.order(order).filled == 0
    floor.market.trade(CALL_CON_ID, 1.98, 7, "PHLX")
    floor.step()
    assert floor.order(order).filled == 3
    fill = floor.exchange.executions[0]
    assert (fill.price, fill.liquidity, fill.venue) == (Decimal("1.98"), 1, "PHLX")


def test_what_is_cancelled_ahead_shortens_the_queue_and_what_joins_does_not_lengthen_it(floor):
    order = floor.place(quantity=1, limit="1.98")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.00, 4)
    floor.step()
    assert floor.order(order).queue_ahead == 4
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.00, 50)
    floor.step()
    assert floor.order(order).queue_ahead == 4
    floor.market.set_quote(CALL_CON_ID, 1.97, 2.00, 50)
    floor.step()
    assert floor.order(order).queue_ahead == 0
    floor.market.trade(CALL_CON_ID, 1.98, 1)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED


def test_a_better_price_is_first_in_its_own_queue(floor):
    order = floor.place(quantity=1, limit="1.99")
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.99, 1)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED


def test_a_print_past_the_price_fills_whatever_was_ahead(floor):
    order = floor.place(quantity=5, limit="1.98")
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.97, 2)
    floor.step()
    assert floor.fills == [("1.98", 2)]
    assert floor.order(order).remaining == 3


def test_when_the_other_side_comes_to_it_an_order_trades_at_its_own_price(floor):
    floor.place(quantity=2, limit="1.95")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.85, 1.90, 10)
    floor.step()
    assert floor.fills == [("1.95", 2)]


def test_one_print_fills_two_of_our_orders_no_more_than_its_size(floor):
    floor.market.set_quote(CALL_CON_ID, 1.90, 2.00, 10)
    floor.place(quantity=3, limit="1.95")
    floor.place(quantity=3, limit="1.95")
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.94, 4)
    floor.step()
    assert [floor.order(order_id).filled for order_id in (1, 2)] == [3, 1]


@pytest.mark.parametrize(("change", "keeps"), [({"quantity": 3}, True), ({"quantity": 9}, False)])
def test_a_smaller_order_keeps_its_place_and_a_larger_one_loses_it(floor, change, keeps):
    order = floor.place(quantity=5, limit="1.98")
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.98, 8)
    floor.step()
    before = floor.order(order).priority
    floor.place(order_id=order, limit="1.98", **change)
    floor.step()
    assert (floor.order(order).priority == before) is keeps
    assert floor.order(order).queue_ahead == (2 if keeps else 10)


def test_the_queue_survives_a_restart(floor):
    order = floor.place(quantity=1, limit="1.98")
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.98, 8)
    floor.step()
    floor.reopen()
    floor.market.trade(CALL_CON_ID, 1.98, 2)
    floor.step()
    assert floor.order(order).filled == 0
    floor.market.trade(CALL_CON_ID, 1.98, 1)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED


def test_an_iceberg_queues_again_for_each_part_it_shows(floor):
    order = floor.place(quantity=4, limit="1.98", display_size=2)
    floor.step()
    floor.market.trade(CALL_CON_ID, 1.98, 30)
    floor.step()
    assert floor.order(order).filled == 2
    assert floor.order(order).queue_ahead == 10


def test_a_hidden_order_stands_behind_all_that_is_displayed(floor):
    order = floor.place(con_id=SPY_CON_ID, quantity=100, limit="650", hidden=True)
    floor.step()
    for _ in range(3):
        floor.market.trade(SPY_CON_ID, 650, 400)
        floor.step()
    assert floor.order(order).filled == 0
    floor.market.trade(SPY_CON_ID, 650, 560)
    floor.step()
    assert floor.order(order).filled == 60


def test_all_or_none_and_minimum_quantity(floor):
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.00, 4)
    whole = floor.place(quantity=5, limit="2.00", all_or_none=True)
    least = floor.place(quantity=9, limit="2.00", min_quantity=5)
    floor.step()
    assert floor.fills == []
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.00, 11)
    floor.step()
    assert floor.order(whole).status is OrderStatus.FILLED
    assert floor.order(least).filled == 6
