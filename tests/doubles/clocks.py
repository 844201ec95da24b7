"""Clocks that a test holds in its hand."""

import asyncio
import time

S = 1_000_000_000


class HandClock:
    """Engine time that stands until a test moves it."""

    def __init__(self, ns: int = 1_000 * S, time_scale: float = 1.0) -> None:
        self.ns = ns
        self.time_scale = time_scale

    def now_ns(self) -> int:
        return self.ns

    def advance(self, seconds: float) -> int:
        self.ns += int(seconds * S)
        return self.ns


class JumpingClock:
    """Market time as a wall clock would show it, and the hand that moves it on."""

    time_scale = 1.0

    def __init__(self, start_ns: int) -> None:
        self._base_ns = start_ns - time.monotonic_ns()

    def now_ns(self) -> int:
        return self._base_ns + time.monotonic_ns()

    def jump(self, seconds: float) -> None:
        self._base_ns += int(seconds * S)


class HandSeconds:
    """A monotonic clock in seconds, as ``time.monotonic`` is one."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class HandWall:
    """Stands in for the module ``time``: the machine's clocks, moved by hand."""

    def __init__(self, ns: int = 50 * S) -> None:
        self.ns = ns

    def monotonic_ns(self) -> int:
        return self.ns

    time_ns = monotonic_ns


class LoopClock:
    """Market time that goes with an event loop's own, as fast as ``time_scale`` says."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start_ns: int, time_scale: float = 1.0) -> None:
        self._loop = loop
        self._start_ns = start_ns
        self._began_s = loop.time()
        self.time_scale = time_scale

    def now_ns(self) -> int:
        return self._start_ns + round((self._loop.time() - self._began_s) * self.time_scale * S)
