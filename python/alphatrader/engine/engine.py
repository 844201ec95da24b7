"""The engine: the single writer that turns events into commands. Pure: no clock, no I/O, no randomness.

Market rows change :attr:`Engine.state.market` (Rust) directly; every other event comes through :meth:`Engine.handle`.
The same events in the same order give the same commands and the same outputs, byte for byte.
"""

import logging
import math
from collections.abc import Callable
from typing import Any

from alphatrader.analytics.toxicity import Toxicity, ToxicityMeter
from alphatrader.domain import events as ev
from alphatrader.domain.records import OperatorRecord, StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.broker_reports import BrokerReports
from alphatrader.engine.chains import Chains
from alphatrader.engine.commands import Command, Notify, WriteRecord
from alphatrader.engine.entries import Entries
from alphatrader.engine.executor import Executor
from alphatrader.engine.feeds import FeedMonitor
from alphatrader.engine.ground import GroundWatch
from alphatrader.engine.poll_clock import PollClock
from alphatrader.engine.services import ServiceNews
from alphatrader.engine.settings import EngineSettings
from alphatrader.engine.shadows import Shadows
from alphatrader.engine.signal_maker import SignalMaker
from alphatrader.engine.state import EngineState, SymbolState
from alphatrader.engine.valuation import Valuation
from alphatrader.engine.watchers import Watchers
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment, Strategy
from alphatrader.strategies.registry import build_strategy

_LOG = logging.getLogger(__name__)
_FLATTEN = "flatten: "


class Engine:
    """State and rules of one trader."""

    def __init__(self, settings: EngineSettings) -> None:
        self.state = EngineState(settings)
        self.book = Blotter(self.state)
        self.valuation = Valuation(self.state, self.book)
        self.executor = Executor(self.state, self.book, self.valuation)
        self.reports = BrokerReports(self.state, self.book, self.executor)
        self.polls = PollClock(self.state, self.book, self.reports)
        self.services = ServiceNews(self.state, self.book, self.polls)
        self.chains = Chains(self.state)
        self.feeds = FeedMonitor(self.state)
        self.ground = GroundWatch(self.state, self.book, self.executor, self.reports, self.feeds, self.valuation)
        self.shadows = Shadows(self.state, self.valuation)
        self.entries = Entries(self.state, self.book, self.executor, self.ground, SignalMaker(self.state), self.shadows)
        self.strategies = [
            build_strategy(name, block, settings.strategies_dir)
            for name, block in settings.strategies.items()
            if block.mode != "off"
        ]
        self._by_symbol = {
            symbol: [s for s in self.strategies if symbol in settings.symbols_of(s.name)] for symbol in settings.symbols
        }
        self.watchers = Watchers(self.state, self.book, self.shadows, self.strategies)
        self.assessments: dict[tuple[str, str], Assessment] = {}
        """The newest, by (strategy, symbol)."""
        self.toxicity: dict[str, Toxicity] = {}
        self._meters = {symbol: ToxicityMeter(settings.toxicity) for symbol in settings.symbols}
        self._parts = (
            self.feeds.step,
            self._work,
            self.polls.step,
            self.shadows.step,
            self.entries.step,
            self._decide,
            self.watchers.step,
        )
        """What acts in a decision, in order."""
        self._handlers: dict[type[ev.Event], Callable[..., list[Command]]] = {
            ev.RunStarted: self._on_run,
            ev.JournalRestored: self._on_restored,
            ev.WarmupFinished: self._on_warm,
            ev.DecisionTimer: self._on_timer,
            ev.InstrumentAdded: self._on_instrument,
            ev.OptionUniverse: self._on_universe,
            ev.ContractUnavailable: self._on_unavailable,
            ev.ChainReceived: self.chains.on_chain,
            ev.ChainFailed: self.chains.on_chain_failed,
            ev.SentimentReceived: self.chains.on_sentiment,
            ev.IndicatorReceived: self.chains.on_indicator,
            ev.LinkChanged: self._on_link,
            ev.NextOrderId: self.services.on_next_order_id,
            ev.StoreChanged: self.services.on_store,
            ev.JournalChanged: self.services.on_journal,
            ev.RecorderChanged: self.services.on_recorder,
            ev.RuntimeLag: self.services.on_lag,
            ev.ClaimAnswered: self.entries.on_claim,
            ev.IntentJournaled: self._on_intent_journaled,
            ev.IntentRefused: self.reports.on_refused,
            ev.OrderSent: self.reports.on_sent,
            ev.OrderReported: lambda event: self.reports.on_report(event.order),
            ev.ExecutionReported: lambda event: self.reports.on_execution(event.execution),
            ev.CommissionReported: self.reports.on_commission,
            ev.OrderErrored: self.reports.on_error,
            ev.SnapshotReceived: self._on_snapshot,
            ev.AccountReported: self.services.on_account,
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
        if what in self.state.state_reason:
            return []
        _LOG.error("engine fault: %s", what, exc_info=error)
        return self._set_state(TradingState.HALTED, "engine", what, self.state.now_ns)

    def _guarded(self, part: Callable[[], list[Command]]) -> list[Command]:
        """Let one part act. What it raises halts trading and costs nothing of what the others want done."""
        try:
            return part()
        except Exception as error:  # noqa: BLE001 - see :meth:`take`
            return self._fault(part.__qualname__, error)

    # ------------------------------------------------------------------ life

    def _on_run(self, event: ev.RunStarted) -> list[Command]:
        self.state.start(event)
        self.book.start()
        self.executor.start()
        return []

    def _on_restored(self, event: ev.JournalRestored) -> list[Command]:
        restored = event.restored
        self.state.trading_state, self.state.state_reason = restored.trading_state, restored.state_reason
        self.book.restore(restored)
        self.executor.restore(restored)
        self.entries.restore(restored.fingerprints)
        self.shadows.restore(restored.shadows)
        if restored.trading_state is TradingState.HALTED and restored.state_reason.startswith(_FLATTEN):
            # A person wanted to be out, and the trader died over it.
            self.executor.flatten(restored.state_reason)
        if not restored.intents and restored.trading_state is TradingState.ACTIVE:
            return []
        text = f"{len(restored.intents)} unfinished intents, trading state {restored.trading_state.value}"
        return [Notify("info", "journal.restored", f"restored: {text}")]

    def _on_warm(self, event: ev.WarmupFinished) -> list[Command]:
        self.state.warming_up = False
        self.feeds.start()
        text = f"{event.rows:,} past prints went through the engine; decisions are live"
        return [Notify("good", "warm-up.done", text), *self._guarded(self.watchers.step)]

    def _on_stop(self, event: ev.StopRequested) -> list[Command]:
        self.state.stopping = event.reason
        commands = self.executor.cancel_entries(event.reason)
        if event.flatten:
            self.executor.flatten(event.reason)
        return commands

    # ------------------------------------------------------------------ decisions

    def _on_timer(self, event: ev.DecisionTimer) -> list[Command]:
        commands: list[Command] = []
        for part in self._parts:
            try:
                commands += part()
            except Exception as error:  # noqa: BLE001 - one part's fault must not cost what the others want done
                commands += self._fault(part.__qualname__, error)
        return commands

    def _work(self) -> list[Command]:
        """Work every unfinished trade by its plan."""
        commands: list[Command] = []
        for trade in self.book.open_trades:
            try:
                commands += self.executor.work(trade)
            except Exception as error:  # noqa: BLE001 - one trade's fault must not cost the others their exits
                commands += self._fault(f"the trade {trade.intent.intent_id}", error)
        return commands

    def _decide(self) -> list[Command]:
        """Value what chains came, and let the strategies look at every underlying."""
        commands: list[Command] = []
        for symbol in self.state.symbols.values():
            if symbol.instrument is None:
                continue
            try:
                if symbol.pending_chain is not None:
                    commands += self.chains.step(symbol)
                features = self.features(symbol)
            except Exception as error:  # noqa: BLE001 - what is wanted in another underlying must not be lost with it
                commands += self._fault(f"the features of {symbol.symbol}", error)
                continue
            for strategy in self._by_symbol[symbol.symbol]:
                try:
                    commands += self._ask(strategy, features)
                except Exception as error:  # noqa: BLE001 - a strategy's fault must not cost another's claim
                    commands += self._fault(f"{strategy.name} on {symbol.symbol}", error)
        return commands

    def _ask(self, strategy: Strategy[Any], features: FeatureVector) -> list[Command]:
        assessment = strategy.assess(features)
        if not math.isfinite(assessment.score):
            assessment = Assessment(0.0, None, None, "bad_score")
        self.assessments[(strategy.name, features.symbol)] = assessment
        if assessment.idea is None:
            return []
        fault = assessment.idea.fault(strategy.name, features.symbol)
        if fault is not None:
            return self.entries.refuse(strategy.name, features.symbol, fault)
        return self.entries.consider(features, assessment.idea)

    def features(self, symbol: SymbolState) -> FeatureVector:
        """Gather what strategies go by, once for a symbol and decision."""
        run, state = self.state.run, self.state
        assert symbol.instrument is not None, "asked for subscribed symbols only"
        snapshot = state.market.snapshot(symbol.instrument.instrument_id)
        toxicity = self.toxicity[symbol.symbol] = self._meters[symbol.symbol].update(snapshot)
        return FeatureVector(
            symbol.symbol,
            state.now_ns,
            run.session_date,
            run.session_open_ns,
            run.session_close_ns,
            snapshot,
            toxicity,
            symbol.exposure,
            symbol.sentiment,
            symbol.technicals,
        )

    # ------------------------------------------------------------------ contracts, broker

    def _on_instrument(self, event: ev.InstrumentAdded) -> list[Command]:
        self.state.add_instrument(event.instrument)
        self.book.on_instrument(event.instrument)
        return []

    def _on_universe(self, event: ev.OptionUniverse) -> list[Command]:
        self.state.symbols[event.symbol].universes[event.trading_class] = event
        return []

    def _on_unavailable(self, event: ev.ContractUnavailable) -> list[Command]:
        return [Notify("warning", "contract.unavailable", f"{event.key}: {event.reason}")]

    def _on_link(self, event: ev.LinkChanged) -> list[Command]:
        # What is held is qualified and quoted from the first connection on, whatever the underlying's quote does.
        return self.services.on_link(event) + (self._guarded(self.watchers.step) if event.healthy else [])

    def _on_snapshot(self, event: ev.SnapshotReceived) -> list[Command]:
        self.polls.on_answer(event.ts_ns)
        return self.reports.on_snapshot(event)

    def _on_intent_journaled(self, event: ev.IntentJournaled) -> list[Command]:
        return [Notify("info", "journal.durable", f"{event.intent_id} is durable; sending it")]

    # ------------------------------------------------------------------ people

    def _on_operator(self, event: ev.OperatorCommand) -> list[Command]:
        record = OperatorRecord(event.action, event.actor, event.reason, event.ts_ns, event.target)
        commands: list[Command] = [WriteRecord(record)]
        match event.action:
            case "halt":
                commands += self._set_state(TradingState.HALTED, event.actor, event.reason, event.ts_ns)
            case "reduce":
                commands += self._set_state(TradingState.REDUCING, event.actor, event.reason, event.ts_ns)
            case "resume":
                commands += self._set_state(TradingState.ACTIVE, event.actor, event.reason, event.ts_ns)
            case "cancel_entries":
                commands += self.executor.cancel_entries(f"{event.actor}: {event.reason}")
            case "approve":
                commands += self.entries.approve(event.target, event.actor)
            case "flatten":
                commands += self._set_state(TradingState.HALTED, event.actor, f"{_FLATTEN}{event.reason}", event.ts_ns)
                self.executor.flatten(f"flatten by {event.actor}")
        return commands

    def _set_state(self, new: TradingState, actor: str, reason: str, ts_ns: int) -> list[Command]:
        # A halt that comes on top of a flatten does not take it back, also not for the next start.
        flattening = new is TradingState.HALTED and self.state.state_reason.startswith(_FLATTEN)
        kept = f"{_FLATTEN}{reason}" if flattening and not reason.startswith(_FLATTEN) else reason
        self.state.trading_state, self.state.state_reason = new, f"{kept} ({actor})"
        level: str = "good" if new is TradingState.ACTIVE else "warning"
        commands: list[Command] = [
            WriteRecord(StateRecord(StateChange(new, actor, kept, ts_ns))),
            Notify(level, f"state.{new.value.lower()}", f"{new.value}: {reason} ({actor})"),  # type: ignore[arg-type]
        ]
        if new is TradingState.HALTED:
            commands += self.executor.cancel_entries(reason)
        return commands
