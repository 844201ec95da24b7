"""Values of options as the gateway computes them itself: at a bid, an ask, a trade, or at what a client supposes.

Black, Scholes and Merton with the interest and dividend yields on which the simulated market prices its options.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader._core import black_scholes, implied_volatility
from alphatrader.sim.market.option_products import RATE, product_of
from alphatrader.sim.market.types import ListedContract

Floats = NDArray[np.float64]
_MIN_SECONDS = 1.0
_COLUMNS = ("price", "delta", "gamma", "theta", "vega")


def settlement_ns(contract: ListedContract) -> int:
    """Return when an option settles; four in the afternoon where the listing does not say."""
    if contract.settlement_ns:
        return contract.settlement_ns
    expiry = dt.datetime.strptime(f"{contract.expiry}16", "%Y%m%d%H").replace(tzinfo=calendar.NEW_YORK)
    return int(expiry.timestamp()) * calendar.NS


class OptionTerms:
    """Strike, right and settlement of some options, by column; and their rows by dividend yield."""

    def __init__(self, contracts: Sequence[ListedContract]) -> None:
        self.strike = np.array([float(contract.strike) for contract in contracts])
        self.right = np.array([1 if contract.right == "C" else -1 for contract in contracts], dtype=np.int8)
        self._settlement_ns = np.array([settlement_ns(contract) for contract in contracts], dtype=np.float64)
        yields = np.array([_dividend_yield(contract) for contract in contracts])
        self.groups = [(float(value), np.flatnonzero(yields == value)) for value in np.unique(yields)]

    def seconds(self, now_ns: int) -> Floats:
        """Return the time to settlement, a second at least."""
        return np.maximum((self._settlement_ns - now_ns) / calendar.NS, _MIN_SECONDS)


def _dividend_yield(contract: ListedContract) -> float:
    return product_of(contract.symbol, float(contract.strike)).dividend_yield


def volatilities(terms: OptionTerms, now_ns: int, spot: Floats, price: Floats) -> Floats:
    """Solve for the volatility at which each option is worth its price; NaN where there is none."""
    found = np.full(len(price), np.nan)
    seconds = terms.seconds(now_ns)
    for yield_, rows in terms.groups:
        of = (price[rows], spot[rows], terms.strike[rows], seconds[rows], terms.right[rows])
        found[rows] = implied_volatility(*of, rate=RATE, dividend_yield=yield_)
    return found


def values(terms: OptionTerms, now_ns: int, spot: Floats, iv: Floats) -> dict[str, Floats]:
    """Return price, delta, gamma, theta and vega of each option at its volatility; NaN where that is NaN."""
    found = {name: np.full(len(iv), np.nan) for name in _COLUMNS}
    seconds = terms.seconds(now_ns)
    for yield_, rows in terms.groups:
        of = (spot[rows], terms.strike[rows], seconds[rows], iv[rows], terms.right[rows])
        for name, column in black_scholes(*of, rate=RATE, dividend_yield=yield_, outputs=_COLUMNS).items():
            found[name][rows] = column
    return found
