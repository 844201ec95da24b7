"""Who trades when, and which way: clustered arrivals, and signs with a long memory.

Orders are split: a buyer goes on buying. Each trade either follows the push of its moment, or repeats the side of a
trade some way back, the distance drawn from a power law; so the autocorrelation of signs decays slowly, as Lillo and
Farmer found ("The long memory of the efficient market", 2004). The rate of arrivals has gusts at several time scales.
"""

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.path import Floats

Signs = NDArray[np.int64]

_REPEATED = 0.70
"""Part of the trades that repeat an earlier one."""
_LAG_EXPONENT = 1.4
_LAGS = 300
_GUSTS = ((10, 0.55), (100, 0.30), (1200, 0.25))
"""Length in steps and standard deviation of the log rate of gusts, by time scale."""


def draw_signs(generator: np.random.Generator, probit: Floats) -> Signs:
    """Draw aggressor sides (+1 buys) from the push towards buying, in probits."""
    count = len(probit)
    buy = 1.0 / (1.0 + np.exp(-1.702 * probit))  # logistic approximation of the normal distribution function
    own = np.where(generator.random(count) < buy, 1, -1)
    weight = np.arange(1, _LAGS + 1) ** -_LAG_EXPONENT
    lag = 1 + np.searchsorted(np.cumsum(weight / weight.sum())[:-1], generator.random(count))
    index = np.arange(count)
    source = np.where(generator.random(count) < _REPEATED, np.maximum(index - lag, 0), index)
    while True:  # follow the chain of repetitions to the trade that began it
        further = source[source]
        if np.array_equal(further, source):
            return np.asarray(own[source], dtype=np.int64)
        source = further


def gusts(generator: np.random.Generator, steps: int) -> Floats:
    """Return a factor on the rate of arrivals by step, its mean 1, with gusts of a second to minutes."""
    log_factor = np.zeros(steps)
    for length, deviation in _GUSTS:
        knots = deviation * generator.standard_normal(steps // length + 2)
        if length > _GUSTS[0][0]:
            log_factor += np.interp(np.arange(steps), np.arange(len(knots)) * length, knots)
        else:
            log_factor += np.repeat(knots, length)[:steps]
    variance = sum(deviation**2 for _, deviation in _GUSTS)
    return np.asarray(np.exp(log_factor - 0.5 * variance))
