"""Whether a process lives, and since when: a process id alone proves nothing, for the kernel gives it again."""

import contextlib
import os
import signal
import subprocess
import time
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def started_at_s(pid: int) -> float | None:
    """Return when a process began (seconds since the epoch, to a second or so); None if it has ended.

    A zombie has ended.
    """
    if (_PROC / "self" / "stat").exists():
        return _started_by_proc(pid)
    return _started_by_ps(pid)


def send_signal(pid: int, started_s: float, number: signal.Signals) -> bool:
    """Signal a process, unless its id belongs to another one by now; return whether it was signalled."""
    found = started_at_s(pid)
    if found is None or abs(found - started_s) > 2.0:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
        return True
    return False


def _started_by_proc(pid: int) -> float | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name, in brackets, may hold anything; state is the first field after it, the start in ticks the twentieth.
    fields = text.rpartition(")")[2].split()
    if fields[0] in {"Z", "X", "x"}:
        return None
    return _booted_at_s() + int(fields[19]) / os.sysconf("SC_CLK_TCK")


@cache
def _booted_at_s() -> float:
    """Read once: a wall clock that is set meanwhile must not make other processes of the same ones."""
    for line in (_PROC / "stat").read_text().splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    return time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)


def _started_by_ps(pid: int) -> float | None:
    """Ask ``ps``, which every other Unix has: elapsed time as [[days-]hours:]minutes:seconds."""
    done = subprocess.run(  # noqa: S603 - fixed arguments and a number
        ["ps", "-o", "state=,etime=", "-p", str(pid)],  # noqa: S607 - wherever the system has it
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, elapsed = done.stdout.strip().partition(" ")
    if done.returncode or not elapsed or state.startswith("Z"):
        return None
    days, _, clock = elapsed.strip().rpartition("-")
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return time.time() - (int(days or 0) * 86_400 + seconds)
