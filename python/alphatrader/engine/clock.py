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
        self._last_ns = market_ns

    @property
    def time_scale(self) -> float:
        """Market seconds a wall second."""
        return self._scale

    def now_ns(self) -> int:
        """Market time in nanoseconds since the epoch, never decreasing."""
        self._last_ns = max(self._last_ns, self._running_ns())
        return self._last_ns

    def drift_ns(self, market_ns: int) -> int:
        """By how much the market, which is at ``market_ns`` now, is ahead of this clock; negative: behind it."""
        return market_ns - self._running_ns()

    def synchronise(self, market_ns: int) -> None:
        """Go on from the market's own time. If that lies behind, the clock stands until the market has caught up."""
        self._market_ns, self._wall_ns = market_ns, time.monotonic_ns()

    def _running_ns(self) -> int:
        return self._market_ns + int((time.monotonic_ns() - self._wall_ns) * self._scale)
