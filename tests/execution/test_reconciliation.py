"""Reconciliation settles only what two complete polls, far enough apart, have shown."""

from decimal import Decimal

from alphatrader.domain.orders import BrokerSnapshot, Execution, Leg, OpenOrder, OrderTicket, PositionRow
from alphatrader.execution.ledger import Ledger
from alphatrader.execution.reconciliation import compare_positions, order_key, settle_absent
from alphatrader.execution.tracking import OrderState, TrackedOrder

S = 1_000_000_000


def snapshot(*orders: OpenOrder, positions: tuple[PositionRow, ...] = ()) -> BrokerSnapshot:
    return BrokerSnapshot(positions, orders, (), complete=True)


def silent_order() -> TrackedOrder:
    ticket = OrderTicket(5, Leg.ENTRY, "BUY", 2, "LMT", "DAY", limit_price=Decimal(1))
    tracked = TrackedOrder(ticket, "r.1", 2)
    tracked.on_sent(1)
    tracked.state = OrderState.UNKNOWN
    return tracked


def test_one_poll_settles_nothing_two_in_a_row_do() -> None:
    order = silent_order()
    assert settle_absent([order], snapshot(), 0 * S, 10 * S) == []
    assert settle_absent([order], snapshot(), 9 * S, 10 * S) == []
    assert settle_absent([order], snapshot(), 10 * S, 10 * S) == [order]
    assert order.state is OrderState.NOT_SENT


def test_an_order_that_shows_up_again_starts_over() -> None:
    order = silent_order()
    listed = OpenOrder(5, 1, 1, 7, "BUY", 2, "LMT", "Submitted", "r.1:entry")
    settle_absent([order], snapshot(), 0, 10 * S)
    settle_absent([order], snapshot(listed), 5 * S, 10 * S)
    assert settle_absent([order], snapshot(), 12 * S, 10 * S) == []


def test_an_order_known_by_reference_only_counts_as_listed() -> None:
    order = silent_order()
    listed = OpenOrder(99, 1, 1, 7, "BUY", 2, "LMT", "Submitted", "r.1:entry")
    for second in (0, 20):
        assert settle_absent([order], snapshot(listed), second * S, 10 * S) == []


def test_a_formerly_working_order_counts_as_cancelled_not_as_never_sent() -> None:
    order = silent_order()
    order.perm_id = 77
    settle_absent([order], snapshot(), 0, 10 * S)
    settle_absent([order], snapshot(), 10 * S, 10 * S)
    assert order.state is OrderState.CANCELLED


def test_an_order_that_was_never_sent_is_not_missed() -> None:
    order = silent_order()
    order.state, order.sent_ns = OrderState.INTENDED, 0
    for second in (0, 20):
        assert settle_absent([order], snapshot(), second * S, 10 * S) == []
    assert order.state is OrderState.INTENDED


def test_an_order_known_by_its_permanent_id_counts_as_listed_and_by_its_order_id_alone_does_not() -> None:
    ours, other = silent_order(), silent_order()
    ours.perm_id = other.perm_id = 77
    manual = OpenOrder(0, 77, 0, 7, "BUY", 2, "LMT", "Submitted", "")
    of_another_client = OpenOrder(5, 1, 9, 7, "BUY", 2, "LMT", "Submitted", "")
    for second in (0, 20):
        assert settle_absent([ours], snapshot(manual), second * S, 10 * S) == []
    settle_absent([other], snapshot(of_another_client), 0, 10 * S)
    assert settle_absent([other], snapshot(of_another_client), 20 * S, 10 * S) == [other]


def test_an_order_with_a_fill_was_sent() -> None:
    order = silent_order()
    order.on_execution(Execution("a.1.01", 5, 0, 7, "BUY", 1, Decimal(1), 1))
    order.state = OrderState.UNKNOWN
    settle_absent([order], snapshot(), 0, 10 * S)
    settle_absent([order], snapshot(), 10 * S, 10 * S)
    assert order.state is OrderState.CANCELLED


def test_positions_of_the_account_are_compared_ours_and_not_ours_together() -> None:
    ledger = Ledger()
    ledger.add(Execution("a.1.01", 1, 1, 7, "BUY", 2, Decimal(1), 1))
    ledger.add(Execution("b.1.01", 9, 9, 7, "BUY", 3, Decimal(1), 2), own=False)
    assert compare_positions(snapshot(positions=(PositionRow("DU1", 7, "SPY", 5, Decimal(100)),)), ledger) == []
    (mismatch,) = compare_positions(snapshot(positions=(PositionRow("DU1", 7, "SPY", 2, Decimal(100)),)), ledger)
    assert mismatch.text() == "SPY (contract 7): the broker holds 2, our executions add up to 5"


def test_positions_of_either_side_must_agree() -> None:
    ledger = Ledger()
    ledger.add(Execution("a.1.01", 1, 1, 7, "BUY", 2, Decimal(1), 1))
    agree = PositionRow("DU1", 7, "SPY", 2, Decimal(100))
    stranger = PositionRow("DU1", 8, "QQQ", 1, Decimal(100))
    assert compare_positions(snapshot(positions=(agree,)), ledger) == []
    assert [m.con_id for m in compare_positions(snapshot(positions=(agree, stranger)), ledger)] == [8]
    (missing,) = compare_positions(snapshot(), ledger)
    assert (missing.broker_quantity, missing.ledger_quantity) == (0, 2)


def test_order_reference_names_intent_and_leg() -> None:
    ours = OpenOrder(1, 1, 1, 7, "SELL", 1, "STP", "Submitted", "261123-093000.4:stop")
    second = OpenOrder(1, 1, 1, 7, "SELL", 1, "STP", "Submitted", "261123-093000.4:stop2")
    manual = OpenOrder(1, 1, 1, 7, "SELL", 1, "STP", "Submitted", "")
    assert order_key(ours) == ("261123-093000.4", "stop")
    assert order_key(second) == ("261123-093000.4", "stop2")
    assert order_key(manual) is None
