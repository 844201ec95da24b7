"""The simulator's clock: market time that runs ``speed`` times as fast as the wall."""

import time
from collections.abc import Callable

_NS = 1_000_000_000


class SimClock:
    """Market time in nanoseconds since the epoch. It never goes back and knows no jumps of the wall clock."""

    def __init__(self, start_ns: int, speed: float, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._start_ns = start_ns
        self._monotonic_ns = monotonic_ns
        self._origin_ns = monotonic_ns()
        self.speed = speed

    def now_ns(self) -> int:
        """Return market time."""
        return self._start_ns + int((self._monotonic_ns() - self._origin_ns) * self.speed)
