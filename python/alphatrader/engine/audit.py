"""When the broker is asked for the whole truth again: not only at a connect.

A poll that came back incomplete, or not at all, proves nothing and is repeated. An order that one complete poll did not
list is settled by a second one. And while anything of ours is open, a regular poll finds what no message told: a stop
that vanished without a word protects nobody.
"""

from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import Command, Reconcile
from alphatrader.engine.reports import Reports
from alphatrader.engine.state import EngineState


class Auditor:
    """Asks for reconciliations by time."""

    def __init__(self, state: EngineState, book: Blotter, reports: Reports) -> None:
        self._state = state
        self._reports = reports
        self._book = book
        self._asked_ns = 0

    def step(self) -> list[Command]:
        """Return a Reconcile if one is due."""
        state, link = self._state, self._state.link
        if not link.healthy or state.warming_up:
            return []
        execution, scale = state.settings.execution, state.time_scale
        spacing_ns = int(execution.absent_poll_spacing_ms * 1e6 * scale)
        newest_ns = max(self._asked_ns, link.healthy_ns, link.polled_ns)
        if state.now_ns - newest_ns < spacing_ns:
            return []
        reason = self._reason(int(execution.reconcile_every_ms * 1e6 * scale))
        if not reason:
            return []
        self._asked_ns = state.now_ns
        return [Reconcile(reason)]

    def _reason(self, every_ns: int) -> str:
        if not self._state.link.reconciled:
            return "the last poll was not complete"
        if self._reports.unsettled:
            return "the broker shows what does not fit what we know"
        if any(order.absent_polls and order.live for order in self._book.orders.values()):
            return "a live order was not listed by the last poll"
        if any(order.fills_missing for order in self._book.orders.values()):
            return "a status told of fills whose executions were not heard"
        if self._book.open_trades and self._state.now_ns - self._state.link.polled_ns >= every_ns:
            return "regular poll while a trade is open"
        return ""
