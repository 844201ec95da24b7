"""Real processes: started, found again, waited for, ended; and what they said last."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from alphatrader.control.processes import started_at_s
from alphatrader.domain.errors import LinkError
from alphatrader.supervisor.process import RunningProcess, StartFailedError, adopt, spawn, until_announced

MODULE = """
import json, os, signal, sys, time
from pathlib import Path
what, path = sys.argv[1], Path(sys.argv[2])
print("it begins", flush=True)
if what == "fails":
    print("error: the port is taken", file=sys.stderr)
    print("error: choose another", file=sys.stderr)
    print("and a last word", file=sys.stderr)
    sys.exit(3)
if what == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if what == "fd":
    print("fd says", os.read(int(sys.argv[3]), 10), flush=True)
if what != "mute":
    path.write_text(json.dumps({"pid": os.getpid(), "sid": os.getsid(0), "word": os.environ.get("WORD", "")}))
time.sleep(60)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "scripted_child.py").write_text(MODULE)
    return {**os.environ, "PYTHONPATH": str(tmp_path), "WORD": "given"}


@pytest.fixture
async def started(tmp_path: Path, environment: dict[str, str]) -> AsyncIterator[object]:
    """Start one by its first argument; all are ended."""
    running: list[RunningProcess] = []

    async def start(what: str, *arguments: str, **options: object) -> RunningProcess:
        process = await spawn(
            "scripted_child", [what, str(tmp_path / "a.json"), *arguments], tmp_path / "logs" / "child.out",
            environment=environment, **options,  # type: ignore[arg-type]
        )  # fmt: skip
        running.append(process)
        return process

    yield start
    for process in running:
        process.send(signal.SIGKILL)
        await process.wait()


async def announced(process: RunningProcess, tmp_path: Path) -> RunningProcess:
    await until_announced(process, "the child", tmp_path / "a.json", 20)
    return process


async def test_it_runs_in_a_session_of_its_own_and_is_known_by_its_announcement(started, tmp_path: Path) -> None:
    process = await announced(await started("fine"), tmp_path)
    assert process.announcement == {"pid": process.pid, "sid": process.pid, "word": "given"}
    assert (process.alive, process.adopted) == (True, False)
    assert process.last_words() == "it begins"
    assert await process.end(signal.SIGTERM, 10) == (-signal.SIGTERM, False)
    assert not process.alive


async def test_one_that_fails_tells_its_status_and_its_own_words(started, tmp_path: Path) -> None:
    process = await started("fails")
    with pytest.raises(StartFailedError, match="the child ended with status 3 at its start: and a last word") as failed:
        await announced(process, tmp_path)
    assert failed.value.exit_code == 3
    assert process.error_lines() == ["the port is taken", "choose another"]
    again = await started("fails")
    await again.wait()
    assert len(again.error_lines()) == 2, "not those of the start before"


async def test_one_that_does_not_come_up_is_ended(started, tmp_path: Path) -> None:
    process = await started("mute")
    with pytest.raises(LinkError, match="did not come up within 1 s"):
        await until_announced(process, "the child", tmp_path / "a.json", 1)
    assert not process.alive


async def test_a_start_that_is_called_off_leaves_nothing_behind(started, tmp_path: Path) -> None:
    process = await started("mute")
    waiting = asyncio.create_task(until_announced(process, "the child", tmp_path / "a.json", 60))
    await asyncio.sleep(0.2)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await process.wait() == -signal.SIGKILL


async def test_one_that_hears_no_sigterm_is_killed(started, tmp_path: Path) -> None:
    process = await announced(await started("deaf"), tmp_path)
    assert await process.end(signal.SIGTERM, 0.3) == (-signal.SIGKILL, True)


async def test_one_that_was_left_is_found_again_and_ended(started, tmp_path: Path) -> None:
    process = await announced(await started("fine"), tmp_path)
    found = adopt(tmp_path / "a.json", tmp_path / "logs" / "child.out")
    assert found is not None
    assert (found.pid, found.adopted, found.alive) == (process.pid, True, True)
    assert found.announcement["word"] == "given"
    reaping = asyncio.create_task(process.wait())
    assert await found.end(signal.SIGTERM, 10) == (None, False), "nobody but its parent hears its status"
    assert await reaping == -signal.SIGTERM
    assert adopt(tmp_path / "a.json", tmp_path / "x") is None


async def test_another_process_of_that_id_is_neither_found_nor_hurt(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"pid": os.getpid()}))
    long_ago_s = time.time() - 86_400
    os.utime(tmp_path / "a.json", (long_ago_s, long_ago_s))
    assert adopt(tmp_path / "a.json", tmp_path / "x") is None
    other = RunningProcess(os.getpid(), (started_at_s(os.getpid()) or 0) - 3600)
    assert not other.alive
    other.send(signal.SIGKILL)
    assert await other.wait() is None


async def test_a_pipe_is_handed_on_and_what_was_printed_before_is_not_its_own(started, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    process = await started("fd", str(reader), pass_fds=[reader])
    os.write(writer, b"hello")
    await announced(process, tmp_path)
    assert process.last_words() == "fd says b'hello'"
    os.close(reader)
    os.close(writer)
