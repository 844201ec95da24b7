"""When the broker is asked for the whole truth again: the one clock of polls.

At every connect; when an order falls silent; when a poll came back incomplete, or not at all, which proves nothing;
when one complete poll did not list an order, for a second one settles it; and regularly while anything of ours is open,
for a stop that vanished without a word protects nobody.
"""

from alphatrader.engine.blotter import Blotter
from alphatrader.engine.broker_reports import BrokerReports
from alphatrader.engine.commands import Command, Reconcile
from alphatrader.engine.state import EngineState
from alphatrader.execution.tracking import OrderState


class PollClock:
    """Asks for reconciliations by time and by need."""

    def __init__(self, state: EngineState, book: Blotter, reports: BrokerReports) -> None:
        self._state = state
        self._reports = reports
        self._book = book
        self._asked_ns = 0
        self._answered_ns = 0
        self._connected_ns = 0
        self._silent: frozenset[int] = frozenset()
        """Silent orders about which the broker was asked."""

    def on_connected(self, ts_ns: int) -> Reconcile:
        """Ask at a connect."""
        self._connected_ns = ts_ns
        return Reconcile("the link is healthy again")

    def on_answer(self, ts_ns: int) -> None:
        """Note that a poll, complete or not, was answered."""
        self._answered_ns = ts_ns

    def step(self) -> list[Command]:
        """Return a Reconcile if one is due."""
        state = self._state
        open_trades = self._book.open_trades
        if not state.link.orders_possible or (state.warming_up and not open_trades):
            return []
        if open_trades or self._silent:
            silent = frozenset(
                order.ticket.order_id
                for trade in open_trades
                for order in trade.orders.values()
                if order.state is OrderState.UNKNOWN
            )
            fresh, self._silent = silent - self._silent, silent
            if fresh:
                return self._ask(f"no answer to {len(fresh)} of our orders")
        execution, scale = state.settings.execution, state.time_scale
        newest_ns = max(self._asked_ns, self._connected_ns, self._answered_ns)
        if state.now_ns - newest_ns < int(execution.absent_poll_spacing_ms * 1e6 * scale):
            return []
        if self._silent:
            return self._ask("orders are still without an answer")
        if not state.link.healthy:
            return []
        reason = self._reason(int(execution.reconcile_every_ms * 1e6 * scale))
        return self._ask(reason) if reason else []

    def _ask(self, reason: str) -> list[Command]:
        self._asked_ns = self._state.now_ns
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
        if self._book.open_trades and self._state.now_ns - self._answered_ns >= every_ns:
            return "regular poll while a trade is open"
        return ""
