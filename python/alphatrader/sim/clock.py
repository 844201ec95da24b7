"""The simulator's one clock: market time, and the wall seconds by which delays, conflation and faults are counted.

Nothing else below ``alphatrader.sim`` reads a clock. In virtual time the wall is the event loop's own time, so a run
depends on its seed alone.
"""

import time
from collections.abc import Callable

_NS = 1_000_000_000


class SimClock:
    """Market time in nanoseconds since the epoch, ``speed`` times as fast as the wall.

    It never goes back and knows no jumps of the wall clock. ``monotonic_ns`` is the wall: the machine's, or a virtual
    loop's.
    """

    def __init__(self, start_ns: int, speed: float, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._start_ns = start_ns
        self._monotonic_ns = monotonic_ns
        self._origin_ns = monotonic_ns()
        self.speed = speed

    def wall_s(self) -> float:
        """Return monotonic wall seconds, for delays, conflation and faults."""
        return self._monotonic_ns() / _NS

    def now_ns(self) -> int:
        """Return market time."""
        return self._start_ns + int((self._monotonic_ns() - self._origin_ns) * self.speed)
