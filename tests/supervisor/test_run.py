"""``alphatrader run`` before and around its supervisor: what is refused, what is said first, whom it waits for."""

import asyncio
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.doubles.terminal import RecordingTerminal
from tests.supervisor.test_homes import config, options

from alphatrader.adapters.journal.lock import WriterLock
from alphatrader.domain.errors import ConfigError, DataError, JournalError
from alphatrader.home import Home, HomeLabel
from alphatrader.supervisor import run as run_module
from alphatrader.supervisor.run import RunFailedError, _introduce, _wait_for_the_last_trader, run_command
from alphatrader.supervisor.supervisor import INTERRUPTED, RunEnd

NOBODY_STOPS: Any = SimpleNamespace(stop_asked=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.write_label(HomeLabel("paper", True, 7, 10.0, "", ""))
    return found


def run(tmp_path: Path, text: str = "", **given: Any) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"paths: {{state_dir: {tmp_path / 'var'}}}\n{text}")
    values: dict[str, Any] = {
        "config_path": path, "mode": None, "speed": None, "seed": None, "duration_s": None, "days": None,
        "tape": None, "headless": True, "resume": False,
    }  # fmt: skip
    run_command(**(values | given))


@pytest.mark.parametrize(
    ("text", "given", "error", "words"),
    [
        ("gateway: {kind: ibkr}\n", {"speed": 5.0}, ConfigError, "belong to the simulated market"),
        ("gateway: {kind: ibkr}\n", {"tape": Path("x.zip")}, ConfigError, "belong to the simulated market"),
        ("", {"tape": Path("/none/x.zip")}, DataError, "the tape /none/x.zip does not exist"),
        ("", {"mode": "live"}, ConfigError, "gateway.kind is simulated"),
        ("gateway: {kind: ibkr}\nlive: {account: U1}\n", {"mode": "live"}, ConfigError, "needs 5 clean paper sessions"),
        ("", {"resume": True}, ConfigError, "there is no run to resume"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_made(
    tmp_path: Path, text: str, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run(tmp_path, text, **given)
    assert not (tmp_path / "var").exists()


def test_the_status_of_the_run_is_that_of_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def end(*_: object) -> RunEnd:
        return RunEnd(6, "another writer took over")

    monkeypatch.setattr(run_module, "_supervise", end)
    with pytest.raises(RunFailedError, match="another writer took over") as failed:
        run(tmp_path)
    assert failed.value.exit_code == 6

    async def interrupted(*_: object) -> RunEnd:
        return RunEnd(INTERRUPTED)

    monkeypatch.setattr(run_module, "_supervise", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)

    async def end_well(*_: object) -> RunEnd:
        return RunEnd(0)

    monkeypatch.setattr(run_module, "_supervise", end_well)
    run(tmp_path)


def test_a_second_run_on_a_home_is_refused_and_a_later_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meet_another(config: Any, options: Any, trader: Any, home: Home, notes: Any) -> RunEnd:
        home.start("r1").path.mkdir(exist_ok=True)
        with pytest.raises(JournalError, match="Another trader"):
            WriterLock.acquire(home.supervisor_lock)
        return RunEnd(0)

    monkeypatch.setattr(run_module, "_supervise", meet_another)
    run(tmp_path)
    run(tmp_path, resume=True)


def test_the_first_lines_say_what_runs_and_which_strategies_may_do_what(tmp_path: Path, home: Home) -> None:
    terminal: Any = RecordingTerminal()
    text = "engine: {symbols: [SPY, QQQ], strategies: {zero_dte: {symbols: [QQQ], budget_share: 0.5, mode: shadow}}}\n"
    _introduce(terminal, config(tmp_path, text), options(), home, ["resumed: 10x time, as before"])
    lines = [(topic, text) for topic, _, text in terminal.lines]
    assert lines[0][1] == " AlphaTrader Pro   PAPER - SIMULATED MARKET "
    assert ("config", "resumed: 10x time, as before") in lines
    assert ("journal", str(home.journal)) in lines
    assert lines[-1] == ("strategy", "zero_dte shadow: QQQ, budget 50%")
    _introduce(terminal, config(tmp_path, 'engine: {strategies: {zero_dte: {mode: "off"}}}\n'), options(), home, [])
    assert terminal.lines[-1][2] == "zero_dte off"


async def test_the_trader_of_the_run_before_is_waited_for(home: Home) -> None:
    lock, terminal = WriterLock.acquire(home.lock), RecordingTerminal()
    threading.Timer(0.5, lock.release).start()
    await _wait_for_the_last_trader(home, terminal, NOBODY_STOPS)  # type: ignore[arg-type]
    ((topic, level, text),) = terminal.lines
    assert (topic, level) == ("trader", "warning")
    assert text.endswith("it winds down since its supervisor is gone; waiting up to 30 s for it")
    await _wait_for_the_last_trader(home, terminal, NOBODY_STOPS)  # type: ignore[arg-type]
    assert len(terminal.lines) == 1


async def test_ctrl_c_ends_the_waiting(home: Home) -> None:
    lock, asked = WriterLock.acquire(home.lock), SimpleNamespace(stop_asked=False)
    asyncio.get_running_loop().call_later(0.3, setattr, asked, "stop_asked", True)
    waiting = _wait_for_the_last_trader(home, RecordingTerminal(), asked)  # type: ignore[arg-type]
    await asyncio.wait_for(waiting, 5)
    lock.release()


async def test_one_that_does_not_end_keeps_the_journal(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "LOCK_WAIT_S", 0.3)
    lock = WriterLock.acquire(home.lock)
    began_s = time.monotonic()
    with pytest.raises(JournalError, match="Another trader"):
        await asyncio.wait_for(_wait_for_the_last_trader(home, RecordingTerminal(), NOBODY_STOPS), 5)  # type: ignore[arg-type]
    assert time.monotonic() - began_s >= 0.3
    lock.release()
