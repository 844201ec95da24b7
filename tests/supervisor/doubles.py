"""Processes that live and die by script, and a terminal that remembers, for a supervisor in virtual time."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from tests.doubles.terminal import RecordingTerminal

from alphatrader.domain.errors import LinkError
from alphatrader.sim.virtual import VirtualLoop
from alphatrader.supervisor.child import Child
from alphatrader.supervisor.supervisor import RunEnd, Supervisor


class ScriptedProcess:
    """A process without a machine. It ends when a test, or a signal, says so."""

    adopted = False

    def __init__(self, pid: int, errors: list[str]) -> None:
        self.pid = pid
        self.signals: list[signal.Signals] = []
        self.deaf = False
        """Whether it hears SIGKILL alone."""
        self._errors = errors
        self._ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def wait(self) -> int | None:
        return await asyncio.shield(self._ended)

    def send(self, number: signal.Signals) -> None:
        self.signals.append(number)
        if number is signal.SIGKILL:
            self.end(-signal.SIGKILL)
        elif not self.deaf:
            self.end(0)

    def end(self, status: int | None) -> None:
        if not self._ended.done():
            self._ended.set_result(status)

    async def end_by(self, number: signal.Signals, timeout_s: float) -> tuple[int | None, bool]:
        self.send(number)
        try:
            async with asyncio.timeout(timeout_s):
                return await self.wait(), False
        except TimeoutError:
            self.send(signal.SIGKILL)
            return await self.wait(), True

    def error_lines(self) -> list[str]:
        return self._errors

    def last_words(self) -> str:
        return "some last words"


class ScriptedChild(Child):
    """A child whose processes are scripted. ``story``, shared by all, is the order of what happened."""

    def __init__(self, name: str, story: list[str], *, essential: bool = True, final: frozenset[int] | None = None):
        self.name = name  # type: ignore[misc]
        self.title = f"the {name}"  # type: ignore[misc]
        self.essential = essential  # type: ignore[misc]
        if final is not None:
            self.final_statuses = final  # type: ignore[misc]
        self.story = story
        self.processes: list[ScriptedProcess] = []
        self.reasons: list[str] = []
        self.started_s: list[float] = []
        self.failures: list[Exception] = []
        """What the next starts raise."""
        self.answers = True
        self.errors: list[str] = []
        self.deaf = False

    async def start(self, again_because: str) -> Any:
        self.reasons.append(again_because)
        self.started_s.append(asyncio.get_running_loop().time())
        if self.failures:
            raise self.failures.pop(0)
        self.story.append(f"start {self.name}")
        process = ScriptedProcess(1000 + len(self.processes), self.errors)
        process.deaf = self.deaf
        self.processes.append(process)
        return process

    async def check(self) -> None:
        if not self.answers:
            raise LinkError(f"{self.name} is silent")

    async def stop(self, process: Any, number: signal.Signals) -> tuple[int | None, bool]:
        self.story.append(f"stop {self.name} by {number.name}")
        return await process.end_by(number, self.stop_timeout_s)

    @property
    def process(self) -> ScriptedProcess:
        """The newest one."""
        return self.processes[-1]


Act = Callable[[Supervisor], Awaitable[None]]


def supervise(children: list[ScriptedChild], act: Act) -> tuple[RunEnd, RecordingTerminal, list[dict[str, int]]]:
    """Run a supervisor to its end, in virtual time, while ``act`` makes things happen."""
    terminal, pids = RecordingTerminal(), []
    loop = VirtualLoop()

    async def both() -> RunEnd:
        supervisor = Supervisor(children, terminal, pids.append)  # type: ignore[arg-type]
        acting = asyncio.ensure_future(act(supervisor))
        try:
            return await supervisor.run()
        finally:
            acting.cancel()

    try:
        return loop.run_until_complete(both()), terminal, pids
    finally:
        loop.close()
