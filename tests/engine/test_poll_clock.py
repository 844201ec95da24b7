"""When the broker is asked for everything: at need, again while it does not answer, regularly, never too often."""

from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain.orders import Leg, OpenOrder, OrderIntent
from alphatrader.domain.records import IntentStage, OpenIntent, RestoredState
from alphatrader.engine.commands import Command, Reconcile


def polls(bench: EngineBench, commands: list[Command]) -> list[str]:
    """Why the broker was asked."""
    return [command.reason for command in bench.of(Reconcile, commands)]


def asked(bench: EngineBench, seconds: float) -> list[str]:
    """What a decision after so many seconds asks."""
    return polls(bench, bench.look(seconds))


def settled() -> EngineBench:
    """Nothing open, nothing in doubt."""
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    return bench


def silent() -> tuple[EngineBench, OrderIntent]:
    """A family that was sent, and nobody says a word about it."""
    bench = settled()
    bench.snapshot()
    return bench, bench.enter()


def restored_with(intent: OrderIntent) -> RestoredState:
    """A journal with this intent open."""
    return RestoredState(max_order_id=500, intents=(OpenIntent(intent, IntentStage.SENT),))


def test_it_asks_at_every_connect() -> None:
    bench = settled()
    assert polls(bench, bench.link()) == ["the link is healthy again"]
    bench.link(healthy=False)
    assert polls(bench, bench.link()) == ["the link is healthy again"]


def test_what_is_open_is_asked_about_while_the_session_so_far_is_still_awaited() -> None:
    intent = EngineBench(armed_settings()).ready().enter()
    bench = EngineBench(armed_settings(), restored_with(intent))
    bench.link()
    assert bench.engine.state.warming_up
    bench.snapshot(complete=False)
    assert polls(bench, bench.advance(11).decide()) == ["no answer to 3 of our orders"]
    empty = EngineBench(armed_settings())
    empty.link()
    empty.snapshot(complete=False)
    assert polls(empty, empty.advance(11).decide()) == []


def test_without_anything_open_it_never_asks() -> None:
    bench = settled()
    for _ in range(20):
        assert asked(bench, 31) == []


def test_orders_that_fall_silent_are_asked_about_at_once_and_together() -> None:
    bench, _ = silent()
    assert asked(bench, 4.5) == []
    assert asked(bench, 1) == ["no answer to 3 of our orders"]
    assert asked(bench, 0.2) == []


def test_while_they_are_silent_it_asks_again_in_its_spacing() -> None:
    bench, _ = silent()
    asked(bench, 5.5)
    bench.snapshot()
    assert asked(bench, 9) == []
    assert asked(bench, 1.5) == ["orders are still without an answer"]
    assert asked(bench, 5) == [], "the question is under way"
    assert asked(bench, 5.5) == ["orders are still without an answer"], "it was not answered"


def test_another_order_that_falls_silent_does_not_wait_for_the_spacing() -> None:
    bench, intent = silent()
    bench.report(intent, Leg.ENTRY, "Submitted")
    bench.report(intent, Leg.TARGET, "PreSubmitted")
    assert asked(bench, 5.5) == ["no answer to 1 of our orders"]
    bench.report(intent, Leg.STOP, "PreSubmitted")
    bench.fill(intent, Leg.ENTRY, intent.tickets[0].quantity, "1.60")
    for leg in (Leg.STOP, Leg.TARGET):
        bench.report(intent, leg, "Cancelled")
    bench.look(0.2)
    bench.sent(bench.look(2.5))
    assert asked(bench, 4.5) == []
    assert asked(bench, 1) == ["no answer to 1 of our orders"], "the order that closes the unprotected position"


def test_an_incomplete_answer_proves_nothing_and_is_asked_for_again() -> None:
    bench = settled()
    bench.snapshot(complete=False)
    assert asked(bench, 9) == []
    assert asked(bench, 1.5) == ["the last poll was not complete"]
    bench.snapshot()
    assert asked(bench, 11) == []


def test_a_question_that_nobody_answers_is_asked_again() -> None:
    bench = settled()
    bench.link()
    assert asked(bench, 9) == []
    assert asked(bench, 1.5) == ["the last poll was not complete"]
    assert asked(bench, 5) == []
    assert asked(bench, 5.5) == ["the last poll was not complete"]


def test_while_a_trade_is_open_it_asks_regularly() -> None:
    bench = settled()
    bench.hold()
    assert asked(bench, 29) == []
    assert asked(bench, 1.5) == ["regular poll while a trade is open"]
    bench.snapshot(orders=bench.working_orders())
    assert asked(bench, 29) == []


def test_an_order_that_one_poll_did_not_list_is_looked_for_by_a_second() -> None:
    bench = settled()
    intent = bench.hold()
    bench.snapshot(orders=bench.working_orders()[:1])
    assert asked(bench, 9.5) == []
    assert asked(bench, 1) == ["a live order was not listed by the last poll"]
    assert not bench.trade(intent).closed_ns


def test_fills_that_only_a_status_told_of_are_asked_for() -> None:
    bench, intent = silent()
    bench.work(intent)
    bench.report(intent, Leg.ENTRY, "Submitted", filled=2)
    assert asked(bench, 9) == []
    assert asked(bench, 1) == ["a status told of fills whose executions were not heard"]


def test_what_does_not_fit_is_asked_for_again() -> None:
    bench = settled()
    bench.snapshot(orders=(OpenOrder(7, 1, 1, 5, "BUY", 1, "LMT", "Submitted", "old.1:entry"),))
    assert asked(bench, 11) == ["the broker shows what does not fit what we know"]


def test_an_execution_of_a_stranger_is_asked_about() -> None:
    bench = settled()
    assert polls(bench, bench.execute(4711, "SELL", 1, "2.00")) == ["an execution that is not ours"]


def test_over_a_dead_link_nothing_is_asked() -> None:
    bench, _ = silent()
    bench.link(healthy=False)
    for _ in range(5):
        assert asked(bench, 20) == []
