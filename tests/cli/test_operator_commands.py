"""``halt``, ``resume``, ``flatten``, ``approve``: refused, unanswered and absent are three different things."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dashboard.views import make_view

from alphatrader.adapters.journal import JournalReader, SqliteJournal
from alphatrader.domain.records import StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.home import Home, HomeLabel


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "h")
    found.write_label(HomeLabel("paper", True, 7, 10.0, "", ""))
    return found


@contextlib.contextmanager
def trader(home: Home, answer: Any) -> Iterator[list[dict[str, Any]]]:
    """Serve the control socket from another thread; ``answer`` None hangs up, else it is what each line gets."""
    heard: list[dict[str, Any]] = []
    loop = asyncio.new_event_loop()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(msgspec.json.decode(await reader.readline()))
        if answer is not None:
            writer.write(msgspec.json.encode(answer) + b"\n")
        writer.close()

    server = loop.run_until_complete(asyncio.start_unix_server(converse, str(home.control_socket)))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield heard
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.close()


def command(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alphatrader.cli", *arguments, "--home", str(home.path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False, env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )  # fmt: skip


def state(home: Home) -> TradingState | None:
    if not home.journal.exists():
        return None
    found = JournalReader(home.journal).state()
    return found.state if found else None


def test_a_halt_reaches_the_trader(home: Home) -> None:
    with trader(home, {"ok": True, "state": "HALTED"}) as heard:
        done = command(home, "halt", "--reason", "odd")
    assert (done.returncode, done.stdout) == (0, "trading state HALTED\n")
    assert [(line["action"], line["reason"]) for line in heard] == [("halt", "odd")]
    assert heard[0]["actor"].startswith("cli:")


def test_a_trader_that_refuses_is_not_called_absent_and_nothing_is_journaled(home: Home) -> None:
    with trader(home, {"ok": False, "error": "one session has just ended"}):
        done = command(home, "halt")
    assert done.returncode == 1
    assert done.stderr == "error: the trader refused halt: one session has just ended\n"
    assert "no trader is running" not in done.stdout
    assert state(home) is None


def test_a_trader_that_does_not_answer_may_have_obeyed(home: Home) -> None:
    with trader(home, None):
        done = command(home, "halt")
    assert done.returncode == 4
    assert "may have been carried out" in done.stderr
    assert state(home) is None


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        (("halt", "--reason", "holiday"), TradingState.HALTED),
        (("resume", "--reason", "back", "--confirm", "RESUME"), TradingState.ACTIVE),
    ],
)
def test_without_a_trader_the_journal_keeps_the_wish(
    home: Home, arguments: tuple[str, ...], after: TradingState
) -> None:
    done = command(home, *arguments)
    assert done.returncode == 0
    assert "no trader is running" in done.stdout
    assert state(home) is after


def test_a_journal_that_somebody_holds_is_not_written_behind_their_back(home: Home) -> None:
    async def hold() -> subprocess.CompletedProcess[str]:
        journal = SqliteJournal.open(home.journal, home.lock)
        change = StateChange(TradingState.ACTIVE, "t", "", 1)
        await journal.append_durable(StateRecord(change))
        try:
            return await asyncio.to_thread(command, home, "halt")
        finally:
            await journal.close()

    done = asyncio.run(hold())
    assert done.returncode == 5
    assert "Another trader" in done.stderr
    assert state(home) is TradingState.ACTIVE


@pytest.mark.parametrize("arguments", [("flatten", "--reason", "x", "--confirm", "FLATTEN"), ("approve", "r1.s3")])
def test_what_needs_a_trader_says_so(home: Home, arguments: tuple[str, ...]) -> None:
    done = command(home, *arguments)
    assert done.returncode == 4
    assert "the trader is not there" in done.stderr
    assert "nothing was sent" in done.stderr


def test_the_end_of_the_input_is_not_the_word(home: Home) -> None:
    with trader(home, {"ok": True, "state": "HALTED"}) as heard:
        done = command(home, "resume", "--reason", "x")
    assert done.returncode == 2
    assert "nothing was done" in done.stderr
    assert not heard


@pytest.mark.parametrize("action", ["resume", "flatten"])
def test_a_wrong_word_does_nothing(home: Home, action: str) -> None:
    with trader(home, {"ok": True, "state": "HALTED", "view": msgspec.to_builtins(make_view())}) as heard:
        done = command(home, action, "--reason", "x", "--confirm", "yes")
    assert done.returncode == 2
    assert "nothing was done" in done.stderr
    assert {line["action"] for line in heard} <= {"status"}


def test_flatten_lists_what_it_closes_first(home: Home) -> None:
    view = make_view()
    with trader(home, {"ok": True, "state": "HALTED", "view": msgspec.to_builtins(view)}) as heard:
        done = command(home, "flatten", "--reason", "enough", "--confirm", "FLATTEN")
    assert done.returncode == 0, done.stderr
    position = view.positions[0]
    assert f"sell {position.quantity} {position.label}" in done.stdout
    assert [line["action"] for line in heard] == ["status", "flatten"]


def test_a_signal_is_approved_by_its_id(home: Home) -> None:
    with trader(home, {"ok": True, "state": "ACTIVE"}) as heard:
        done = command(home, "approve", "r1.s3")
    assert done.returncode == 0, done.stderr
    assert "r1.s3 was handed on" in done.stdout
    assert [(line["action"], line["target"]) for line in heard] == [("approve", "r1.s3")]
    with trader(home, {"ok": False, "error": "r1.s4 does not wait for approval (waiting: none)"}):
        refused = command(home, "approve", "r1.s4")
    assert (refused.returncode, "does not wait" in refused.stderr) == (1, True)


def test_status_shows_strategies_and_what_waits_and_is_no_guess_where_nobody_answers(home: Home) -> None:
    view = make_view()
    with trader(home, {"ok": True, "state": "ACTIVE", "view": msgspec.to_builtins(view)}):
        done = command(home, "status")
    assert done.returncode == 0, done.stderr
    assert all(strategy.name in done.stdout for strategy in view.strategies)
    assert all(f"alphatrader approve {proposal.signal_id}" in done.stdout for proposal in view.proposals)
    with trader(home, None):
        silent = command(home, "status")
    assert silent.returncode == 4
    assert "its journal says" not in silent.stdout
