"""The gateway's door: the listening socket goes away for a while, or until somebody opens it, and comes back."""

from collections.abc import Callable

from alphatrader.sim.gateway.listener import Listener


class Door:
    """Closes at once; opens in the first round in which its time is over."""

    def __init__(self, listener: Listener, now_s: Callable[[], float]) -> None:
        self._listener = listener
        self._now_s = now_s
        self._opens_at_s: float | None = None

    def close(self, for_s: float) -> None:
        """Refuse connections for a time; infinity = until ``open``."""
        self._listener.close()
        self._opens_at_s = self._now_s() + for_s

    def open(self) -> None:
        """Accept connections again from the next round on."""
        if self._opens_at_s is not None:
            self._opens_at_s = self._now_s()

    async def swing(self) -> None:
        """Open if it is time. Raises LinkError if the port is no longer free."""
        if self._opens_at_s is not None and self._now_s() >= self._opens_at_s:
            self._opens_at_s = None
            await self._listener.open()
