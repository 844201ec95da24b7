"""From an idea to an approved intent: ground, contract, guardrails, claim, person, size, gate.

```
idea ─► ground ─► contract and quote ─► signal ─► claim (store) ─┬─ on ──────► size ─► gate ─► intent
                                          └─ shadow: no order     └─ approve ─► waits for a person ─► the same, repriced
```

One candidate at a time for a strategy and a symbol. The claim is asked from the store and answered by an event; the
quote is checked again when the answer comes, for it may have aged meanwhile. Every refusal is counted by its code and
kept with its words.
"""

from collections import deque
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from alphatrader.calendar import to_text
from alphatrader.domain import events as ev
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.records import SignalRecord
from alphatrader.domain.signals import Denial, Signal
from alphatrader.engine.blotter import Blotter
from alphatrader.engine.commands import ClaimSignal, Command, Notify, WriteRecord
from alphatrader.engine.executor import Executor
from alphatrader.engine.ground import GroundWatch
from alphatrader.engine.refusals import Refusals
from alphatrader.engine.shadows import Shadows
from alphatrader.engine.signal_maker import SignalMaker
from alphatrader.engine.state import EngineState
from alphatrader.execution.brackets import build_bracket, order_count
from alphatrader.execution.plan_prices import Outset, ends_at_once, stop_price
from alphatrader.risk.sizing import Size, size_long_option
from alphatrader.signals.features import FeatureVector
from alphatrader.signals.selection import OptionQuote
from alphatrader.strategies.base import Idea

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A signal that waits for a person."""

    signal: Signal
    expires_ns: int


class Entries:
    """Turns ideas into signals and signals into approved intents."""

    def __init__(
        self,
        state: EngineState,
        book: Blotter,
        executor: Executor,
        ground: GroundWatch,
        maker: SignalMaker,
        shadows: Shadows,
    ) -> None:
        self._state = state
        self._book = book
        self._executor = executor
        self._ground = ground
        self._maker = maker
        self._shadows = shadows
        self._pending: dict[str, Signal] = {}
        self._fingerprints: dict[str, int] = {}
        self._refused_until_ns: dict[str, int] = {}
        self.proposals: dict[str, Proposal] = {}
        """Signals that wait for a person, by their id."""
        self.refusals = Refusals()
        self.history: deque[SignalRecord] = deque(maxlen=50)

    def restore(self, fingerprints: tuple[tuple[str, int], ...]) -> None:
        """Take the fingerprints that the journal knows: the journal wins over the store."""
        self._fingerprints.update(fingerprints)

    def fingerprints(self) -> dict[str, int]:
        """Every live fingerprint with its expiry in ns."""
        return {key: expiry for key, expiry in self._fingerprints.items() if expiry > self._state.now_ns}

    # ------------------------------------------------------------------ from the idea to the claim

    def consider(self, features: FeatureVector, idea: Idea) -> list[Command]:
        """Take an idea as far as the claim (a shadow: as far as its signal), or count why not."""
        denial = self._denial(features, idea)
        if denial is not None:
            return self._block(idea, denial)
        chosen = self._maker.choose(features, idea)
        if isinstance(chosen, Denial):
            return self._block(idea, chosen)
        if self._book.in_trade(chosen.instrument.con_id):
            return self._block(idea, Denial("contract_busy", "the contract is in a trade already"))
        over = self._ends_at_once(idea.exit_plan, chosen)
        if over:
            return self._block(idea, Denial("bad_plan", over))
        signal = self._maker.make(features, idea, chosen)
        fault = signal.fault()
        if fault:
            return self._block(idea, Denial("bad_idea", f"it could not be read back from the journal ({fault})"))
        if self._fingerprints.get(signal.fingerprint, 0) > self._state.now_ns:
            return self._block(idea, Denial("duplicate", "the same signal was already given in this window"))
        if self._refused_until_ns.get(signal.fingerprint, 0) > self._state.now_ns:
            return self._block(idea, Denial("claim_refused", "its claim was refused a moment ago"))
        self._maker.count()
        self.refusals.of(idea.strategy, idea.symbol).signals += 1
        mode = self._mode(signal)
        self._state.outputs.append(msgspec.json.encode(signal, order="deterministic"))
        commands = self._announce(signal, mode)
        if mode == "shadow":
            return commands + self._enter_shadow(signal, chosen)
        self._pending[signal.fingerprint] = signal
        expires = self._state.now_ns + self._window_ns
        return [*commands, ClaimSignal(signal.fingerprint, signal.signal_id, expires)]

    def refuse(self, strategy: str, symbol: str, denial: Denial) -> list[Command]:
        """Count an idea that cannot be meant."""
        self.refusals.block(strategy, symbol, denial, self._state.now_ns)
        return []

    def _ends_at_once(self, plan: ExitPlan, quote: OptionQuote) -> str:
        """Return why a trade would be over as soon as it had begun."""
        contract, tick = quote.instrument.option, quote.instrument.min_tick
        assert contract is not None, "only options are entered"
        underlying = self._state.symbols[contract.symbol].instrument
        spot = self._state.market.mid(underlying.instrument_id) if underlying else None
        outset = Outset(self._state.now_ns, Decimal(repr(quote.bid)), Decimal(repr(quote.ask)), tick, spot)
        return ends_at_once(plan, contract, outset, self._state.settings.execution)

    def _denial(self, features: FeatureVector, idea: Idea) -> Denial | None:
        """Return what keeps an idea from becoming a signal before its contract is looked for."""
        blocks = self._executor.gate.standing(self._ground.ground(features.symbol, breakers=False))
        if blocks:
            return blocks[0]
        if self._busy(idea.strategy, features.symbol):
            return Denial("strategy_busy", "a trade of this strategy in this underlying is not finished")
        cooling_s = self._ground.cooling_down_s(idea.strategy, features.symbol)
        return Denial("cooldown", f"{cooling_s:.0f} s of cool-down are left") if cooling_s > 0 else None

    def _busy(self, strategy: str, symbol: str) -> bool:
        waiting = [*self._pending.values(), *(proposal.signal for proposal in self.proposals.values())]
        return (
            self._book.busy(strategy, symbol)
            or self._shadows.busy(strategy, symbol)
            or any(signal.strategy == strategy and signal.symbol == symbol for signal in waiting)
        )

    def on_claim(self, event: ev.ClaimAnswered) -> list[Command]:
        """Carry on with a claimed signal: size it, gate it, submit it; or have it wait; or say why not."""
        signal = self._pending.pop(event.fingerprint, None)
        if signal is None or signal.signal_id != event.signal_id:
            return []
        if not event.granted:
            # Not asked again at every decision: a refusal of this moment would only be repeated by the next.
            pause_ns = int(self._state.settings.signals.valid_for_s * _SECOND_NS)
            now_ns = self._state.now_ns
            live = {key: until_ns for key, until_ns in self._refused_until_ns.items() if until_ns > now_ns}
            self._refused_until_ns = {**live, signal.fingerprint: now_ns + pause_ns}
            return self._deny(signal, [Denial("claim_refused", event.reason)])
        self._fingerprints[signal.fingerprint] = self._state.now_ns + self._window_ns
        return self._propose(signal) if self._mode(signal) == "approve" else self._enter(signal)

    # ------------------------------------------------------------------ a person's word

    def _propose(self, signal: Signal) -> list[Command]:
        expires_ns = self._state.now_ns + int(self._state.settings.signals.approval_valid_s * _SECOND_NS)
        self.proposals[signal.signal_id] = Proposal(signal, expires_ns)
        text = f"waits until {to_text(expires_ns)[-8:]} for  alphatrader approve {signal.signal_id}"
        return [
            self._record(signal, False, "awaiting_approval", text),
            Notify("warning", "signal.proposed", f"{self._label(signal)} {text}"),
        ]

    def approve(self, signal_id: str, actor: str) -> list[Command]:
        """Enter a signal that waits, judged again at the present quote."""
        proposal = self.proposals.pop(signal_id, None)
        if proposal is None:
            return [Notify("warning", "signal.unknown", f"{signal_id} does not wait for approval: nothing was done")]
        if self._state.now_ns > proposal.expires_ns:
            return self._expire(proposal.signal)
        quote = self._maker.quote(proposal.signal.instrument_id)
        stale = self._maker.check(quote)
        if stale is not None:
            return self._deny(proposal.signal, [stale])
        limit = self._state.settings.signals.approval_max_drift_fraction
        drift = quote.ask / float(proposal.signal.ask) - 1
        if abs(drift) > limit:
            text = f"its ask moved by {drift:+.0%} since it was proposed, the limit is {limit:.0%}"
            return self._deny(proposal.signal, [Denial("price_moved", text)])
        text = f"{self._label(proposal.signal)} was approved by {actor}"
        return [Notify("info", "signal.approved", text), *self._enter(self._maker.reprice(proposal.signal, quote))]

    def step(self) -> list[Command]:
        """Let proposals expire."""
        if not self.proposals:
            return []
        due = [p.signal for p in self.proposals.values() if self._state.now_ns > p.expires_ns]
        commands: list[Command] = []
        for signal in due:
            del self.proposals[signal.signal_id]
            commands += self._expire(signal)
        return commands

    def _expire(self, signal: Signal) -> list[Command]:
        return self._deny(signal, [Denial("approval_expired", "nobody approved it in time")])

    # ------------------------------------------------------------------ from the claim to the intent

    def _enter(self, signal: Signal) -> list[Command]:
        state = self._state
        quote = self._maker.quote(signal.instrument_id)
        stale = self._maker.check(quote)
        if stale is not None:
            return self._deny(signal, [stale])
        if state.now_ns > signal.expires_ns:
            return self._deny(signal, [Denial("signal_expired", "the signal was too old when it was claimed")])
        underlying = state.symbols[signal.symbol].instrument
        if underlying is None:
            return self._deny(signal, [Denial("no_market_data", f"{signal.symbol} is not subscribed")])
        size = self._size(signal, quote)
        orders = order_count(signal, size.quantity)
        ids = self._book.allocate_ids(orders)
        send_ns = int(state.settings.execution.send_deadline_s * 1e9 + 500e6 * (state.time_scale - 1))
        intent = build_bracket(
            signal,
            quote.instrument,
            underlying,
            size.quantity,
            ids,
            now_ns=state.now_ns,
            deadline_ns=state.now_ns + send_ns,
            risk_usd=size.risk_usd,
        )
        ground = self._ground.ground(signal.symbol, orders=orders)
        over = self._ends_at_once(signal.exit_plan, quote)
        standing = self._ground.standing(signal.strategy, signal.symbol, intent.con_id, over)
        verdict = self._executor.gate.check_open(intent, ground, standing)
        if not isinstance(verdict, RiskApproved):
            return self._deny(signal, verdict)
        self.refusals.of(signal.strategy, signal.symbol).accepted += 1
        text = f"{size.quantity} contracts, risk {size.risk_usd:.2f} USD, premium {size.premium_usd:.2f} USD"
        approved = f"approved: {text}, bound by {size.bound_by}; checks: {', '.join(verdict.checks)}"
        return [
            self._record(signal, True, "accepted", f"{text} (bound by {size.bound_by})"),
            Notify("good", "risk.approved", approved),
            self._executor.submit(verdict),
        ]

    def _enter_shadow(self, signal: Signal, quote: OptionQuote) -> list[Command]:
        self._fingerprints[signal.fingerprint] = self._state.now_ns + self._window_ns
        size = self._size(signal, quote)
        if size.quantity < 1:
            return self._deny(signal, [Denial("size_zero", "the risk budget does not pay for one contract")])
        text = f"shadow: {size.quantity} contracts, risk {size.risk_usd:.2f} USD (bound by {size.bound_by}), no order"
        record = self._record(signal, False, "shadow", text, size.quantity)
        return [record, *self._shadows.open(signal, quote, size.quantity)]

    def _size(self, signal: Signal, quote: OptionQuote) -> Size:
        settings = self._state.settings
        return size_long_option(
            signal.entry_limit,
            stop_price(signal.exit_plan, signal.ask, quote.instrument.min_tick),
            quote.instrument.multiplier,
            self._ground.funds_usd() or Decimal(0),
            settings.risk,
            settings.strategies[signal.strategy].budget_share,
        )

    # ------------------------------------------------------------------ words and records

    @property
    def _window_ns(self) -> int:
        return int(self._state.settings.signals.dedupe_window_s * _SECOND_NS)

    def _mode(self, signal: Signal) -> str:
        return self._state.settings.strategies[signal.strategy].mode

    def _label(self, signal: Signal) -> str:
        return signal.contract.label(self._state.run.session_date.replace("-", ""))

    def _announce(self, signal: Signal, mode: str) -> list[Command]:
        terms = f"limit {signal.entry_limit}"
        if signal.stop_price is not None:
            terms += f", stop {signal.stop_price}"
        elif signal.exit_plan.stop.underlying_price is not None:
            terms += f", stop at {signal.symbol} {signal.exit_plan.stop.underlying_price}"
        terms += f", target {signal.target_price}" if signal.target_price is not None else ", no target"
        head = f"{self._label(signal)} {signal.direction}, score {signal.score:.2f}: {terms}"
        why = "; ".join(reason.text for reason in signal.reasons)
        return [
            Notify("info", "signal.made", head if mode == "on" else f"[{mode}] {head}"),
            Notify("info", "why.reasons", why),
        ]

    def _block(self, idea: Idea, denial: Denial) -> list[Command]:
        return self.refuse(idea.strategy, idea.symbol, denial)

    def _deny(self, signal: Signal, denials: list[Denial]) -> list[Command]:
        self.refusals.deny(signal.strategy, signal.symbol, denials, self._state.now_ns)
        text = "; ".join(denial.text for denial in denials)
        return [
            self._record(signal, False, denials[0].code, text),
            Notify("warning", "risk.refused", f"refused {self._label(signal)}: {text}"),
        ]

    def _record(self, signal: Signal, accepted: bool, code: str, text: str, quantity: int = 0) -> WriteRecord:
        dedupe_until_ns = self._fingerprints.get(signal.fingerprint, 0)
        mode = self._mode(signal)
        record = SignalRecord(signal, accepted, code, text, self._state.now_ns, dedupe_until_ns, mode, quantity)
        self.history.appendleft(record)
        return WriteRecord(record)
