"""Child processes: started detached, found again after a crash of the trader, ended on a clean stop.

A child announces itself by a JSON file with its ``pid``. A trader that was killed leaves its children running; the
next one adopts them by that file.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import msgspec

from alphatrader.domain.errors import LinkError

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Child:
    """A running child: its announcement, and whether this trader started it."""

    name: str
    pid: int
    announcement: dict[str, Any]
    adopted: bool

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return process_alive(self.pid)


def process_alive(pid: int) -> bool:
    """Whether a process of ours with this id runs (a zombie counts as ended)."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def read_announcement(path: Path) -> dict[str, Any] | None:
    """Read an announcement whose process still runs; None otherwise."""
    try:
        body = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    if not isinstance(body, dict) or not isinstance(body.get("pid"), int) or not process_alive(body["pid"]):
        return None
    return body


async def start_child(
    name: str, arguments: list[str], announcement: Path, log: Path, *, timeout_s: float = 30.0
) -> Child:
    """Adopt the announced child, or start ``python -m …`` detached and wait for its announcement.

    Raises LinkError with the child's own last line if it ends or stays silent.
    """
    running = read_announcement(announcement)
    if running is not None:
        return Child(name, running["pid"], running, adopted=True)
    with _open_log(log, announcement) as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        body = read_announcement(announcement)
        if body is not None and body["pid"] == process.pid:
            return Child(name, process.pid, body, adopted=False)
        if process.returncode is not None:
            raise LinkError(f"{name} ended with status {process.returncode}: {last_line(log)}")
        await asyncio.sleep(_POLL_S)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    raise LinkError(f"{name} did not come up within {timeout_s:.0f} s: {last_line(log)} (its log: {log})")


def _open_log(path: Path, stale_announcement: Path) -> IO[bytes]:
    stale_announcement.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")


async def stop_child(child: Child, timeout_s: float = 5.0) -> None:
    """End a child: SIGTERM, then SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, number)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not process_alive(child.pid):
                return
            await asyncio.sleep(_POLL_S)


def last_line(path: Path) -> str:
    """Return the last line of a log that is not empty."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return "no log was written"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
