"""What became of each strategy's ideas in each underlying: signals made and accepted, refusals by code.

A refusal that merely repeats is counted only when its code changes or a second has passed, and not at every decision of
the same episode.
"""

from collections import Counter
from dataclasses import dataclass, field

from alphatrader.domain.signals import Denial

_SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class Tally:
    """The counts of one strategy in one underlying, and its last refusal."""

    signals: int = 0
    accepted: int = 0
    blocked: Counter[str] = field(default_factory=Counter)
    last: Denial | None = None
    last_ns: int = 0


class Refusals:
    """Tallies by (strategy, symbol)."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str], Tally] = {}

    def of(self, strategy: str, symbol: str) -> Tally:
        """Return the tally of a strategy in an underlying."""
        return self._tallies.setdefault((strategy, symbol), Tally())

    def block(self, strategy: str, symbol: str, denial: Denial, now_ns: int) -> None:
        """Count an idea that became no signal."""
        tally = self.of(strategy, symbol)
        if tally.last is None or denial.code != tally.last.code or now_ns - tally.last_ns >= _SECOND_NS:
            tally.blocked[denial.code] += 1
            tally.last, tally.last_ns = denial, now_ns

    def deny(self, strategy: str, symbol: str, denials: list[Denial], now_ns: int) -> None:
        """Count a signal that was refused, once under each of its codes."""
        tally = self.of(strategy, symbol)
        for code in dict.fromkeys(denial.code for denial in denials):
            tally.blocked[code] += 1
        tally.last, tally.last_ns = denials[0], now_ns

    @property
    def blocked(self) -> Counter[str]:
        """Refusals of all strategies by code."""
        return sum((tally.blocked for tally in self._tallies.values()), Counter())

    @property
    def signals(self) -> int:
        """Signals of all strategies."""
        return sum(tally.signals for tally in self._tallies.values())

    @property
    def accepted(self) -> int:
        """Accepted signals of all strategies."""
        return sum(tally.accepted for tally in self._tallies.values())
