"""What faults have put off: messages held back, requests answered late, the ends of outages. By wall time."""

import heapq
from collections.abc import Callable

Action = Callable[[], None]


class Schedule:
    """Actions to come; those of one moment run in the order in which they were put off."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._waiting: list[tuple[float, int, Action]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def later(self, delay_s: float, action: Action) -> None:
        """Run ``action`` in the first round ``delay_s`` from now."""
        self._count += 1
        heapq.heappush(self._waiting, (self._now_s() + delay_s, self._count, action))

    def run_due(self) -> None:
        """Run what is due."""
        while self._waiting and self._waiting[0][0] <= self._now_s():
            heapq.heappop(self._waiting)[2]()

    def run_all(self) -> None:
        """Run everything now, in the order in which it was due; what that puts off in turn stays for later."""
        waiting, self._waiting = sorted(self._waiting), []
        for _, _, action in waiting:
            action()
