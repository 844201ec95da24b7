"""A running process of a run: started detached or adopted, waited for, signalled, ended.

Each has a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, and a supervisor that is
killed leaves them to the next one.
"""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alphatrader.control.announcements import read_announcement
from alphatrader.control.processes import send_signal, started_at_s
from alphatrader.domain.errors import AlphaTraderError, LinkError

_POLL_S = 0.05
_ADOPTED_POLL_S = 0.2
_TAIL_BYTES = 65_536
_ERROR = "error: "


class StartFailedError(AlphaTraderError):
    """A process ended before it was up; ``exit_code`` is its own status."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.exit_code = status if 0 < status < 126 else 1


@dataclass(slots=True)
class RunningProcess:
    """A process that runs, or ran. ``announcement`` is what it said of itself."""

    pid: int
    started_s: float
    announcement: dict[str, Any] = field(default_factory=dict)
    printed: Path | None = None
    printed_from: int = 0
    child: asyncio.subprocess.Process | None = None

    @property
    def adopted(self) -> bool:
        """Whether it was started by an earlier supervisor."""
        return self.child is None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        if self.child is not None:
            return self.child.returncode is None
        found = started_at_s(self.pid)
        return found is not None and abs(found - self.started_s) < 2.0

    async def wait(self) -> int | None:
        """Wait for its end; return its status, negative for a signal. None: an adopted one tells none."""
        if self.child is not None:
            return await self.child.wait()
        while self.alive:  # noqa: ASYNC110 - no event tells of a process that is not our child
            await asyncio.sleep(_ADOPTED_POLL_S)
        return None

    def send(self, number: signal.Signals) -> None:
        """Signal it, if it still runs."""
        if self.child is None:
            send_signal(self.pid, self.started_s, number)
        elif self.child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.child.send_signal(number)

    async def ended_within(self, timeout_s: float) -> int | None:
        """Wait for its end and return its status. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            return await self.wait()

    async def end(self, number: signal.Signals, timeout_s: float) -> tuple[int | None, bool]:
        """Ask it to end by a signal, then kill it; return its status, and whether it had to be killed."""
        self.send(number)
        with contextlib.suppress(TimeoutError):
            return await self.ended_within(timeout_s), False
        self.send(signal.SIGKILL)
        return await self.wait(), True

    def last_words(self) -> str:
        """Return the last line that it printed."""
        if self.printed is None:
            return "it says nothing"
        lines = _lines(self.printed, self.printed_from)
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def error_lines(self) -> list[str]:
        """Return what it printed as errors, a line each."""
        lines = _lines(self.printed, self.printed_from) if self.printed is not None else []
        return [line.removeprefix(_ERROR).strip() for line in lines if line.startswith(_ERROR)]


def adopt(announcement: Path, printed: Path) -> RunningProcess | None:
    """Return the process that announces itself in a file, if it lives."""
    body = read_announcement(announcement)
    started_s = started_at_s(body["pid"]) if body is not None else None
    if body is None or started_s is None:
        return None
    return RunningProcess(body["pid"], started_s, body, printed, _size(printed))


async def spawn(
    module: str,
    arguments: Sequence[str],
    printed: Path,
    *,
    environment: Mapping[str, str],
    shares_output: bool = False,
    pass_fds: Sequence[int] = (),
) -> RunningProcess:
    """Start ``python -m module`` in a session of its own.

    What it prints goes into the file ``printed``; with ``shares_output`` only its standard error does, and its standard
    output is ours. Raises OSError.
    """
    printed.parent.mkdir(parents=True, exist_ok=True)
    before = _size(printed)
    with printed.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=None if shares_output else output,
            stderr=output,
            env=dict(environment),
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
    return RunningProcess(child.pid, started_at_s(child.pid) or time.time(), {}, printed, before, child)


async def until_announced(process: RunningProcess, title: str, announcement: Path, timeout_s: float) -> None:
    """Wait for a process to announce itself. Raises StartFailedError with its own last line, or LinkError.

    A process that does not come up is ended; so is one whose start is cancelled.
    """
    deadline_s = time.monotonic() + timeout_s
    try:
        while time.monotonic() < deadline_s:
            body = read_announcement(announcement)
            if body is not None and body["pid"] == process.pid:
                process.announcement = body
                return
            if not process.alive:
                status = await process.wait()
                words = f"{title} ended with status {status} at its start: {process.last_words()}"
                raise StartFailedError(words, status or 1)
            await asyncio.sleep(_POLL_S)
    except asyncio.CancelledError:
        process.send(signal.SIGKILL)
        raise
    process.send(signal.SIGKILL)
    await process.wait()
    raise LinkError(f"{title} did not come up within {timeout_s:.0f} s: {process.last_words()} (see {process.printed})")


def _lines(path: Path, start: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(max(start, _size(path) - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
