"""Faults of the wire itself: what happens to the bytes of a write after the gateway has made them."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from alphatrader.sim.faults.rules import Rules
from alphatrader.sim.faults.schedule import Schedule

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session


class WireRule(Protocol):
    """What a fault does to one write."""

    def strike(self, session: "Session", data: bytes) -> bytes | None:
        """Return the bytes that go out now instead; None = untouched."""
        ...


class WireRules(Rules[WireRule]):
    """All rules for the wire, oldest first, and the bytes that are late: nothing overtakes them on their line."""

    def __init__(self, now_s: Callable[[], float], schedule: Schedule) -> None:
        super().__init__(now_s)
        self._schedule = schedule
        self._late: dict[Session, deque[bytes]] = {}

    @property
    def busy(self) -> bool:
        """Whether writes must pass through here."""
        return self.active or bool(self._late)

    def apply(self, session: "Session", data: bytes) -> bytes:
        """Pass one write through the rules; behind bytes that are late it waits like them."""
        if session in self._late:
            self._late[session].append(data)
            return b""
        for entry in self.live():
            instead = entry.rule.strike(session, data)
            if instead is not None:
                data = instead
                self.struck(entry)
            if not data or session in self._late:
                # What one rule has put off or cut in two is no whole write for the next.
                break
        return data

    def put_off(self, session: "Session", data: bytes, by_s: float) -> None:
        """Write bytes later; the first of a line to be late decides when those behind it may go."""
        self._late[session] = deque([data])
        self._schedule.later(by_s, lambda: self._release(session))

    def _release(self, session: "Session") -> None:
        for data in self._late.pop(session, ()):
            session.write(data)
