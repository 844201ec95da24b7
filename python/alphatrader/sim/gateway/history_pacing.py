"""The limits on historical data: how often, how alike, how many at once."""

from collections import deque

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.wire.data_requests import HistoricalTicksRequest, HistoryRequest

WINDOW_S, MAX_IN_WINDOW = 600.0, 60
SAME_CONTRACT_S, MAX_SAME_CONTRACT = 2.0, 6
IDENTICAL_S = 15.0
SMALL_BAR_S = 30
"""Bars up to this size are limited; larger ones only slowed, which is not simulated."""

VIOLATION = "Historical Market Data Service error message:Historical data request pacing violation"


class HistoryPacing:
    """Counts the requests of a login."""

    def __init__(self, behaviours: Behaviours) -> None:
        self._behaviours = behaviours
        self._seen: deque[tuple[float, int, object, object]] = deque()

    def allows(self, request: HistoryRequest | HistoricalTicksRequest, bar_s: int, now_s: float) -> bool:
        """Count a request; False if it comes too soon. BID_ASK counts double."""
        if not self._behaviours.on("history_pacing"):
            return True
        limited = "history_pacing_ticks" if isinstance(request, HistoricalTicksRequest) else "history_pacing_all_bars"
        if (limited == "history_pacing_ticks" or bar_s > SMALL_BAR_S) and not self._behaviours.on(limited):
            return True
        while self._seen and self._seen[0][0] <= now_s - WINDOW_S:
            self._seen.popleft()
        weight = 2 if request.what == "BID_ASK" else 1
        contract = request.contract
        same = (contract.con_id, contract.symbol, contract.exchange, request.what)
        identical = (contract, request.what, _span(request))
        allowed = (
            sum(seen[1] for seen in self._seen) + weight <= MAX_IN_WINDOW
            and sum(seen[2] == same for seen in self._seen if seen[0] > now_s - SAME_CONTRACT_S) < MAX_SAME_CONTRACT - 1
            and not any(seen[3] == identical for seen in self._seen if seen[0] > now_s - IDENTICAL_S)
        )
        if allowed:
            self._seen.append((now_s, weight, same, identical))
        return allowed


def _span(request: HistoryRequest | HistoricalTicksRequest) -> tuple[object, ...]:
    if isinstance(request, HistoryRequest):
        return request.end, request.bar_size, request.duration, request.regular_hours
    return request.start, request.end, request.count, request.regular_hours
