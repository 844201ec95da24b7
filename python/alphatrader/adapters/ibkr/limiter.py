"""The pace of outgoing messages: at most N in any second over all kinds, with tokens that only cancels may take.

A token comes back one second after it was used. So no window of one second ever holds more than N messages, which a
bucket that refills continuously cannot promise (it allows N at once and N more within the second).
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from enum import IntEnum

from alphatrader.domain.errors import PacingError

WINDOW_S = 1.0
MAX_WAITING = 10_000
FAMILY_TOKENS = 9
"""What an intent must always be able to take at once: an entry, a stop and a target for each of three steps out. The
settings leave at least as much beside the reserve for cancels."""


class Priority(IntEnum):
    """Who goes first when tokens are short."""

    CANCEL = 0
    ORDER = 1
    DATA = 2


class TokenWindow:
    """The arithmetic of the limiter, without a clock of its own. Times in seconds of any monotonic clock."""

    def __init__(self, per_second: int, cancel_reserve: int) -> None:
        self.per_second = per_second
        self.cancel_reserve = cancel_reserve
        self._used: deque[float] = deque(maxlen=per_second)

    def limit(self, priority: Priority) -> int:
        """Tokens that a message of this priority may draw on."""
        return self.per_second - (0 if priority is Priority.CANCEL else self.cancel_reserve)

    def wait_s(self, now: float, count: int, priority: Priority) -> float:
        """Seconds until ``count`` tokens are free; 0 = now."""
        while self._used and now - self._used[0] >= WINDOW_S:
            self._used.popleft()
        too_many = len(self._used) + count - self.limit(priority)
        if too_many <= 0:
            return 0.0
        return max(self._used[too_many - 1] + WINDOW_S - now, 1e-4)

    def take(self, now: float, count: int) -> None:
        """Use tokens; call only after :meth:`wait_s` said 0."""
        self._used.extend([now] * count)


class SendLimiter:
    """Queues senders by priority, then by arrival. A family of orders takes all its tokens at once or waits."""

    def __init__(self, per_second: int, cancel_reserve: int, now: Callable[[], float] | None = None) -> None:
        self._window = TokenWindow(per_second, cancel_reserve)
        self._now = now
        self._waiting: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._sequence = 0
        self._timer: asyncio.TimerHandle | None = None

    def limit(self, priority: Priority) -> int:
        """Return how many messages of a priority may ever be sent at once."""
        return self._window.limit(priority)

    async def take(self, count: int, priority: Priority) -> None:
        """Return once ``count`` messages may be sent. Raises PacingError if they never may."""
        if count > self.limit(priority):
            raise PacingError(
                f"{count} messages at once are more than the {self.limit(priority)} a second that remain "
                "beside the reserve for cancels; send them in parts or raise messages_per_second."
            )
        if len(self._waiting) >= MAX_WAITING:
            raise PacingError(f"{MAX_WAITING} messages wait to be sent already; ask for fewer subscriptions.")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sequence += 1
        heapq.heappush(self._waiting, (int(priority), self._sequence, count, future))
        self._pump()
        await future

    def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            priority, _, count, future = self._waiting[0]
            if future.done():
                heapq.heappop(self._waiting)
                continue
            now = self._now() if self._now is not None else loop.time()
            wait_s = self._window.wait_s(now, count, Priority(priority))
            if wait_s > 0:
                self._timer = loop.call_later(wait_s, self._pump)
                return
            self._window.take(now, count)
            heapq.heappop(self._waiting)
            future.set_result(None)
