"""Starts real traders as a person does: the command line, processes of their own, a folder of their own."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from alphatrader.control.processes import started_at_s

REPOSITORY = Path(__file__).resolve().parents[2]
CLI = [str(Path(sys.executable).with_name("alphatrader"))]


class PaperRun:
    """``alphatrader run`` (a supervisor, its trader and what they need) and its folder."""

    def __init__(self, folder: Path, *, scenario: str = "none", extra: str = "") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "config.yaml"
        self.config.write_text(
            f"paths: {{state_dir: {folder / 'var'}}}\n"
            f"simulator: {{scenario: {scenario}}}\n"
            "dashboard: {enabled: false}\n" + extra
        )
        self.output = folder / "output.txt"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """The newest home."""
        return max((self.folder / "var" / "sim").iterdir())

    def start(self, *arguments: str, **variables: str) -> "PaperRun":
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                self.command_line(*arguments),
                stdout=output,
                stderr=output,
                cwd=REPOSITORY,
                env=self.environment() | variables,
            )
        return self

    def command_line(self, *arguments: str) -> list[str]:
        return [*CLI, "run", "--config", str(self.config), "--mode", "paper", "--headless", *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "ALPHATRADER_CONFIG": str(self.config), "NO_COLOR": "1", "COLUMNS": "250"}

    def finish(self, timeout_s: float = 90.0) -> int:
        assert self.process is not None
        return self.process.wait(timeout_s)

    def text(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def summary(self) -> dict[str, Any]:
        return json.loads((self.home / "summary.json").read_text())

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the product on this folder."""
        return subprocess.run(
            [*CLI, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=REPOSITORY,
            env=self.environment(),
            check=False,
        )

    def view(self) -> dict[str, Any] | None:
        """The trader's view, None while it is not there."""
        done = self.command("status", "--home", str(self.home), "--json")
        if done.returncode:
            return None
        body = json.loads(done.stdout)
        return body if "trading_state" in body else None

    def gateway(self, request: dict[str, Any], timeout_s: float = 5.0) -> dict[str, Any]:
        """Ask the simulated gateway's control channel."""
        port = json.loads((self.home / "exchange" / "sim.json").read_text())["control_port"]
        with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as link, link.makefile("rw") as lines:
            lines.write(json.dumps(request) + "\n")
            lines.flush()
            return json.loads(lines.readline())

    def wait_for(self, what: str, condition: Callable[[], Any], timeout_s: float = 60.0) -> Any:
        """Poll until the condition is true; the output is shown where it never is."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            with contextlib.suppress(FileNotFoundError, ValueError, OSError):
                found = condition()
                if found:
                    return found
            if self.process is not None and self.process.poll() not in (None, 0, -9):
                break
            time.sleep(0.1)
        raise AssertionError(f"{what} did not happen:\n{self.text()[-4000:]}")

    def wait_for_line(self, pattern: str, timeout_s: float = 60.0) -> str:
        return str(self.wait_for(pattern, lambda: re.search(pattern, self.text()), timeout_s))

    # ------------------------------------------------------------------ its processes

    def pid_of(self, process: str) -> int:
        """Process id of ``trader``, ``gateway`` or ``redis``, as the supervisor announces it."""
        announced = json.loads((self.home / "supervisor.json").read_text())
        return int(announced["children"][process])

    def send(self, process: str, number: signal.Signals) -> int:
        """Signal a process of the run; return its id."""
        pid = self.pid_of(process)
        os.kill(pid, number)
        return pid

    def kill_supervisor(self) -> None:
        """Kill the supervisor alone, with -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def kill_supervisor_and_trader(self) -> None:
        """Kill both with -9, as a machine that fails would: nobody winds down, nobody restarts anything."""
        assert self.process is not None
        trader = self.pid_of("trader")
        self.process.send_signal(signal.SIGSTOP)  # so that it does not start another one in between
        os.kill(trader, signal.SIGKILL)
        self.kill_supervisor()
        self.wait_for("the trader's end", lambda: not alive(trader))

    def logged(self, process: str, event: str) -> list[dict[str, Any]]:
        """Lines of a process's log with an event."""
        path = self.home / "logs" / f"{process}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line.get("event") == event]

    def clean_up(self) -> None:
        """End everything that the run may have left."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        for home in (self.folder / "var" / "sim").glob("*"):
            for path in (home / "supervisor.json", home / "trader.json", home / "exchange" / "sim.json"):
                with contextlib.suppress(OSError, ValueError):
                    body = json.loads(path.read_text())
                    for pid in (body["pid"], *body.get("children", {}).values()):
                        end(pid)
            with contextlib.suppress(OSError, ValueError):
                end(int((home / "redis" / "redis.pid").read_text()))


def alive(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    return started_at_s(pid) is not None


def end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def paper_run(folder: Path, **options: str) -> Iterator[PaperRun]:
    """A run that leaves no process behind."""
    run = PaperRun(folder, **options)
    try:
        yield run
    finally:
        run.clean_up()
