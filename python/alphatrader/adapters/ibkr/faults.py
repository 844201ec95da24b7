"""What to do when a message cannot be handled. Never nothing.

An exception of our own event sink is fatal: the engine behind it is broken. A message about orders, fills or
positions that cannot be read leaves us blind, so the link is dropped and the truth polled anew; if that keeps happening
it is fatal too. A market data row is counted and logged: quote ages tell the rest.
"""

from collections import deque
from enum import Enum
from time import monotonic

ORDER_MESSAGES = frozenset({3, 5, 9, 11, 15, 53, 55, 59, 61, 62})
MAX_RELINKS = 3
RELINK_WINDOW_S = 120.0


class Verdict(Enum):
    """The consequence of a fault."""

    COUNT = 0
    RELINK = 1
    FATAL = 2


class SinkError(Exception):
    """The event sink raised; ``__cause__`` is what it raised. Ends the adapter's ``run``."""


class FaultPolicy:
    """Judges faults; remembers the recent ones."""

    def __init__(self) -> None:
        self._relinks: deque[float] = deque(maxlen=MAX_RELINKS)
        self.counted = 0

    def judge(self, message: int, error: Exception) -> Verdict:
        """Return the consequence of failing to handle ``message``."""
        if isinstance(error, SinkError):
            return Verdict.FATAL
        if message not in ORDER_MESSAGES:
            self.counted += 1
            return Verdict.COUNT
        now = monotonic()
        if len(self._relinks) == MAX_RELINKS and now - self._relinks[0] < RELINK_WINDOW_S:
            return Verdict.FATAL
        self._relinks.append(now)
        return Verdict.RELINK
