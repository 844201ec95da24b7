"""Contracts in dispute: what the broker holds of them is not what our executions add up to.

One poll proves nothing: its parts are of different moments, and a fill may lie between them. The same count in complete
polls that are a while apart is believed, as with orders that no poll shows, but only where it says that *less* is held:
exits for what is gone would open a short. Where it says more, our exits may be all that protects it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alphatrader.execution.reconciliation import PositionMismatch


@dataclass(frozen=True, slots=True)
class Dispute:
    """Both counts of one contract, and since when they have stood against each other. ``proven``: for long enough."""

    at_broker: int
    ours: int
    since_ns: int
    proven: bool = False

    @property
    def fewer(self) -> bool:
        """Whether it is proven that the broker holds less than we think."""
        return self.proven and self.at_broker < self.ours


class Disputes:
    """The disputes that the newest complete poll has left."""

    def __init__(self) -> None:
        self._found: dict[int, Dispute] = {}

    def note(self, mismatches: Iterable[PositionMismatch], now_ns: int, spacing_ns: int) -> None:
        """Take what a complete poll has shown; polls that are ``spacing_ns`` apart and agree are proof."""
        self._found = {m.con_id: self._judge(m, now_ns, spacing_ns) for m in mismatches}

    def of(self, con_id: int) -> Dispute | None:
        """Return the dispute about a contract."""
        return self._found.get(con_id)

    def _judge(self, mismatch: PositionMismatch, now_ns: int, spacing_ns: int) -> Dispute:
        counts = mismatch.broker_quantity, mismatch.ledger_quantity
        before = self._found.get(mismatch.con_id)
        if before is None or counts != (before.at_broker, before.ours):
            return Dispute(*counts, now_ns)
        return replace(before, proven=now_ns - before.since_ns >= spacing_ns)
