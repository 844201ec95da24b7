"""Combinations: net price, all legs at once, executions of the whole and of each leg."""

from decimal import Decimal

import pytest

from alphatrader.sim.exchange.fills import effective_executions
from alphatrader.sim.exchange.orders import COMBO_CON_ID, ComboLeg, OrderStatus
from alphatrader.sim.exchange.reports import CommissionReport, FillReport
from alphatrader.sim.scripted import CALL_CON_ID, NEXT_CALL_CON_ID, PUT_CON_ID, SPY_CON_ID

CALENDAR = (ComboLeg(NEXT_CALL_CON_ID, 1, "BUY"), ComboLeg(CALL_CON_ID, 1, "SELL"))
"""Natural market: bid 3.10 - 2.00 = 1.10, ask 3.16 - 1.98 = 1.18."""
BUY_WRITE = (ComboLeg(SPY_CON_ID, 100, "BUY"), ComboLeg(CALL_CON_ID, 1, "SELL"))


def bag(floor, side="BUY", quantity=1, order_type="LMT", legs=CALENDAR, **fields):
    return floor.place(side, quantity, order_type, con_id=COMBO_CON_ID, legs=legs, **fields)


def test_a_marketable_combination_trades_each_leg_at_its_displayed_price(floor):
    order = bag(floor, quantity=3, limit="1.20")
    floor.step()
    whole, bought, sold = floor.exchange.executions
    assert (whole.con_id, whole.side, whole.quantity, whole.price) == (COMBO_CON_ID, "BUY", 3, Decimal("1.18"))
    assert (bought.con_id, bought.side, bought.price) == (NEXT_CALL_CON_ID, "BUY", Decimal("3.16"))
    assert (sold.con_id, sold.side, sold.price) == (CALL_CON_ID, "SELL", Decimal("1.98"))
    assert [fill.exec_id[-5:] for fill in (whole, bought, sold)] == ["01.01", "02.01", "03.01"]
    assert len({fill.exec_id[:17] for fill in (whole, bought, sold)}) == 1
    assert floor.order(order).average_price == Decimal("1.18")
    assert (floor.held(NEXT_CALL_CON_ID), floor.held(CALL_CON_ID)) == (3, -3)
    spent = floor.cash - floor.exchange.account.cash
    assert spent == 3 * 118 + bought.commission + sold.commission
    commissions = [report.execution for report in floor.reports if isinstance(report, CommissionReport)]
    assert commissions == [bought, sold]


@pytest.mark.parametrize("whole", [True, False])
def test_the_execution_of_the_whole_is_shown_or_not(new_floor, whole):
    floor = new_floor(behaviours={"combo_execution_of_the_whole": whole})
    bag(floor, limit="1.20")
    floor.step()
    shown = [report.execution.con_id for report in floor.reports if isinstance(report, FillReport)]
    assert shown == [COMBO_CON_ID] * whole + [NEXT_CALL_CON_ID, CALL_CON_ID]


def test_a_combination_rests_until_its_legs_come_to_its_net_price(floor):
    order = bag(floor, limit="1.15")
    floor.step()
    assert floor.order(order).status is OrderStatus.SUBMITTED
    floor.market.set_quote(NEXT_CALL_CON_ID, 3.05, 3.12)
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED
    assert floor.exchange.executions[0].price == Decimal("1.14")


def test_the_least_depth_of_a_leg_bounds_what_trades(floor):
    floor.market.set_levels(CALL_CON_ID, [(1.98, 2), (1.95, 9)], [(2.00, 9)])
    order = bag(floor, quantity=5, limit="1.19")
    floor.step()
    assert floor.order(order).filled == 2
    assert (floor.held(NEXT_CALL_CON_ID), floor.held(CALL_CON_ID)) == (2, -2)
    floor.place(order_id=order, quantity=5, con_id=COMBO_CON_ID, legs=CALENDAR, limit="1.21")
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED
    assert floor.order(order).leg_notional == (Decimal("15.80"), Decimal("9.81"))


def test_a_combination_sold_for_a_credit(floor):
    order = bag(floor, "SELL", 1, limit="1.10")
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED
    assert (floor.held(NEXT_CALL_CON_ID), floor.held(CALL_CON_ID)) == (-1, 1)


def test_a_net_price_may_be_negative_and_the_tick_holds(floor):
    legs = (ComboLeg(CALL_CON_ID, 1, "BUY"), ComboLeg(NEXT_CALL_CON_ID, 1, "SELL"))
    order = bag(floor, limit="-1.10", legs=legs)
    bag(floor, limit="-1.105", legs=legs)
    assert floor.codes() == [110]
    floor.step()
    assert floor.order(order).status is OrderStatus.FILLED
    assert floor.exchange.executions[0].price == Decimal("-1.1")


def test_a_buy_write_is_priced_a_share(floor):
    bag(floor, quantity=1, limit="648.10", legs=BUY_WRITE)
    floor.step()
    whole = floor.exchange.executions[0]
    assert whole.price == Decimal("650.02") - Decimal("1.98")
    assert (floor.held(SPY_CON_ID), floor.held(CALL_CON_ID)) == (100, -1)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"order_type": "STP", "stop": "1"}, 387),
        ({"legs": CALENDAR[:1], "limit": "1"}, 321),
        ({"legs": (CALENDAR[0], CALENDAR[0]), "limit": "1"}, 321),
        ({"legs": (CALENDAR[0], ComboLeg(5, 1, "BUY")), "limit": "1"}, 200),
        ({"quantity": 2_000, "limit": "1.20"}, 201),
    ],
)
def test_combinations_that_are_refused(floor, fields, code):
    bag(floor, **fields)
    assert floor.codes() == [code]


def test_a_vertical_ties_up_its_width_alone(floor):
    strangle = (ComboLeg(CALL_CON_ID, 1, "SELL"), ComboLeg(PUT_CON_ID, 1, "SELL"))
    bag(floor, quantity=5, limit="-3.88", legs=strangle)
    assert floor.codes() == []
    bag(floor, quantity=5, limit="-3.88", legs=strangle)
    assert floor.codes() == [201]
    bag(floor, quantity=50, limit="1.18")
    assert floor.codes() == [201], "a calendar costs its debit"


def test_immediate_combinations_and_restarts(floor):
    killed = bag(floor, quantity=11, limit="1.20", tif="FOK")
    floor.step()
    assert floor.order(killed).status is OrderStatus.INACTIVE
    resting = bag(floor, limit="1.10", tif="GTC")
    floor.step()
    floor.reopen()
    assert floor.order(resting).legs == CALENDAR
    assert floor.exchange.watched_contracts() == {CALL_CON_ID, NEXT_CALL_CON_ID}


def test_positions_are_the_sums_of_the_legs_executions(floor):
    bag(floor, quantity=3, limit="1.20")
    floor.step()
    bag(floor, "SELL", 1, limit="1.05")
    floor.step()
    for con_id in (CALL_CON_ID, NEXT_CALL_CON_ID):
        fills = effective_executions(floor.exchange.executions, con_id)
        signed = [fill.quantity if fill.side == "BUY" else -fill.quantity for fill in fills]
        assert sum(signed) == floor.held(con_id)
