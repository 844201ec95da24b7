"""Which data streams clients have asked for: faults that strike streams must know what a request id stands for."""

from typing import TYPE_CHECKING

from msgspec import Struct

from alphatrader.sim.wire.data_requests import (
    DepthRequest,
    MarketDataRequest,
    RealTimeBarsRequest,
    TickByTickRequest,
)
from alphatrader.sim.wire.queries import ContractQuery
from alphatrader.sim.wire.requests import Numbered, Request

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session

_KINDS: dict[type, str] = {
    MarketDataRequest: "market_data",
    DepthRequest: "depth",
    TickByTickRequest: "tick_by_tick",
    RealTimeBarsRequest: "real_time_bars",
}
_CANCELS = frozenset({2, 11, 98, 51})


class Line(Struct, frozen=True):
    """One stream as it was asked for."""

    session: "Session"
    req_id: int
    kind: str
    contract: ContractQuery


class Lines:
    """The streams of all clients, oldest first."""

    def __init__(self) -> None:
        self._lines: dict[tuple[Session, int], Line] = {}

    def note(self, session: "Session", request: Request) -> None:
        """Learn from a request that starts or ends a stream."""
        if isinstance(request, Numbered):
            if request.message_id in _CANCELS:
                self._lines.pop((session, request.number), None)
        elif isinstance(request, MarketDataRequest | DepthRequest | TickByTickRequest | RealTimeBarsRequest):
            line = Line(session, request.req_id, _KINDS[type(request)], request.contract)
            self._lines[session, request.req_id] = line

    def forget(self, session: "Session") -> None:
        """Drop the streams of a client that left."""
        self._lines = {key: line for key, line in self._lines.items() if key[0] is not session}

    def find(self, session: "Session", req_id: int) -> Line | None:
        """Return the stream that runs under an id."""
        return self._lines.get((session, req_id))

    def all(self) -> list[Line]:
        """Return all streams."""
        return list(self._lines.values())
