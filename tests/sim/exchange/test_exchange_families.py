"""Brackets and groups: children that wait, sizes that follow, and the other ways in which families may behave."""

import pytest
from tests.sim.exchange.conftest import DaysMarket

from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.reports import OrderReport
from alphatrader.sim.exchange.settings import Latency
from alphatrader.sim.scripted import CALL_CON_ID, CLOSE_NS, OPEN_NS, SPY_CON_ID


def bracket(floor, quantity=5, limit="2.00"):
    parent = floor.place(quantity=quantity, limit=limit, transmit=False)
    target = floor.place("SELL", quantity, "LMT", "2.50", parent_id=parent, transmit=False)
    stop = floor.place("SELL", quantity, "STP", stop="1.50", parent_id=parent)
    return parent, target, stop


@pytest.mark.parametrize("by_part", [True, False])
def test_children_wake_with_the_first_fill_or_with_the_last(new_floor, by_part):
    floor = new_floor(behaviours={"children_wake_by_part": by_part})
    floor.market.set_quote(CALL_CON_ID, 1.90, 2.00, 2)
    parent, target, stop = bracket(floor)
    assert floor.order(target).why_held == "child"
    assert floor.order(stop).why_held == "child,trigger"
    floor.step()
    floor.step()
    assert floor.order(parent).filled == 2
    assert floor.order(target).status is (OrderStatus.SUBMITTED if by_part else OrderStatus.PRE_SUBMITTED)
    floor.market.set_quote(CALL_CON_ID, 2.50, 2.60, 9)
    floor.step()
    assert floor.order(target).filled == (2 if by_part else 0)
    floor.exchange.cancel(floor.order(parent))
    floor.settle()
    floor.step()
    floor.step()
    assert floor.order(target).filled == 2
    assert floor.order(target).done
    assert floor.order(stop).status is OrderStatus.CANCELLED
    assert floor.held() == 0


def test_a_child_is_told_once_that_it_works(floor):
    _, target, _ = bracket(floor)
    floor.step()
    floor.step()
    told = [
        report.order.status.value
        for report in floor.reports
        if isinstance(report, OrderReport) and report.order.order_id == target
    ]
    assert told == ["PreSubmitted", "Submitted"]


def test_a_family_keeps_its_permanent_ids_and_its_group_over_modifications(floor):
    parent, target, stop = bracket(floor, limit="1.00")
    perm_ids = [floor.order(order).perm_id for order in (parent, target, stop)]
    assert {floor.order(order).oca_group for order in (target, stop)} == {str(perm_ids[0])}
    floor.place(order_id=parent, quantity=5, limit="1.10")
    floor.place("SELL", 5, "LMT", "2.40", order_id=target, parent_id=parent)
    assert [floor.order(order).perm_id for order in (parent, target, stop)] == perm_ids
    assert floor.codes() == []
    floor.place("SELL", 5, "LMT", "2.40", order_id=target)
    assert floor.codes() == [105]


def scale_out(floor, limit="2.00"):
    """Buy 3; two groups of exits, for 1 and for 2."""
    parent = floor.place(quantity=3, limit=limit, transmit=False)
    exits = []
    for group, quantity, target in (("a", 1, "2.40"), ("b", 2, "2.60")):
        fields = {"parent_id": parent, "oca_group": group, "oca_type": 2}
        exits.append(floor.place("SELL", quantity, "STP", stop="1.50", transmit=False, **fields))
        exits.append(floor.place("SELL", quantity, "LMT", target, transmit=group == "b", **fields))
    return parent, exits


@pytest.mark.parametrize("parents", [True, False])
def test_children_rest_with_their_parents_quantity_or_with_their_own(new_floor, parents):
    floor = new_floor(behaviours={"child_quantity_is_parents": parents})
    parent, exits = scale_out(floor, limit="1.00")
    asked = [1, 1, 2, 2]
    assert [floor.order(order).quantity for order in exits] == ([3] * 4 if parents else asked)
    floor.place("SELL", 1, "LMT", "2.40", order_id=exits[1], parent_id=parent, oca_group="a", oca_type=2)
    assert floor.order(exits[1]).quantity == (3 if parents else 1)
    floor.place(quantity=4, limit="2.00", order_id=parent)
    assert [floor.order(order).quantity for order in exits] == ([4] * 4 if parents else asked)
    told = {report.order.order_id: report.order.quantity for report in floor.reports if isinstance(report, OrderReport)}
    assert told == {order: floor.order(order).quantity for order in (parent, *exits)}
    floor.step()
    assert floor.order(parent).status is OrderStatus.FILLED
    for order, quantity in zip(exits[::2], asked[::2], strict=True):
        terms = {"parent_id": parent, "oca_group": floor.order(order).oca_group, "oca_type": 2}
        floor.place("SELL", quantity, "STP", stop="1.50", order_id=order, **terms)
        assert floor.order(order).quantity == quantity
    floor.reopen()
    assert [floor.order(order).quantity for order in exits[::2]] == asked[::2]


def test_exits_in_groups_of_their_own_go_each_with_its_own(new_floor):
    floor = new_floor(behaviours={"child_quantity_is_parents": False})
    parent, exits = scale_out(floor)
    floor.step()
    stop, target, stop2, target2 = (floor.order(order) for order in exits)
    assert [order.why_held for order in (stop, target, stop2, target2)] == ["trigger", "", "trigger", ""]
    floor.market.set_quote(CALL_CON_ID, 2.40, 2.44)
    floor.step()
    assert (target.status, stop.status) == (OrderStatus.FILLED, OrderStatus.CANCELLED)
    assert (stop2.quantity, target2.quantity) == (2, 2)
    assert not stop2.done
    assert not target2.done
    floor.market.set_quote(CALL_CON_ID, 1.40, 1.44)
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.40, 1.43)
    floor.step()
    assert (stop2.status, target2.status) == (OrderStatus.FILLED, OrderStatus.CANCELLED)
    assert floor.held() == 0
    assert floor.order(parent).filled == 3


def test_groups_of_a_family_are_not_held_to_the_entry_together(floor):
    """What a client must know who attaches two groups: each may sell all that the entry has bought."""
    scale_out(floor)
    floor.step()
    for ask in (1.44, 1.43):
        floor.market.set_quote(CALL_CON_ID, 1.40, ask)
        floor.step()
    assert floor.held() == -3


@pytest.mark.parametrize("oca_type", [1, 2, 3])
def test_a_partial_fill_cancels_or_reduces_the_group(floor, oca_type):
    floor.place(quantity=6, order_type="MKT")
    floor.step()
    floor.market.set_quote(CALL_CON_ID, 1.98, 2.00, 2)
    first = floor.place("SELL", 6, "LMT", "1.98", oca_group="g", oca_type=oca_type)
    other = floor.place("SELL", 6, "LMT", "2.40", oca_group="g", oca_type=oca_type)
    floor.step()
    assert floor.order(first).filled == 2
    if oca_type == 1:
        assert floor.order(other).status is OrderStatus.CANCELLED
    else:
        assert (floor.order(other).quantity, floor.order(other).done) == (4, False)
    floor.market.set_quote(CALL_CON_ID, 2.50, 2.60, 50)
    floor.step()
    assert floor.held() == 0


def test_a_group_does_not_overfill_while_its_cancels_are_under_way(new_floor):
    floor = new_floor(cancellation=Latency(500), acknowledgement=Latency(5))
    floor.place(quantity=4, order_type="MKT")
    floor.step()
    for price in ("1.98", "1.97"):
        floor.place("SELL", 4, "LMT", price, oca_group="g", oca_type=2)
    floor.step()
    floor.step()
    assert floor.held() == 0


def test_twenty_orders_a_side(floor):
    for _ in range(21):
        floor.place(limit="1.00")
    assert floor.codes() == [201]
    floor.place("SELL", 1, "LMT", "3.00")
    assert floor.codes() == [201]


@pytest.mark.parametrize("refused", [True, False])
def test_immediate_orders_while_closed_are_refused_or_wait(new_floor, refused):
    floor = new_floor(
        market=DaysMarket(start_ns=OPEN_NS - 1_000_000_000),
        behaviours={"immediate_refused_while_closed": refused},
    )
    order = floor.place(limit="2.00", tif="IOC")
    assert floor.codes() == ([201] if refused else [399])
    floor.at(OPEN_NS)
    floor.step()
    assert floor.order(order).status is (OrderStatus.INACTIVE if refused else OrderStatus.FILLED)


@pytest.mark.parametrize("bound", [True, False])
def test_cancels_past_the_cutoff_of_an_auction(new_floor, bound):
    floor = new_floor(market=DaysMarket(), behaviours={"cutoff_binds_cancels": bound})
    order = floor.place(quantity=10, order_type="MOC", con_id=SPY_CON_ID)
    floor.at(CLOSE_NS - 1_000_000_000)
    floor.exchange.mark_pending_cancel(floor.order(order))
    floor.exchange.cancel(floor.order(order))
    floor.settle()
    assert floor.codes() == ([161] if bound else [202])
    assert floor.order(order).status is (OrderStatus.SUBMITTED if bound else OrderStatus.CANCELLED)
