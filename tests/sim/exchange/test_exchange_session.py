"""Sessions: what is held until the open, what a day order is, extended hours, auctions and their cut-offs."""

from decimal import Decimal

import pytest
from tests.sim.exchange.conftest import HALF_HOUR_NS, DaysMarket, listed

from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.reports import Notice
from alphatrader.sim.market.types import Phase
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, OPEN_NS, PUT_CON_ID, SPY_CON_ID

MINUTE_NS = 60_000_000_000


@pytest.fixture
def early(new_floor):
    """Before the open, in the pre-market of the stock."""
    return new_floor(market=DaysMarket(start_ns=OPEN_NS - 2 * HALF_HOUR_NS))


def stock(floor, side="BUY", quantity=10, order_type="LMT", **fields):
    return floor.place(side, quantity, order_type, con_id=SPY_CON_ID, **fields)


# ------------------------------------------------------------------------------------------------------ held, extended


def test_an_order_before_the_open_is_held_with_399_and_goes_out_at_the_open(early):
    order = early.place(limit="2.00")
    assert early.order(order).status is OrderStatus.PRE_SUBMITTED
    assert early.codes() == [399]
    text = next(report.text for report in early.reports if isinstance(report, Notice))
    assert "BUY 1 SPY   261116C00650000 CBOE" in text
    assert "until 2026-11-16 09:30:00 US/Eastern" in text
    early.step()
    assert early.fills == []
    early.at(OPEN_NS)
    early.step()
    assert early.order(order).status is OrderStatus.FILLED


def test_outside_regular_hours_stock_limits_trade_and_market_orders_wait(early):
    limit = stock(early, limit="650.02", outside_rth=True)
    market = stock(early, order_type="MKT", outside_rth=True)
    plain = stock(early, limit="650.02")
    early.step()
    assert early.order(limit).status is OrderStatus.FILLED
    assert {early.order(order).status for order in (market, plain)} == {OrderStatus.PRE_SUBMITTED}


def test_day_orders_end_with_their_own_hours(days):
    regular = stock(days, limit="600")
    late = stock(days, limit="600", outside_rth=True)
    option = days.place(limit="1.00")
    good = days.place(limit="1.00", tif="GTC")
    days.at(CLOSE_NS)
    days.market.change("close")
    days.step()
    ended = {order: days.order(order).done for order in (regular, late, option)}
    assert ended == {regular: True, late: False, option: True}
    assert days.codes(regular) == [202]
    assert days.order(regular).closed_reason == "Cancelled by System:\n"
    days.at(CLOSE_NS + 8 * HALF_HOUR_NS)
    assert days.order(late).status is OrderStatus.CANCELLED
    assert days.order(good).status is OrderStatus.SUBMITTED


def test_a_day_order_after_the_close_is_the_next_days(days):
    days.at(CLOSE_NS + MINUTE_NS)
    order = days.place(limit="2.00")
    assert days.codes() == [399]
    days.market.next_day()
    days.step()
    assert days.order(order).status is OrderStatus.PRE_SUBMITTED
    days.at(days.market.open_ns)
    days.step()
    assert days.order(order).status is OrderStatus.FILLED


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
def test_what_must_trade_at_once_is_refused_while_closed(early, tif):
    order = early.place(limit="2.00", tif=tif)
    assert early.codes() == [201]
    assert early.order(order).status is OrderStatus.INACTIVE


def test_an_option_past_its_last_trade_takes_no_orders_and_drops_those_it_had(new_floor):
    last_ns = OPEN_NS + 4 * HALF_HOUR_NS
    market = DaysMarket([listed(SPY_CON_ID), listed(CALL_CON_ID, last_trade_ns=last_ns)])
    floor = new_floor(market=market)
    order = floor.place(limit="1.00", tif="GTC")
    floor.at(last_ns)
    assert floor.order(order).status is OrderStatus.CANCELLED
    floor.place(limit="1.00")
    assert floor.codes()[-1] == 201


def test_a_halt_holds_orders_without_a_word(days):
    days.market.phases[SPY_CON_ID] = Phase.HALTED
    order = stock(days, limit="650.02")
    stop = stock(days, "SELL", 10, "STP", stop="655")
    days.step()
    days.market.trade(SPY_CON_ID, 650, 100)
    days.step()
    assert days.order(order).status is OrderStatus.SUBMITTED
    assert days.order(stop).status is OrderStatus.PRE_SUBMITTED
    assert (days.fills, days.codes()) == ([], [])
    del days.market.phases[SPY_CON_ID]
    days.market.trade(SPY_CON_ID, 650, 100)
    days.step()
    assert len(days.fills) == 2


# ------------------------------------------------------------------------------------------------------------- auctions


def test_on_close_orders_fill_in_the_cross_market_orders_first(days):
    for side in ("BUY", "SELL"):
        assert stock(days, side, 10, "MKT")
    days.step()
    market = stock(days, "BUY", 30, "MOC")
    near = stock(days, "BUY", 30, "LOC", limit="651")
    best = stock(days, "BUY", 30, "LOC", limit="652")
    out = stock(days, "BUY", 30, "LOC", limit="649")
    days.step()
    assert days.order(market).status is OrderStatus.SUBMITTED
    assert days.order(market).filled == 0
    days.at(CLOSE_NS)
    days.market.cross("close", 650.5, 70)
    days.step()
    assert [days.order(order).filled for order in (market, near, best, out)] == [30, 10, 30, 0]
    assert days.order(near).status is OrderStatus.CANCELLED
    assert days.order(out).status is OrderStatus.CANCELLED
    assert days.order(market).average_price == Decimal("650.5")


@pytest.mark.parametrize(
    ("exchange", "order_type", "minutes"),
    [("NYSE", "MOC", 10), ("NYSE", "LOC", 10), ("NASDAQ", "MOC", 5), ("NASDAQ", "LOC", 2), ("ARCA", "MOC", 1)],
)
def test_cutoffs_for_the_closing_auction(new_floor, exchange, order_type, minutes):
    floor = new_floor(market=DaysMarket([listed(SPY_CON_ID, primary_exchange=exchange)]))
    fields = {"limit": "651"} if order_type == "LOC" else {}
    floor.at(CLOSE_NS - minutes * MINUTE_NS - 1)
    order = stock(floor, order_type=order_type, **fields)
    assert floor.order(order).status is OrderStatus.SUBMITTED
    floor.at(CLOSE_NS - minutes * MINUTE_NS)
    late = stock(floor, order_type=order_type, **fields)
    assert floor.codes(late) == [201]
    floor.exchange.cancel(floor.order(order))
    floor.settle()
    assert floor.codes(order) == [161]
    assert floor.order(order).status is OrderStatus.SUBMITTED


def test_orders_for_the_opening_auction(early):
    market = stock(early, "BUY", 30, "MKT", tif="OPG")
    limit = stock(early, "BUY", 30, limit="640", tif="OPG")
    early.step()
    assert early.order(market).status is OrderStatus.PRE_SUBMITTED
    early.at(OPEN_NS)
    early.market.cross("open", 650.2, 500)
    early.step()
    assert early.order(market).status is OrderStatus.FILLED
    assert early.order(limit).status is OrderStatus.CANCELLED
    assert early.fills == [("650.2", 30)]


def test_an_opening_order_during_the_day_waits_for_the_next_open(days):
    order = stock(days, "BUY", 30, "MKT", tif="OPG")
    assert days.codes() == [399]
    days.market.next_day()
    days.at(days.market.open_ns)
    days.market.cross("open", 655, 500)
    days.step()
    assert days.fills == [("655", 30)]
    assert days.order(order).status is OrderStatus.FILLED


# ---------------------------------------------------------------------------------------------------------- day by day


def test_a_new_day_starts_with_the_orders_and_positions_and_nothing_else(days):
    days.place(quantity=3, order_type="MKT", con_id=PUT_CON_ID)
    good = days.place(limit="1.00", tif="GTC")
    done = days.place(limit="1.00")
    days.step()
    days.exchange.cancel(days.order(done))
    paid = days.cash - days.exchange.account.cash
    days.market.next_day()
    days.step()
    assert days.exchange.executions == []
    assert days.order(done) is None
    assert days.order(good).status is OrderStatus.SUBMITTED
    assert days.exchange.registry.id_was_used(1, done)
    position = days.exchange.account.positions[PUT_CON_ID]
    assert (position.quantity, position.base_quantity, position.spent) == (3, 3, 0)
    assert days.exchange.pnl(PUT_CON_ID).daily == 0
    days.market.set_quote(PUT_CON_ID, 2.00, 2.04)
    assert days.exchange.figures().daily == days.exchange.pnl(PUT_CON_ID).daily == 3 * 10
    assert days.exchange.pnl(PUT_CON_ID).unrealized == 3 * 202 - paid
    days.reopen()
    assert days.exchange.figures().daily == 30
    assert days.exchange.registry.id_was_used(1, done)
    assert days.exchange.executions == []


def test_the_days_profit_counts_from_the_close(days):
    days.place(quantity=1, order_type="MKT")
    days.step()
    days.at(CLOSE_NS)
    days.market.change("close")
    days.step()
    days.market.set_quote(CALL_CON_ID, 2.98, 3.00)
    days.market.next_day()
    days.step()
    assert days.exchange.figures().daily == 100


@pytest.mark.parametrize(("current_day", "kept"), [(True, 0), (False, 1)])
def test_executions_of_earlier_days_can_be_kept(new_floor, current_day, kept):
    floor = new_floor(market=DaysMarket(), behaviours={"executions_current_day": current_day})
    floor.place(order_type="MKT")
    floor.step()
    floor.market.next_day()
    floor.step()
    assert len(floor.exchange.executions) == kept
    floor.place(order_type="MKT", con_id=SPY_CON_ID)
    floor.reopen()
    assert floor.held() == 1


def test_a_restart_on_a_later_day_rolls_over(days):
    days.place(order_type="MKT")
    days.step()
    days.market.next_day()
    days.reopen()
    assert days.exchange.executions == []
    assert days.exchange.account.session_date == days.market.session_date
    assert days.held() == 1
