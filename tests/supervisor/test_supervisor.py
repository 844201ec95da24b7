"""Order, restarts, bounds and ends, with processes that a script moves, in virtual time."""

import asyncio
import itertools
import signal

import pytest
from tests.supervisor.doubles import ScriptedChild, supervise

from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.supervisor.child import FINAL_STATUSES
from alphatrader.supervisor.supervisor import INTERRUPTED, RunEnd, Supervisor

TRADER_FINAL = FINAL_STATUSES | {0}


@pytest.fixture
def story() -> list[str]:
    return []


@pytest.fixture
def trio(story: list[str]) -> list[ScriptedChild]:
    """Redis, a page that nobody needs, and the trader that leads."""
    return [
        ScriptedChild("redis", story),
        ScriptedChild("page", story, essential=False),
        ScriptedChild("trader", story, final=TRADER_FINAL),
    ]


def test_it_starts_in_order_and_stops_in_reverse_order(trio: list[ScriptedChild], story: list[str]) -> None:
    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(60)
        supervisor.request_stop(signal.SIGINT)

    end, terminal, pids = supervise(trio, act)
    assert end == RunEnd(0)
    assert story == [
        "start redis", "start trader", "start page",
        "stop trader by SIGINT", "stop page by SIGINT", "stop redis by SIGINT",
    ]  # fmt: skip
    assert terminal.lines == []
    assert max(pids, key=len) == {"redis": 1000, "trader": 1000, "page": 1000}
    assert pids[-1] == {}


def test_the_end_of_the_trader_is_the_end_of_the_run(trio: list[ScriptedChild], story: list[str]) -> None:
    async def act(_: Supervisor) -> None:
        await asyncio.sleep(5)
        trio[-1].process.end(0)

    end, _, _ = supervise(trio, act)
    assert end == RunEnd(0)
    assert story[3:] == ["stop page by SIGTERM", "stop redis by SIGTERM"]


@pytest.mark.parametrize("status", [2, 3, 5, 6, 8])
def test_a_status_that_another_start_cannot_change_ends_the_run(trio: list[ScriptedChild], status: int) -> None:
    trio[-1].errors = ["the journal is locked", "and a second line"]

    async def act(_: Supervisor) -> None:
        await asyncio.sleep(5)
        trio[-1].process.end(status)

    end, _, _ = supervise(trio, act)
    assert end == RunEnd(status, "the journal is locked\nand a second line")
    assert len(trio[-1].processes) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-9, "was killed by SIGKILL"),
        (1, "ended with status 1: some last words"),
        (4, "ended with status 4: some last words"),
        (7, "ended with status 7: some last words"),
        (None, "is gone"),
    ],
)
def test_another_death_is_told_in_one_line_and_the_process_started_again(
    trio: list[ScriptedChild], status: int | None, words: str
) -> None:
    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        trio[-1].process.end(status)
        await asyncio.sleep(5)
        assert len(trio[-1].processes) == 2
        supervisor.request_stop(signal.SIGTERM)

    end, terminal, _ = supervise(trio, act)
    assert end == RunEnd(0)
    assert trio[-1].reasons == ["", words]
    told = [text for topic, level, text in terminal.lines if level == "warning"]
    assert told == [f"the trader {words}: it is started again in 1 s"]


def test_a_service_that_ends_by_itself_is_started_again(trio: list[ScriptedChild]) -> None:
    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        trio[0].process.end(0)
        await asyncio.sleep(5)
        supervisor.request_stop(signal.SIGTERM)

    end, terminal, _ = supervise(trio, act)
    assert end.status == 0
    assert len(trio[0].processes) == 2
    assert "the redis ended: it is started again" in terminal.text()


def test_pauses_grow_and_after_five_restarts_in_ten_minutes_the_run_ends(trio: list[ScriptedChild]) -> None:
    async def act(_: Supervisor) -> None:
        while True:
            await asyncio.sleep(0.01)
            trio[-1].process.end(4)

    end, _, _ = supervise(trio, act)
    assert end.status == 4
    assert "more than 5 times in 10 minutes: the run ends; stops rest at the broker" in end.words
    assert "\n" not in end.words
    started_s = trio[-1].started_s
    assert [round(b - a) for a, b in itertools.pairwise(started_s)] == [1, 2, 4, 8, 16]


def test_deaths_that_lie_far_apart_are_not_added_up(trio: list[ScriptedChild]) -> None:
    async def act(supervisor: Supervisor) -> None:
        for _ in range(12):
            await asyncio.sleep(150)
            trio[-1].process.end(-11)
        await asyncio.sleep(60)
        supervisor.request_stop(signal.SIGTERM)

    end, _, _ = supervise(trio, act)
    assert end.status == 0
    assert len(trio[-1].processes) == 13


def test_a_service_that_dies_too_often_ends_the_run_after_the_trader_was_stopped(
    trio: list[ScriptedChild], story: list[str]
) -> None:
    async def act(_: Supervisor) -> None:
        while True:
            await asyncio.sleep(0.01)
            trio[0].process.end(-9)

    end, _, _ = supervise(trio, act)
    assert end.status == 1
    assert "the redis was killed by SIGKILL, more than 5 times" in end.words
    assert "stop trader by SIGTERM" in story


def test_a_page_that_does_not_come_up_costs_nothing_but_itself(trio: list[ScriptedChild]) -> None:
    trio[1].failures = [ConfigError("its port is taken")]

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(100)
        supervisor.request_stop(signal.SIGTERM)

    end, terminal, _ = supervise(trio, act)
    assert end.status == 0
    assert terminal.lines == [("page", "warning", "off: the page could not be started (its port is taken)")]
    assert len(trio[-1].processes) == 1


def test_a_frozen_process_is_told_of_killed_and_started_again(trio: list[ScriptedChild]) -> None:
    trader = trio[-1]
    trader.deaf = True

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(10)
        trader.answers = False
        await asyncio.sleep(29)
        assert trader.process.signals == []
        await asyncio.sleep(5)
        assert trader.processes[0].signals == [signal.SIGKILL]
        trader.answers, trader.deaf = True, False
        trader.process.deaf = False
        await asyncio.sleep(5)
        supervisor.request_stop(signal.SIGTERM)

    end, terminal, _ = supervise(trio, act)
    assert end.status == 0
    assert len(trader.processes) == 2
    assert trader.reasons[1] == "did not answer for 30 s and was killed"
    assert "the trader did not answer for 30 s and was killed: it is started again" in terminal.text()


def test_a_process_may_take_its_time_to_come_up(trio: list[ScriptedChild]) -> None:
    trio[-1].answers = False

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(100)
        trio[-1].answers = True
        await asyncio.sleep(100)
        supervisor.request_stop(signal.SIGTERM)

    end, _, _ = supervise(trio, act)
    assert end.status == 0
    assert len(trio[-1].processes) == 1


def test_what_cannot_be_started_at_first_refuses_the_run_and_ends_the_rest(
    trio: list[ScriptedChild], story: list[str]
) -> None:
    trio[-1].failures = [LinkError("no such program")]

    async def act(_: Supervisor) -> None:
        await asyncio.sleep(100)

    with pytest.raises(LinkError, match="no such program"):
        supervise(trio, act)
    assert story == ["start redis", "stop redis by SIGTERM"]


def test_a_stop_before_the_trader_runs_is_an_interruption(trio: list[ScriptedChild], story: list[str]) -> None:
    async def slow(_: str) -> None:
        await asyncio.sleep(100)

    trio[-1].start = slow  # type: ignore[method-assign]

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        supervisor.request_stop(signal.SIGINT)

    end, _, _ = supervise(trio, act)
    assert end == RunEnd(INTERRUPTED)
    assert story == ["start redis", "stop redis by SIGINT"]


def test_a_stop_before_the_start_starts_nothing(trio: list[ScriptedChild], story: list[str]) -> None:
    supervisor = Supervisor(trio, None, lambda pids: None)  # type: ignore[arg-type]
    supervisor.request_stop(signal.SIGINT)
    assert supervisor.stop_asked
    assert asyncio.run(supervisor.run()) == RunEnd(INTERRUPTED)
    assert story == []


def test_a_stop_while_the_trader_is_away_says_so(trio: list[ScriptedChild]) -> None:
    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        trio[-1].process.end(-9)
        await asyncio.sleep(0.5)
        supervisor.request_stop(signal.SIGINT)

    end, _, _ = supervise(trio, act)
    assert end.status == 1
    assert "was about to be started again" in end.words


def test_a_trader_that_does_not_end_is_killed_and_that_is_no_clean_end(trio: list[ScriptedChild]) -> None:
    trio[-1].deaf = True

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        supervisor.request_stop(signal.SIGINT)
        supervisor.request_stop(signal.SIGINT)

    end, terminal, _ = supervise(trio, act)
    assert end.status == 1
    assert "the trader did not end when it was asked to: it was killed after 5 s" in terminal.text()


def test_a_traders_error_at_its_stop_is_the_runs(trio: list[ScriptedChild]) -> None:
    trader = trio[-1]
    trader.errors = ["3 records could not be written"]

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        trader.process.deaf = True
        supervisor.request_stop(signal.SIGTERM)
        await asyncio.sleep(1)
        trader.process.end(5)

    end, _, _ = supervise(trio, act)
    assert end == RunEnd(5, "3 records could not be written")


def test_what_fails_to_stop_keeps_nothing_else_from_being_stopped(trio: list[ScriptedChild], story: list[str]) -> None:
    async def refuse(*_: object) -> None:
        raise LinkError("it clings to life")

    trio[1].stop = refuse  # type: ignore[method-assign]

    async def act(supervisor: Supervisor) -> None:
        await asyncio.sleep(5)
        supervisor.request_stop(signal.SIGTERM)

    end, terminal, _ = supervise(trio, act)
    assert end.status == 0
    assert "could not be stopped: it clings to life" in terminal.text()
    assert story[-1] == "stop redis by SIGTERM"
