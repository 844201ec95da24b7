"""From an idea to a signal: the contract, its quote, its prices. Priced only from the broker's own quote of it."""

import hashlib
from decimal import Decimal

import msgspec

from alphatrader.calendar import option_settlement_ns
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.signals import Denial, Signal
from alphatrader.engine.state import EngineState
from alphatrader.execution.brackets import marketable_buy_limit
from alphatrader.execution.plan_prices import stop_price, target_prices
from alphatrader.signals.features import FeatureVector
from alphatrader.signals.selection import OptionQuote, check_quote, choose_contract
from alphatrader.strategies.base import Idea

_SECOND_NS = 1_000_000_000


class SignalMaker:
    """Chooses contracts and prices signals."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._next_signal = 1

    def choose(self, features: FeatureVector, idea: Idea) -> OptionQuote | Denial:
        """Return the contract that the idea means, with a quote that passes the guardrails."""
        spot = features.snapshot.mid
        if spot is None:
            return Denial("no_spot", "no two-sided quote of the underlying")
        symbol = self._state.symbols[features.symbol]
        universe = symbol.universe_of(idea.expiry)
        listed_class = universe.trading_class if universe else features.symbol
        quotes = [
            self.quote(instrument.instrument_id)
            for instrument in self._state.instruments.values()
            if instrument.option is not None
            and instrument.symbol == features.symbol
            and instrument.option.trading_class in {listed_class, ""}
        ]
        limit_ns = self.quote_limit_ns()
        seconds = (option_settlement_ns(listed_class, idea.expiry) - self._state.now_ns) / _SECOND_NS
        chosen = choose_contract(idea, [q for q in quotes if q.age_ns <= limit_ns], spot, seconds)
        return chosen if isinstance(chosen, Denial) else self.check(chosen) or chosen

    def quote(self, instrument_id: int) -> OptionQuote:
        """Return the newest quote of a contract."""
        bid, bid_size, ask, ask_size, _, quote_ns = self._state.market.l1(instrument_id)
        instrument = self._state.instruments[instrument_id]
        return OptionQuote(instrument, bid, bid_size, ask, ask_size, self._state.now_ns - quote_ns)

    def check(self, quote: OptionQuote) -> Denial | None:
        """Return what speaks against pricing an entry by a quote."""
        return check_quote(quote, self.quote_limit_ns(), self._state.settings.signals)

    def quote_limit_ns(self) -> int:
        """How old a quote may be that prices an entry, in market time."""
        feeds = self._state.settings.feeds
        return feeds.market_limit_ns(feeds.option_quote_max_age_ms, self._state.time_scale)

    def make(self, features: FeatureVector, idea: Idea, quote: OptionQuote) -> Signal:
        """Price an idea at a quote; its number is the run's next once :meth:`count` was called."""
        contract = quote.instrument.option
        assert contract is not None, "only options are chosen"
        state, now_ns = self._state, self._state.now_ns
        key = (
            f"{features.symbol}|{idea.strategy}|{idea.direction}"
            f"|{contract.expiry}|{contract.strike}|{contract.right.value}"
        )
        prices = self._prices(idea.exit_plan, quote)
        return Signal(
            signal_id=f"{state.run.run_id}.s{self._next_signal}",
            strategy=idea.strategy,
            symbol=features.symbol,
            direction=idea.direction,
            contract=contract,
            instrument_id=quote.instrument.instrument_id,
            score=idea.score,
            entry_limit=prices.entry_limit,
            stop_price=prices.stop_price,
            target_price=prices.target_price,
            bid=Decimal(repr(quote.bid)),
            ask=Decimal(repr(quote.ask)),
            spot=features.snapshot.mid or 0.0,
            created_ns=now_ns,
            expires_ns=now_ns + int(state.settings.signals.valid_for_s * 1e9 + 500e6 * (state.time_scale - 1)),
            fingerprint=hashlib.sha256(key.encode()).hexdigest()[:32],
            reasons=idea.reasons,
            exit_plan=idea.exit_plan,
        )

    def count(self) -> None:
        """Give the next signal the next number."""
        self._next_signal += 1

    def reprice(self, signal: Signal, quote: OptionQuote) -> Signal:
        """Return the signal at a newer quote of its contract."""
        prices = self._prices(signal.exit_plan, quote)
        return msgspec.structs.replace(
            signal,
            entry_limit=prices.entry_limit,
            stop_price=prices.stop_price,
            target_price=prices.target_price,
            bid=Decimal(repr(quote.bid)),
            ask=Decimal(repr(quote.ask)),
            expires_ns=self._state.now_ns + (signal.expires_ns - signal.created_ns),
        )

    def _prices(self, plan: ExitPlan, quote: OptionQuote) -> "_Prices":
        tick, reference = quote.instrument.min_tick, Decimal(repr(quote.ask))
        slippage = self._state.settings.execution.entry_slippage_ticks
        targets = target_prices(plan, reference, tick)
        return _Prices(
            entry_limit=marketable_buy_limit(quote.ask, tick, slippage),
            stop_price=stop_price(plan, reference, tick) if plan.stop.kind == "option_price" else None,
            target_price=targets[0] if targets else None,
        )


class _Prices(msgspec.Struct, frozen=True):
    entry_limit: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
