"""Pricing over NumPy arrays against formulas written with the standard library."""

import math
from decimal import Decimal, getcontext

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from alphatrader._core import CoreError, SchemaError, american_value, black_scholes, implied_volatility

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
    with pytest.raises(SchemaError, match="int8"):
        black_scholes(1.0, one, one, one, one)  # type: ignore[arg-type]
    with pytest.raises(CoreError, match="output"):
        black_scholes(1.0, one, one, one, right, outputs=["speed"])
    with pytest.raises(CoreError, match="style"):
        implied_volatility(one, one, one, one, right, style="bermudan")  # type: ignore[arg-type]
    with pytest.raises(CoreError, match="negative"):
        american_value(1.0, one, one, one, right, rate=-0.01)
    assert black_scholes(1.0, one[:0], one[:0], one[:0], right[:0])["price"].size == 0


def cdf_of_forty_digits(x: Decimal) -> Decimal:
    """Distribution function of the standard normal by its power series: exact to the digits of the context."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
    term = total = x
    n = 0
    while abs(term) > Decimal("1e-55"):
        n += 1
        term = -term * x * x * (2 * n - 1) / (2 * n * (2 * n + 1))
        total += term
    return Decimal("0.5") + total / (2 * pi).sqrt()


def exact_price(spot: float, strike: float, seconds: float, iv: float, right: int) -> Decimal:
    s, k, sigma, years = Decimal(spot), Decimal(strike), Decimal(iv), Decimal(seconds) / YEAR_S
    r, q = Decimal(RATE), Decimal(DIVIDEND_YIELD)
    deviation = sigma * years.sqrt()
    d1 = ((s / k).ln() + (r - q + sigma * sigma / 2) * years) / deviation
    n1, n2 = cdf_of_forty_digits(right * d1), cdf_of_forty_digits(right * (d1 - deviation))
    return right * (s * (-q * years).exp() * n1 - k * (-r * years).exp() * n2)


def test_prices_and_volatilities_against_sixty_digits() -> None:
    getcontext().prec = 60
    spot, strike, seconds, iv, right = [], [], [], [], []
    for moneyness in (0.7, 0.9, 0.99, 1.0, 1.01, 1.1, 1.4):
        for days in (0.01, 1.0, 30.0, 700.0):
            for sigma in (0.08, 0.3, 1.2):
                for side in (1, -1):
                    if abs(math.log(moneyness)) / (sigma * math.sqrt(days / 365)) < 6:
                        spot.append(100.0)
                        strike.append(100 * moneyness)
                        seconds.append(days * 86_400)
                        iv.append(sigma)
                        right.append(side)
    columns = [np.array(column) for column in (spot, strike, seconds, iv)]
    sides = np.array(right, np.int8)
    exact = [exact_price(*row) for row in zip(spot, strike, seconds, iv, right, strict=True)]
    values = black_scholes(*columns, sides, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    for ours, expected in zip(values["price"], exact, strict=True):
        assert abs(Decimal(float(ours)) - expected) < Decimal("1e-13") * 100
        if expected < 1:
            assert ours == pytest.approx(float(expected), rel=2e-12), "cheap options keep their digits"
    # From the exact price, rounded once, the volatility comes back to the digits that the price holds.
    price = np.array([float(p) for p in exact])
    implied = implied_volatility(price, *columns[:3], sides, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    resolution = 100 * 3e-16 / (values["vega"] * 100) + 1e-12
    clear = values["vega"] > 1e-7
    assert (np.abs(implied - columns[3])[clear] < 20 * resolution[clear]).all()


def test_columns_may_be_numpy_arrow_or_one_number() -> None:
    o = options(100)
    right = np.where(np.arange(100) % 2 == 0, 1, -1).astype(np.int8)
    expected = black_scholes(**o, right=right)["price"]
    arrow = {name: pa.array(column) for name, column in o.items()}
    np.testing.assert_array_equal(black_scholes(**arrow, right=pa.array(right))["price"], expected)
    series = {name: pl.Series(column) for name, column in o.items()}
    np.testing.assert_array_equal(black_scholes(**series, right=pl.Series(right))["price"], expected)
    chunked = {name: pa.chunked_array([column[:33], column[33:]]) for name, column in o.items()}
    np.testing.assert_array_equal(black_scholes(**chunked, right=right)["price"], expected)
    assert black_scholes(100.0, 100.0, YEAR_S, 0.2, 1)["price"][0] == pytest.approx(7.965567455405804, rel=1e-14)
    with_null = black_scholes(pa.array([100.0, None]), 100.0, YEAR_S, 0.2, 1)["price"]
    assert np.isnan(with_null).tolist() == [False, True]


def test_further_greeks_are_differences_of_the_others() -> None:
    o = options(200)
    right = np.where(np.arange(200) % 2 == 0, 1, -1).astype(np.int8)

    def at(names: list[str], rate: float = RATE, **shift: float) -> dict[str, NDArray[np.float64]]:
        moved = {name: column + shift.get(name, 0.0) for name, column in o.items()}
        return black_scholes(**moved, right=right, rate=rate, dividend_yield=DIVIDEND_YIELD, outputs=names)

    greeks = at(["rho", "vanna", "charm", "vomma"])
    assert list(greeks) == ["rho", "vanna", "charm", "vomma"]
    up, down = at(["price"], RATE + 1e-6)["price"], at(["price"], RATE - 1e-6)["price"]
    np.testing.assert_allclose(greeks["rho"], (up - down) / 2e-6 / 100, rtol=1e-5, atol=1e-7)
    up, down = at(["delta", "vega"], iv=1e-5), at(["delta", "vega"], iv=-1e-5)
    np.testing.assert_allclose(greeks["vanna"], (up["delta"] - down["delta"]) / 2e-5 / 100, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(greeks["vomma"], (up["vega"] - down["vega"]) / 2e-5 / 100, rtol=1e-5, atol=1e-7)
    later, sooner = (
        at(["delta"], seconds_to_settlement=-5.0)["delta"],
        at(["delta"], seconds_to_settlement=5.0)["delta"],
    )
    np.testing.assert_allclose(greeks["charm"], (later - sooner) / 10 * 86_400, rtol=1e-3, atol=1e-6)


def test_why_a_price_has_no_volatility_is_counted() -> None:
    price = np.array([5.0, 10.0, 0.0, 100.0, math.nan, 5.0, 12.0])
    strike = np.array([90.0, 90.0, 110.0, 90.0, 90.0, -1.0, 90.0])
    rejected: dict[str, int] = {}
    implied = implied_volatility(price, 100.0, strike, YEAR_S / 10, 1, rejected=rejected)
    assert np.isnan(implied).tolist() == [True] * 6 + [False]
    assert rejected == {"no_time_value": 3, "above_bound": 1, "bad_input": 2}


def binomial(spot: float, strike: float, years: float, iv: float, right: int, steps: int) -> float:
    """Price an American option on a tree of Cox, Ross and Rubinstein."""
    dt = years / steps
    up = math.exp(iv * math.sqrt(dt))
    chance = (math.exp((RATE - DIVIDEND_YIELD) * dt) - 1 / up) / (up - 1 / up)
    discount = math.exp(-RATE * dt)
    values = np.maximum(right * (spot * up ** np.arange(-steps, steps + 1, 2.0) - strike), 0)
    for step in range(steps - 1, -1, -1):
        exercise = right * (spot * up ** np.arange(-step, step + 1, 2.0) - strike)
        values = np.maximum(discount * (chance * values[1:] + (1 - chance) * values[:-1]), exercise)
    return float(values[0])


def test_american_options_lie_near_a_binomial_tree() -> None:
    strike = np.repeat(np.linspace(75, 130, 12), 2)
    right = np.tile([1, -1], 12).astype(np.int8)
    seconds = np.resize([7, 60, 365, 730], 24) * 86_400.0
    iv = np.resize([0.15, 0.3, 0.6], 24)
    ours = american_value(100.0, strike, seconds, iv, right, rate=RATE, dividend_yield=DIVIDEND_YIELD)
    names = ["price", "delta", "gamma", "theta", "vega", "rho"]
    european = black_scholes(100.0, strike, seconds, iv, right, rate=RATE, dividend_yield=DIVIDEND_YIELD, outputs=names)
    for i in range(24):
        row = (100.0, strike[i], seconds[i] / YEAR_S, iv[i], int(right[i]))
        tree = (binomial(*row, 400) + binomial(*row, 401)) / 2
        assert ours["price"][i] == pytest.approx(tree, abs=0.002 * strike[i])
    assert (ours["price"] >= european["price"]).all()
    # Where exercise is far away the greeks are those of a European option.
    same = ours["price"] - european["price"] < 1e-6
    assert same.sum() > 3
    for name in ("delta", "gamma", "vega", "theta", "rho"):
        np.testing.assert_allclose(ours[name][same], european[name][same], rtol=5e-3, atol=1e-4)
    implied = implied_volatility(
        ours["price"], 100.0, strike, seconds, right, rate=RATE, dividend_yield=DIVIDEND_YIELD, style="american"
    )
    open_ = (ours["price"] - np.maximum(right * (100 - strike), 0) > 1e-3) & (ours["vega"] > 1e-3)
    assert open_.sum() > 15
    np.testing.assert_allclose(implied[open_], iv[open_], rtol=1e-6)


def test_american_greeks_hold_up_to_the_close() -> None:
    """Without a dividend a call is never exercised early: its greeks are those of the European one."""
    seconds = np.array([60.0, 600.0, 3_600.0, 86_400.0, 30 * 86_400.0]).repeat(4)
    iv = np.tile([0.05, 0.2, 0.8, 2.0], 5)
    right = np.ones(20, np.int8)
    ours = american_value(600.0, 600.0, seconds, iv, right)
    exact = black_scholes(600.0, 600.0, seconds, iv, right)
    for name in ("delta", "gamma", "theta", "vega"):
        np.testing.assert_allclose(ours[name], exact[name], rtol=1e-3, err_msg=name)


@pytest.mark.parametrize(("seconds", "iv"), [(1e-300, 0.2), (86_400.0, 1e160)])
def test_what_no_option_has_is_not_a_number(seconds: float, iv: float) -> None:
    values = black_scholes(100.0, np.array([50.0]), np.array([seconds]), np.array([iv]), np.array([1], np.int8))
    assert all(np.isnan(value).all() for value in values.values())
