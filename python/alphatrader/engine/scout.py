"""From market state to an approved intent: assess, choose the contract, guard, claim, size, gate.

One candidate at a time for a symbol. The claim is asked from the store and answered by an event; the quote is checked
again when the answer comes, for it may have aged meanwhile. Every refusal is counted by its code and kept with its
words; a refusal that merely repeats is counted only when it changes or a second has passed.
"""

import hashlib
from collections import Counter, deque
from decimal import ROUND_DOWN, ROUND_UP, Decimal

import msgspec

from alphatrader.calendar import option_settlement_ns
from alphatrader.domain import events as ev
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.records import SignalRecord
from alphatrader.domain.signals import Denial, Signal
from alphatrader.domain.state import TradingState
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import ClaimSignal, Command, Notify, WriteRecord
from alphatrader.engine.desk import Desk
from alphatrader.engine.feeds import FeedMonitor
from alphatrader.engine.reports import Reports
from alphatrader.engine.state import EngineState
from alphatrader.execution.brackets import build_bracket, marketable_buy_limit, round_to_tick
from alphatrader.risk.gate import GateContext
from alphatrader.risk.sizing import size_long_option
from alphatrader.signals.selection import OptionQuote, check_quote, choose_contract
from alphatrader.strategies.base import Idea, MarketView

_SECOND_NS = 1_000_000_000


class Scout:
    """Turns ideas into signals and signals into approved intents."""

    def __init__(self, state: EngineState, book: Blotter, desk: Desk, reports: Reports, feeds: FeedMonitor) -> None:
        self._state = state
        self._book = book
        self._desk = desk
        self._reports = reports
        self._feeds = feeds
        self._pending: dict[str, Signal] = {}
        self._fingerprints: dict[str, int] = {}
        self._refused_until_ns: dict[str, int] = {}
        self._next_signal = 1
        self._last_block: dict[str, tuple[str, int]] = {}
        self.blocked: Counter[str] = Counter()
        self.signals_made = 0
        self.signals_accepted = 0
        self.history: deque[SignalRecord] = deque(maxlen=50)

    def restore(self, fingerprints: tuple[tuple[str, int], ...]) -> None:
        """Take the fingerprints that the journal knows: the journal wins over the store."""
        self._fingerprints.update(fingerprints)

    def fingerprints(self) -> dict[str, int]:
        """Every live fingerprint with its expiry in ns."""
        return {key: expiry for key, expiry in self._fingerprints.items() if expiry > self._state.now_ns}

    def entry_blocks(self, symbol: str) -> list[Denial]:
        """Every reason why no entry is possible in a symbol now, whatever the signal."""
        state, services, link = self._state, self._state.services, self._state.link
        blocks = []
        if state.warming_up:
            blocks.append(Denial("warming_up", "history is still being fed"))
        if state.stopping:
            blocks.append(Denial("stopping", state.stopping))
        if state.trading_state is not TradingState.ACTIVE:
            blocks.append(Denial("trading_state", f"{state.trading_state.value}: {state.state_reason}"))
        if not state.in_session:
            blocks.append(Denial("market_closed", "the market is closed"))
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
        if not state.warming_up:
            blocks += self._feeds.blocks(symbol)
        return blocks + self._reports.blocks(symbol)

    def consider(self, view: MarketView, idea: Idea) -> list[Command]:
        """Take an idea as far as the claim, or count why not."""
        blocks = self.entry_blocks(view.symbol)
        if blocks:
            return self._block(idea, blocks[0])
        if self._book.busy(view.symbol) or any(s.symbol == view.symbol for s in self._pending.values()):
            return self._block(idea, Denial("underlying_busy", "a trade in this underlying is not finished"))
        cooling_s = self._cooling_down_s(view.symbol)
        if cooling_s > 0:
            return self._block(idea, Denial("cooldown", f"{cooling_s:.0f} s of cool-down are left"))
        chosen = self._choose(view, idea)
        if isinstance(chosen, Denial):
            return self._block(idea, chosen)
        signal = self._signal(view, idea, chosen)
        if self._fingerprints.get(signal.fingerprint, 0) > self._state.now_ns:
            return self._block(idea, Denial("duplicate", "the same signal was already given in this window"))
        if self._refused_until_ns.get(signal.fingerprint, 0) > self._state.now_ns:
            return self._block(idea, Denial("claim_refused", "its claim was refused a moment ago"))
        self._next_signal += 1
        self.signals_made += 1
        self._pending[signal.fingerprint] = signal
        self._state.outputs.append(msgspec.json.encode(signal, order="deterministic"))
        label = signal.contract.label(self._state.run.session_date.replace("-", ""))
        why = "; ".join(reason.text for reason in signal.reasons)
        terms = f"limit {signal.entry_limit}, stop {signal.stop_price}, target {signal.target_price}"
        expires = self._state.now_ns + int(self._state.settings.signals.dedupe_window_s * _SECOND_NS)
        return [
            Notify("info", "signal", f"{label} {signal.direction}, score {signal.score:.2f}: {terms}"),
            Notify("info", "why", why),
            ClaimSignal(signal.fingerprint, signal.signal_id, expires),
        ]

    def on_claim(self, event: ev.ClaimAnswered) -> list[Command]:
        """Carry on with a claimed signal: size it, gate it, submit it; or say why not."""
        signal = self._pending.pop(event.fingerprint, None)
        if signal is None or signal.signal_id != event.signal_id:
            return []
        if not event.granted:
            # Not asked again at every decision: a refusal of this moment would only be repeated by the next.
            pause_ns = int(self._state.settings.signals.valid_for_s * _SECOND_NS)
            self._refused_until_ns = {signal.fingerprint: self._state.now_ns + pause_ns}
            return self._deny(signal, [Denial("claim_refused", event.reason)])
        window_ns = int(self._state.settings.signals.dedupe_window_s * _SECOND_NS)
        self._fingerprints[signal.fingerprint] = self._state.now_ns + window_ns
        return self._enter(signal)

    def _enter(self, signal: Signal) -> list[Command]:
        state = self._state
        quote = self._quote(signal.instrument_id)
        stale = check_quote(quote, self._quote_limit_ns(), state.settings.signals)
        if stale is not None:
            return self._deny(signal, [stale])
        if state.now_ns > signal.expires_ns:
            return self._deny(signal, [Denial("signal_expired", "the signal was too old when it was claimed")])
        available = state.account.get("AvailableFunds")
        funds = None if available is None else Decimal(repr(round(available, 2)))
        size = size_long_option(
            signal.entry_limit, signal.stop_price, quote.instrument.multiplier, funds or Decimal(0), state.settings.risk
        )
        intent_id, order_id = self._book.allocate_ids(3)
        send_ns = int(state.settings.execution.send_deadline_s * 1e9 + 500e6 * (state.time_scale - 1))
        intent = build_bracket(signal, quote.instrument, size.quantity, intent_id, order_id, state.now_ns + send_ns)
        intent = msgspec.structs.replace(intent, risk_usd=size.risk_usd, created_ns=state.now_ns)
        verdict = self._desk.gate.check_open(intent, self._context(signal.symbol, funds))
        if not isinstance(verdict, RiskApproved):
            return self._deny(signal, verdict)
        self.signals_accepted += 1
        text = f"{size.quantity} contracts, risk {size.risk_usd:.2f} USD, premium {size.premium_usd:.2f} USD"
        return [
            self._record(signal, True, "accepted", f"{text} (bound by {size.bound_by})"),
            Notify("good", "risk", f"approved: {text}, bound by {size.bound_by}; checks: {', '.join(verdict.checks)}"),
            self._desk.submit(verdict),
        ]

    def _context(self, symbol: str, funds: Decimal | None) -> GateContext:
        book, desk, state = self._book, self._desk, self._state
        result = book.realised_usd - book.ledger.fees_usd
        return GateContext(
            trading_state=state.trading_state,
            blocks=tuple(self.entry_blocks(symbol)),
            breaker_denials=tuple(desk.breakers.check(state.now_ns, 3, result)),
            open_positions=len(book.ledger.open_positions()),
            busy_underlying=book.busy(symbol),
            cooling_down_s=self._cooling_down_s(symbol),
            available_usd=funds,
            ordinary_session=state.in_session,
        )

    def _cooling_down_s(self, symbol: str) -> float:
        closed_ns = self._desk.closed_ns.get(symbol)
        if closed_ns is None:
            return 0.0
        return self._state.settings.risk.cooldown_s - (self._state.now_ns - closed_ns) / _SECOND_NS

    def _quote_limit_ns(self) -> int:
        feeds = self._state.settings.feeds
        return feeds.market_limit_ns(feeds.option_quote_max_age_ms, self._state.time_scale)

    def _quote(self, instrument_id: int) -> OptionQuote:
        bid, bid_size, ask, ask_size, _, quote_ns = self._state.market.l1(instrument_id)
        instrument = self._state.instruments[instrument_id]
        return OptionQuote(instrument, bid, bid_size, ask, ask_size, self._state.now_ns - quote_ns)

    def _choose(self, view: MarketView, idea: Idea) -> OptionQuote | Denial:
        spot = view.snapshot.mid
        if spot is None:
            return Denial("no_spot", "no two-sided quote of the underlying")
        quotes = [
            self._quote(instrument.instrument_id)
            for instrument in self._state.instruments.values()
            if instrument.option is not None and instrument.symbol == view.symbol
        ]
        limit_ns = self._quote_limit_ns()
        listed_class = self._state.symbols[view.symbol].trading_class or view.symbol
        settles_ns = option_settlement_ns(listed_class, idea.expiry)
        seconds = (settles_ns - view.now_ns) / _SECOND_NS
        chosen = choose_contract(idea, [q for q in quotes if q.age_ns <= limit_ns], spot, seconds)
        if isinstance(chosen, Denial):
            return chosen
        return check_quote(chosen, limit_ns, self._state.settings.signals) or chosen

    def _signal(self, view: MarketView, idea: Idea, quote: OptionQuote) -> Signal:
        instrument, settings = quote.instrument, self._state.settings
        contract = instrument.option
        assert contract is not None, "only options are chosen"
        tick = instrument.min_tick
        entry = marketable_buy_limit(quote.ask, tick, settings.execution.entry_slippage_ticks)
        reference = Decimal(repr(quote.ask))
        stop = round_to_tick(reference * (1 - Decimal(repr(idea.stop_loss_fraction))), tick, ROUND_DOWN)
        target = round_to_tick(reference * (1 + Decimal(repr(idea.take_profit_fraction))), tick, ROUND_UP)
        key = (
            f"{view.symbol}|{idea.strategy}|{idea.direction}|{contract.expiry}|{contract.strike}|{contract.right.value}"
        )
        return Signal(
            signal_id=f"{self._state.run.run_id}.s{self._next_signal}",
            strategy=idea.strategy,
            symbol=view.symbol,
            direction=idea.direction,
            contract=contract,
            instrument_id=instrument.instrument_id,
            score=idea.score,
            entry_limit=entry,
            stop_price=stop,
            target_price=target,
            bid=Decimal(repr(quote.bid)),
            ask=reference,
            spot=view.snapshot.mid or 0.0,
            created_ns=view.now_ns,
            expires_ns=view.now_ns + int(settings.signals.valid_for_s * 1e9 + 500e6 * (self._state.time_scale - 1)),
            max_hold_s=idea.max_hold_s,
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:32],
            reasons=idea.reasons,
        )

    def _block(self, idea: Idea, denial: Denial) -> list[Command]:
        """Count a refused idea once a change or a second, and not at every decision of the same episode."""
        last_code, last_ns = self._last_block.get(idea.symbol, ("", 0))
        if denial.code != last_code or self._state.now_ns - last_ns >= _SECOND_NS:
            self.blocked[denial.code] += 1
            self._last_block[idea.symbol] = (denial.code, self._state.now_ns)
        return []

    def _deny(self, signal: Signal, denials: list[Denial]) -> list[Command]:
        for denial in denials:
            self.blocked[denial.code] += 1
        text = "; ".join(denial.text for denial in denials)
        label = signal.contract.label(self._state.run.session_date.replace("-", ""))
        return [
            self._record(signal, False, denials[0].code, text),
            Notify("warning", "risk", f"refused {label}: {text}"),
        ]

    def _record(self, signal: Signal, accepted: bool, code: str, text: str) -> WriteRecord:
        dedupe_until_ns = self._fingerprints.get(signal.fingerprint, 0)
        record = SignalRecord(signal, accepted, code, text, self._state.now_ns, dedupe_until_ns)
        self.history.appendleft(record)
        return WriteRecord(record)
