"""Order types and times in force, one by one."""

from decimal import Decimal

import pytest
from tests.sim.exchange.conftest import DaysMarket, listed

from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID


def spy(floor, bid, ask, size=500):
    floor.market.set_quote(SPY_CON_ID, bid, ask, size)


def stock(floor, side="BUY", quantity=10, order_type="LMT", **fields):
    return floor.place(side, quantity, order_type, con_id=SPY_CON_ID, **fields)


# ------------------------------------------------------------------------------------------------------------- triggers


def test_a_stop_on_stock_waits_for_a_trade_at_its_price(floor):
    stop = stock(floor, "SELL", 10, "STP", stop="649")
    floor.step()
    spy(floor, 640, 641)
    floor.step()
    assert floor.order(stop).why_held == "trigger"
    floor.market.trade(SPY_CON_ID, 649, 100)
    floor.step()
    assert floor.order(stop).status is OrderStatus.FILLED
    assert floor.fills == [("640", 10)]


# By bid/ask a sell stop looks at the ask: 650.02 and 649.02 do not reach 649, 649.00 does.
@pytest.mark.parametrize(
    ("method", "quotes", "prints", "filled"),
    [
        (1, [(648, 649)], [], False),
        (1, [(648, 649), (648, 648.5)], [], True),
        (1, [(648, 649), (650, 650.02), (648, 649)], [], False),
        (2, [], [649], True),
        (2, [(600, 601)], [], False),
        (3, [], [649], False),
        (3, [], [649, 648], True),
        (3, [], [649, 650, 649], False),
        (4, [(640, 649.02)], [], False),
        (4, [(648, 649)], [], True),
        (7, [], [649], True),
        (7, [(648, 649)], [], True),
        (8, [(648, 650.02)], [], False),
        (8, [(648, 650)], [], True),
    ],
)
def test_trigger_methods(floor, method, quotes, prints, filled):
    stop = stock(floor, "SELL", 10, "STP", stop="649", trigger_method=method)
    floor.step()
    for bid, ask in quotes:
        spy(floor, bid, ask)
    for price in prints:
        floor.market.trade(SPY_CON_ID, price, 100)
    if method in {2, 3, 7} and prints:
        # A print shows a quote too; put the quotes of 650 back.
        floor.market._pending = [update for update in floor.market._pending if hasattr(update, "conditions")]
    floor.step()
    assert (floor.order(stop).status is OrderStatus.FILLED) is filled


@pytest.mark.parametrize(("side", "triggers"), [("far", False), ("near", True)])
def test_the_side_of_the_quote_that_triggers_can_be_chosen(new_floor, side, triggers):
    floor = new_floor(behaviours={"stop_quote_side": side})
    stop = stock(floor, "SELL", 10, "STP", stop="649", trigger_method=4)
    floor.step()
    spy(floor, 648, 650)
    floor.step()
    assert floor.order(stop).triggered is triggers


def test_touched_orders_wait_for_a_better_price(floor):
    market = stock(floor, "BUY", 10, "MIT", stop="649")
    limit = stock(floor, "SELL", 10, "LIT", limit="652", stop="651")
    floor.step()
    floor.market.trade(SPY_CON_ID, 650, 100)
    floor.step()
    assert not floor.order(market).triggered
    assert not floor.order(limit).triggered
    floor.market.trade(SPY_CON_ID, 649, 100)
    floor.market.trade(SPY_CON_ID, 651, 100)
    floor.step()
    assert floor.order(market).status is OrderStatus.FILLED
    assert floor.order(limit).status is OrderStatus.SUBMITTED
    spy(floor, 652, 652.02)
    floor.step()
    assert floor.order(limit).status is OrderStatus.FILLED


def test_a_trailing_stop_follows_up_and_never_down(floor):
    stop = stock(floor, "SELL", 10, "TRAIL", stop="2")
    floor.step()
    assert floor.order(stop).trail_stop_price == 648
    for price in (655, 654):
        floor.market.trade(SPY_CON_ID, price, 100)
        floor.step()
    assert floor.order(stop).trail_stop_price == 653
    floor.reopen()
    floor.market.trade(SPY_CON_ID, 653, 100)
    floor.step()
    assert floor.order(stop).status is OrderStatus.FILLED


def test_a_trailing_percent_and_a_first_stop_of_the_clients_own(floor):
    stop = stock(floor, "BUY", 10, "TRAIL", trail_percent=Decimal(1), trail_stop_price=Decimal(652))
    floor.step()
    assert floor.order(stop).trail_stop_price == 652
    floor.market.trade(SPY_CON_ID, 640, 100)
    floor.step()
    assert floor.order(stop).trail_stop_price == Decimal("646.40")


def test_a_trailing_limit_gets_its_limit_where_it_is_triggered(floor):
    order = stock(floor, "SELL", 10, "TRAIL LIMIT", trail_amount=Decimal(2), limit_offset=Decimal("0.5"))
    floor.step()
    spy(floor, 640, 641)
    floor.market.trade(SPY_CON_ID, 648, 100)
    floor.step()
    assert floor.order(order).effective_limit == Decimal("647.5")
    assert floor.order(order).status is OrderStatus.SUBMITTED


# ------------------------------------------------------------------------------------------------- limits of the market


def test_market_to_limit_leaves_the_rest_at_the_first_price(floor):
    floor.market.set_levels(CALL_CON_ID, [(1.98, 5)], [(2.00, 3), (2.01, 9)])
    order = floor.place(quantity=5, order_type="MTL")
    floor.step()
    assert floor.fills == [("2", 3)]
    assert floor.order(order).effective_limit == 2
    assert floor.order(order).status is OrderStatus.SUBMITTED


@pytest.mark.parametrize(
    ("order_type", "fields", "price"),
    [
        ("REL", {"peg_offset": Decimal("0.01")}, "650.01"),
        ("REL", {"peg_offset": Decimal("0.05"), "limit": "650"}, "650"),
        ("PEG MKT", {"peg_offset": Decimal("0.01")}, "650.01"),
        ("PEG MID", {}, "650.01"),
        ("MIDPRICE", {}, "650.01"),
        ("MIDPRICE", {"limit": "650"}, "650"),
        ("SNAP PRIM", {}, "650"),
        ("SNAP MID", {}, "650.01"),
        ("SNAP MKT", {"peg_offset": Decimal("0.01")}, "650.01"),
    ],
)
def test_pegged_prices(floor, order_type, fields, price):
    order = stock(floor, "BUY", 10, order_type, **fields)
    floor.step()
    assert floor.order(order).working_limit == Decimal(price)
    spy(floor, 651, 651.02)
    floor.step()
    moved = order_type not in {"SNAP PRIM", "SNAP MID", "SNAP MKT"} and "limit" not in fields
    assert floor.order(order).working_limit == Decimal(price) + moved


def test_a_pegged_order_is_hit_at_its_price_before_it_follows(floor):
    order = stock(floor, "BUY", 10, "MIDPRICE")
    floor.step()
    floor.market.trade(SPY_CON_ID, 650.01, 10)
    spy(floor, 651, 651.02)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED
    assert floor.fills == [("650.01", 10)]


# -------------------------------------------------------------------------------------------------------- time in force


def test_immediate_or_cancel_takes_what_there_is(floor):
    order = floor.place(quantity=15, limit="2.00", tif="IOC")
    floor.step()
    assert floor.order(order).filled == 10
    assert floor.order(order).status is OrderStatus.CANCELLED


def test_fill_or_kill_takes_all_or_ends_inactive(floor):
    killed = floor.place(quantity=11, limit="2.00", tif="FOK")
    floor.step()
    assert floor.order(killed).status is OrderStatus.INACTIVE
    assert floor.order(killed).filled == 0
    filled = floor.place(quantity=10, limit="2.00", tif="FOK")
    floor.step()
    assert floor.order(filled).status is OrderStatus.FILLED


def test_good_till_date_and_good_after_time(floor):
    start_ns = floor.market.now_ns
    till = floor.place(limit="1.00", tif="GTD", good_till_ns=start_ns + 60_000_000_000)
    after = floor.place(limit="2.00", good_after_ns=start_ns + 30_000_000_000)
    floor.at(start_ns + 29_000_000_000)
    assert floor.order(after).status is OrderStatus.PRE_SUBMITTED
    floor.at(start_ns + 30_000_000_000)
    floor.step()
    assert floor.order(after).status is OrderStatus.FILLED
    assert floor.order(till).status is OrderStatus.SUBMITTED
    floor.at(start_ns + 60_000_000_000)
    assert floor.order(till).status is OrderStatus.CANCELLED
    assert floor.codes(till) == [202]


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"order_type": "MOC"}, 387),
        ({"order_type": "LOC", "limit": "2"}, 387),
        ({"order_type": "MIDPRICE"}, 387),
        ({"order_type": "VOL"}, 387),
        ({"limit": "2", "tif": "OPG"}, 387),
        ({"limit": "2.005"}, 110),
        ({"limit": "2", "quantity": "1.5"}, 321),
        ({"limit": "2", "quantity": 0}, 434),
        ({"limit": "2", "cash_quantity": Decimal(100)}, 10244),
        ({"limit": "2", "tif": "GTD"}, 321),
        ({"limit": "2", "tif": "GTD", "good_till_ns": 1}, 321),
        ({"limit": "2", "algo": "Guess"}, 439),
        ({"limit": "2", "trigger_method": 5}, 321),
        ({"order_type": "TRAIL"}, 321),
        ({"order_type": "TRAIL LIMIT", "trail_amount": Decimal(1)}, 321),
        ({"order_type": "STP"}, 321),
        ({"limit": "2", "parent_id": 77}, 10006),
        ({"limit": "2", "con_id": 4}, 200),
    ],
)
def test_what_is_refused_by_its_form(floor, fields, code):
    order = floor.place(**fields)
    assert floor.codes() == [code]
    assert floor.order(order) is None


def test_an_algorithm_works_as_the_order_without_it_and_cannot_be_changed(floor):
    order = floor.place(limit="1.00", algo="Adaptive", algo_params=(("adaptivePriority", "Normal"),))
    floor.place(order_id=order, limit="1.10")
    assert floor.codes() == [440]
    assert floor.order(order).limit_price == 1


def test_price_steps_above_three_dollars(new_floor):
    steps = ((Decimal(0), Decimal("0.01")), (Decimal(3), Decimal("0.05")))
    floor = new_floor(market=DaysMarket([listed(SPY_CON_ID), listed(CALL_CON_ID, price_steps=steps)]))
    floor.place(limit="2.99")
    floor.place(limit="3.01")
    floor.place(limit="3.05")
    assert floor.codes() == [110]
