"""Requests of clients, as faults see them: a rule may take one away, and answer it in its own manner or never."""

from typing import TYPE_CHECKING, Protocol

from alphatrader.sim.faults.rules import Rules
from alphatrader.sim.wire.requests import Request

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session


class RequestRule(Protocol):
    """What a fault does to some requests."""

    def strike(self, session: "Session", request: Request) -> bool | None:
        """Return True = taken, the gateway does not see it; False = struck, but it goes on; None = not concerned."""
        ...


class RequestRules(Rules[RequestRule]):
    """All rules for requests, oldest first; the first that takes a request has it."""

    def take(self, session: "Session", request: Request) -> bool:
        """Whether a rule took the request."""
        for entry in self.live():
            outcome = entry.rule.strike(session, request)
            if outcome is not None:
                self.struck(entry)
            if outcome:
                return True
        return False
