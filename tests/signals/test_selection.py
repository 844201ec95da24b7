"""Which contract an idea means, and which quote may price it."""

from decimal import Decimal
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphatrader import _core
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.signals import Denial
from alphatrader.signals.selection import OptionQuote, check_quote, choose_contract
from alphatrader.signals.settings import SignalSettings
from alphatrader.strategies.base import Idea

S = 1_000_000_000
SPOT, SECONDS = 650.0, 4 * 3_600.0
SETTINGS = SignalSettings()
TODAY, TOMORROW = "20251124", "20251125"


def idea(right: Right = Right.CALL, delta: float = 0.45, expiry: str = TODAY) -> Idea:
    plan = ExitPlan(stop=StopTerms(loss_fraction=0.25))
    return Idea("armed", "SPY", "bullish" if right is Right.CALL else "bearish", right, 0.9, (), expiry, delta, plan)


def fair(strike: float, right: Right, volatility: float = 0.15) -> float:
    sign = np.array([1 if right is Right.CALL else -1], dtype=np.int8)
    values = _core.black_scholes(SPOT, np.array([strike]), np.array([SECONDS]), np.array([volatility]), sign)
    return float(values["price"][0])


def quote(
    strike: float,
    right: Right = Right.CALL,
    *,
    mid: float | None = None,
    width: float = 0.02,
    expiry: str = TODAY,
    size: float = 40.0,
    age_ns: int = 0,
) -> OptionQuote:
    key = OptionKey("SPY", expiry, Decimal(repr(strike)), right, "SPY")
    middle = fair(strike, right) if mid is None else mid
    instrument = Instrument(1, "SPY", 7, "option", Decimal("0.01"), 100, key)
    return OptionQuote(instrument, middle - width / 2, size, middle + width / 2, size, age_ns)


def strike_of(chosen: OptionQuote | Denial) -> float:
    assert isinstance(chosen, OptionQuote), chosen
    assert chosen.instrument.option is not None
    return float(chosen.instrument.option.strike)


def code_of(chosen: OptionQuote | Denial | None) -> str:
    return chosen.code if isinstance(chosen, Denial) else ""


# ------------------------------------------------------------------------------------------ the contract

CHAIN = [quote(float(strike), right, width=1e-6) for strike in range(640, 661) for right in Right]


@pytest.mark.parametrize(("right", "nearer"), [(Right.CALL, 1), (Right.PUT, -1)])
def test_the_smaller_the_delta_the_further_out_the_strike(right: Right, nearer: int) -> None:
    strikes = [strike_of(choose_contract(idea(right, d), CHAIN, SPOT, SECONDS)) for d in (0.9, 0.7, 0.5, 0.3, 0.1)]
    out = [nearer * (strike - SPOT) for strike in strikes]
    assert out == sorted(out)
    assert strikes[2] == SPOT, "half a delta is at the money"


@given(st.floats(0.02, 0.98), st.sampled_from(Right))
def test_no_other_contract_is_nearer_to_the_delta(delta: float, right: Right) -> None:
    chosen = strike_of(choose_contract(idea(right, delta), CHAIN, SPOT, SECONDS))
    strikes = np.arange(640.0, 661.0)
    sign = np.full(len(strikes), 1 if right is Right.CALL else -1, dtype=np.int8)
    exact = _core.black_scholes(SPOT, strikes, np.full(len(strikes), SECONDS), np.full(len(strikes), 0.15), sign)
    distance = np.abs(np.abs(exact["delta"]) - delta)
    assert distance[int(chosen) - 640] <= distance.min() + 1e-3


def test_only_contracts_of_the_ideas_right_and_expiry_are_looked_at() -> None:
    others = [quote(650.0, Right.PUT), quote(650.0, expiry=TOMORROW)]
    assert strike_of(choose_contract(idea(delta=0.5), [*others, quote(653.0)], SPOT, SECONDS)) == 653.0
    assert code_of(choose_contract(idea(), others, SPOT, SECONDS)) == "no_contract_quote"
    assert code_of(choose_contract(idea(), [], SPOT, SECONDS)) == "no_contract_quote"


def test_the_underlying_itself_is_no_contract() -> None:
    stock = OptionQuote(Instrument(1, "SPY", 1, "stock", Decimal("0.01")), 649.99, 9, 650.01, 9, 0)
    assert code_of(choose_contract(idea(), [stock], SPOT, SECONDS)) == "no_contract_quote"


@pytest.mark.parametrize(("bid", "ask"), [(nan, 1.5), (1.5, nan), (0.0, 1.5), (1.6, 1.5), (-1.0, 1.5)])
def test_a_quote_without_two_sides_chooses_nothing(bid: float, ask: float) -> None:
    broken = OptionQuote(quote(650.0).instrument, bid, 40, ask, 40, 0)
    assert code_of(choose_contract(idea(), [broken], SPOT, SECONDS)) == "no_contract_quote"
    assert strike_of(choose_contract(idea(), [broken, quote(652.0)], SPOT, SECONDS)) == 652.0


def test_a_price_that_no_volatility_explains_is_passed_over() -> None:
    under_parity = quote(640.0, mid=5.0)
    assert code_of(choose_contract(idea(), [under_parity], SPOT, SECONDS)) == "no_implied_volatility"
    assert strike_of(choose_contract(idea(delta=0.99), [under_parity, quote(653.0)], SPOT, SECONDS)) == 653.0


def test_a_contract_that_has_settled_implies_nothing() -> None:
    assert code_of(choose_contract(idea(), CHAIN, SPOT, -60.0)) == "no_implied_volatility"
    assert code_of(choose_contract(idea(), CHAIN, SPOT, 0.0)) == "no_implied_volatility"


# ------------------------------------------------------------------------------------------ the quote

LIMIT_NS = 2_500_000_000


def refusal(made: OptionQuote, settings: SignalSettings = SETTINGS) -> str:
    return code_of(check_quote(made, LIMIT_NS, settings))


def test_a_tight_young_quote_of_some_size_passes() -> None:
    assert refusal(quote(650.0, mid=1.50)) == ""


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (quote(650.0, mid=1.50, age_ns=LIMIT_NS + 1), "option_quote_stale"),
        (quote(650.0, mid=nan), "one_sided"),
        (quote(650.0, mid=1.50, width=-0.02), "one_sided"),
        (quote(650.0, mid=0.01), "one_sided"),
        (quote(650.0, mid=0.15), "option_too_cheap"),
        (quote(650.0, mid=1.50, width=0.16), "spread_wide"),
        (quote(650.0, mid=0.50, width=0.06), "spread_wide"),
        (quote(650.0, mid=1.50, size=4), "quote_thin"),
        (quote(650.0, mid=1.50, size=nan), "quote_thin"),
    ],
)
def test_each_guardrail_refuses_by_its_code(made: OptionQuote, code: str) -> None:
    assert refusal(made) == code


@pytest.mark.parametrize("side", ["bid_size", "ask_size"])
def test_either_side_can_be_thin(side: str) -> None:
    sizes = {"bid_size": 40.0, "ask_size": 40.0} | {side: 4.0}
    instrument = quote(650.0).instrument
    thin = OptionQuote(instrument, 1.49, sizes["bid_size"], 1.51, sizes["ask_size"], 0)
    assert refusal(thin) == "quote_thin"


def test_limits_are_met_at_themselves() -> None:
    assert refusal(quote(650.0, mid=1.50, age_ns=LIMIT_NS)) == ""
    assert refusal(quote(650.0, mid=1.50, width=0.15)) == ""
    assert refusal(quote(650.0, mid=0.50, width=0.05)) == "", "a tenth of its mid"
    assert refusal(quote(650.0, mid=1.50, size=5)) == ""
    assert refusal(quote(650.0, mid=0.195, width=0.01)) == "", "an ask of twenty cents"


def test_one_cent_is_never_too_wide() -> None:
    cheap = SignalSettings(min_option_price=Decimal("0.01"))
    assert refusal(quote(650.0, mid=0.055, width=0.01), cheap) == ""
    assert refusal(quote(650.0, mid=0.06, width=0.02), cheap) == "spread_wide"


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 100), st.floats(0, 100), st.integers(0, 10 * S))
def test_what_passes_is_within_every_limit(bid: float, ask: float, bids: float, asks: float, age_ns: int) -> None:
    if check_quote(OptionQuote(quote(650.0).instrument, bid, bids, ask, asks, age_ns), LIMIT_NS, SETTINGS) is None:
        assert age_ns <= LIMIT_NS
        assert 0 < bid <= ask
        assert ask >= 0.20
        assert ask - bid <= 0.15 + 1e-9
        assert min(bids, asks) >= 5
