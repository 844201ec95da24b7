"""What the supervisor must know of a process to own it: one :class:`Child` a process, and how often it may die."""

import signal
from abc import ABC, abstractmethod
from collections import deque
from typing import ClassVar

from alphatrader.supervisor.process import RunningProcess

RESTARTS_MAX = 5
RESTART_WINDOW_S = 600.0
BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 30.0

FINAL_STATUSES = frozenset({2, 3, 5, 6, 8})
"""Of ``docs/cli.md``: configuration, unusable data, the journal, fenced off, no session: a restart changes nothing."""


class Child(ABC):
    """One process of a run: how it is started, judged and stopped."""

    name: ClassVar[str]
    """Its topic on the terminal."""
    title: ClassVar[str]
    """Its name within a sentence."""
    essential: ClassVar[bool] = True
    """Whether a run ends without it; the others are given up."""
    final_statuses: ClassVar[frozenset[int]] = FINAL_STATUSES
    """Exit statuses after which it is not started again."""
    patience_s: ClassVar[float] = 120.0
    """How long it may take until it answers for the first time."""
    frozen_after_s: ClassVar[float] = 30.0
    """After so long without an answer it counts as frozen: it is killed and started again."""
    stop_timeout_s: ClassVar[float] = 5.0
    restart_words: ClassVar[str] = "it is started again"

    @abstractmethod
    async def start(self, again_because: str) -> RunningProcess:
        """Start or adopt it; ``again_because`` says why it is started again, empty at the first start.

        Raises AlphaTraderError.
        """

    @abstractmethod
    async def check(self) -> None:
        """Ask for its verdict on itself. Raises AlphaTraderError or OSError where it gives none, or a bad one."""

    async def stop(self, process: RunningProcess, number: signal.Signals) -> tuple[int | None, bool]:
        """End it for good; return its status, and whether it had to be killed."""
        del number
        return await process.end(signal.SIGTERM, self.stop_timeout_s)


class Restarts:
    """Counts restarts within a window, and says how long to wait before the next one."""

    def __init__(self, limit: int = RESTARTS_MAX, window_s: float = RESTART_WINDOW_S) -> None:
        self._limit = limit
        self._window_s = window_s
        self._deaths_s: deque[float] = deque()

    @property
    def limit_words(self) -> str:
        """The bound in words."""
        return f"{self._limit} times in {self._window_s / 60:.0f} minutes"

    def allow(self, now_s: float) -> float | None:
        """Note a death; return the seconds to wait before the next start, or None if it died too often."""
        while self._deaths_s and now_s - self._deaths_s[0] > self._window_s:
            self._deaths_s.popleft()
        self._deaths_s.append(now_s)
        if len(self._deaths_s) > self._limit:
            return None
        return float(min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2 ** (len(self._deaths_s) - 1)))
