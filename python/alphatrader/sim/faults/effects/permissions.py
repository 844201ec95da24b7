"""Effects of market data that is not subscribed: refused, in part, or delayed."""

from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.stage import Stage
from alphatrader.sim.faults.effects.vocabulary import stream_id
from alphatrader.sim.faults.lines import Line
from alphatrader.sim.faults.messages import Fields
from alphatrader.sim.faults.texts import text_for
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.wire.data_requests import DepthRequest, MarketDataRequest, TickByTickRequest
from alphatrader.sim.wire.requests import Request

DELAYED_TICKS = {
    "0": "69",
    "1": "66",
    "2": "67",
    "3": "70",
    "4": "68",
    "5": "71",
    "6": "72",
    "7": "73",
    "8": "74",
    "9": "75",
    "14": "76",
    "10": "80",
    "11": "81",
    "12": "82",
    "13": "83",
    "45": "88",
}
"""Tick types of live data, and of the same delayed."""
_PRICES = frozenset({"0", "1", "2", "3", "4", "5", "8"})
_DEPTH = frozenset({10092, 2152})
_PARTIAL = frozenset({10090, 10091})


class PermissionEffect:
    """Carries out ``permission``."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def apply(self, fault: kinds.Permission) -> None:
        """Put the lack of permission in force for subscriptions to come."""
        self._stage.check(fault)
        rule = _NotSubscribed(self._stage, fault)
        self._stage.board.requests.add(rule, for_s=fault.for_s)
        if fault.code in _PARTIAL or fault.code == 10167:
            self._stage.board.messages.add(rule.altered, for_s=fault.for_s)


class _NotSubscribed:
    """Refuses subscriptions, or lets them in with less than was asked for."""

    def __init__(self, stage: Stage, fault: kinds.Permission) -> None:
        self._stage = stage
        self._fault = fault
        self._asked: type = MarketDataRequest
        if fault.code in _DEPTH:
            self._asked = DepthRequest
        elif fault.code == 10189:
            self._asked = TickByTickRequest
        self.altered = _Altered(delayed=fault.code == 10167)

    def strike(self, session: Session, request: Request) -> bool | None:
        """Send the code; go on where something is left to send."""
        if not isinstance(request, self._asked):
            return None
        assert isinstance(request, MarketDataRequest | DepthRequest | TickByTickRequest)
        if not self._stage.chosen(self._fault, Line(session, request.req_id, "", request.contract)):
            return None
        code = self._fault.code
        session.error(request.req_id, code, text_for(code))
        if code in _PARTIAL or code == 10167:
            self.altered.streams.add((session, request.req_id))
        return code not in _PARTIAL and code not in {10167, 2152}


class _Altered:
    """Ticks of lines with less than was asked for."""

    message_ids = frozenset({1, 2, 21, 45, 46, 58})

    def __init__(self, *, delayed: bool) -> None:
        self._delayed = delayed
        self.streams: set[tuple[Session, int]] = set()

    def strike(self, session: Session, fields: Fields) -> list[Fields] | None:
        """Rename ticks to delayed ones, or leave prices out."""
        if (session, stream_id(fields)) not in self.streams:
            return None
        if not self._delayed:
            return [] if fields[0] in {"1", "2"} and fields[3] in _PRICES else None
        if fields[0] == "58":
            return [[*fields[:3], "3"]]
        place = 2 if fields[0] == "21" else 3
        delayed = DELAYED_TICKS.get(fields[place])
        return None if delayed is None else [[*fields[:place], delayed, *fields[place + 1 :]]]
