"""Option values: a variance surface without static arbitrage, and Black-Scholes-Merton on it.

Total variance follows eSSVI (Hendriks and Martini, 2019; Gatheral and Jacquier, 2014): at log strike k to the forward
and total variance theta at the money

    w = theta / 2 * (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)),   phi = eta / sqrt(theta (1 + theta)),
    eta = h theta^0.06,   rho = -1 + c theta^-0.154, within [-0.75, -0.12].

No butterfly: eta^2 (1 + |rho|) <= 4. No calendar: theta grows with the expiry, psi = theta phi grows more slowly than
theta and faster than 1 + rho falls (elasticities 0.53 to 0.56, and -0.154). h and c are fitted to SPY and QQQ chains of
2023-25, for which rho is about -0.2 at a day, -0.5 at a month and -0.6 at half a year.

Implied volatility is quoted in calendar time: a year is 365 x 86,400 s.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader._core import black_scholes
from alphatrader.sim.market.option_products import RATE

Floats = NDArray[np.float64]

YEAR_S = 365.0 * 86_400.0
_ETA_POWER = 0.06
_RHO_POWER = -0.154
_RHO_LEAST, _RHO_MOST = -0.75, -0.12
_GREEKS = ("price", "delta", "gamma", "theta", "vega", "rho")


class OptionValues(NamedTuple):
    """Value and greeks, one entry a contract: dollars, per $1, per vol point (vega), per day (theta)."""

    price: Floats
    iv: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


def total_variance(log_strike: Floats, at_the_money: Floats, curvature: float = 1.43, skew: float = 0.194) -> Floats:
    """Return the total variance to expiry at log(K / F), given that at the money, h and c."""
    rho = np.clip(skew * at_the_money**_RHO_POWER - 1.0, _RHO_LEAST, _RHO_MOST)
    wing = curvature * log_strike * at_the_money ** (_ETA_POWER - 0.5) / np.sqrt(1.0 + at_the_money)
    return 0.5 * at_the_money * (1.0 + rho * wing + np.sqrt((wing + rho) ** 2 + (1.0 - rho * rho)))


def european_price(
    spot: Floats, strike: Floats, sign: NDArray[np.int8], iv: Floats, seconds: Floats, yield_: float
) -> Floats:
    """Return Black-Scholes-Merton values in dollars; arrays of one shape, ``sign`` +1 call and -1 put."""
    flat = [np.ascontiguousarray(column).ravel() for column in (spot, strike, seconds, iv, sign)]
    price = black_scholes(*flat, rate=RATE, dividend_yield=yield_, outputs=["price"])["price"]
    return price.reshape(strike.shape)


def european_values(
    spot: Floats, strike: Floats, sign: NDArray[np.int8], iv: Floats, seconds: Floats, yield_: float
) -> OptionValues:
    """Return Black-Scholes-Merton values and greeks; arrays of one shape."""
    flat = [np.ascontiguousarray(column).ravel() for column in (spot, strike, seconds, iv, sign)]
    found = black_scholes(*flat, rate=RATE, dividend_yield=yield_, outputs=list(_GREEKS))
    price, delta, gamma, theta, vega, rho = (found[name].reshape(strike.shape) for name in _GREEKS)
    return OptionValues(price, iv, delta, gamma, vega, theta, rho)


def forward_growth(years: Floats, yield_: float) -> Floats:
    """Return log(F / S)."""
    return (RATE - yield_) * years
