"""The runner: ports, engine and cadence on one loop; here one whose time is a number, so nothing is waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from tests.doubles.clocks import HandWall, LoopClock
from tests.doubles.engine_market import CLOSE_NS, DATE, OPEN_NS, SPY, S
from tests.doubles.ports import MemoryPorts

from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL
from alphatrader.domain.view import NoticeView
from alphatrader.engine import runner as runner_module
from alphatrader.engine.cadence import Cadence
from alphatrader.engine.engine import Engine
from alphatrader.engine.runner import Runner
from alphatrader.engine.settings import EngineSettings
from alphatrader.sim.virtual import VirtualLoop

SETTINGS = EngineSettings()
START_NS = OPEN_NS + 3_600 * S


class Desk:
    """A runner at work with an instrument, in the time of its loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, time_scale: float = 1.0) -> None:
        self.told: list[NoticeView] = []
        self.ports = MemoryPorts()
        self.runner = Runner(Engine(SETTINGS), LoopClock(loop, START_NS, time_scale), self.told.append)
        self.time_scale = time_scale
        self.runner.connect(self.ports)
        now_ns = self.runner.now_ns()
        self.runner.post(
            ev.RunStarted(
                ts_ns=now_ns, run_id="t", mode="paper", seed=0, time_scale=time_scale, settings="{}", build="test",
                session_date=DATE, session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS, layout=ev.LAYOUT,
            )
        )  # fmt: skip
        self.runner.post(ev.InstrumentAdded(ts_ns=now_ns, instrument=SPY))

    def quote(self) -> None:
        self.runner.quote(1, 649.99, 100, 650.01, 100)

    @property
    def decided(self) -> list[int]:
        """Instants of the decisions that were recorded."""
        events = (ev.decode_event(row[13]) for row in self.ports.log.rows if row[2] == CONTROL)
        return [event.ts_ns for event in events if isinstance(event, ev.DecisionTimer)]


def in_virtual_time(scene: Callable[[Desk], Awaitable[None]], time_scale: float = 1.0) -> Desk:
    """Play a scene with the runner at work; return its desk."""
    loop = VirtualLoop(seed=1)
    try:
        desk = Desk(loop, time_scale)

        async def play() -> None:
            work = asyncio.ensure_future(desk.runner.work(desk.ports))
            await scene(desk)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

        loop.run_until_complete(play())
        return desk
    finally:
        loop.close()


def limits(time_scale: float = 1.0) -> Cadence:
    return Cadence(SETTINGS.decisions, time_scale)


@pytest.mark.parametrize("time_scale", [1.0, 20.0])
def test_data_are_decided_on_at_the_cadence_and_no_faster(time_scale: float) -> None:
    async def busy(desk: Desk) -> None:
        for _ in range(400):
            desk.quote()
            await asyncio.sleep(0.003)

    cadence = limits(time_scale)
    times = in_virtual_time(busy, time_scale).decided
    gaps = [b - a for a, b in pairwise(times)]
    assert len(times) > 5
    assert min(gaps) >= cadence.spacing_ns
    # A decision waits for data that came before it, so it is late by no more than the time between two rows.
    assert max(gaps) <= cadence.spacing_ns + 0.006 * S * time_scale


def test_without_data_decisions_go_on() -> None:
    async def quiet(desk: Desk) -> None:
        await asyncio.sleep(5)

    times = in_virtual_time(quiet).decided
    # The heartbeat looks every 50 ms of the wall.
    assert all(limits().idle_ns < b - a <= limits().idle_ns + 0.051 * S for a, b in pairwise(times))
    assert len(times) >= 16


def test_the_first_data_after_a_pause_are_decided_on_at_once() -> None:
    async def scene(desk: Desk) -> None:
        await asyncio.sleep(1.015)
        desk.quote()
        came.append(desk.runner.now_ns())
        await asyncio.sleep(0.5)

    came: list[int] = []
    times = in_virtual_time(scene).decided
    first = min(ts_ns for ts_ns in times if ts_ns >= came[0])
    assert first - came[0] <= limits().spacing_ns


def test_while_history_is_fed_nothing_is_decided_but_on_it() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.hold_live_rows()
        for second in range(3):
            desk.quote()
            desk.runner.trade(1, 650.0, 100, "ARCA", "", ts_ns=START_NS - (600 - second) * S)
            await asyncio.sleep(1)
        held.extend(desk.decided)
        desk.runner.release_live_rows()
        await asyncio.sleep(1)

    held: list[int] = []
    desk = in_virtual_time(scene)
    assert held == [START_NS - (600 - second) * S for second in range(3)]
    assert len(desk.decided) > 3
    assert desk.decided[3] > START_NS


def test_a_loop_that_was_blocked_is_told_once_and_stops_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    wall = HandWall()
    monkeypatch.setattr(runner_module, "time", wall)

    async def scene(desk: Desk) -> None:
        await asyncio.sleep(0.2)
        assert desk.told == []
        wall.ns += 400_000_000
        await asyncio.sleep(0.2)

    desk = in_virtual_time(scene)
    assert [notice.code for notice in desk.told] == ["loop.lag"]
    assert "loop_lag" in {denial.code for denial in desk.runner.engine.ground.blocks("SPY")}


def test_after_its_close_nothing_is_decided() -> None:
    async def scene(desk: Desk) -> None:
        desk.quote()
        desk.runner.close()
        await asyncio.sleep(5)

    assert in_virtual_time(scene).decided == []


def test_what_the_engine_wants_of_the_outside_is_asked_and_its_answer_heard() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.post(ev.LinkChanged(ts_ns=desk.runner.now_ns(), healthy=True, code=0, text="up"))
        assert await desk.runner.wait_until(lambda: desk.runner.engine.state.link.reconciled, 5)

    desk = in_virtual_time(scene)
    assert desk.ports.broker.asked == [("snapshot",)]
    assert [notice.code for notice in desk.told] == ["broker.link_up", "broker.reconciled"]
    assert [notice.code for notice in desk.runner.notices] == ["broker.reconciled", "broker.link_up"]


def test_waiting_for_what_never_comes_ends() -> None:
    async def scene(desk: Desk) -> None:
        answers.append(await desk.runner.wait_until(lambda: False, 3))

    answers: list[bool] = []
    in_virtual_time(scene)
    assert answers == [False]
