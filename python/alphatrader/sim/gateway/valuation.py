"""Values of options as the gateway computes them itself: at a bid, an ask, a trade, or at what a client supposes.

European options by Black and Scholes without interest, as the simulated surface is built; American ones without
dividends and interest are worth the same.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader._core import black_scholes, implied_volatility
from alphatrader.sim.market.types import ListedContract

Floats = NDArray[np.float64]
_MIN_SECONDS = 1.0


def settlement_ns(contract: ListedContract) -> int:
    """Return when an option settles; four in the afternoon where the listing does not say."""
    if contract.settlement_ns:
        return contract.settlement_ns
    expiry = dt.datetime.strptime(f"{contract.expiry}16", "%Y%m%d%H").replace(tzinfo=calendar.NEW_YORK)
    return int(expiry.timestamp()) * calendar.NS


class OptionTerms:
    """Strike, right and settlement of some options, by column."""

    def __init__(self, contracts: Sequence[ListedContract]) -> None:
        self.strike = np.array([float(contract.strike) for contract in contracts])
        self.right = np.array([1 if contract.right == "C" else -1 for contract in contracts], dtype=np.int8)
        self._settlement_ns = np.array([settlement_ns(contract) for contract in contracts], dtype=np.float64)

    def seconds(self, now_ns: int) -> Floats:
        """Return the time to settlement, a second at least."""
        return np.maximum((self._settlement_ns - now_ns) / calendar.NS, _MIN_SECONDS)


def volatilities(terms: OptionTerms, now_ns: int, spot: Floats, price: Floats) -> Floats:
    """Solve for the volatility at which each option is worth its price; NaN where there is none."""
    return implied_volatility(price, spot, terms.strike, terms.seconds(now_ns), terms.right)


def values(terms: OptionTerms, now_ns: int, spot: Floats, iv: Floats) -> dict[str, Floats]:
    """Return price, delta, gamma, theta and vega of each option at its volatility; NaN where that is NaN."""
    return black_scholes(spot, terms.strike, terms.seconds(now_ns), iv, terms.right)
