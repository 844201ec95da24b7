"""The supervisor: starts the processes of a run in order, restarts what dies or freezes, stops all in reverse order.

It knows nothing of what the processes do: that is in one :class:`~alphatrader.supervisor.child.Child` each.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.ops.console import Terminal
from alphatrader.supervisor.child import Child, Restarts
from alphatrader.supervisor.process import RunningProcess

CHECK_INTERVAL_S = 1.0
CHECK_TIMEOUT_S = 5.0
INTERRUPTED = 130
"""Status of a run that was interrupted before there was anything to stop cleanly."""

_LEADER_AWAY = (
    "{title} had ended and was about to be started again when the run was stopped: stops rest at the broker; "
    "go on with  alphatrader run --resume"
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended. ``words``: lines that say what went wrong; empty after a clean end."""

    status: int
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Death:
    """The end of a process: its status (None = not known, negative = the signal), and what is known of why.

    ``errors``: its own error lines, where it printed some.
    """

    status: int | None
    words: str
    errors: str = ""

    @property
    def exit_status(self) -> int:
        """What the run ends with, where it ends with this process."""
        return self.status if self.status is not None and self.status >= 0 else 1


class Supervisor:
    """Owns ``children``, in the order in which they start; the last one leads: its end is that of the run.

    ``announce`` hears of the process ids at each change.
    """

    def __init__(
        self, children: Sequence[Child], terminal: Terminal, announce: Callable[[dict[str, int]], None]
    ) -> None:
        self._children = tuple(children)
        self._leader = self._children[-1]
        self._terminal = terminal
        self._announce = announce
        self._running: dict[str, RunningProcess] = {}
        self._end: asyncio.Future[RunEnd] | None = None
        self._number = signal.SIGTERM
        self._interrupted = False
        self._led = False
        """Whether the leader has run."""

    async def run(self) -> RunEnd:
        """Own them until the run ends. Raises AlphaTraderError where one that is needed cannot be started."""
        if self._interrupted:
            return RunEnd(INTERRUPTED)
        loop = asyncio.get_running_loop()
        self._end = loop.create_future()
        work = loop.create_task(self._work())
        end = RunEnd(0)
        try:
            waited: set[asyncio.Future[None] | asyncio.Future[RunEnd]] = {work, self._end}
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            if self._end.done():
                end = self._end.result()
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            led_to = await self._stop_all()
        return led_to if self._interrupted else end

    def request_stop(self, number: signal.Signals) -> None:
        """Begin the clean stop; the leader is sent the signal that came. Before the start: never start."""
        if self._interrupted or (self._end is not None and self._end.done()):
            _log.info("stop_asked_again", signal=number.name)
            return
        self._number, self._interrupted = number, True
        if self._end is not None:
            self._end.set_result(RunEnd(0))

    @property
    def stop_asked(self) -> bool:
        """Whether a person wants the end."""
        return self._interrupted

    # ------------------------------------------------------------------ the life of a process

    async def _work(self) -> None:
        for child in self._children:
            if child.essential:
                self._note(child, await child.start(""))
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                group.create_task(self._keep(child))

    async def _keep(self, child: Child) -> None:
        """Keep one process running until it ends for good."""
        restarts, why = Restarts(), ""
        while True:
            death = await self._live_once(child, why)
            pause_s = restarts.allow(asyncio.get_running_loop().time())
            if death.status in child.final_statuses or pause_s is None:
                self._give_up(child, death, f"more than {restarts.limit_words}" if pause_s is None else "")
                return
            why = death.words
            text = f"{child.title} {death.words}: {child.restart_words} in {pause_s:.0f} s"
            self._terminal.fact(child.name, text, "warning")
            await asyncio.sleep(pause_s)

    async def _live_once(self, child: Child, again_because: str) -> _Death:
        """Start it unless it runs, and wait for its end."""
        process = self._running.get(child.name)
        if process is None:
            try:
                process = await child.start(again_because)
            except (AlphaTraderError, OSError) as error:
                status = error.exit_code if isinstance(error, AlphaTraderError) else None
                return _Death(status, f"could not be started ({error})")
            self._note(child, process)
            if again_because:
                self._terminal.fact(child.name, f"{child.title} runs again (pid {process.pid})", "good")
        death = await self._until_dead(child, process)
        self._running.pop(child.name, None)
        self._tell_pids()
        _log.warning("process_ended", process=child.name, pid=process.pid, status=death.status, words=death.words)
        return death

    async def _until_dead(self, child: Child, process: RunningProcess) -> _Death:
        """Ask for its health until it ends by itself, or is ended because it answers no more."""
        loop = asyncio.get_running_loop()
        answered_s, patience_s = loop.time(), child.patience_s
        ended = loop.create_task(process.wait())
        try:
            while True:
                check = loop.create_task(self._check(child))
                await asyncio.wait({ended, check}, return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    check.cancel()
                    return _death(ended.result(), process)
                if not check.result():
                    answered_s, patience_s = loop.time(), child.frozen_after_s
                elif loop.time() - answered_s > patience_s:
                    _log.error("process_frozen", process=child.name, pid=process.pid, reason=check.result())
                    process.send(signal.SIGKILL)
                    return _Death(await ended, f"did not answer for {patience_s:.0f} s and was killed")
                await asyncio.wait({ended}, timeout=CHECK_INTERVAL_S)
        finally:
            ended.cancel()

    async def _check(self, child: Child) -> str:
        """Ask once; return what is wrong, empty if nothing is."""
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                await child.check()
        except (AlphaTraderError, OSError, TimeoutError) as error:
            return str(error) or type(error).__name__
        return ""

    def _give_up(self, child: Child, death: _Death, how_often: str) -> None:
        """End the run with a process that does not come back, or go on without one that is not needed."""
        if not child.essential:
            self._terminal.fact(child.name, f"off: {child.title} {death.words} {how_often}".rstrip(), "warning")
            return
        status = death.exit_status
        if how_often:
            text = f"{child.title} {death.words}, {how_often}: the run ends; stops rest at the broker"
            self._finish(RunEnd(status or 1, text))
        elif status:
            self._finish(RunEnd(status, death.errors or f"{child.title} {death.words}"))
        else:
            self._finish(RunEnd(0))

    def _finish(self, end: RunEnd) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(end)

    # ------------------------------------------------------------------ the end

    async def _stop_all(self) -> RunEnd:
        """Stop all in reverse order; return the end to which the leader came."""
        led_to = RunEnd(1, _LEADER_AWAY.format(title=self._leader.title)) if self._led else RunEnd(INTERRUPTED)
        for child in reversed(self._children):
            process = self._running.pop(child.name, None)
            if process is None:
                continue
            status, killed = None, False
            try:
                status, killed = await child.stop(process, self._number)
            except (AlphaTraderError, OSError) as error:
                self._terminal.fact(child.name, f"{child.title} could not be stopped: {error}", "warning")
            if killed:
                text = (
                    f"{child.title} did not end when it was asked to: it was killed after {child.stop_timeout_s:.0f} s"
                )
                self._terminal.fact(child.name, text, "warning")
            _log.info("process_stopped", process=child.name, pid=process.pid, status=status, killed=killed)
            if child is self._leader:
                death = _death(status, process)
                words = death.errors or f"{child.title} {death.words}"
                led_to = RunEnd(death.exit_status, words if death.exit_status else "")
            self._tell_pids()
        return led_to

    # ------------------------------------------------------------------ notes

    def _note(self, child: Child, process: RunningProcess) -> None:
        self._running[child.name] = process
        self._led = self._led or child is self._leader
        _log.info("process_runs", process=child.name, pid=process.pid, adopted=process.adopted)
        self._tell_pids()

    def _tell_pids(self) -> None:
        with contextlib.suppress(OSError):
            self._announce({name: process.pid for name, process in self._running.items()})


def _death(status: int | None, process: RunningProcess) -> _Death:
    """Say in words how a process ended, with its last ones where it failed."""
    if status is None:
        return _Death(None, "is gone")
    if status < 0:
        return _Death(status, f"was killed by {signal.Signals(-status).name}")
    if status == 0:
        return _Death(0, "ended")
    errors = process.error_lines()
    words = errors[0] if errors else process.last_words()
    return _Death(status, f"ended with status {status}: {words}", "\n".join(errors))
