"""The keeper: how it gets out of a trade of one step, and when it must."""

from decimal import Decimal

import pytest
from msgspec import structs
from tests.execution.terms import OPEN_NS, S, option, plan
from tests.execution.trade_bench import ONE_TARGET, TradeBench, cancels

from alphatrader.domain.exit_plans import LatestExit
from alphatrader.execution.keeper import ClosePosition, Footing, RepriceLeg, ResizeLeg
from alphatrader.execution.tracking import OrderState

TOO_LARGE = "exit larger than the position"


# ------------------------------------------------------------------------------------------ leaving


def test_the_time_exit_reprices_the_target_and_keeps_the_stop() -> None:
    bench = TradeBench().open()
    bench.step(1)
    (action,) = bench.step(182)
    assert action == RepriceLeg(bench.order(3), Decimal("1.38"), "held 180 s, the longest the strategy allows")
    assert bench.trade.stop_resting()
    bench.status(3, "Submitted", limit="1.38")
    assert bench.step(183, bid=1.30) == [], "repriced at most every few seconds"
    assert bench.step(186) == [], "its limit is in force"
    (again,) = bench.step(187, bid=1.30)
    assert isinstance(again, RepriceLeg)
    assert again.limit_price == Decimal("1.28")


def test_a_change_that_got_lost_is_sent_again() -> None:
    bench = TradeBench().open().leave()
    first = bench.step(1)
    assert bench.step(2) == []
    assert bench.step(5) == first


def test_an_exit_waits_until_the_rest_of_the_entry_is_gone() -> None:
    bench = TradeBench().working().fill(1, 1).leave()
    assert cancels(bench.step(1)) == [1]
    assert bench.step(2) == []
    bench.status(1, "Cancelled").status(2, "PreSubmitted", quantity=1).status(3, "PreSubmitted", quantity=1)
    (action,) = bench.step(3)
    assert isinstance(action, RepriceLeg)


def test_an_exit_of_a_target_that_is_too_large_shrinks_it_first() -> None:
    bench = TradeBench().working().fill(1, 1).status(1, "Cancelled").leave()
    assert bench.step(1) == [ResizeLeg(bench.order(3), 1, TOO_LARGE)]
    bench.status(3, "Submitted", quantity=1)
    assert [type(a) for a in bench.step(5)] == [ResizeLeg, RepriceLeg], "the stop shrinks, the target is priced"


def test_a_closing_order_waits_until_the_cancel_of_the_stop_is_confirmed() -> None:
    bench = TradeBench().open().status(3, "Inactive").leave()
    assert cancels(bench.step(1)) == [2]
    assert bench.step(2) == []
    assert cancels(bench.step(7)) == [2], "unanswered, so asked again"
    bench.status(2, "Cancelled")
    assert bench.step(7.1) == [ClosePosition(4, Decimal("1.38"), "flatten")]
    assert bench.step(7.2) == [], "not proposed at every look"


def test_a_closing_order_on_its_way_is_not_made_twice() -> None:
    bench = TradeBench().open().status(2, "Cancelled").status(3, "Cancelled").leave()
    (close,) = bench.step(1)
    assert isinstance(close, ClosePosition)
    bench.flattening(9, 4)
    for second in (2, 5, 9):
        assert bench.step(second) == []
    (reprice,) = bench.step(12, bid=1.20)
    assert isinstance(reprice, RepriceLeg)
    assert reprice.limit_price == Decimal("1.18")


def test_a_market_order_has_no_limit_to_move() -> None:
    bench = TradeBench().open().status(2, "Cancelled").status(3, "Cancelled").leave(forced=True)
    bench.flattening(9, 4, limit=None)
    for second in (1, 5, 20):
        assert bench.step(second) == []
        assert bench.step(second + 1, bid=None) == []


def test_a_fill_in_the_cancel_window_leaves_nothing_to_close() -> None:
    bench = TradeBench().open().status(3, "Inactive").leave()
    assert cancels(bench.step(1)) == [2]
    bench.fill(2, 4)
    assert bench.trade.open_quantity == 0
    assert bench.step(3) == []
    assert bench.trade.closed


def test_the_stop_stays_while_the_fate_of_the_target_is_open() -> None:
    bench = TradeBench().open().leave()
    bench.order(3).state = OrderState.UNKNOWN
    for second in (1, 5, 9):
        assert bench.step(second) == [], "no closing order could follow the cancel"
    bench.order(3).state = OrderState.NOT_SENT
    assert cancels(bench.step(10)) == [2]


def test_a_target_whose_cancel_got_lost_is_cancelled_again() -> None:
    bench = TradeBench().open().leave()
    bench.order(3).cancel_requested_ns = OPEN_NS + S
    assert bench.step(2) == []
    assert cancels(bench.step(7)) == [3]


def test_what_a_status_says_was_sold_is_not_sold_again() -> None:
    bench = TradeBench().open().status(3, "Cancelled", filled=3).status(2, "Cancelled").leave()
    assert bench.step(1) == [ClosePosition(1, Decimal("1.38"), "flatten")]


def test_a_position_that_a_status_says_is_sold_has_no_use_for_its_stop() -> None:
    bench = TradeBench().open().status(3, "Filled", filled=4)
    assert cancels(bench.step(1)) == [2, 3], "left alone, the stop would open a short"
    assert not bench.trade.closed, "its executions are still to come"


def test_what_was_sold_by_hand_is_not_sold_again() -> None:
    bench = TradeBench().open().status(2, "Cancelled").status(3, "Cancelled").leave()
    bench.trade.sold_elsewhere = 3
    assert bench.step(1) == [ClosePosition(1, Decimal("1.38"), "flatten")]


def test_exits_of_a_position_that_was_sold_by_hand_are_cancelled() -> None:
    bench = TradeBench().open()
    bench.trade.sold_elsewhere = 4
    assert cancels(bench.step(1)) == [2, 3]


def test_no_more_is_closed_than_the_broker_says_it_holds() -> None:
    bench = TradeBench().open().status(2, "Cancelled").status(3, "Cancelled").leave()
    assert bench.step(1, footing=Footing(disputed=True, at_broker=0)) == []
    assert bench.step(2, footing=Footing(disputed=True, at_broker=-4)) == []
    less = bench.step(3, footing=Footing(disputed=True, at_broker=1))
    assert less == [ClosePosition(1, Decimal("1.38"), "flatten")]
    more = bench.step(7, footing=Footing(disputed=True, at_broker=9))
    assert more == [ClosePosition(4, Decimal("1.38"), "flatten")]


def test_a_stop_stays_where_the_broker_holds_nothing_to_close() -> None:
    bench = TradeBench().open().status(3, "Cancelled").leave()
    assert bench.step(1, footing=Footing(disputed=True, at_broker=0)) == []


def test_no_target_is_moved_to_the_market_for_what_the_broker_does_not_hold() -> None:
    bench = TradeBench().open().leave()
    assert bench.step(1, footing=Footing(disputed=True, at_broker=0)) == []
    assert bench.step(5, footing=Footing(disputed=True, at_broker=1)) == [ResizeLeg(bench.order(3), 1, TOO_LARGE)]
    bench.status(3, "Submitted", quantity=1)
    less = bench.step(9, footing=Footing(disputed=True, at_broker=1))
    assert less == [RepriceLeg(bench.order(3), Decimal("1.38"), "flatten")]


# ------------------------------------------------------------------------------------------ what two polls say


def proven(at_broker: int) -> Footing:
    return Footing(disputed=True, at_broker=at_broker, proven=True)


@pytest.mark.parametrize("at_broker", [0, -4])
def test_no_exit_rests_for_what_is_proven_to_be_gone(at_broker: int) -> None:
    """Sold by hand while nobody looked: left alone, the stop would open a short."""
    bench = TradeBench().open()
    assert cancels(bench.step(1, footing=proven(at_broker))) == [2, 3]
    for number in (2, 3):
        bench.status(number, "Cancelled")
    bench.leave(forced=True)
    for second in (2, 6, 30):
        assert bench.step(second, footing=proven(at_broker)) == [], "and nothing is sold"


def test_exits_shrink_to_what_is_proven_to_be_left() -> None:
    bench = TradeBench().open()
    assert bench.step(1, footing=proven(1)) == []
    assert bench.step(4, footing=proven(1)) == [ResizeLeg(bench.order(number), 1, TOO_LARGE) for number in (2, 3)]
    for number in (2, 3):
        bench.status(number, "Submitted", quantity=1)
    assert bench.step(8, footing=proven(1)) == [], "what is left is protected, and stays"
    assert not bench.trade.exit_reason


def test_more_than_is_ours_changes_no_exit_however_often_it_is_said() -> None:
    held, unfilled = TradeBench().open(), TradeBench().working().status(1, "Cancelled")
    for second in (1, 4, 8):
        assert held.step(second, footing=proven(9)) == []
        assert unfilled.step(second, footing=proven(4)) == []


# ------------------------------------------------------------------------------------------ without a bid


def test_without_a_bid_the_stop_stays_and_the_target_is_not_moved_blindly() -> None:
    bench = TradeBench().open().leave()
    assert bench.step(1, bid=None) == []
    assert bench.step(60, bid=None) == [], "nobody said that it must go at any price"


def test_a_forced_exit_without_a_bid_goes_at_any_price_after_a_while() -> None:
    bench = TradeBench().open().leave(forced=True)
    assert bench.step(1, bid=None) == []
    assert bench.step(10, bid=None) == []
    assert bench.step(12, bid=None) == [RepriceLeg(bench.order(3), Decimal("0.01"), "flatten")]


def test_a_bid_in_between_starts_the_wait_anew() -> None:
    bench = TradeBench().open().leave(forced=True)
    bench.step(1, bid=None)
    bench.step(8, bid=1.40)
    assert bench.step(12, bid=None) == []


def test_no_price_is_made_for_a_contract_that_is_not_qualified() -> None:
    bench = TradeBench().open().leave(forced=True)
    bench.trade.instrument = None
    assert bench.step(1) == []
    assert bench.step(60) == []


# ------------------------------------------------------------------------------------------ deadlines


def before_close(lead_s: float) -> TradeBench:
    latest = LatestExit(kind="before_close", date="2026-11-24", lead_s=lead_s)
    return TradeBench(plan((0.4, 1.0), latest=latest), instrument=option("20261218")).open()


def test_the_latest_exit_of_the_plan_begins_the_exit() -> None:
    bench = before_close(600)
    assert bench.step(380 * 60 - 1) == []
    (action,) = bench.step(380 * 60)
    assert isinstance(action, RepriceLeg)
    assert bench.trade.exit_reason == "600 s before the close of 2026-11-24"
    assert not bench.trade.forced


def test_a_contract_of_shares_is_left_on_its_expiry_day_without_any_plan() -> None:
    bench = TradeBench(plan((0.4, 1.0))).open()
    assert bench.step(370 * 60 - 1) == []
    assert [type(a) for a in bench.step(370 * 60)] == [RepriceLeg]


def test_a_plan_that_no_calendar_knows_is_left_at_once() -> None:
    latest = LatestExit(kind="overnight_until", date="soon", clock="10:00")
    bench = TradeBench(plan((0.4, 1.0), latest=latest), instrument=option("20261218")).open()
    assert [type(a) for a in bench.step(1)] == [RepriceLeg]


def test_a_trade_held_over_night_keeps_its_stop_and_is_left_on_time() -> None:
    latest = LatestExit(kind="overnight_until", date="2026-11-25", clock="10:00")
    bench = TradeBench(plan((0.4, 1.0), latest=latest), instrument=option("20261218")).open()
    for hour in (1, 6.4, 7, 12, 23.9):
        assert bench.step(hour * 3_600, bid=None if hour > 6.5 else 1.40) == []
    assert bench.trade.stop_resting()
    assert [type(a) for a in bench.step(24.5 * 3_600)] == [RepriceLeg]


@pytest.mark.parametrize("flattened", [False, True])
def test_nothing_is_sent_after_the_last_trade(flattened: bool) -> None:
    bench = TradeBench(plan((0.4, 1.0), trailing=(0.2, 0.1)), instrument=option("20261123")).open()
    if flattened:
        bench.leave(forced=True)
    for second in (1, 5, 20):
        assert bench.step(second, bid=2.00) == [], "it expired yesterday"
    bench.status(2, "Cancelled").status(3, "Cancelled")
    for second in (30, 40, 60):
        assert bench.step(second) == []


def test_a_cash_contract_is_left_to_settle() -> None:
    instrument = option("20261124", listed_class="SPXW")
    bench = TradeBench(plan((0.4, 1.0)), instrument=instrument).open()
    for second in (389 * 60, 391 * 60, 420 * 60):
        assert bench.step(second) == []
    closing = TradeBench(plan((0.4, 1.0), at_expiry="close"), instrument=instrument).open()
    assert [type(a) for a in closing.step(385 * 60)] == [RepriceLeg]


def test_a_position_without_a_plan_is_held_by_its_stop_until_its_expiry_alone() -> None:
    bench = TradeBench(ONE_TARGET, instrument=option("20261218")).open()
    bench.trade.intent = structs.replace(bench.trade.intent, exit_plan=None, reference_price=None)
    assert bench.step(20 * 3_600) == []
    assert bench.trade.exit_reason == ""
