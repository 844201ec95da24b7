"""Latencies, refusals at random, and corrections: what a real exchange does to those who think it is a function."""

from collections import Counter
from decimal import Decimal

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.reports import FillReport, OrderReport, PositionReport
from alphatrader.sim.exchange.settings import Latency
from alphatrader.sim.scripted import CALL_CON_ID


def test_an_order_reaches_the_market_after_its_latency(new_floor):
    floor = new_floor(acknowledgement=Latency(50))
    order = floor.place(limit="2.00")
    floor.step(0.049)
    assert floor.order(order).status is OrderStatus.STAGED
    assert floor.reports == []
    floor.step(0.001)
    assert floor.order(order).status is OrderStatus.FILLED
    statuses = [report.order.status.value for report in floor.reports if isinstance(report, OrderReport)]
    assert statuses == ["PreSubmitted", "Submitted", "Filled", "Filled"]


def test_an_order_trades_until_its_cancel_arrives(new_floor):
    floor = new_floor(cancellation=Latency(50))
    filled, gone = floor.place(quantity=4, limit="1.99"), floor.place(limit="1.00")
    floor.step()
    for order in (filled, gone):
        floor.exchange.cancel(floor.order(order))
    floor.market.set_quote(CALL_CON_ID, 1.90, 1.99, 3)
    floor.step(0.02)
    assert floor.order(filled).filled == 3
    assert floor.order(filled).status is OrderStatus.PENDING_CANCEL
    floor.step(0.03)
    assert floor.order(filled).status is OrderStatus.CANCELLED
    assert floor.order(gone).status is OrderStatus.CANCELLED


def test_the_news_of_a_fill_is_late_and_what_follows_waits_behind_it(new_floor):
    floor = new_floor(report=Latency(50))
    floor.place(limit="2.00")
    floor.step(0.01)
    assert floor.held() == 1
    assert not any(isinstance(report, FillReport) for report in floor.reports)
    assert not any(isinstance(report, PositionReport) for report in floor.reports)
    floor.step(0.05)
    kinds = [type(report).__name__ for report in floor.reports]
    assert kinds[-5:] == ["FillReport", "OrderReport", "OrderReport", "CommissionReport", "PositionReport"]


def test_latencies_of_one_seed_are_the_same_and_spread_about_their_median(new_floor):
    def times(seed):
        floor = new_floor(acknowledgement=Latency(20, 0.5), seed=seed)
        for _ in range(15):
            floor.place(limit="1.00")
        return [order.acknowledge_ns for order in floor.exchange.registry.live()]

    first = times(3)
    assert first == times(3)
    assert first != times(4)
    assert len(set(first)) > 10


def test_orders_are_refused_at_their_rates(new_floor):
    floor = new_floor(rejection_rates=((201, 0.3), (321, 0.2)), cash="10000000")
    for _ in range(300):
        order = floor.place(limit="1.00")
        if floor.order(order) is not None:
            floor.exchange.cancel(floor.order(order))
    counts = Counter(floor.codes())
    assert 60 < counts[201] < 120
    assert 35 < counts[321] < 85


# ---------------------------------------------------------------------------------------------------------- corrections


def test_a_correction_changes_price_cash_and_profit_as_if_it_had_been_so(floor):
    floor.place(quantity=2, order_type="MKT")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 2.50, 2.60)
    floor.place("SELL", 1, "MKT")
    floor.step()
    first, sale = floor.exchange.executions
    corrected = floor.exchange.correct_execution(first.exec_id, price=Decimal("1.90"))
    floor.settle()
    assert corrected.exec_id == first.exec_id[:-2] + "02"
    position = floor.exchange.account.positions[CALL_CON_ID]
    assert position.average_cost == 190 + first.commission / 2
    assert floor.exchange.account.cash == floor.cash - 380 - first.commission + 250 - sale.commission
    assert position.realized_pnl == sale.realized_pnl + 10
    again = floor.exchange.correct_execution(corrected.exec_id, price=Decimal("2.00"))
    assert again.exec_id.endswith(".03")
    assert position.realized_pnl == sale.realized_pnl
    floor.settle()
    before = (floor.exchange.account.cash, position)
    floor.reopen()
    assert (floor.exchange.account.cash, floor.exchange.account.positions[CALL_CON_ID]) == before


def test_a_bust_takes_position_cash_and_commission_back(floor):
    floor.place(quantity=2, order_type="MKT")
    floor.step()
    bust = floor.exchange.bust_execution(floor.exchange.executions[0].exec_id)
    floor.settle()
    assert (bust.quantity, bust.commission) == (0, 0)
    assert (floor.held(), floor.exchange.account.cash) == (0, floor.cash)
    assert isinstance(floor.reports[-3], FillReport)


def test_only_executions_that_exist_are_corrected(floor):
    with pytest.raises(ConfigError, match="can be corrected"):
        floor.exchange.bust_execution("0000e0d5.00000001.01.01")
