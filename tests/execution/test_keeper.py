"""The keeper: how it enters a trade of one step and keeps it protected."""

from decimal import Decimal

import pytest
from tests.execution.trade_bench import TradeBench, cancels

from alphatrader.domain.orders import Leg
from alphatrader.execution.keeper import ClosePosition, Footing, RepriceLeg, ResizeLeg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import OrderState

NO_STOP = "no working stop at the broker"
TOO_LARGE = "exit larger than the position"


# ------------------------------------------------------------------------------------------ entering


def test_a_protected_position_is_left_alone() -> None:
    bench = TradeBench().open()
    assert bench.step(1) == []
    assert bench.step(100) == []
    assert bench.trade.stop_resting()


def test_an_entry_that_does_not_fill_in_time_is_cancelled_once_and_its_children_with_it() -> None:
    bench = TradeBench().working()
    assert bench.step(19) == []
    assert cancels(bench.step(21)) == [1]
    assert bench.step(22) == [], "an unconfirmed cancel counts as live: nothing else is done"
    assert cancels(bench.step(27)) == [1], "a cancel that nobody answered is asked again"
    bench.status(1, "Cancelled")
    assert cancels(bench.step(28)) == [2, 3]


def test_an_entry_that_fills_while_it_is_cancelled_is_held() -> None:
    bench = TradeBench().working()
    bench.step(21)
    bench.fill(1, 4)
    assert bench.step(22) == []
    assert bench.trade.stop_resting()


def test_a_halt_takes_the_entry_and_leaves_the_stop_of_what_is_held() -> None:
    bench = TradeBench().working().fill(1, 1)
    halted = Footing(no_entries="halt: look")
    (action,) = bench.step(1, footing=halted)
    assert (action.order.leg, action.reason) == (Leg.ENTRY, "halt: look")  # type: ignore[union-attr]
    bench.status(1, "Cancelled").status(2, "PreSubmitted", quantity=1).status(3, "PreSubmitted", quantity=1)
    assert bench.step(10, footing=halted) == []
    assert bench.trade.stop_resting()


def test_silence_becomes_unknown_and_costs_no_exit() -> None:
    bench = TradeBench().sent()
    bench.step(4)
    assert bench.order(1).state is OrderState.SENT
    bench.step(6)
    assert {order.state for order in bench.trade.orders.values()} == {OrderState.UNKNOWN}
    assert cancels(bench.step(21)) == [1], "what may be live is cancelled, whatever is known of it"


def test_an_order_that_was_never_sent_becomes_unknown_after_its_deadline() -> None:
    bench = TradeBench()
    bench.step(14)
    assert bench.order(1).state is OrderState.INTENDED
    bench.step(16)
    assert bench.order(1).state is OrderState.UNKNOWN


# ------------------------------------------------------------------------------------------ protection


@pytest.mark.parametrize("status", ["Cancelled", "Inactive"])
def test_a_lost_stop_gets_the_position_closed_through_the_target(status: str) -> None:
    bench = TradeBench().open().status(2, status)
    assert bench.step(1) == [], "a moment is granted for the broker to say"
    (action,) = bench.step(4)
    assert isinstance(action, RepriceLeg)
    assert (bench.trade.exit_reason, bench.trade.forced) == (NO_STOP, True)


def test_a_stop_that_is_confirmed_within_the_moment_keeps_the_trade() -> None:
    bench = TradeBench().sent().status(1, "Submitted").status(3, "PreSubmitted").fill(1, 4)
    assert bench.step(1) == []
    bench.status(2, "PreSubmitted")
    assert bench.step(2) == []
    assert bench.step(10) == []
    assert bench.trade.exit_reason == ""


def test_a_stop_smaller_than_the_position_does_not_protect_it() -> None:
    bench = TradeBench().open().status(2, "PreSubmitted", quantity=3)
    bench.step(1)
    bench.step(4)
    assert bench.trade.exit_reason == NO_STOP


def test_without_any_exit_order_a_closing_order_is_sent_for_what_is_held() -> None:
    bench = TradeBench().open().status(2, "Inactive").status(3, "Inactive")
    bench.step(1)
    assert bench.step(4) == [ClosePosition(4, Decimal("1.38"), NO_STOP)]


def test_an_unreconciled_position_is_not_judged_unprotected() -> None:
    bench = TradeBench().open().status(2, "Cancelled")
    for second in (1, 5, 9):
        assert bench.step(second, footing=Footing(reconciled=False)) == []
    assert bench.trade.exit_reason == ""


def test_a_partly_filled_entry_shrinks_its_exits_to_the_position() -> None:
    bench = TradeBench().working().fill(1, 1).status(1, "Cancelled")
    assert bench.step(1) == [], "the gateway may do it by itself"
    assert bench.step(4) == [ResizeLeg(bench.order(2), 1, TOO_LARGE), ResizeLeg(bench.order(3), 1, TOO_LARGE)]
    assert bench.step(5) == [], "asked again only after a while"
    bench.status(2, "PreSubmitted", quantity=1).status(3, "PreSubmitted", quantity=1)
    assert bench.step(9) == []


def test_exits_of_a_growing_position_are_not_shrunk() -> None:
    bench = TradeBench().working().fill(1, 1)
    assert bench.step(1) == []
    assert bench.step(10) == []


def test_a_resize_counts_what_a_status_said_was_filled() -> None:
    """The total at the broker holds what it has filled, whether we have heard the executions or not."""
    bench = TradeBench().open()
    bench.status(3, "Submitted", filled=1)
    bench.trade.sold_elsewhere = 1
    bench.step(1)
    resizes = {a.order.ticket.order_id: a.quantity for a in bench.step(4) if isinstance(a, ResizeLeg)}
    assert resizes == {2: 2, 3: 3}, "two are left: the stop of two, the target of one filled and two to come"


def test_a_fill_that_was_reported_but_not_heard_keeps_the_exits_of_a_dead_entry() -> None:
    bench = TradeBench().working().fill(1, 1).status(1, "Cancelled", filled=3)
    for second in (1, 4, 8):
        assert bench.step(second) == [], "three may be held: no exit shrinks to the one that was heard of"
    bench.fill(1, 2)
    assert bench.step(9) == []
    assert bench.step(12) == [ResizeLeg(bench.order(2), 3, TOO_LARGE), ResizeLeg(bench.order(3), 3, TOO_LARGE)]


def test_a_disputed_position_loses_no_exit() -> None:
    held = TradeBench().working().fill(1, 1).status(1, "Cancelled")
    unfilled = TradeBench().working().status(1, "Cancelled")
    for second in (1, 4, 8):
        assert held.step(second, footing=Footing(disputed=True)) == []
        assert unfilled.step(second, footing=Footing(disputed=True)) == []
    assert cancels(unfilled.step(9)) == [2, 3]


def test_scaled_time_grants_the_wall_its_due() -> None:
    """At ten times the speed the same message takes ten times as long in market time."""
    bench = TradeBench(settings=ExecutionSettings(stop_check_ms=2_000))
    bench.keeper = type(bench.keeper)(ExecutionSettings(stop_check_ms=2_000), 10.0)
    bench.open().status(2, "Cancelled")
    bench.step(1)
    assert bench.step(20) == []
    assert [type(a) for a in bench.step(22)] == [RepriceLeg]
