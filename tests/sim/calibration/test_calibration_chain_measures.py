"""Measures of a chain against values worked out by hand."""

import dataclasses

import numpy as np
import pytest

from alphatrader.sim.calibration import chain_measures as chains
from alphatrader.sim.calibration.samples import ChainSample

STRIKES = np.arange(90.0, 111.0)


def flat_chain(days: float = 10.0, forward: float = 100.0, slope: float = 0.0) -> ChainSample:
    """Build calls and puts of one expiry whose mids obey parity at a forward; IV 20%, falling with the strike."""
    strike = np.concatenate((STRIKES, STRIKES))
    is_call = np.arange(len(strike)) < len(STRIKES)
    time_value = 2.0
    mid = np.where(is_call, np.maximum(forward - strike, 0.0), np.maximum(strike - forward, 0.0)) + time_value
    iv = 0.20 * (1.0 - slope * np.log(strike / forward))
    return ChainSample(
        name="hand made",
        spot=100.0,
        days=np.full(len(strike), days),
        strike=strike,
        is_call=is_call,
        bid=mid - 0.05,
        ask=mid + 0.05,
        iv=iv,
        volume=np.where(is_call, 10.0, 30.0),
        open_interest=np.where(strike % 10 == 0, 600.0, np.where(strike % 5 == 0, 300.0, 100.0)),
    )


def test_forward_by_parity_and_iv_there() -> None:
    known = chains.forward_and_atm(flat_chain(forward=100.4), 10.0)
    assert known is not None
    assert known == pytest.approx((100.4, 0.20))


def test_a_smile_in_standard_deviations() -> None:
    slope = 2.0
    found = chains.smile(flat_chain(slope=slope), (9.5, 35.0))
    one_sd = 0.20 * np.sqrt(10.0 / 365.0)
    at = dict(zip(chains.SMILE_AT.tolist(), found, strict=True))
    assert at[0.0] == pytest.approx(1.0)
    assert at[-1.0] == pytest.approx(1.0 + slope * one_sd, rel=1e-3)
    assert at[2.0] == pytest.approx(1.0 - slope * 2.0 * one_sd, rel=1e-3)
    assert np.isnan(chains.smile(flat_chain(), (2.5, 9.5))).all()


def test_an_expiry_with_a_hole_around_the_money_has_no_smile() -> None:
    whole = flat_chain()
    kept = (whole.strike < 98.0) | (whole.strike > 103.0)
    columns = ("days", "strike", "is_call", "bid", "ask", "iv", "volume", "open_interest")
    holed = dataclasses.replace(whole, **{name: getattr(whole, name)[kept] for name in columns})
    assert chains.forward_and_atm(holed, 10.0) is None
    assert len(chains.term_structure(holed)[0]) == 0


def test_spreads_by_premium_leave_out_what_has_no_bid() -> None:
    made = flat_chain()
    unbid = dataclasses.replace(made, bid=np.where(made.is_call, made.bid, 0.0))
    at = dict(zip(chains.PREMIUMS, chains.spread_by_premium(unbid), strict=False))
    assert at[2.0] == pytest.approx(0.10)
    assert np.isnan(at[0.10])
    assert at[5.0] == pytest.approx(0.10)


def test_profiles_sum_to_one_and_tell_calls_from_puts() -> None:
    made = flat_chain()
    weights = np.where(made.is_call & (made.strike == 103.0), 5.0, 0.0)
    weights[-1] = 7.0  # the put struck at 110
    calls = chains.profile(made, weights, calls=True)
    puts = chains.profile(made, weights, calls=False)
    assert np.flatnonzero(calls).tolist() == [12]  # log(1.03) = 2.96%, in the bucket from 2%
    assert np.flatnonzero(puts).tolist() == [19]
    assert calls.sum() == puts.sum() == 1.0
    assert chains.profile(made, weights, calls=True, most_days=5.0).sum() == 0.0


def test_round_strikes_and_ratios() -> None:
    made = flat_chain()
    # Within 10% by log: 91 to 110. Strikes of 5: 95, 105 (300) and 100, 110 (600); plain ones 100.
    assert chains.round_strike_ratio(made, 5, made.open_interest) == pytest.approx(4.5)
    assert chains.round_strike_ratio(made, 10, made.open_interest) == pytest.approx(6.0)
    assert chains.put_call_ratio(made, made.volume) == pytest.approx(3.0)
    assert chains.share_within(made, made.volume, 9.0) == 0.0
    assert chains.share_within(made, made.volume, 10.0) == 1.0


def test_means_leave_nan_out() -> None:
    rows = np.array([[1.0, np.nan, np.nan], [3.0, 4.0, np.nan]])
    assert chains.nan_mean(rows)[:2].tolist() == [2.0, 4.0]
    assert np.isnan(chains.nan_mean(rows)[2])
