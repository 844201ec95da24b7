"""The order's state machine: monotonic, deaf to stale statuses, open to late executions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphatrader.domain.orders import Execution, Leg, OpenOrder, OrderTicket
from alphatrader.execution.tracking import DEAD, OrderState, TrackedOrder

STATUSES = [
    "PendingSubmit",
    "PreSubmitted",
    "Submitted",
    "PendingCancel",
    "Cancelled",
    "ApiCancelled",
    "Inactive",
    "Filled",
]


def order(quantity: int = 4) -> TrackedOrder:
    ticket = OrderTicket(11, Leg.ENTRY, "BUY", quantity, "LMT", "DAY", limit_price=Decimal("1.10"))
    tracked = TrackedOrder(ticket, "r.1", quantity)
    tracked.on_sent(5)
    return tracked


def report(status: str, filled: int = 0, quantity: int = 4) -> OpenOrder:
    return OpenOrder(11, 900, 1, 7, "BUY", quantity, "LMT", status, "r.1:entry", filled=filled)


def fill(number: int, quantity: int) -> Execution:
    return Execution(f"e.{number}.01", 11, 900, 7, "BUY", quantity, Decimal("1.10"), number, "r.1:entry")


def test_silence_is_not_a_refusal() -> None:
    tracked = order()
    assert tracked.state is OrderState.SENT
    assert tracked.live
    assert not tracked.dead


def test_warning_10349_does_not_kill_a_live_order() -> None:
    tracked = order()
    tracked.on_report(report("Submitted"))
    assert not tracked.on_error(10349, "Order TIF was set to DAY based on order preset")
    assert tracked.state is OrderState.WORKING


def test_refusal_instead_of_a_status_settles_a_new_order_only() -> None:
    fresh = order()
    assert fresh.on_error(110, "The price does not conform to the minimum price variation")
    assert fresh.state is OrderState.REJECTED
    working = order()
    working.on_report(report("Submitted"))
    assert not working.on_error(110, "refused modification")
    assert working.state is OrderState.WORKING, "a refused modification leaves the old order live"


@pytest.mark.parametrize("late", ["Submitted", "PreSubmitted", "PendingCancel"])
def test_a_stale_status_does_not_revive_a_dead_order(late: str) -> None:
    tracked = order()
    tracked.on_report(report("Cancelled"))
    tracked.on_report(report(late))
    assert tracked.state is OrderState.CANCELLED


@pytest.mark.parametrize("dead", ["Cancelled", "ApiCancelled", "Inactive"])
def test_no_status_revives_what_was_cancelled_or_refused(dead: str) -> None:
    tracked = order()
    tracked.on_report(report(dead))
    state = tracked.state
    tracked.on_report(report("Submitted", quantity=9))
    assert tracked.state is state


def test_a_filled_order_that_a_crossing_change_made_larger_works_again() -> None:
    """It was reduced to 1, that one was filled, and then the broker carried out a change to 4 that was on its way."""
    tracked = order()
    tracked.on_report(report("Submitted", quantity=1))
    tracked.on_execution(fill(1, 1))
    assert tracked.state is OrderState.FILLED
    tracked.on_report(report("Submitted", quantity=1))
    assert tracked.state is OrderState.FILLED, "a stale status changes nothing"
    assert tracked.on_report(report("Submitted", filled=1, quantity=4))
    assert tracked.working
    assert tracked.remaining == 3


def test_an_order_is_named_by_its_intent_leg_and_step() -> None:
    assert order().reference == "r.1:entry"
    second = OrderTicket(12, Leg.TARGET, "SELL", 2, "LMT", "GTC", limit_price=Decimal(2), step=2)
    assert TrackedOrder(second, "r.1", 2).reference == "r.1:target2"


def test_a_status_gives_the_quantity_that_the_broker_works() -> None:
    tracked = order()
    tracked.on_report(report("Submitted", quantity=2))
    assert tracked.remaining == 2
    tracked.on_report(report("Submitted", quantity=0))
    assert tracked.remaining == 2, "a report without a quantity tells nothing of it"


def test_fills_that_only_a_status_told_of_are_missing_until_heard() -> None:
    tracked = order()
    tracked.on_report(report("Submitted", filled=3))
    assert tracked.fills_missing
    assert tracked.remaining == 1
    tracked.on_execution(fill(1, 3))
    assert not tracked.fills_missing


def test_a_correction_replaces_and_takes_back_what_a_status_goes_on_counting() -> None:
    tracked = order()
    tracked.on_report(report("Submitted", filled=3))
    tracked.on_execution(fill(1, 3))
    smaller = Execution("e.1.02", 11, 900, 7, "BUY", 2, Decimal("1.10"), 1, "r.1:entry")
    assert tracked.on_execution(smaller)
    assert not tracked.on_execution(fill(1, 3)), "an old version does not come back"
    assert (tracked.filled, tracked.fills_missing) == (2, False)


def test_an_order_under_cancel_is_live_but_does_not_work() -> None:
    tracked = order()
    tracked.on_report(report("Submitted"))
    assert tracked.working
    tracked.cancel_requested_ns = 7
    assert tracked.live
    assert not tracked.working
    assert tracked.remaining == 4


def test_a_second_order_under_one_reference_is_a_fork() -> None:
    tracked = order()
    assert not tracked.is_fork(report("Submitted"))
    tracked.on_report(report("Submitted"))
    assert not tracked.is_fork(report("Submitted"))
    other = OpenOrder(11, 901, 1, 7, "BUY", 4, "LMT", "Submitted", "r.1:entry")
    assert tracked.is_fork(other)


def test_only_an_order_that_is_intended_is_sent() -> None:
    tracked = order()
    assert tracked.sent_ns == 5
    tracked.state = OrderState.UNKNOWN
    tracked.on_sent(9)
    assert (tracked.state, tracked.sent_ns) == (OrderState.UNKNOWN, 5)


def test_a_fill_after_a_cancel_counts() -> None:
    tracked = order()
    tracked.on_report(report("Cancelled"))
    assert tracked.on_execution(fill(1, 2))
    assert tracked.filled == 2
    assert tracked.state is OrderState.CANCELLED


def test_status_filled_alone_is_not_a_position() -> None:
    tracked = order()
    tracked.on_report(report("Filled", filled=4))
    assert tracked.filled == 0
    assert tracked.remaining == 0, "nothing more can be executed, so it is no protection either"
    assert tracked.state is not OrderState.FILLED


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("status"), st.sampled_from(STATUSES)),
        st.tuples(st.just("fill"), st.integers(1, 4)),
        st.tuples(st.just("error"), st.sampled_from([202, 201, 110, 399, 10349])),
    ),
    max_size=20,
)


@given(EVENTS)
def test_whatever_comes_death_is_final_and_fills_are_a_union(events: list[tuple[str, object]]) -> None:
    tracked = order(quantity=16)
    seen: set[int] = set()
    died: OrderState | None = None
    for kind, value in events:
        if kind == "status":
            tracked.on_report(report(str(value), quantity=16))
        elif kind == "fill":
            assert isinstance(value, int)
            assert tracked.on_execution(fill(value, 1)) == (value not in seen)
            seen.add(value)
        else:
            assert isinstance(value, int)
            tracked.on_error(value, "text")
        if died is not None:
            assert tracked.state is died
        elif tracked.state in DEAD:
            died = tracked.state
        assert tracked.filled == len(seen)
        assert 0 <= tracked.remaining <= 16
