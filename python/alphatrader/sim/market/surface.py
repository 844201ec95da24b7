"""Option values: a variance surface without static arbitrage, and Black-Scholes on it.

Total variance follows SSVI (Gatheral and Jacquier, 2014) with a power-law curvature: for the parameters used here no
butterfly and, as total variance grows with time, no calendar spread can be had for free. Variance runs on the market's
clock (the U of the day, nights), while quoted implied volatility uses calendar time: a year is 365 x 86,400 s. Interest
and dividends are zero, so put-call parity is C - P = S - K. Exercise is valued as European.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

YEAR_S = 365.0 * 86_400.0
SKEW = -0.62
CURVATURE = 1.15
"""SSVI rho and eta; eta^2 (1 + |rho|) <= 4 rules out butterfly arbitrage."""

_SQRT_2 = math.sqrt(2.0)
_SQRT_2_PI = math.sqrt(2.0 * math.pi)


class OptionValues(NamedTuple):
    """Value and greeks, one entry a contract: dollars, per $1, per vol point (vega), per day (theta)."""

    price: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


def total_variance(log_strike: Floats, at_the_money: Floats) -> Floats:
    """Return the total variance to expiry at log(K / S), given that at the money."""
    phi = CURVATURE / np.sqrt(at_the_money * (1.0 + at_the_money))
    wing = phi * log_strike
    return 0.5 * at_the_money * (1.0 + SKEW * wing + np.sqrt((wing + SKEW) ** 2 + (1.0 - SKEW**2)))


def value_options(
    spot: float, strike: Floats, is_call: NDArray[np.bool_], variance: Floats, years: Floats
) -> OptionValues:
    """Value options from their total variance and calendar time; all arrays have one entry a contract."""
    root = np.sqrt(variance)
    log_moneyness = np.log(spot / strike)
    d1 = log_moneyness / root + 0.5 * root
    d2 = d1 - root
    n1, n2 = _normal_cdf(d1), _normal_cdf(d2)
    call = spot * n1 - strike * n2
    price = np.maximum(np.where(is_call, call, call - spot + strike), 0.0)
    density = np.exp(-0.5 * d1 * d1) / _SQRT_2_PI
    root_years = np.sqrt(years)
    iv = root / root_years
    return OptionValues(
        price=price,
        iv=iv,
        delta=np.where(is_call, n1, n1 - 1.0),
        gamma=density / (spot * root),
        vega=spot * density * root_years * 0.01,
        theta=-spot * density * iv / (2.0 * root_years) / 365.0,
        rho=np.where(is_call, n2, n2 - 1.0) * strike * years * 0.01,
    )


def _normal_cdf(x: Floats) -> Floats:
    # erfc keeps full precision in the tails; for the sizes used here a list is quicker than any array polynomial.
    erfc = math.erfc
    return np.array([0.5 * erfc(-value / _SQRT_2) for value in x.tolist()])
