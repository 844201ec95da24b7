"""Messages on their way to clients, as faults see them: each rule may change, drop, repeat or hold one."""

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from alphatrader.sim.faults.rules import Rules
from alphatrader.sim.wire.fields import message

if TYPE_CHECKING:
    from alphatrader.sim.gateway.session import Session

Fields = list[str]
"""One message of the gateway, its id first."""

_LENGTH = struct.Struct(">I")


class MessageRule(Protocol):
    """What a fault does to messages of some ids."""

    message_ids: frozenset[int]

    def strike(self, session: "Session", fields: Fields) -> list[Fields] | None:
        """Return what goes out instead; None = the rule does not concern this message."""
        ...


class MessageRules(Rules[MessageRule]):
    """All rules for messages, oldest first: each sees what the one before let through."""

    def apply(self, session: "Session", encoded: bytes) -> bytes:
        """Pass one or several encoded messages through the rules."""
        return b"".join(self._through(session, payload) for payload in payloads(encoded))

    def _through(self, session: "Session", payload: bytes) -> bytes:
        passing = [payload[:-1].decode("ascii").split("\0")]
        for entry in self.live():
            after: list[Fields] = []
            for fields in passing:
                concerned = int(fields[0]) in entry.rule.message_ids and entry.left != 0
                instead = entry.rule.strike(session, fields) if concerned else None
                if instead is None:
                    after.append(fields)
                else:
                    after += instead
                    self.struck(entry)
            passing = after
        return b"".join(message(*fields) for fields in passing)


def payloads(encoded: bytes) -> Iterator[bytes]:
    """Cut encoded messages into their payloads."""
    start = 0
    while start < len(encoded):
        (length,) = _LENGTH.unpack_from(encoded, start)
        start += _LENGTH.size
        yield encoded[start : start + length]
        start += length
