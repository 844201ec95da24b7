"""The workers: what must be waited for, in order, fenced, and answered with events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings
from tests.doubles.ports import MemoryPorts
from tests.doubles.sink import RecordingSink

from alphatrader.domain import events as ev
from alphatrader.domain.errors import FencedError, JournalError, LinkError, StoreError
from alphatrader.domain.records import IntentRecord, IntentStage
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    MoveStop,
    Notify,
    Reconcile,
    RepriceOrder,
    ResizeOrder,
    Resubscribe,
    SubmitIntent,
    WatchOptions,
)
from alphatrader.engine.workers import Workers


class Desk:
    """Workers with a submit in hand, their ports in memory, and what they say."""

    def __init__(self) -> None:
        self.bench = EngineBench(armed_settings()).ready().arm("armed")
        self.bench.look()
        (self.submit,) = self.bench.of(SubmitIntent, self.bench.claim())
        self.intent_id = self.submit.approved.value.intent_id
        self.sink = RecordingSink(self.bench.now_ns)
        self.ports = MemoryPorts()
        self.told: list[Notify] = []
        self.workers = Workers(self.bench.engine.state, self.sink, self.told.append)

    @asynccontextmanager
    async def working(self) -> AsyncIterator["Desk"]:
        task = asyncio.ensure_future(self.workers.run(self.ports))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def refusal(self) -> str:
        """Why the intent was not sent."""
        await self.sink.until(lambda: self.sink.of(ev.IntentRefused), "a refusal")
        assert self.ports.broker.asked == []
        return self.sink.of(ev.IntentRefused)[0].reason


# ---------------------------------------------------------------------------------------------- submitting


async def test_an_intent_is_durable_before_it_is_sent() -> None:
    desk = Desk()
    async with desk.working():
        desk.workers.give(desk.submit)
        await desk.sink.until(lambda: desk.ports.broker.asked, "the order")
    (record,) = desk.ports.journal.of(IntentRecord)
    assert (record.intent.intent_id, record.stage) == (desk.intent_id, IntentStage.INTENDED)
    assert desk.ports.broker.asked == [("submit", desk.intent_id)]
    assert [event.intent_id for event in desk.sink.of(ev.IntentJournaled)] == [desk.intent_id]


async def test_what_cannot_be_journaled_is_not_sent() -> None:
    desk = Desk()
    desk.ports.journal.failure = JournalError("the disk is full")
    async with desk.working():
        desk.workers.give(desk.submit)
        assert await desk.refusal() == "the disk is full"


async def test_past_its_deadline_nothing_is_sent() -> None:
    desk = Desk()
    desk.sink = RecordingSink(desk.submit.approved.value.deadline_ns + 1)
    desk.workers = Workers(desk.bench.engine.state, desk.sink, desk.told.append)
    async with desk.working():
        desk.workers.give(desk.submit)
        assert await desk.refusal() == "its deadline has passed"


@pytest.mark.parametrize("stopped", ["halt", "reduce", "stop"])
async def test_nothing_is_opened_after_a_halt_that_came_during_the_journals_write(stopped: str) -> None:
    desk = Desk()
    now_ns = desk.bench.now_ns
    event: ev.ControlEvent = ev.StopRequested(ts_ns=now_ns, flatten=False, reason="SIGTERM")
    if stopped != "stop":
        event = ev.OperatorCommand(ts_ns=now_ns, action=stopped, actor="ann", reason="stop now")  # type: ignore[arg-type]
    desk.ports.journal.while_writing = lambda: desk.bench.post(event)
    async with desk.working():
        desk.workers.give(desk.submit)
        assert (await desk.refusal()).startswith("trading was stopped meanwhile")


async def test_a_writer_that_was_overtaken_sends_nothing_and_ends() -> None:
    desk = Desk()
    desk.ports.journal.epoch_failure = FencedError("another trader took over")
    task = asyncio.ensure_future(desk.workers.run(desk.ports))
    desk.workers.give(desk.submit)
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(task, 10)
    assert caught.group_contains(FencedError)
    assert desk.ports.broker.asked == []
    assert [event.reason for event in desk.sink.of(ev.IntentRefused)] == ["another trader took over"]


async def test_a_refusal_of_the_link_is_told_and_the_next_intent_goes_out() -> None:
    desk = Desk()
    desk.ports.broker.failure = LinkError("the link is down")
    async with desk.working():
        desk.workers.give(desk.submit)
        await desk.sink.until(lambda: desk.sink.of(ev.IntentRefused), "a refusal")
        desk.ports.broker.failure = None
        desk.workers.give(desk.submit)
        await desk.sink.until(lambda: len(desk.ports.broker.asked) == 2, "the next")


# ---------------------------------------------------------------------------------------------- changes


CHANGES = (
    (CancelOrder(1, "why"), ("cancel", 1)),
    (RepriceOrder(2, Decimal("1.50"), "why"), ("reprice", 2, Decimal("1.50"))),
    (MoveStop(3, Decimal("1.20"), "why"), ("move_stop", 3, Decimal("1.20"))),
    (ResizeOrder(4, 2, "why"), ("resize", 4, 2)),
)


async def test_changes_reach_the_broker_in_order() -> None:
    desk = Desk()
    async with desk.working():
        for command, _ in CHANGES:
            desk.workers.give(command)
        await desk.sink.until(lambda: len(desk.ports.broker.asked) == 4, "all of them")
    assert desk.ports.broker.asked == [asked for _, asked in CHANGES]


async def test_a_change_that_fails_is_told_and_stops_no_other() -> None:
    desk = Desk()
    desk.ports.broker.failure = LinkError("the link is down")
    async with desk.working():
        desk.workers.give(CHANGES[1][0])
        await desk.sink.until(lambda: desk.told, "a line")
        desk.ports.broker.failure = None
        desk.workers.give(CHANGES[0][0])
        await desk.sink.until(lambda: len(desk.ports.broker.asked) == 2, "the next")
    assert [line.code for line in desk.told] == ["order.unchanged"]


@pytest.mark.parametrize(("command", "asked"), CHANGES[1:], ids=lambda value: type(value).__name__)
async def test_a_journal_that_cannot_tell_keeps_no_exit_from_working(command: RepriceOrder, asked: tuple) -> None:
    desk = Desk()
    desk.ports.journal.epoch_failure = JournalError("the disk is full")
    async with desk.working():
        desk.workers.give(command)
        await desk.sink.until(lambda: desk.ports.broker.asked, "the change")
    assert desk.ports.broker.asked == [asked]
    assert [line.code for line in desk.told] == ["journal.unsure"]


@pytest.mark.parametrize(("command", "asked"), CHANGES[1:], ids=lambda value: type(value).__name__)
async def test_a_writer_that_was_overtaken_changes_nothing(command: RepriceOrder, asked: tuple) -> None:
    desk = Desk()
    desk.ports.journal.epoch_failure = FencedError("another trader took over")
    task = asyncio.ensure_future(desk.workers.run(desk.ports))
    desk.workers.give(command)
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(task, 10)
    assert desk.ports.broker.asked == []


# ---------------------------------------------------------------------------------------------- claims, requests


@pytest.mark.parametrize(
    ("failure", "taken", "reason"),
    [
        (None, False, ""),
        (None, True, "the same signal was already given in this window"),
        (StoreError("Redis is gone"), False, "Redis is gone"),
    ],
)
async def test_a_claim_is_always_answered(failure: StoreError | None, taken: bool, reason: str) -> None:
    desk = Desk()
    desk.ports.store.failure = failure
    if taken:
        desk.ports.store.claimed["f"] = 2**62
    async with desk.working():
        desk.workers.give(ClaimSignal("f", "t.s1", 2**62))
        (answer,) = await desk.sink.until(lambda: desk.sink.of(ev.ClaimAnswered), "an answer")
    assert (answer.fingerprint, answer.signal_id) == ("f", "t.s1")
    assert (answer.granted, answer.reason) == (reason == "", reason)


async def test_a_store_that_is_silent_refuses() -> None:
    desk = Desk()
    settings = armed_settings(changes={"signals": {"claim_timeout_ms": 10}})
    silent = asyncio.Event()

    async def claim(*_: object) -> bool:
        return await silent.wait()

    desk.ports.store.claim = claim  # type: ignore[method-assign, assignment]
    desk.workers = Workers(EngineBench(settings).engine.state, desk.sink, desk.told.append)
    async with desk.working():
        desk.workers.give(ClaimSignal("f", "t.s1", 2**62))
        (answer,) = await desk.sink.until(lambda: desk.sink.of(ev.ClaimAnswered), "an answer")
    assert (answer.granted, answer.reason) == (False, "Redis did not answer within 10 ms")


async def test_polls_that_wait_are_one() -> None:
    desk = Desk()
    for _ in range(5):
        desk.workers.give(Reconcile("many reasons"))
    async with desk.working():
        await desk.sink.until(lambda: desk.sink.of(ev.SnapshotReceived), "the answer")
        await asyncio.sleep(0.02)
    assert desk.ports.broker.asked == [("snapshot",)]
    assert [event.snapshot for event in desk.sink.of(ev.SnapshotReceived)] == [desk.ports.broker.answer]


async def test_a_poll_that_fails_is_told_and_another_can_be_asked() -> None:
    desk = Desk()
    desk.ports.broker.failure = LinkError("the link is down")
    async with desk.working():
        desk.workers.give(Reconcile("first"))
        await desk.sink.until(lambda: desk.told, "a line")
        desk.ports.broker.failure = None
        desk.workers.give(Reconcile("second"))
        await desk.sink.until(lambda: desk.sink.of(ev.SnapshotReceived), "the answer")
    assert [line.code for line in desk.told] == ["broker.poll"]


async def test_requests_of_market_data_are_made_and_their_failures_told() -> None:
    desk = Desk()
    async with desk.working():
        desk.workers.give(WatchOptions(()))
        desk.workers.give(Resubscribe(1, "quote"))
        await desk.sink.until(lambda: desk.ports.market_data.renewed, "both")
        desk.ports.market_data.failure = LinkError("the link is down")
        desk.workers.give(WatchOptions(()))
        await desk.sink.until(lambda: desk.told, "a line")
    assert desk.ports.market_data.watched == [()]
    assert desk.ports.market_data.renewed == [(1, "quote")]
    assert [line.code for line in desk.told] == ["broker.request"]


async def test_a_slow_poll_delays_no_cancel() -> None:
    desk = Desk()
    slow = asyncio.Event()
    answer = desk.ports.broker.snapshot

    async def snapshot() -> object:
        await slow.wait()
        return await answer()

    desk.ports.broker.snapshot = snapshot  # type: ignore[method-assign, assignment]
    async with desk.working():
        desk.workers.give(Reconcile("slow"))
        desk.workers.give(CHANGES[0][0])
        await desk.sink.until(lambda: desk.ports.broker.asked == [("cancel", 1)], "the cancel")
        assert not desk.sink.of(ev.SnapshotReceived)
