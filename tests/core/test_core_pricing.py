"""Pricing over NumPy arrays against formulas written with the standard library."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader._core import CoreError, black_scholes, implied_volatility

YEAR_S = 365 * 86_400
RATE, DIVIDEND_YIELD = 0.04, 0.013


def options(count: int) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(3)
    return {
        "spot": rng.uniform(90, 110, count),
        "strike": rng.uniform(80, 120, count),
        "seconds_to_settlement": rng.uniform(300, 2 * YEAR_S, count),
        "iv": rng.uniform(0.05, 1.5, count),
    }


def normal_cdf(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def formula(spot: float, strike: float, seconds: float, iv: float, right: int) -> dict[str, float]:
    t = seconds / YEAR_S
    d1 = (math.log(spot / strike) + (RATE - DIVIDEND_YIELD + iv * iv / 2) * t) / (iv * math.sqrt(t))
    d2 = d1 - iv * math.sqrt(t)
    growth, discount = math.exp(-DIVIDEND_YIELD * t), math.exp(-RATE * t)
    density = growth * math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
    n1, n2 = normal_cdf(right * d1), normal_cdf(right * d2)
    carry = right * (DIVIDEND_YIELD * spot * growth * n1 - RATE * strike * discount * n2)
    return {
        "price": right * (spot * growth * n1 - strike * discount * n2),
        "delta": right * growth * n1,
        "gamma": density / (spot * iv * math.sqrt(t)),
        "theta": (carry - spot * density * iv / (2 * math.sqrt(t))) / 365,
        "vega": spot * density * math.sqrt(t) / 100,
    }


def test_values_equal_the_formula() -> None:
    o = options(500)
    right = np.where(np.arange(500) % 2 == 0, 1, -1).astype(np.int8)
    values = black_scholes(**o, right=right, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    assert list(values) == ["price", "delta", "gamma", "theta", "vega"]
    for i in range(500):
        arguments = (float(column[i]) for column in o.values())
        for name, expected in formula(*arguments, int(right[i])).items():
            assert values[name][i] == pytest.approx(expected, rel=1e-10, abs=1e-11), name


def test_implied_volatility_inverts_the_price() -> None:
    o = options(2_000)
    right = np.where(np.arange(2_000) % 3 == 0, 1, -1).astype(np.int8)
    price = black_scholes(**o, right=right, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    iv = o.pop("iv")
    implied = implied_volatility(price["price"], **o, right=right, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    # Where a price barely moves with volatility, its last digit is worth many digits of volatility.
    clear = price["vega"] > 1e-4
    assert clear.sum() > 1_500
    np.testing.assert_allclose(implied[clear], iv[clear], rtol=1e-8)


def test_one_spot_serves_all_rows_and_views_are_taken() -> None:
    o = options(10)
    right = np.ones(10, np.int8)
    o["spot"] = np.full(10, 100.0)
    each = black_scholes(**o, right=right)["price"]
    one = black_scholes(100.0, *(o[name] for name in ("strike", "seconds_to_settlement", "iv")), right)["price"]
    np.testing.assert_array_equal(each, one)
    wide = {name: np.repeat(column, 2)[::2] for name, column in o.items()}
    assert not wide["strike"].flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(black_scholes(**wide, right=np.repeat(right, 2)[::2])["price"], each)


def test_unsound_rows_are_nan_and_only_they() -> None:
    bad = [math.nan, math.inf, -math.inf, 0.0, -1.0]
    sound = np.full(len(bad) + 1, 1.0)
    column = np.array([*bad, 1.0])
    right = np.ones(len(column), np.int8)
    for place in range(4):
        arguments = [sound, sound, sound * YEAR_S, sound]
        arguments[place] = column
        values = black_scholes(*arguments, right)
        for greek in values.values():
            assert np.isnan(greek).tolist() == [True] * len(bad) + [False]
    assert np.isnan(black_scholes(1.0, sound, sound, sound, np.zeros(len(column), np.int8))["price"]).all()


def test_prices_outside_the_bounds_have_no_volatility() -> None:
    price = np.array([-1.0, 0.0, 9.99, 10.0, 100.0, 101.0, math.nan, 10.5])
    same = np.ones(len(price))
    implied = implied_volatility(price, 100.0, same * 90, same * YEAR_S / 10, same.astype(np.int8))
    assert np.isnan(implied).tolist() == [True] * 7 + [False]


def test_bad_arguments_are_refused() -> None:
    one, two = np.ones(1), np.ones(2)
    right = np.ones(1, np.int8)
    with pytest.raises(CoreError, match="one length"):
        black_scholes(1.0, one, two, one, right)
    with pytest.raises(CoreError, match="one length"):
        implied_volatility(one, two, one, one, right)
    with pytest.raises(CoreError, match="rate"):
        black_scholes(1.0, one, one, one, right, rate=math.nan)
    with pytest.raises(TypeError):
        black_scholes(1.0, one, one, one, one)  # type: ignore[arg-type]
    assert black_scholes(1.0, one[:0], one[:0], one[:0], right[:0])["price"].size == 0
