"""Which service answers which request."""

from collections.abc import Callable
from typing import Any

from alphatrader.sim.gateway.session import SERVER_SIDE, Session
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.requests import Numbered, Plain, Request

Handler = Callable[[Session, Any], None]


class Router:
    """Finds the handler of a request by its type; plain and numbered requests by their message id."""

    def __init__(self) -> None:
        self._by_type: dict[type, Handler] = {}
        self._by_id: dict[int, Handler] = {}

    def on(self, request_type: type, handler: Handler) -> None:
        """Register the handler of a request type."""
        self._by_type[request_type] = handler

    def on_id(self, message_id: int, handler: Handler) -> None:
        """Register the handler of a plain or numbered request."""
        self._by_id[message_id] = handler

    def dispatch(self, session: Session, request: Request) -> None:
        """Have the request answered."""
        handler = (
            self._by_id.get(request.message_id)
            if isinstance(request, Plain | Numbered)
            else self._by_type.get(type(request))
        )
        if handler is None:
            number = request.message_id if isinstance(request, Plain | Numbered) else type(request).__name__
            session.error(SERVER_SIDE, 321, invalid(f"the SIMULATED gateway offers no request {number}"))
            return
        handler(session, request)
