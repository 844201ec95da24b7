"""The keeper: what it does about a trade in each situation."""

from decimal import Decimal

import pytest

from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.orders import Execution, Leg, OpenOrder, OrderIntent, OrderTicket
from alphatrader.execution.tracking import OrderState, TrackedOrder
from alphatrader.execution.trades import (
    CancelLeg,
    ClosePosition,
    PollBroker,
    RepriceLeg,
    ResizeLeg,
    Trade,
    TradeKeeper,
)
from alphatrader.settings import ExecutionSettings

S = 1_000_000_000
KEY = OptionKey("SPY", "20261123", Decimal(651), Right.CALL)
OPTION = Instrument(1000, "SPY", 7, "option", Decimal("0.01"), 100, KEY)
TICKETS = (
    OrderTicket(1, Leg.ENTRY, "BUY", 4, "LMT", "DAY", limit_price=Decimal("1.50")),
    OrderTicket(2, Leg.STOP, "SELL", 4, "STP", "GTC", stop_price=Decimal("1.10"), parent_id=1, oca_group="g"),
    OrderTicket(3, Leg.TARGET, "SELL", 4, "LMT", "GTC", limit_price=Decimal("2.10"), parent_id=1, oca_group="g"),
)
INTENT = OrderIntent("r.1", 1000, "open", TICKETS, 0, 10 * S, con_id=7, contract=KEY, max_hold_s=180.0)


class Bench:
    """A trade with a hand to move its orders."""

    def __init__(self) -> None:
        self.trade = Trade(INTENT, OPTION, {t.order_id: TrackedOrder(t, "r.1", t.quantity) for t in TICKETS})
        self.keeper = TradeKeeper(ExecutionSettings(), 1.0)
        self.fills = 0

    def order(self, number: int) -> TrackedOrder:
        return self.trade.orders[number]

    def sent(self, at: int = 1) -> "Bench":
        for order in self.trade.orders.values():
            order.on_sent(at)
        return self

    def status(self, number: int, status: str, quantity: int = 4) -> "Bench":
        ticket = self.order(number).ticket
        self.order(number).on_report(
            OpenOrder(number, 900 + number, 1, 7, ticket.side, quantity, ticket.order_type, status)
        )
        return self

    def fill(self, number: int, quantity: int) -> "Bench":
        self.fills += 1
        side = self.order(number).ticket.side
        self.order(number).on_execution(
            Execution(f"e.{self.fills}.01", number, 0, 7, side, quantity, Decimal("1.50"), self.fills)
        )
        return self

    def open(self) -> "Bench":
        return self.sent().status(1, "Submitted").status(2, "PreSubmitted").status(3, "PreSubmitted").fill(1, 4)

    def step(self, at: int, bid: float | None = 1.40) -> list[object]:
        return list(self.keeper.step(self.trade, at, bid))


def test_a_protected_position_is_left_alone() -> None:
    bench = Bench().open()
    assert bench.step(1 * S) == []
    assert bench.step(100 * S) == []
    assert bench.trade.stop_resting()


def test_an_entry_that_does_not_fill_in_time_is_cancelled_once_and_its_children_with_it() -> None:
    bench = Bench().sent().status(1, "Submitted").status(2, "PreSubmitted").status(3, "PreSubmitted")
    assert bench.step(19 * S) == []
    (action,) = bench.step(21 * S)
    assert isinstance(action, CancelLeg)
    assert action.order.leg is Leg.ENTRY
    bench.order(1).cancel_requested_ns = 21 * S
    assert bench.step(22 * S) == [], "an unconfirmed cancel counts as live: nothing else is done"
    (again,) = bench.step(27 * S)
    assert isinstance(again, CancelLeg), "a cancel that nobody answered is asked again"
    bench.status(1, "Cancelled")
    assert [a.order.leg for a in bench.step(28 * S) if isinstance(a, CancelLeg)] == [Leg.STOP, Leg.TARGET]


def test_the_time_exit_reprices_the_target_and_keeps_the_stop() -> None:
    bench = Bench().open()
    bench.step(1 * S)
    (action,) = bench.step(182 * S)
    assert isinstance(action, RepriceLeg)
    assert action.order.leg is Leg.TARGET
    assert action.limit_price == Decimal("1.38"), "two ticks under the bid"
    assert bench.trade.stop_resting()
    assert bench.step(183 * S) == [], "repriced at most every few seconds"
    (again,) = bench.step(186 * S, bid=1.30)
    assert isinstance(again, RepriceLeg)
    assert again.limit_price == Decimal("1.28")


@pytest.mark.parametrize("status", ["Cancelled", "Inactive"])
def test_a_lost_stop_gets_the_position_closed_through_the_target(status: str) -> None:
    bench = Bench().open().status(2, status)
    assert bench.step(1 * S) == [], "a moment is granted for the broker to say"
    (action,) = bench.step(4 * S)
    assert isinstance(action, RepriceLeg)
    assert bench.trade.exit_reason == "no working stop at the broker"


def test_without_any_exit_order_a_closing_order_is_sent_for_what_is_held() -> None:
    bench = Bench().open().status(2, "Inactive").status(3, "Inactive")
    bench.step(1 * S)
    (action,) = bench.step(4 * S)
    assert action == ClosePosition(4, Decimal("1.38"), "no working stop at the broker")


def test_a_closing_order_waits_until_the_cancel_of_the_stop_is_confirmed() -> None:
    bench = Bench().open().status(3, "Inactive")
    bench.trade.exit_reason = "flatten"
    (cancel,) = bench.step(1 * S)
    assert isinstance(cancel, CancelLeg)
    assert cancel.order.leg is Leg.STOP
    bench.order(2).cancel_requested_ns = 1 * S
    assert not any(isinstance(a, ClosePosition) for a in bench.step(2 * S))
    bench.status(2, "Cancelled")
    assert any(isinstance(a, ClosePosition) for a in bench.step(3 * S))


def test_a_fill_in_the_cancel_window_leaves_nothing_to_close() -> None:
    bench = Bench().open().status(3, "Inactive")
    bench.trade.exit_reason = "flatten"
    bench.step(1 * S)
    bench.order(2).cancel_requested_ns = 1 * S
    bench.fill(2, 4)
    assert bench.trade.open_quantity == 0
    assert bench.step(3 * S) == []
    assert bench.trade.closed


def test_without_a_bid_the_stop_stays_and_the_target_is_not_moved_blindly() -> None:
    bench = Bench().open()
    bench.trade.exit_reason = "flatten"
    assert bench.step(1 * S, bid=None) == []


def test_a_partly_filled_entry_shrinks_its_exits_to_the_position() -> None:
    bench = Bench().sent().status(1, "Submitted").status(2, "PreSubmitted").status(3, "PreSubmitted")
    bench.fill(1, 1).status(1, "Cancelled")
    assert bench.step(1 * S) == []
    actions = bench.step(4 * S)
    assert actions == [
        ResizeLeg(bench.order(2), 1, "exit larger than the position"),
        ResizeLeg(bench.order(3), 1, "exit larger than the position"),
    ]


def test_silence_becomes_unknown_and_is_polled_at_a_bounded_rate() -> None:
    bench = Bench().sent()
    assert not any(isinstance(a, PollBroker) for a in bench.step(4 * S))
    assert any(isinstance(a, PollBroker) for a in bench.step(6 * S))
    assert bench.order(1).state is OrderState.UNKNOWN
    assert not any(isinstance(a, PollBroker) for a in bench.step(7 * S))
    assert any(isinstance(a, PollBroker) for a in bench.step(17 * S))
