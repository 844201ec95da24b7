"""One session against a simulated gateway whose market is moved by hand: what is journaled when, and how it ends."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.full_disk import FullDisk, on_full_disk
from tests.doubles.terminal import RecordingTerminal

from alphatrader.adapters.journal import SqliteJournal, schema
from alphatrader.adapters.parquet import read_events
from alphatrader.adapters.redis import open_client
from alphatrader.calendar import session_for
from alphatrader.control.simulator import SimulatedGateway
from alphatrader.domain import events as ev
from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.domain.records import StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.home import Home, HomeLabel
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.run_options import TraderOptions
from alphatrader.sim.scripted import SESSION_DATE, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator
from alphatrader.trader import opening
from alphatrader.trader.day import TradingDay
from alphatrader.trader.lasting import Lasting
from alphatrader.trader.patience import StoppedError
from alphatrader.trader.stop import StopWish
from alphatrader.trader.timekeeper import SimulatedTime


@contextlib.asynccontextmanager
async def lasting_on(
    folder: Path, connect: Callable[[Path], sqlite3.Connection] = schema.connect
) -> AsyncIterator[tuple[Lasting, Simulator]]:
    """Everything that lasts, with a simulated gateway in this loop, and no Redis behind its client."""
    home = Home(folder / "home")
    home.write_label(HomeLabel("paper", True, 7, 1.0, "", ""))
    terminal: Any = RecordingTerminal()
    journal = SqliteJournal.open(home.journal, home.lock, connect=connect)
    client = open_client(f"unix://{folder}/none.sock")
    try:
        async with open_simulator(SimSettings(state_dir=home.exchange), ScriptedMarket()) as simulator:
            timekeeper = await SimulatedTime.of(SimulatedGateway.announced(home.gateway_announcement), terminal)
            options = TraderOptions(home=home.path, mode="paper")
            yield Lasting(AppConfig(), options, home, terminal, journal, client, timekeeper, StopWish()), simulator
    finally:
        await client.aclose()
        await journal.close()


def day_of(lasting: Lasting) -> TradingDay:
    return TradingDay(lasting, session_for(SESSION_DATE))


async def until(condition: Any, what: str) -> None:
    try:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not come true") from None


def recorded(lasting: Lasting, day: TradingDay) -> list[ev.ControlEvent]:
    """The control events of the day's log, in order."""
    batches = read_events(lasting.home.start(day.run_id).path, lambda torn: None)
    payloads = [payload for batch in batches for payload in batch.column("payload").to_pylist() if payload]
    return [ev.decode_event(payload) for payload in payloads]


async def test_a_session_is_opened_traded_and_closed_at_the_stop(tmp_path: Path) -> None:
    async with lasting_on(tmp_path) as (lasting, simulator):
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        assert not day.takes_commands
        await until(lambda: day.takes_commands, "the restoring")
        await until(lambda: day.phase == "trading", "going live")
        assert simulator.gateway.sessions, "connected"
        assert day.view().session_date == SESSION_DATE
        lasting.stop.ask("stopped by SIGINT")
        await running
        assert (day.phase, day.over, day.takes_commands) == ("ending", False, False)

        reader, folder = lasting.journal.reader(), lasting.home.start(day.run_id)
        assert [run.run_id for run in reader.runs()] == [day.run_id]
        (summary,) = reader.summaries()
        assert summary.clean
        assert folder.closed.exists()
        assert folder.summary.read_bytes() == lasting.home.summary.read_bytes()
        events = recorded(lasting, day)
        assert isinstance(events[0], ev.RunStarted)
        assert isinstance(events[1], ev.JournalRestored)
        assert events[0].layout == ev.LAYOUT
        kinds = [type(event) for event in events]
        order = [ev.InstrumentAdded, ev.OptionUniverse, ev.WarmupFinished, ev.StopRequested]
        assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
        assert "stopped: stopped by SIGINT" in lasting.terminal.text()  # type: ignore[attr-defined]


async def test_a_session_ends_with_its_close(tmp_path: Path) -> None:
    async with lasting_on(tmp_path) as (lasting, simulator):
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        await until(lambda: day.phase == "trading", "going live")
        now = await lasting.gateway.clock()  # type: ignore[union-attr]
        simulator.clock.skip(now.close_ns + 31 * 10**9 - now.market_ns)
        lasting.time.clock.synchronise(now.close_ns + 31 * 10**9)  # type: ignore[attr-defined]
        await running
        assert day.over
        assert f"the session of {SESSION_DATE} is over" in lasting.terminal.text()  # type: ignore[attr-defined]
        stop = [event for event in recorded(lasting, day) if isinstance(event, ev.StopRequested)]
        assert [event.flatten for event in stop] == [False]


async def test_it_comes_up_halted_unless_somebody_halted_it_before(tmp_path: Path) -> None:
    async with lasting_on(tmp_path) as (lasting, _):
        for reason in ("the trader was killed", "it was killed again"):
            of_this_start = replace(lasting, stop=StopWish())
            day = day_of(of_this_start)
            running = asyncio.create_task(day.run(halted=reason))
            await until(lambda d=day: d.takes_commands, "the restoring")
            assert day.trading_state == "HALTED"
            assert day.view().state_reason.startswith("the trader was killed"), "the older reason stays"
            of_this_start.stop.ask("stopped by SIGTERM")
            await running
        commands = lasting.journal.reader().operator_actions()
        assert [(command.action, command.actor) for command in commands] == [("halt", "supervisor")]


@pytest.fixture
def full_disk() -> Iterator[type[FullDisk]]:
    yield FullDisk
    FullDisk.full = False


def halt() -> StateRecord:
    return StateRecord(StateChange(TradingState.HALTED, "me", "look at it", 1))


async def test_a_session_begins_with_all_that_the_one_before_has_said(
    tmp_path: Path, full_disk: type[FullDisk]
) -> None:
    """The disk was full when it ended: what waits in memory, a halt or a fill, is no part of what is restored."""
    async with lasting_on(tmp_path, on_full_disk) as (lasting, _):
        full_disk.full = True
        lasting.journal.append(halt())
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        await until(lambda: "is tried again" in lasting.terminal.text(), "the telling")  # type: ignore[attr-defined]
        assert not day.takes_commands
        full_disk.full = False
        await until(lambda: day.takes_commands, "the restoring")
        assert (day.trading_state, day.view().state_reason) == ("HALTED", "look at it")
        lasting.stop.ask("stopped by SIGINT")
        await running


async def test_a_stop_ends_the_waiting_for_the_disk(tmp_path: Path, full_disk: type[FullDisk]) -> None:
    async with lasting_on(tmp_path, on_full_disk) as (lasting, _):
        full_disk.full = True
        lasting.journal.append(halt())
        running = asyncio.create_task(day_of(lasting).run())
        await until(lambda: "is tried again" in lasting.terminal.text(), "the telling")  # type: ignore[attr-defined]
        lasting.stop.ask("stopped by SIGINT")
        with pytest.raises(StoppedError):
            await running
        full_disk.full = False


async def test_a_gateway_that_is_away_is_waited_for_and_no_run_begins(tmp_path: Path) -> None:
    async with lasting_on(tmp_path) as (lasting, simulator):
        simulator.apply_fault(_outage())
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        await until(lambda: "connecting is tried again" in lasting.terminal.text(), "the telling")  # type: ignore[attr-defined]
        assert "the simulated gateway is gone; it is being restarted" in lasting.terminal.text()  # type: ignore[attr-defined]
        assert day.phase == "starting"
        assert day.takes_commands
        day.post(ev.OperatorCommand(ts_ns=day.now_ns(), action="halt", actor="me", reason="while it waits"))
        lasting.stop.ask("stopped by SIGINT")
        await running
        reader = lasting.journal.reader()
        assert (reader.runs(), reader.summaries()) == ([], [])
        state = reader.state()
        assert state is not None
        assert state.reason == "while it waits", "commands are journaled from the start on"
        assert lasting.home.start(day.run_id).closed.exists()


def _outage() -> Any:
    from alphatrader.sim.faults.kinds import DropLink  # noqa: PLC0415

    return DropLink(refuse_for_s=60)


async def test_a_session_without_the_broker_is_over_and_no_run(tmp_path: Path) -> None:
    async with lasting_on(tmp_path) as (lasting, simulator):
        simulator.apply_fault(_outage())
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        await until(lambda: "connecting is tried again" in lasting.terminal.text(), "the telling")  # type: ignore[attr-defined]
        lasting.time.clock.synchronise(day.session.close_ns)  # type: ignore[attr-defined]
        await running
        assert day.over
        assert f"{SESSION_DATE} was over before trading could begin" in lasting.terminal.text()  # type: ignore[attr-defined]
        assert lasting.journal.reader().runs() == []


async def test_a_defect_is_told_in_the_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def break_down(self: Any) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(opening.Opening, "go_live", break_down)
    async with lasting_on(tmp_path) as (lasting, _):
        with pytest.raises(ExceptionGroup):
            await day_of(lasting).run()
        (summary,) = lasting.journal.reader().summaries()
        assert not summary.clean
        assert "a defect of this program" in summary.summary


async def test_an_account_that_must_not_be_traded_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PAPER_ACCOUNT_PREFIX", "DX")
    async with lasting_on(tmp_path) as (lasting, _):
        with pytest.raises(ExceptionGroup) as failed:
            await day_of(lasting).run()
        assert "not a paper account" in str(next(_leaves(failed.value)))
        reader = lasting.journal.reader()
        assert (reader.runs(), reader.summaries()) == ([], [])


async def test_a_session_that_fails_leaves_a_summary_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(self: Any) -> None:
        raise ConfigError("unknown symbol SPZ")

    monkeypatch.setattr(opening.Opening, "go_live", break_down)
    async with lasting_on(tmp_path) as (lasting, _):
        day = day_of(lasting)
        with pytest.raises(ExceptionGroup):
            await day.run()
        (summary,) = lasting.journal.reader().summaries()
        assert not summary.clean
        assert "it ended by an error: unknown symbol SPZ" in summary.summary
        assert lasting.journal.reader().unfinished_runs() == []


async def test_a_link_that_is_lost_while_going_live_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed_past, failures = opening.Opening._feed_past, [LinkError("the link was lost")]

    async def flaky(self: Any, instrument: Any) -> int:
        if failures:
            raise failures.pop()
        return await feed_past(self, instrument)

    monkeypatch.setattr(opening.Opening, "_feed_past", flaky)
    async with lasting_on(tmp_path) as (lasting, _):
        day = day_of(lasting)
        running = asyncio.create_task(day.run())
        await until(lambda: day.phase == "trading", "going live")
        assert "the link was lost. the warm-up of SPY is tried again" in lasting.terminal.text()  # type: ignore[attr-defined]
        lasting.stop.ask("stopped by SIGINT")
        await running


def _leaves(error: BaseException) -> Any:
    from alphatrader.trader.failures import leaves  # noqa: PLC0415

    return leaves(error)
