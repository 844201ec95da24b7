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
    loop's. Market time may stand still, change its speed, and skip ahead; the wall goes on regardless.
    """

    def __init__(self, start_ns: int, speed: float, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._start_ns = start_ns
        self._monotonic_ns = monotonic_ns
        self._origin_ns = monotonic_ns()
        self.speed = speed
        self.paused = False

    def wall_s(self) -> float:
        """Return monotonic wall seconds, for delays, conflation and faults."""
        return self._monotonic_ns() / _NS

    def now_ns(self) -> int:
        """Return market time."""
        if self.paused:
            return self._start_ns
        return self._start_ns + int((self._monotonic_ns() - self._origin_ns) * self.speed)

    def pause(self) -> None:
        """Let market time stand still."""
        self._anchor()
        self.paused = True

    def resume(self) -> None:
        """Let market time go on."""
        self._anchor()
        self.paused = False

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, above 0."""
        assert speed > 0
        self._anchor()
        self.speed = speed

    def skip(self, ns: int) -> None:
        """Go ahead by a span of market time at once."""
        assert ns >= 0
        self._start_ns += ns

    def _anchor(self) -> None:
        self._start_ns = self.now_ns()
        self._origin_ns = self._monotonic_ns()
