"""What the right to exercise early adds to American puts.

With interest above the dividend yield it is worth exercising deep puts early, calls hardly ever: calls get none. The
premium is the difference of the Ju-Zhong approximation and the European value. It is slow to compute and changes
slowly, so it is valued every five minutes at both ends of the range in which the price moves until the next, and read
off the line between. Series of the same day get none: a day's interest on the strike is two cents.
"""

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader._core import american_value, black_scholes
from alphatrader.sim.market.backdrop import GRID_NS, Backdrop
from alphatrader.sim.market.option_products import RATE

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

BIN_TICKS = 300 * calendar.NS // GRID_NS
_LEAST_S = 20.0 * 3600.0
_LEAST_VALUE = 0.02
"""Puts worth less have no premium worth a hundredth of a cent."""
_MARGIN = 0.0005


class PremiumTable:
    """Premiums of all contracts at the two ends of the price range of each five minutes, filled as they are asked."""

    def __init__(self, backdrop: Backdrop, strike: Floats, may_gain: NDArray[np.bool_], dividend_yield: float) -> None:
        self._strike, self._may_gain, self._yield = strike, may_gain, dividend_yield
        starts = np.arange(0, backdrop.ticks, BIN_TICKS)
        self.low = np.minimum.reduceat(backdrop.spot, starts) * (1.0 - _MARGIN)
        self.high = np.maximum.reduceat(backdrop.spot, starts) * (1.0 + _MARGIN)
        self.middle = np.minimum(starts + BIN_TICKS // 2, backdrop.ticks - 1)
        self._ends: dict[int, tuple[Floats, Floats]] = {}

    def missing(self, period: int, rows: Rows) -> Rows:
        """Return those of the rows whose premium in a period is not known yet."""
        low, _ = self._of(period)
        return rows[np.isnan(low[rows])]

    def fill(self, period: int, rows: Rows, iv: Floats, seconds: Floats) -> None:
        """Value the premiums of rows at both ends, given volatility and time to settlement in the middle."""
        for ends, spot in zip(self._of(period), (self.low[period], self.high[period]), strict=True):
            ends[rows] = 0.0
            gains = self._may_gain[rows] & (seconds > _LEAST_S)
            if gains.any():
                ends[rows[gains]] = self._premium(spot, rows[gains], iv[gains], seconds[gains])

    def line(self, period: int, rows: Rows) -> tuple[Floats, Floats]:
        """Return premium at the low end and its slope in the price, by row."""
        low, high = self._of(period)
        return low[rows], (high[rows] - low[rows]) / (self.high[period] - self.low[period])

    def _of(self, period: int) -> tuple[Floats, Floats]:
        ends = self._ends.get(period)
        if ends is None:
            empty = np.full(len(self._strike), np.nan)
            ends = self._ends[period] = (empty, empty.copy())
        return ends

    def _premium(self, spot: float, rows: Rows, iv: Floats, seconds: Floats) -> Floats:
        at = (np.full(len(rows), spot), self._strike[rows], seconds, iv, np.full(len(rows), -1, dtype=np.int8))
        european = black_scholes(*at, rate=RATE, dividend_yield=self._yield, outputs=["price"])["price"]
        premium = np.zeros(len(rows))
        matters = european > _LEAST_VALUE
        if matters.any():
            american = american_value(*(column[matters] for column in at), rate=RATE, dividend_yield=self._yield)
            premium[matters] = np.maximum(american["price"] - european[matters], 0.0)
        return premium
