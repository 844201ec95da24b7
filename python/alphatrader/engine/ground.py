"""What an entry stands on: the facts that forbid it whatever the signal, gathered from the engine's parts."""

from decimal import Decimal

from alphatrader.calendar import to_text
from alphatrader.domain.signals import Denial
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.broker_reports import BrokerReports
from alphatrader.engine.executor import Executor
from alphatrader.engine.feeds import FeedMonitor
from alphatrader.engine.state import EngineState
from alphatrader.engine.valuation import Valuation
from alphatrader.risk.checks import Ground, Standing

_SECOND_NS = 1_000_000_000
_BRACKET_ORDERS = 3


class GroundWatch:
    """Answers for the gate and for people why no entry is possible now."""

    def __init__(
        self,
        state: EngineState,
        book: Blotter,
        executor: Executor,
        reports: BrokerReports,
        feeds: FeedMonitor,
        valuation: Valuation,
    ) -> None:
        self._state = state
        self._book = book
        self._executor = executor
        self._reports = reports
        self._feeds = feeds
        self._valuation = valuation

    def blocks(self, symbol: str) -> list[Denial]:
        """Every reason why no entry is possible in a symbol now, whatever the signal."""
        return self._executor.gate.standing(self.ground(symbol))

    def ground(self, symbol: str, *, orders: int = _BRACKET_ORDERS, breakers: bool = True) -> Ground:
        """Gather the ground under an entry of so many orders; without ``breakers`` the budgets are left out."""
        state = self._state
        return Ground(
            trading_state=state.trading_state,
            state_reason=state.state_reason,
            in_session=state.in_session,
            session_text="" if state.in_session else self._session_text(),
            services=tuple(self._services()),
            feeds=() if state.warming_up else tuple(self._feeds.blocks(symbol)),
            orders=tuple(self._reports.blocks(symbol)),
            breakers=tuple(self._breakers(orders)) if breakers else (),
        )

    def standing(self, strategy: str, symbol: str, con_id: int, ends_at_once: str = "") -> Standing:
        """Gather what the gate needs to judge one intent."""
        return Standing(
            open_trades=len(self._book.open_trades),
            strategy_busy=self._book.busy(strategy, symbol),
            contract_busy=self._book.in_trade(con_id),
            cooling_down_s=self.cooling_down_s(strategy, symbol),
            available_usd=self.funds_usd(),
            budget_share=self._state.settings.strategies[strategy].budget_share,
            ends_at_once=ends_at_once,
        )

    def cooling_down_s(self, strategy: str, symbol: str) -> float:
        """Return how long the strategy's last trade in the underlying still keeps it from the next."""
        closed_ns = self._executor.closed_ns.get((strategy, symbol))
        if closed_ns is None:
            return 0.0
        return self._state.settings.risk.cooldown_s - (self._state.now_ns - closed_ns) / _SECOND_NS

    def funds_usd(self) -> Decimal | None:
        """Return the account's available funds, None while they are not known."""
        available = self._state.account.get("AvailableFunds")
        return None if available is None else Decimal(repr(round(available, 2)))

    def _session_text(self) -> str:
        run = self._state.run
        if self._state.now_ns < run.session_open_ns:
            return f"the market is closed until {to_text(run.session_open_ns)} New York"
        return "the session is over"

    def _breakers(self, orders: int) -> list[Denial]:
        return self._executor.breakers.check(self._state.now_ns, orders, self._valuation.day_result_usd())

    def _services(self) -> list[Denial]:
        state, services, link = self._state, self._state.services, self._state.link
        blocks = []
        if state.warming_up:
            blocks.append(Denial("warming_up", "history is still being fed"))
        if state.stopping:
            blocks.append(Denial("stopping", state.stopping))
        if not link.healthy:
            blocks.append(Denial("link_down", f"broker link: {link.text}"))
        elif not link.reconciled:
            blocks.append(Denial("not_reconciled", f"broker: {link.reconcile_text}"))
        if not services.store_up:
            blocks.append(Denial("store_down", f"Redis: {services.store_text}"))
        if not services.journal_up:
            blocks.append(Denial("journal_down", f"journal: {services.journal_text}"))
        if not services.recorder_up:
            blocks.append(Denial("recorder_down", f"event log: {services.recorder_text}"))
        if state.now_ns < services.lag_until_ns:
            blocks.append(Denial("loop_lag", f"the event loop was blocked for {services.lag_ms:.0f} ms"))
        return blocks
