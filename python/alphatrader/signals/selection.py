"""From an idea to a contract: which option, at which price. Priced only from the broker's own quote of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alphatrader import _core
from alphatrader.domain.contracts import Instrument, Right
from alphatrader.domain.signals import Denial
from alphatrader.signals.settings import SignalSettings


@dataclass(frozen=True, slots=True)
class OptionQuote:
    """The broker's quote of one contract; ``age_ns`` in market time; NaN where a side is absent."""

    instrument: Instrument
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    age_ns: int


class Wanted(Protocol):
    """What an idea says of its contract."""

    @property
    def expiry(self) -> str:
        """``YYYYMMDD``."""
        ...

    @property
    def right(self) -> Right:
        """Call or put."""
        ...

    @property
    def target_delta(self) -> float:
        """Of the contract to buy, without its sign."""
        ...


def choose_contract(
    idea: Wanted, quotes: Sequence[OptionQuote], spot: float, seconds_to_settlement: float
) -> OptionQuote | Denial:
    """Pick the contract whose delta, implied by its own mid quote, is nearest the idea's target."""
    usable = [
        quote
        for quote in quotes
        if quote.instrument.option is not None
        and quote.instrument.option.expiry == idea.expiry
        and quote.instrument.option.right is idea.right
        and quote.bid > 0
        and quote.ask >= quote.bid
    ]
    if not usable:
        return Denial("no_contract_quote", f"no two-sided quote of a {idea.expiry} {idea.right.value} is at hand")
    strikes = np.array([float(quote.instrument.option.strike) for quote in usable if quote.instrument.option])
    mids = np.array([(quote.bid + quote.ask) / 2 for quote in usable])
    seconds = np.full(len(usable), seconds_to_settlement)
    right = np.full(len(usable), 1 if idea.right.value == "C" else -1, dtype=np.int8)
    volatility = _core.implied_volatility(mids, spot, strikes, seconds, right)
    delta = np.abs(_core.black_scholes(spot, strikes, seconds, volatility, right)["delta"])
    distance = np.abs(delta - idea.target_delta)
    if not np.isfinite(distance).any():
        return Denial("no_implied_volatility", "no quote implies a volatility: prices are outside arbitrage bounds")
    return usable[int(np.nanargmin(distance))]


def check_quote(quote: OptionQuote, limit_ns: int, settings: SignalSettings) -> Denial | None:
    """Guardrails on the quote that prices a trade: age, both sides, spread, size, level."""
    if quote.age_ns > limit_ns:
        return Denial(
            "option_quote_stale", f"the quote is {quote.age_ns / 1e9:.1f} s old, the limit is {limit_ns / 1e9:.1f} s"
        )
    # Written so that a NaN fails too: it compares false with everything.
    if not (quote.bid > 0 and quote.ask >= quote.bid):
        return Denial("one_sided", f"bid {quote.bid}, ask {quote.ask}: not a two-sided quote")
    spread, mid = quote.ask - quote.bid, (quote.ask + quote.bid) / 2
    # One cent is as tight as it gets; the fraction would refuse it on a cheap option.
    spread_max = min(max(float(settings.max_spread_fraction) * mid, 0.01), float(settings.max_spread_usd))
    if quote.ask < float(settings.min_option_price):
        return Denial("option_too_cheap", f"ask {quote.ask:.2f} is under {settings.min_option_price}")
    if spread > spread_max + 1e-9:
        return Denial("spread_wide", f"spread {spread:.2f} on a mid of {mid:.2f}")
    if not (quote.bid_size >= settings.min_quote_size and quote.ask_size >= settings.min_quote_size):
        return Denial("quote_thin", f"{quote.bid_size:.0f} x {quote.ask_size:.0f} contracts quoted")
    return None
