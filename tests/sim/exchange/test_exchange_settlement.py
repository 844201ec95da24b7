"""What becomes of options at expiry, and what their holder may ask for."""

from decimal import Decimal

import pytest
from tests.sim.exchange.conftest import DaysMarket, listed

from alphatrader import calendar
from alphatrader.sim.exchange.reports import FillReport
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, NEXT_CALL_CON_ID, PUT_CON_ID, SPY_CON_ID

DEADLINE_NS = calendar.to_ns("2026-11-16", "17:30")
ID = {"C": CALL_CON_ID, "P": PUT_CON_ID}


@pytest.fixture
def expiry(new_floor):
    """Make a floor whose options expire today, in cash or into stock."""

    def make(settlement="physical", **options):
        terms = {
            "settlement": settlement,
            "style": "american" if settlement == "physical" else "european",
            "last_trade_ns": CLOSE_NS,
            "settlement_ns": CLOSE_NS,
        }
        contracts = [
            listed(SPY_CON_ID),
            listed(CALL_CON_ID, **terms),
            listed(PUT_CON_ID, **terms),
            listed(NEXT_CALL_CON_ID, style="american", settlement="physical"),
        ]
        return new_floor(market=DaysMarket(contracts), **options)

    return make


def settle(floor, price, at_ns=DEADLINE_NS):
    floor.at(CLOSE_NS)
    floor.market.settlements.update({CALL_CON_ID: price, PUT_CON_ID: price})
    floor.step()
    floor.at(at_ns)


# Held, right, settlement price: the cash that moves, beside what was paid.
@pytest.mark.parametrize(
    ("side", "right", "price", "cash"),
    [
        ("BUY", "C", 655.25, 2 * 525),
        ("BUY", "C", 650.0, 0),
        ("SELL", "C", 655.25, -2 * 525),
        ("BUY", "P", 640.0, 2 * 1000),
        ("SELL", "P", 640.0, -2 * 1000),
        ("SELL", "P", 651.0, 0),
    ],
)
def test_cash_settled_options_pay_their_intrinsic_value_at_once(expiry, side, right, price, cash):
    floor = expiry("cash")
    floor.place(side, 2, "MKT", con_id=ID[right])
    floor.step()
    before = floor.exchange.account.cash
    settle(floor, price, CLOSE_NS + 1)
    assert floor.held(ID[right]) == 0
    assert floor.exchange.account.cash - before == cash
    position = floor.exchange.account.positions[ID[right]]
    assert position.realized_pnl == floor.exchange.account.cash - floor.cash


@pytest.mark.parametrize(
    ("side", "right", "price", "shares"),
    [
        ("BUY", "C", 650.01, 200),
        ("BUY", "C", 650.0, 0),
        ("SELL", "C", 655.0, -200),
        ("BUY", "P", 649.0, -200),
        ("SELL", "P", 649.0, 200),
        ("SELL", "P", 650.0, 0),
    ],
)
def test_physical_options_become_stock_at_the_strike_after_the_deadline(expiry, side, right, price, shares):
    floor = expiry()
    floor.place(side, 2, "MKT", con_id=ID[right])
    floor.step()
    before = floor.exchange.account.cash
    cost = floor.exchange.account.positions[ID[right]].average_cost
    settle(floor, price, DEADLINE_NS - 1)
    assert abs(floor.held(ID[right])) == 2
    floor.at(DEADLINE_NS)
    assert floor.held(ID[right]) == 0
    assert floor.held(SPY_CON_ID) == shares
    assert floor.exchange.account.cash - before == -shares * 650
    if not shares:
        assert floor.exchange.account.positions[ID[right]].realized_pnl == (-2 if side == "BUY" else 2) * cost
        return
    assert floor.exchange.account.positions[ID[right]].realized_pnl == 0
    # The premium is in the stock's cost: bought calls and sold puts move it up, and down.
    premium = cost / 100 if side == "BUY" else -cost / 100
    bought = shares > 0
    assert floor.exchange.account.positions[SPY_CON_ID].average_cost == 650 + (premium if bought else -premium)


def test_assignment_against_stock_realises_the_premium_with_the_stock(expiry):
    floor = expiry()
    floor.place(quantity=100, order_type="MKT", con_id=SPY_CON_ID)
    floor.place("SELL", 1, "MKT")
    floor.step()
    settle(floor, 655.0)
    assert floor.held(SPY_CON_ID) == 0
    realized = floor.exchange.account.positions[SPY_CON_ID].realized_pnl
    assert realized == floor.exchange.account.cash - floor.cash


@pytest.mark.parametrize("moves", [True, False])
def test_the_premium_goes_into_the_stock_or_is_realised_with_the_option(expiry, moves):
    floor = expiry(behaviours={"premium_moves_into_stock": moves})
    floor.place(quantity=1, order_type="MKT")
    floor.step()
    settle(floor, 655.0)
    option, stock = (floor.exchange.account.positions[con_id] for con_id in (CALL_CON_ID, SPY_CON_ID))
    assert option.realized_pnl == (0 if moves else -201)
    assert stock.average_cost == (Decimal("652.01") if moves else 650)


@pytest.mark.parametrize("shown", [True, False])
def test_settlement_is_shown_as_executions_without_an_order_or_as_positions_alone(expiry, shown):
    floor = expiry(behaviours={"settlement_executions": shown})
    floor.place(quantity=2, order_type="MKT")
    floor.step()
    settle(floor, 655.0)
    fills = [report.execution for report in floor.reports if isinstance(report, FillReport)]
    moved = [(fill.con_id, fill.side, fill.quantity, fill.price, fill.order_id) for fill in fills[1:]]
    wanted = [(CALL_CON_ID, "SELL", 2, Decimal(0), 0), (SPY_CON_ID, "BUY", 200, Decimal(650), 0)]
    assert moved == (wanted if shown else [])
    assert len(floor.exchange.executions) == 3


def test_positions_that_expire_unseen_are_settled_when_the_day_changes(expiry):
    floor = expiry()
    floor.place(quantity=1, order_type="MKT")
    floor.place(quantity=1, order_type="MKT", con_id=PUT_CON_ID)
    floor.step()
    floor.at(CLOSE_NS)
    floor.market.settlements.update({CALL_CON_ID: 655.0, PUT_CON_ID: 655.0})
    floor.step()
    floor.market.next_day(without={CALL_CON_ID, PUT_CON_ID})
    floor.step()
    assert (floor.held(CALL_CON_ID), floor.held(PUT_CON_ID), floor.held(SPY_CON_ID)) == (0, 0, 100)
    assert floor.exchange.figures().daily == 0


def test_a_contract_that_is_no_longer_listed_stays_known_over_a_restart(expiry):
    floor = expiry()
    floor.place(quantity=1, order_type="MKT", con_id=NEXT_CALL_CON_ID)
    floor.step()
    floor.market.change("close")
    floor.step()
    floor.market.next_day(without={NEXT_CALL_CON_ID})
    floor.step()
    floor.reopen()
    assert floor.exchange.contract(NEXT_CALL_CON_ID).local_symbol.startswith("SPY")
    assert floor.exchange.figures().option_value > 0


# --------------------------------------------------------------------------------------------------- the holder's wish


def test_a_holder_may_let_an_option_lapse_or_exercise_it_out_of_the_money(expiry):
    floor = expiry()
    floor.place(quantity=3, order_type="MKT")
    floor.place(quantity=2, order_type="MKT", con_id=PUT_CON_ID)
    floor.step()
    assert floor.exchange.exercise(CALL_CON_ID, 2, exercise=False) is None
    assert floor.exchange.exercise(PUT_CON_ID, 1, exercise=True, override=True) is None
    floor.settle()
    floor.reopen()
    settle(floor, 655.0)
    assert floor.held(SPY_CON_ID) == 100 - 100
    assert (floor.held(CALL_CON_ID), floor.held(PUT_CON_ID)) == (0, 0)


def test_an_american_option_is_exercised_early_at_the_end_of_the_day(expiry):
    floor = expiry()
    floor.place(quantity=2, order_type="MKT", con_id=NEXT_CALL_CON_ID)
    floor.step()
    floor.market.set_quote(SPY_CON_ID, 660, 660.02)
    assert floor.exchange.exercise(NEXT_CALL_CON_ID, 1, exercise=True) is None
    floor.step()
    assert floor.held(NEXT_CALL_CON_ID) == 2
    floor.market.next_day()
    floor.step()
    assert (floor.held(NEXT_CALL_CON_ID), floor.held(SPY_CON_ID)) == (1, 100)
    floor.market.next_day()
    floor.step()
    assert floor.held(NEXT_CALL_CON_ID) == 1


@pytest.mark.parametrize(
    ("con_id", "quantity", "fields", "words"),
    [
        (SPY_CON_ID, 1, {"exercise": True}, "No security definition"),
        (CALL_CON_ID, 3, {"exercise": True}, "exceeds the position"),
        (CALL_CON_ID, 1, {"exercise": True}, "out of the money"),
        (NEXT_CALL_CON_ID, 1, {"exercise": False}, "expire today"),
    ],
)
def test_wishes_that_are_refused(expiry, con_id, quantity, fields, words):
    floor = expiry()
    floor.place(quantity=2, order_type="MKT")
    floor.place(quantity=2, order_type="MKT", con_id=NEXT_CALL_CON_ID)
    floor.step()
    floor.market.set_quote(SPY_CON_ID, 640, 640.02)
    assert words in floor.exchange.exercise(con_id, quantity, **fields).text
