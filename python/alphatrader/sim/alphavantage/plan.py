"""What a key may do: its plan's request limits and entitlements, counted for each key as the service counts them."""

from collections import deque
from collections.abc import Callable
from typing import Literal, NamedTuple

from alphatrader.sim.alphavantage import answers

PlanName = Literal["unlimited", "free", "premium75", "premium150", "premium300", "premium600", "premium1200"]

OPTION_FUNCTIONS = frozenset({"REALTIME_OPTIONS"})
"""Served in full from the plan of 600 requests a minute on; below, invented rows (HTTP 200)."""
PREMIUM_FUNCTIONS = frozenset({"MACD"})
"""Served with any paid plan."""
MAX_KEYS = 1000
"""Keys counted at once; the one unused for longest is forgotten."""


class Plan(NamedTuple):
    """Requests a second, a minute and a day (None = no limit), and what they may ask for."""

    per_second: int | None
    per_minute: int | None
    per_day: int | None
    paid: bool
    options: bool


PLANS: dict[PlanName, Plan] = {
    "unlimited": Plan(None, None, None, paid=True, options=True),
    "free": Plan(1, None, 25, paid=False, options=False),
    "premium75": Plan(None, 75, None, paid=True, options=False),
    "premium150": Plan(None, 150, None, paid=True, options=False),
    "premium300": Plan(None, 300, None, paid=True, options=False),
    "premium600": Plan(None, 600, None, paid=True, options=True),
    "premium1200": Plan(None, 1200, None, paid=True, options=True),
}


class Meter:
    """Counts requests by key: seconds and minutes by the wall, days by the market's date."""

    def __init__(self, plan: Plan, wall_s: Callable[[], float]) -> None:
        self.plan = plan
        self._wall_s = wall_s
        self._recent: dict[str, deque[float]] = {}
        self._today: dict[str, tuple[str, int]] = {}

    def refusal(self, key: str, date: str, function: str) -> bytes | None:
        """Count a request of ``key``; return the body that refuses it, None if it may be answered."""
        plan = self.plan
        day, count = self._today.pop(key, (date, 0))
        count = count if day == date else 0
        self._today[key] = (date, count)
        if plan.per_day is not None and count >= plan.per_day:
            return answers.daily_limit(key)
        if self._too_fast(key):
            return answers.burst_limit()
        self._today[key] = (date, count + 1)
        if len(self._today) > MAX_KEYS:
            oldest = next(iter(self._today))
            del self._today[oldest]
            self._recent.pop(oldest, None)
        if function in PREMIUM_FUNCTIONS and not plan.paid:
            return answers.premium_function()
        if function in OPTION_FUNCTIONS and not plan.options:
            return answers.placeholder()
        return None

    def _too_fast(self, key: str) -> bool:
        plan, now_s = self.plan, self._wall_s()
        limit, window_s = (plan.per_second, 1.0) if plan.per_second is not None else (plan.per_minute, 60.0)
        if limit is None:
            return False
        times = self._recent.setdefault(key, deque())
        while times and times[0] <= now_s - window_s:
            times.popleft()
        if len(times) >= limit:
            return True
        times.append(now_s)
        return False
