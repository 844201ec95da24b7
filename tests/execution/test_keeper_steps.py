"""The keeper with plans of several steps, and with stops that trail."""

from decimal import Decimal

import pytest
from tests.execution.terms import plan
from tests.execution.trade_bench import RUNNER, TWO_STEPS, TradeBench, cancels

from alphatrader.domain.exit_plans import StopTerms
from alphatrader.execution.keeper import ClosePosition, MoveStopLeg, RepriceLeg, ResizeLeg

NO_STOP = "no working stop at the broker"
LIMIT = Decimal("1.38")


def two_steps() -> TradeBench:
    return TradeBench(TWO_STEPS, 10)


def runner() -> TradeBench:
    return TradeBench(RUNNER, 10)


# ------------------------------------------------------------------------------------------ entering by steps


def test_every_entry_that_does_not_fill_in_time_is_cancelled() -> None:
    bench = two_steps().working().fill(1, 5)
    assert cancels(bench.step(21)) == [4]
    neither = two_steps().working()
    assert cancels(neither.step(21)) == [1, 4]


def test_what_is_left_of_a_step_whose_entry_died_unfilled_is_cancelled() -> None:
    bench = two_steps().working().fill(1, 5).status(4, "Cancelled")
    assert bench.step(1) == [], "the gateway may do it by itself"
    assert cancels(bench.step(4)) == [5, 6]
    assert bench.step(5) == []
    assert bench.trade.stop_resting()


def test_the_first_step_goes_where_the_second_alone_was_bought() -> None:
    bench = two_steps().working().fill(4, 5).status(1, "Cancelled")
    bench.step(1)
    assert cancels(bench.step(4)) == [2, 3], "not the exits of what is held"


def test_a_stop_of_a_step_that_bought_nothing_protects_nothing() -> None:
    bench = two_steps().working().fill(1, 5).status(2, "Inactive")
    assert not bench.trade.stop_resting()
    bench.step(1)
    bench.step(4)
    assert cancels(bench.step(5)) == [4], "it must go, and for that the other entry first"
    assert bench.trade.exit_reason == NO_STOP


def test_partial_entries_shrink_the_exits_of_their_own_step() -> None:
    bench = two_steps().working().fill(1, 2).fill(4, 3).status(1, "Cancelled").status(4, "Cancelled")
    bench.step(1)
    sizes = {a.order.ticket.order_id: a.quantity for a in bench.step(4) if isinstance(a, ResizeLeg)}
    assert sizes == {2: 2, 3: 2, 5: 3, 6: 3}


def test_steps_of_different_remains_are_sized_alike() -> None:
    """Of the stop of one step and the target of another both can be executed: together no more than is held."""
    bench = two_steps().open().status(2, "Inactive")
    bench.trade.sold_elsewhere = 3
    bench.step(1)
    actions = bench.step(4)
    sizes = {a.order.ticket.order_id: a.quantity for a in actions if isinstance(a, ResizeLeg)}
    assert sizes == {5: 2, 6: 2}


def test_what_was_sold_by_hand_comes_off_the_last_step() -> None:
    bench = two_steps().open()
    bench.trade.sold_elsewhere = 7
    bench.step(1)
    actions = bench.step(4)
    assert {a.order.ticket.order_id: a.quantity for a in actions if isinstance(a, ResizeLeg)} == {2: 3, 3: 3}
    assert cancels(actions) == [5, 6]


def test_a_cancel_of_a_step_that_got_lost_is_asked_again() -> None:
    bench = two_steps().open()
    bench.trade.sold_elsewhere = 5
    bench.step(1)
    assert cancels(bench.step(4)) == [5, 6]
    assert bench.step(8) == []
    assert cancels(bench.step(11) + bench.step(14)) == [5, 6], "nobody answered for longer than an answer takes"


# ------------------------------------------------------------------------------------------ leaving by steps


def test_after_the_first_target_the_second_step_stays_protected() -> None:
    bench = two_steps().open().fill(3, 5).status(2, "Cancelled")
    for second in (1, 5, 10):
        assert bench.step(second) == []
    assert bench.trade.open_quantity == 5
    assert bench.trade.stop_resting()


def test_an_exit_reprices_all_targets_and_keeps_all_stops() -> None:
    bench = two_steps().open().leave()
    assert bench.step(1) == [
        RepriceLeg(bench.order(3), LIMIT, "flatten"),
        RepriceLeg(bench.order(6), LIMIT, "flatten"),
    ]
    assert bench.trade.stop_resting()


def test_an_exit_of_targets_too_large_shrinks_the_last_first() -> None:
    bench = two_steps().working().fill(1, 5).fill(4, 2).status(4, "Cancelled").leave()
    (shrink,) = bench.step(1)
    assert shrink == ResizeLeg(bench.order(6), 2, "exit larger than the position")


def test_the_runner_is_closed_while_the_target_of_the_other_step_works() -> None:
    bench = runner().open().leave()
    actions = bench.step(1)
    assert [a for a in actions if isinstance(a, RepriceLeg)] == [RepriceLeg(bench.order(3), LIMIT, "flatten")]
    assert cancels(actions) == [5], "the stop of what no target works on makes room"
    assert bench.step(1.2) == []
    bench.status(5, "Cancelled").status(3, "Submitted", limit="1.38")
    assert bench.step(1.3) == [ClosePosition(5, LIMIT, "flatten")], "at once: it has no stop any more"
    bench.flattening(9, 5)
    for second in (2, 5, 9):
        assert bench.step(second) == []


def test_the_runner_alone_is_closed_after_the_cancel_of_its_stop() -> None:
    bench = runner().open().fill(3, 5).status(2, "Cancelled").leave()
    assert cancels(bench.step(1)) == [5]
    bench.status(5, "Cancelled")
    assert bench.step(2) == [ClosePosition(5, LIMIT, "flatten")]


def test_the_runner_is_not_sold_for_a_fill_of_the_other_step_that_was_not_heard() -> None:
    """The status of the target came, its execution did not: what it sold must not be sold with the rest."""
    bench = runner().open().status(3, "Filled", filled=5).status(2, "Cancelled")
    for second in (1, 5, 10):
        assert bench.step(second) == [], "the stop of the runner covers what is left"
    bench.leave()
    assert cancels(bench.step(11)) == [5]
    bench.status(5, "Cancelled")
    assert bench.step(12) == [ClosePosition(5, LIMIT, "flatten")]


def test_a_closing_order_of_the_runner_shrinks_when_others_sold_of_it() -> None:
    bench = runner().open().status(5, "Cancelled").leave().flattening(9, 5)
    bench.status(3, "Submitted", limit="1.38")
    bench.step(1)
    bench.trade.sold_elsewhere = 3
    actions = bench.step(5)
    assert ResizeLeg(bench.order(9), 2, "exit larger than the position") in actions


def test_a_lost_stop_of_one_step_ends_the_whole_trade() -> None:
    bench = two_steps().open().status(5, "Inactive")
    bench.step(1)
    assert [type(a) for a in bench.step(4)] == [RepriceLeg, RepriceLeg]
    assert bench.trade.exit_reason == NO_STOP


# ------------------------------------------------------------------------------------------ trailing


def trailing() -> TradeBench:
    """From +20% on (1.80) a tenth under the best bid; the stop rests at 1.12."""
    return TradeBench(plan((1.0, 1.0), trailing=(0.2, 0.1))).open()


def moves(actions: object) -> list[tuple[int, Decimal]]:
    assert isinstance(actions, list)
    return [(a.order.ticket.order_id, a.stop_price) for a in actions if isinstance(a, MoveStopLeg)]


def test_a_stop_trails_from_its_gain_on() -> None:
    bench = trailing()
    assert bench.step(1, bid=1.79) == []
    assert moves(bench.step(2, bid=1.80)) == [(2, Decimal("1.62"))]


def test_a_stop_follows_upward_only_and_not_at_every_look() -> None:
    bench = trailing()
    bench.step(1, bid=1.80)
    bench.status(2, "PreSubmitted", stop="1.62")
    assert bench.step(2, bid=2.00) == [], "moved at most every few seconds"
    assert moves(bench.step(4, bid=2.00)) == [(2, Decimal("1.80"))]
    bench.status(2, "PreSubmitted", stop="1.80")
    assert bench.step(8, bid=1.85) == [], "the best bid counts, and the stop stands there already"


def test_a_move_that_got_lost_is_sent_again() -> None:
    bench = trailing()
    first = bench.step(1, bid=2.00)
    assert moves(first)
    assert moves(bench.step(4, bid=2.00)) == moves(first)


def test_all_steps_trail_together_but_those_that_stand_higher() -> None:
    bench = TradeBench(plan((1.0, 0.5), (2.0, 0.5), trailing=(0.2, 0.1)), 10).open()
    bench.status(5, "PreSubmitted", stop="1.90")
    assert moves(bench.step(1, bid=2.00)) == [(2, Decimal("1.80"))]


def test_a_bid_that_falls_through_before_the_stop_was_moved_ends_the_trade() -> None:
    bench = trailing()
    bench.step(1, bid=1.80)
    bench.status(2, "PreSubmitted", stop="1.62")
    assert bench.step(2, bid=3.00) == []
    (action,) = bench.step(2.5, bid=2.65)
    assert action == RepriceLeg(bench.order(3), Decimal("2.63"), "the bid fell through its trailing stop at 2.70")
    assert not bench.trade.forced


def test_no_stop_is_moved_to_the_bid_itself() -> None:
    bench = trailing()
    assert moves(bench.step(1, bid=2.00)) == [(2, Decimal("1.80"))]
    assert moves(bench.step(5, bid=1.80)) == []
    assert bench.trade.exit_reason == "the bid fell through its trailing stop at 1.80"


def test_a_stop_that_stands_where_it_belongs_is_left_to_the_broker() -> None:
    bench = trailing()
    bench.step(1, bid=2.00)
    bench.status(2, "PreSubmitted", stop="1.80")
    assert bench.step(5, bid=1.78) == []
    assert bench.trade.exit_reason == ""


@pytest.mark.parametrize("bid", [None, 2.00])
def test_nothing_trails_without_a_bid_or_a_contract(bid: float | None) -> None:
    bench = trailing()
    if bid is not None:
        bench.trade.instrument = None
    assert bench.step(1, bid=bid) == []


def test_a_leaving_trade_moves_no_stop() -> None:
    bench = trailing().leave()
    assert moves(bench.step(1, bid=2.00)) == []


def test_a_stop_on_the_underlying_does_not_trail() -> None:
    stop = StopTerms(kind="underlying_price", loss_fraction=0.5, underlying_price=Decimal(640))
    bench = TradeBench(plan((1.0, 1.0), stop=stop, trailing=(0.2, 0.1))).open()
    assert bench.step(1, bid=2.00) == []
