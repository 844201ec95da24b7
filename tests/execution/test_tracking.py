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
