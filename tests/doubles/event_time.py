"""Decisions in event time alone, without a loop or a clock: what a backtest does with the trader's own cadence."""

from collections.abc import Callable

from alphatrader.engine.cadence import Cadence


class EventTime:
    """Calls ``decide`` with the instant of each decision that is due, in order of time."""

    def __init__(self, cadence: Cadence, start_ns: int, decide: Callable[[int], None]) -> None:
        self._cadence = cadence
        self._decide = decide
        self._due_ns: int | None = None
        self._decided_ns = start_ns
        cadence.decided(start_ns)

    def data(self, ts_ns: int) -> None:
        """Note that data came; what was due before them has been decided on by then."""
        self.advance(ts_ns)
        if self._due_ns is None:
            self._due_ns = self._cadence.due_on_data_ns(ts_ns)

    def advance(self, to_ns: int) -> None:
        """Make every decision that is due before an instant."""
        while (due_ns := self._next_ns()) < to_ns:
            self._due_ns, self._decided_ns = None, due_ns
            self._cadence.decided(due_ns)
            self._decide(due_ns)

    def _next_ns(self) -> int:
        return self._decided_ns + self._cadence.idle_ns + 1 if self._due_ns is None else self._due_ns
