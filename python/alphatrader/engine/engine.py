"""The engine: the single writer that turns events into commands. Pure: no clock, no I/O, no randomness.

Market rows change :attr:`Engine.state.market` (Rust) directly; every other event comes through :meth:`Engine.handle`.
The same events in the same order give the same commands and the same outputs, byte for byte.
"""

import logging
from collections.abc import Callable
from decimal import Decimal

from alphatrader._core import CoreError
from alphatrader.analytics.exposures import compute_exposure
from alphatrader.analytics.toxicity import Toxicity, ToxicityMeter
from alphatrader.domain import events as ev
from alphatrader.domain.contracts import OptionKey, Right
from alphatrader.domain.records import OperatorRecord, StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.engine.audit import Auditor
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import Command, Notify, Reconcile, WatchOptions, WriteRecord
from alphatrader.engine.desk import Desk
from alphatrader.engine.feeds import FeedMonitor
from alphatrader.engine.reports import Reports
from alphatrader.engine.scout import Scout
from alphatrader.engine.state import EngineState, SymbolState
from alphatrader.settings import EngineSettings
from alphatrader.strategies.base import Assessment, MarketView
from alphatrader.strategies.registry import build_strategies

_LOG = logging.getLogger(__name__)
_FLATTEN = "flatten: "


class Engine:
    """State and rules of one trader."""

    def __init__(self, settings: EngineSettings) -> None:
        self.state = EngineState(settings)
        self.book = Blotter(self.state)
        self.desk = Desk(self.state, self.book)
        self.reports = Reports(self.state, self.book, self.desk)
        self.audit = Auditor(self.state, self.book, self.reports)
        self.feeds = FeedMonitor(self.state)
        self.scout = Scout(self.state, self.book, self.desk, self.reports, self.feeds)
        self.strategies = build_strategies(settings)
        self.assessments: dict[tuple[str, str], Assessment] = {}
        self.toxicity: dict[str, Toxicity] = {}
        self._meters = {symbol: ToxicityMeter(settings.toxicity) for symbol in settings.symbols}
        self._handlers: dict[type[ev.Event], Callable[..., list[Command]]] = {
            ev.RunStarted: self._on_run,
            ev.JournalRestored: self._on_restored,
            ev.WarmupFinished: self._on_warm,
            ev.DecisionTimer: self._on_timer,
            ev.InstrumentAdded: self._on_instrument,
            ev.OptionUniverse: self._on_universe,
            ev.ContractUnavailable: self._on_unavailable,
            ev.ChainReceived: self._on_chain,
            ev.ChainFailed: self._on_chain_failed,
            ev.SentimentReceived: self._on_sentiment,
            ev.IndicatorReceived: self._on_indicator,
            ev.LinkChanged: self._on_link,
            ev.NextOrderId: self._on_next_order_id,
            ev.StoreChanged: self._on_store,
            ev.JournalChanged: self._on_journal,
            ev.RecorderChanged: self._on_recorder,
            ev.RuntimeLag: self._on_lag,
            ev.ClaimAnswered: self.scout.on_claim,
            ev.IntentJournaled: self._on_intent_journaled,
            ev.IntentRefused: self.reports.on_refused,
            ev.OrderSent: self.reports.on_sent,
            ev.OrderReported: lambda event: self.reports.on_report(event.order),
            ev.ExecutionReported: lambda event: self.reports.on_execution(event.execution),
            ev.CommissionReported: self.reports.on_commission,
            ev.OrderErrored: self.reports.on_error,
            ev.SnapshotReceived: self.reports.on_snapshot,
            ev.AccountReported: self._on_account,
            ev.OperatorCommand: self._on_operator,
            ev.StopRequested: self._on_stop,
        }

    def handle(self, event: ev.ControlEvent) -> list[Command]:
        """Take one event; return what is to be done, in order."""
        self.state.now_ns = max(self.state.now_ns, event.ts_ns)
        return self._handlers[type(event)](event)

    def take(self, event: ev.ControlEvent) -> list[Command]:
        """Handle an event; an exception halts trading (stops stay at the broker) and is logged, never lost."""
        try:
            return self.handle(event)
        except Exception as error:  # noqa: BLE001 - whatever a rule raised must end in a halt, not in a dead loop
            return self._fault(type(event).__name__, error)

    def _fault(self, where: str, error: Exception) -> list[Command]:
        what = f"internal error at {where}: {type(error).__name__}: {error}"
        if self.state.state_reason.startswith(what):
            return []
        _LOG.error("engine fault: %s", what, exc_info=error)
        return self._set_state(TradingState.HALTED, "engine", what, self.state.now_ns)

    # ------------------------------------------------------------------ life

    def _on_run(self, event: ev.RunStarted) -> list[Command]:
        self.state.run = event
        self.desk.start()
        return []

    def _on_restored(self, event: ev.JournalRestored) -> list[Command]:
        restored = event.restored
        self.state.trading_state, self.state.state_reason = restored.trading_state, restored.state_reason
        self.book.restore(restored)
        self.desk.restore(restored.executions)
        self.scout.restore(restored.fingerprints)
        if restored.trading_state is TradingState.HALTED and restored.state_reason.startswith(_FLATTEN):
            # A person wanted to be out, and the trader died over it.
            self.desk.flatten(restored.state_reason)
        if not restored.intents and restored.trading_state is TradingState.ACTIVE:
            return []
        text = f"{len(restored.intents)} unfinished intents, trading state {restored.trading_state.value}"
        return [Notify("info", "journal", f"restored: {text}")]

    def _on_warm(self, event: ev.WarmupFinished) -> list[Command]:
        self.state.warming_up = False
        self.feeds.start()
        return [Notify("good", "warm-up", f"{event.rows:,} past prints went through the engine; decisions are live")]

    def _on_stop(self, event: ev.StopRequested) -> list[Command]:
        self.state.stopping = event.reason
        commands = self.desk.cancel_entries(event.reason)
        if event.flatten:
            self.desk.flatten(event.reason)
        return commands

    # ------------------------------------------------------------------ decisions

    def _on_timer(self, event: ev.DecisionTimer) -> list[Command]:
        commands = self.feeds.step()
        commands += self.desk.step()
        commands += self.audit.step()
        for symbol in self.state.symbols.values():
            if symbol.instrument is None:
                continue
            try:
                commands += self._maintain(symbol)
                commands += self._decide(symbol, event.ts_ns)
            except Exception as error:  # noqa: BLE001 - what the desk wants done must not be lost with it
                commands += self._fault(f"deciding on {symbol.symbol}", error)
        return commands

    def _decide(self, symbol: SymbolState, now_ns: int) -> list[Command]:
        run, state = self.state.run, self.state
        assert symbol.instrument is not None, "asked for subscribed symbols only"
        snapshot = state.market.snapshot(symbol.instrument.instrument_id)
        toxicity = self._meters[symbol.symbol].update(snapshot)
        self.toxicity[symbol.symbol] = toxicity
        view = MarketView(
            symbol=symbol.symbol,
            now_ns=now_ns,
            session_date=run.session_date,
            session_open_ns=run.session_open_ns,
            session_close_ns=run.session_close_ns,
            snapshot=snapshot,
            toxicity=toxicity,
            exposure=symbol.exposure,
        )
        commands: list[Command] = []
        for strategy in self.strategies:
            assessment = strategy.assess(view)
            self.assessments[(symbol.symbol, strategy.name)] = assessment
            if assessment.idea is not None:
                commands += self.scout.consider(view, assessment.idea)
        return commands

    def _maintain(self, symbol: SymbolState) -> list[Command]:
        """Keep the exposure and the watched contracts abreast of spot."""
        assert symbol.instrument is not None, "asked for subscribed symbols only"
        spot = self.state.market.mid(symbol.instrument.instrument_id)
        if spot is None:
            return []
        commands: list[Command] = []
        if symbol.pending_chain is not None:
            ts_ns, source, body = symbol.pending_chain
            symbol.pending_chain = None
            commands += self._compute_exposure(symbol, ts_ns, source, body, spot)
        return commands + self._watch(symbol, spot)

    def _watch(self, symbol: SymbolState, spot: float) -> list[Command]:
        expiry = self.state.run.session_date.replace("-", "")
        if expiry not in symbol.listed_expiries or not symbol.listed_strikes:
            return []
        if symbol.watched and abs(spot - symbol.watch_centre) < 0.75:
            return []
        lines = self.state.settings.max_option_lines // 2 // max(1, len(self.state.symbols))
        reach = min(lines, 2 * self.state.settings.zero_dte.max_strikes_from_spot)
        nearest = sorted(symbol.listed_strikes, key=lambda strike: (abs(float(strike) - spot), strike))[:reach]
        wanted = {
            OptionKey(symbol.symbol, expiry, strike, right, symbol.trading_class)
            for strike in nearest
            for right in (Right.CALL, Right.PUT)
        }
        wanted.update(key for key in self.book.contracts_held() if key.symbol == symbol.symbol)
        keys = tuple(sorted(wanted))
        symbol.watch_centre = spot
        if keys == symbol.watched:
            return []
        symbol.watched = keys
        # The lines of all symbols in one set: what is not named is dropped.
        every = {key for other in self.state.symbols.values() for key in other.watched}
        return [WatchOptions(symbol.symbol, tuple(sorted(every)))]

    # ------------------------------------------------------------------ contracts and data

    def _on_instrument(self, event: ev.InstrumentAdded) -> list[Command]:
        self.state.add_instrument(event.instrument)
        self.book.on_instrument(event.instrument)
        return []

    def _on_universe(self, event: ev.OptionUniverse) -> list[Command]:
        symbol = self.state.symbols[event.symbol]
        today = self.state.run.session_date.replace("-", "")
        if today in symbol.listed_expiries and today not in event.expiries:
            return []  # of several trading classes (SPX, SPXW) the one that expires today is traded
        symbol.listed_expiries, symbol.listed_strikes = event.expiries, event.strikes
        symbol.trading_class = event.trading_class
        return []

    def _on_unavailable(self, event: ev.ContractUnavailable) -> list[Command]:
        return [Notify("warning", "contract", f"{event.key}: {event.reason}")]

    def _on_chain(self, event: ev.ChainReceived) -> list[Command]:
        self.state.symbols[event.symbol].pending_chain = (event.ts_ns, event.source, event.body)
        return []

    def _compute_exposure(
        self, symbol: SymbolState, ts_ns: int, source: str, body: bytes, spot: float
    ) -> list[Command]:
        first = symbol.exposure is None
        try:
            symbol.exposure = compute_exposure(symbol.symbol, source, body, spot, ts_ns)
        except CoreError as error:
            return self._chain_trouble(symbol, str(error))
        symbol.chain_error = ""
        if not first:
            return []
        view = symbol.exposure.view
        text = f"{symbol.symbol}: GEX {view.gex_usd_per_pct / 1e6:+,.0f} M$ per 1%, call wall {view.call_wall}"
        return [Notify("info", "chain", f"{text}, put wall {view.put_wall}, {view.rows_used} rows")]

    def _on_chain_failed(self, event: ev.ChainFailed) -> list[Command]:
        return self._chain_trouble(self.state.symbols[event.symbol], event.reason)

    def _chain_trouble(self, symbol: SymbolState, reason: str) -> list[Command]:
        if symbol.chain_error == reason:
            return []
        symbol.chain_error = reason
        return [Notify("warning", "chain", f"{symbol.symbol}: {reason}")]

    def _on_sentiment(self, event: ev.SentimentReceived) -> list[Command]:
        self.state.symbols[event.symbol].sentiment = (event.ts_ns, event.score, event.articles)
        return []

    def _on_indicator(self, event: ev.IndicatorReceived) -> list[Command]:
        self.state.symbols[event.symbol].technicals[event.name] = (event.ts_ns, event.values)
        return []

    def _on_account(self, event: ev.AccountReported) -> list[Command]:
        self.state.account = {**self.state.account, **event.values}
        self.state.account_ts_ns = event.ts_ns
        return []

    # ------------------------------------------------------------------ services

    def _on_link(self, event: ev.LinkChanged) -> list[Command]:
        link = self.state.link
        was_healthy, link.healthy, link.text = link.healthy, event.healthy, event.text
        link.orders_possible = event.healthy or event.orders_possible
        if not link.orders_possible:
            link.reconciled, link.reconcile_text = False, "the link was lost"
        if event.healthy:
            link.healthy_ns = event.ts_ns
            link.reconciled, link.reconcile_text = False, "reconciling after a connect"
            return [Notify("good", "broker", event.text), Reconcile("the link is healthy again")]
        return [Notify("warning", "broker", f"{event.text}: entries paused")] if was_healthy else []

    def _on_next_order_id(self, event: ev.NextOrderId) -> list[Command]:
        self.book.raise_order_id(event.order_id)
        return []

    def _on_store(self, event: ev.StoreChanged) -> list[Command]:
        services = self.state.services
        changed, services.store_up, services.store_text = services.store_up != event.up, event.up, event.reason
        if not changed:
            return []
        if event.up:
            return [Notify("good", "redis", event.reason)]
        return [Notify("warning", "redis", event.reason)]

    def _on_journal(self, event: ev.JournalChanged) -> list[Command]:
        services = self.state.services
        services.journal_up, services.journal_text = event.up, event.reason
        if event.up:
            return [Notify("good", "journal", event.reason)]
        return [Notify("error", "journal", f"{event.reason}: entries paused, stops stay at the broker")]

    def _on_recorder(self, event: ev.RecorderChanged) -> list[Command]:
        services = self.state.services
        services.recorder_up, services.recorder_text = event.up, event.reason
        if event.up:
            return [Notify("good", "event log", event.reason)]
        return [Notify("error", "event log", f"{event.reason}: entries paused")]

    def _on_lag(self, event: ev.RuntimeLag) -> list[Command]:
        services, feeds = self.state.services, self.state.settings.feeds
        services.lag_ms = event.lag_ms
        hold_ns = int(feeds.loop_lag_hold_s * 1e9 * self.state.time_scale)
        fresh = event.ts_ns >= services.lag_until_ns
        services.lag_until_ns = event.ts_ns + hold_ns
        text = f"the event loop was blocked for {event.lag_ms:.0f} ms: entries pause for {feeds.loop_lag_hold_s:.0f} s"
        return [Notify("warning", "loop", text)] if fresh else []

    def _on_intent_journaled(self, event: ev.IntentJournaled) -> list[Command]:
        return [Notify("info", "journal", f"{event.intent_id} is durable; sending it")]

    # ------------------------------------------------------------------ people

    def _on_operator(self, event: ev.OperatorCommand) -> list[Command]:
        commands: list[Command] = [WriteRecord(OperatorRecord(event.action, event.actor, event.reason, event.ts_ns))]
        match event.action:
            case "halt":
                commands += self._set_state(TradingState.HALTED, event.actor, event.reason, event.ts_ns)
            case "reduce":
                commands += self._set_state(TradingState.REDUCING, event.actor, event.reason, event.ts_ns)
            case "resume":
                commands += self._set_state(TradingState.ACTIVE, event.actor, event.reason, event.ts_ns)
            case "cancel_entries":
                commands += self.desk.cancel_entries(f"{event.actor}: {event.reason}")
            case "flatten":
                commands += self._set_state(TradingState.HALTED, event.actor, f"{_FLATTEN}{event.reason}", event.ts_ns)
                self.desk.flatten(f"flatten by {event.actor}")
        return commands

    def _set_state(self, new: TradingState, actor: str, reason: str, ts_ns: int) -> list[Command]:
        self.state.trading_state, self.state.state_reason = new, f"{reason} ({actor})"
        commands: list[Command] = [
            WriteRecord(StateRecord(StateChange(new, actor, reason, ts_ns))),
            Notify("good" if new is TradingState.ACTIVE else "warning", "state", f"{new.value}: {reason} ({actor})"),
        ]
        if new is TradingState.HALTED:
            commands += self.desk.cancel_entries(reason)
        return commands

    # ------------------------------------------------------------------ results

    def unrealised_usd(self) -> Decimal:
        """Open P&L at the bid; positions without a usable bid count as lost premium."""
        total = Decimal(0)
        for position in self.book.ledger.open_positions():
            instrument = self.state.by_con_id.get(position.con_id)
            bid = self.state.option_bid(instrument) or 0.0
            multiplier = instrument.multiplier if instrument else 100
            total += (Decimal(repr(bid)) - position.average_price) * position.quantity * multiplier
        return total
