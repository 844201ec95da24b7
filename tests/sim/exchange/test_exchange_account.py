"""Money: fees, average cost, realised profit; and the state on disk."""

import sqlite3
from decimal import Decimal

import pytest

from alphatrader.domain.errors import ConfigError, JournalError
from alphatrader.sim.exchange.fees import option_fees, order_minimum, stock_fees
from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.registry import OrderRegistry
from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID

DAY = "2026-11-16"


@pytest.mark.parametrize(
    ("premium", "rate"), [("0.10", "0.65"), ("2.00", "0.65"), ("0.09", "0.50"), ("0.05", "0.50"), ("0.04", "0.25")]
)
def test_commission_by_premium(premium, rate):
    fees = option_fees(DAY, "BUY", 1, Decimal(premium), 100, 1)
    assert fees == Decimal(rate) + Decimal("0.0373")


def test_sells_also_pay_the_sec_and_the_activity_fee_of_their_date():
    buy = option_fees(DAY, "BUY", 10, Decimal("2.00"), 100, 1)
    assert option_fees(DAY, "SELL", 10, Decimal("2.00"), 100, 1) - buy == Decimal("0.0412")
    later = "2027-01-04"
    assert option_fees(later, "SELL", 10, Decimal("2.00"), 100, 1) - buy == Decimal("0.0741")


def test_volume_lowers_the_commission():
    assert option_fees(DAY, "BUY", 1, Decimal(2), 100, 60_000) == Decimal("0.2873")


def test_stock_fees():
    assert stock_fees(DAY, "BUY", 1000, Decimal(650)) == Decimal("5.0000")
    assert order_minimum(DAY, "STK") == Decimal("1.00")


def test_the_minimum_counts_once_over_all_fills_of_an_order(floor):
    floor.market.set_levels(CALL_CON_ID, [(1.98, 5)], [(2.00, 1), (2.01, 1)])
    floor.place(quantity=2, limit="2.05")
    floor.step()
    charges = [execution.commission for execution in floor.exchange.executions]
    assert charges == [Decimal("1.00"), Decimal("0.3746")]


def test_average_cost_realised_profit_and_cash_agree(floor):
    floor.place(order_type="MKT", quantity=2)
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 2.50, 2.60, 10)
    floor.place(order_type="MKT", quantity=2)
    floor.step()
    position = floor.exchange.account.positions[CALL_CON_ID]
    paid = Decimal("1.3746") * 2
    assert position.average_cost == (Decimal(2 * 200 + 2 * 260) + paid) / 4
    floor.place("SELL", 3, "MKT")
    floor.step()
    fees = [execution.commission for execution in floor.exchange.executions]
    realized = floor.exchange.executions[-1].realized_pnl
    assert realized == 3 * (Decimal(250) - position.average_cost) - fees[-1]
    assert floor.exchange.account.cash == floor.cash - 2 * 200 - 2 * 260 + 3 * 250 - sum(fees)
    floor.place("SELL", 1, "MKT")
    floor.step()
    assert position.quantity == 0
    assert abs(position.realized_pnl - (floor.exchange.account.cash - floor.cash)) < Decimal("0.001")


def test_a_killed_exchange_comes_back_with_everything(floor):
    floor.place(order_type="MKT", quantity=2)
    resting = floor.place(limit="1.50", tif="GTC")
    floor.step()
    parent = floor.place(limit="1.00", transmit=False)
    child = floor.place("SELL", 1, "STP", stop="0.50", parent_id=parent)
    before = floor.exchange
    floor.reopen()
    after = floor.exchange
    assert after is not before
    assert after.account.cash == before.account.cash
    assert after.account.positions == before.account.positions
    assert after.executions == before.executions
    assert after.registry.live() == before.registry.live()
    assert after.registry.next_order_id(1) == child + 1
    floor.market.set_quote(CALL_CON_ID, 1.40, 1.45, 10)
    floor.step()
    assert floor.order(resting).status is OrderStatus.FILLED
    exec_ids = [execution.exec_id for execution in after.executions]
    assert len(set(exec_ids)) == len(exec_ids)
    floor.exchange.cancel(floor.order(parent))
    assert floor.order(child).status is OrderStatus.CANCELLED
    perm_ids = [order.perm_id for order in (*after.registry.live(), *after.registry.closed())]
    assert len(set(perm_ids)) == 4


def test_a_state_that_cannot_be_read_or_written_says_so(tmp_path, floor):
    with pytest.raises(JournalError, match="cannot be opened"):
        ExchangeJournal(tmp_path / "absent" / "exchange.db")
    path = tmp_path / "spoilt.db"
    journal = ExchangeJournal(path)
    journal.close()
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO orders VALUES (1, '{')")
    with pytest.raises(ConfigError, match="move it away"):
        ExchangeJournal(path).restore(OrderRegistry(), floor.exchange.account, Instruments(floor.market), [])
    floor.journal._database.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalError, match="cannot be written"):
        floor.place(con_id=SPY_CON_ID, limit="600")


def test_closed_orders_are_bounded_in_memory_and_their_ids_stay_used(floor):
    floor.exchange.registry._max_closed = 3
    for _ in range(6):
        floor.exchange.cancel(floor.order(floor.place(limit="1.00")))
    registry = floor.exchange.registry
    assert len(registry.closed()) == 3
    assert registry.id_was_used(1, 1)
    assert registry.next_order_id(1) == 7
