"""Day after day in one process: how many, what lasts, how it ends. Sessions are scripted, journal and socket real."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.doubles.terminal import RecordingTerminal

from alphatrader.calendar import Session
from alphatrader.control.client import Peer, ask
from alphatrader.domain.errors import ClosedMarketError, ConfigError, JournalError, LinkError, PeerRefusedError
from alphatrader.home import Home, HomeLabel
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.run_options import TraderOptions
from alphatrader.trader import daemon as daemon_module
from alphatrader.trader.daemon import Daemon

CONFIG = AppConfig.model_validate({"gateway": {"kind": "ibkr"}})


class ScriptedDay:
    """A session of a moment. ``script`` says how each one ends."""

    script: ClassVar[list[Callable[["ScriptedDay"], Any]]] = []
    made: ClassVar[list["ScriptedDay"]] = []

    def __init__(self, lasting: Any, session: Session) -> None:
        self.lasting = lasting
        self.session = session
        self.phase = "trading"
        self.over = False
        self.takes_commands = False
        self.trading_state = "ACTIVE"
        self.proposals: frozenset[str] = frozenset()
        self.halted = ""
        self.run_id = f"r{len(self.made)}"
        self.made.append(self)

    async def run(self, *, halted: str = "") -> None:
        self.halted = halted
        self.takes_commands = True
        try:
            found = self.script.pop(0)(self)
            if asyncio.iscoroutine(found):
                await found
        finally:
            self.takes_commands = False


def ends(day: ScriptedDay) -> None:
    day.over = True


async def waits(day: ScriptedDay) -> None:
    await day.lasting.stop.wait()


def fails(error: Exception) -> Callable[[ScriptedDay], None]:
    def fail(day: ScriptedDay) -> None:
        raise ExceptionGroup("day", [error])

    return fail


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    found = Home(tmp_path / "home")
    found.write_label(HomeLabel("paper", False, 7, 1.0, "", ""))
    monkeypatch.setattr(daemon_module, "TradingDay", ScriptedDay)
    monkeypatch.setattr(daemon_module, "Terminal", lambda logged: RecordingTerminal())
    ScriptedDay.made = []
    return found


def make(home: Home, *script: Any, **options: Any) -> Any:
    ScriptedDay.script = list(script)
    chosen = TraderOptions(home=home.path, mode="paper", **options)
    return Daemon(CONFIG, chosen, home, f"unix://{home.path}/none.sock")


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def announced(home: Home) -> dict[str, Any]:
    return json.loads(home.trader_announcement.read_text())  # type: ignore[no-any-return]


async def test_it_ends_after_so_many_sessions(home: Home) -> None:
    ended: list[int] = []

    def note(day: ScriptedDay) -> None:
        ended.append(announced(home)["sessions_ended"])
        ends(day)

    await make(home, note, note, note, days=3).run()
    assert ended == [0, 1, 2]
    assert len(ScriptedDay.made) == 3
    assert len({id(day.lasting) for day in ScriptedDay.made}) == 1, "journal, Redis client and clock last"
    assert not home.trader_announcement.exists()
    assert not home.control_socket.exists()


async def test_without_a_number_it_goes_on_until_it_is_stopped(home: Home) -> None:
    trader = make(home, ends, ends, waits)
    running = asyncio.create_task(trader.run())
    await until(lambda: len(ScriptedDay.made) == 3)
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert ScriptedDay.made[-1].lasting.stop.reason == "stopped by SIGTERM"
    assert not ScriptedDay.made[-1].lasting.stop.flatten


async def test_the_duration_counts_from_the_start_of_the_run_and_closes_first(home: Home) -> None:
    trader = make(home, waits, duration_s=100.0, elapsed_s=99.8)
    await asyncio.wait_for(trader.run(), 5)
    stop = ScriptedDay.made[0].lasting.stop
    assert (stop.reason, stop.flatten) == ("the duration of 100 s is over", True)


async def test_it_winds_down_when_its_supervisor_is_gone(home: Home) -> None:
    reader, writer = os.pipe()
    running = asyncio.create_task(make(home, waits, lifeline=reader).run())
    await until(lambda: ScriptedDay.made)
    os.close(writer)
    await asyncio.wait_for(running, 5)
    assert ScriptedDay.made[0].lasting.stop.reason == "its supervisor is gone: stops stay at the broker"
    os.close(reader)


async def test_a_closed_terminal_is_no_wish_to_stop(home: Home) -> None:
    trader = make(home, waits)
    running = asyncio.create_task(trader.run())
    await until(lambda: ScriptedDay.made)
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: ("", "lost", "the terminal was closed (SIGHUP)") in trader._terminal.lines)
    assert not running.done()
    os.kill(os.getpid(), signal.SIGINT)
    await running


async def test_only_the_first_session_comes_up_halted(home: Home) -> None:
    await make(home, ends, ends, days=2, halted="it was killed").run()
    assert [day.halted for day in ScriptedDay.made] == ["it was killed", ""]


async def test_commands_go_to_the_session_that_runs_and_health_always_answers(home: Home, monkeypatch: Any) -> None:
    monkeypatch.setattr(daemon_module, "_BETWEEN_DAYS_S", 0.1)
    trader = make(home, waits)
    running = asyncio.create_task(trader.run())
    await until(lambda: ScriptedDay.made and ScriptedDay.made[0].takes_commands)
    peer = Peer("the trader", home.control_socket, "")
    assert await trader.commanded() is ScriptedDay.made[0]
    health = await ask(peer, {"action": "health"}, "health")
    assert (health["phase"], health["run_id"], health["pid"]) == ("trading", "r0", os.getpid())
    ScriptedDay.made[0].takes_commands = False
    with pytest.raises(PeerRefusedError, match="the next is being opened"):
        await ask(peer, {"action": "halt"}, "halt")
    assert (await ask(peer, {"action": "health"}, "health"))["ok"]
    os.kill(os.getpid(), signal.SIGINT)
    await running


async def test_a_recorded_day_has_no_day_after_it_and_that_is_a_clean_end(home: Home) -> None:
    trader = make(home, ends, fails(ClosedMarketError("the simulated market has no session on 2013-10-11")))
    await trader.run()
    assert "no session on 2013-10-11" in trader._terminal.text()


async def test_no_first_session_is_an_error(home: Home) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await make(home, fails(ClosedMarketError("closed"))).run()
    assert failed.group_contains(ClosedMarketError)


@pytest.mark.parametrize("error", [ConfigError("live account"), LinkError("lost"), KeyError("a defect")])
async def test_what_ends_a_session_by_an_error_ends_the_trader_and_frees_the_journal(
    home: Home, error: Exception
) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await make(home, fails(error)).run()
    assert failed.group_contains(type(error))
    await make(home, ends, days=1).run()


async def test_a_second_one_on_the_journal_is_refused(home: Home) -> None:
    running = asyncio.create_task(make(home, waits).run())
    await until(lambda: ScriptedDay.made)
    with pytest.raises(JournalError, match="Another trader"):
        await make(home, ends).run()
    os.kill(os.getpid(), signal.SIGINT)
    # The second one's handlers replaced the first one's: this is one process, which traders are not.
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
