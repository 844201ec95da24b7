"""Faults of the wire itself: what happens to the bytes of a batch after the gateway has written them."""

from typing import TYPE_CHECKING, Protocol

from alphatrader.sim.faults.rules import Rules

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session


class WireRule(Protocol):
    """What a fault does to one batch of bytes."""

    def strike(self, session: "Session", data: bytes) -> bytes | None:
        """Return the bytes that go out now instead; None = untouched."""
        ...


class WireRules(Rules[WireRule]):
    """All rules for the wire, oldest first."""

    def apply(self, session: "Session", data: bytes) -> bytes:
        """Pass one batch through the rules."""
        for entry in self.live():
            instead = entry.rule.strike(session, data)
            if instead is not None:
                data = instead
                self.struck(entry)
            if not data:
                break
        return data
