"""Clocks: the wall's, and the simulated market's, which may run faster."""

import time


class SystemClock:
    """The wall clock, kept from going backwards."""

    def __init__(self) -> None:
        self._last_ns = 0

    @property
    def time_scale(self) -> float:
        """Always 1."""
        return 1.0

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        self._last_ns = max(self._last_ns, time.time_ns())
        return self._last_ns


class ScaledClock:
    """The clock of a simulated market: ``market_ns`` at its making, then ``time_scale`` times faster than the wall."""

    def __init__(self, market_ns: int, time_scale: float) -> None:
        self._scale = time_scale
        self._market_ns = market_ns
        self._wall_ns = time.monotonic_ns()

    @property
    def time_scale(self) -> float:
        """Market seconds a wall second."""
        return self._scale

    def now_ns(self) -> int:
        """Market time in nanoseconds since the epoch."""
        return self._market_ns + int((time.monotonic_ns() - self._wall_ns) * self._scale)
