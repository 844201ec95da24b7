"""Reports put into the order that is chosen: the same reports, only a repetition may go."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.exchange.orders import ExecutionRecord, Order, OrderStatus
from alphatrader.sim.exchange.reports import CommissionReport, FillReport, Notice, OrderReport, PositionReport
from alphatrader.sim.gateway.order_sequence import arrange

SWITCHES = (
    "rejection_before_inactive",
    "cancelled_status_before_202",
    "filled_before_execution",
    "filled_status_twice",
)


def order(number, status):
    return Order(
        con_id=1,
        order_type="LMT",
        tif="DAY",
        perm_id=number,
        client_id=1,
        order_id=number,
        side="BUY",
        quantity=1,
        placed_ns=0,
        priority=0,
        status=status,
    )


def fill(number):
    one = Decimal(1)
    values = (1, "BUY", 1, one, 0, "ARCA", 1, one, "", 2, one, None)
    return ExecutionRecord(f"e{number}", number, 1, number, *values)


numbers = st.integers(1, 2)
report = st.one_of(
    st.builds(lambda n, s, full: OrderReport(order(n, s), full), numbers, st.sampled_from(OrderStatus), st.booleans()),
    st.builds(lambda n, code: Notice(1, n, code, ""), numbers, st.sampled_from([201, 202, 399])),
    st.builds(lambda n: FillReport(fill(n)), numbers),
    st.builds(lambda n: CommissionReport(fill(n)), numbers),
    st.just(PositionReport(1)),
)


@pytest.mark.parametrize("values", list(itertools.product([True, False], repeat=len(SWITCHES))))
@settings(max_examples=25, deadline=None)
@given(reports=st.lists(report, max_size=8))
def test_nothing_is_lost_and_each_orders_states_keep_their_order(values, reports):
    chosen = dict(zip(SWITCHES, values, strict=True))
    arranged = arrange(reports, Behaviours(TABLE, chosen))
    lost = [found for found in reports if not any(found is kept for kept in arranged)]
    if chosen["filled_status_twice"]:
        assert lost == []
    assert all(not found.full and found.order.status is OrderStatus.FILLED for found in lost)
    for kind in (OrderReport, FillReport, Notice):
        before = [id(found) for found in reports if isinstance(found, kind) and found not in lost]
        assert [id(found) for found in arranged if isinstance(found, kind)] == before
