"""The option chain of one underlying: quotes, greeks and sizes as pure functions of the market's time.

Options are priced on a grid of 500 ms. Because nothing here remembers the last question, a quote does not depend on
which contracts are watched or who asked before.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.path import DayPath
from alphatrader.sim.market.shape import NIGHT_SHARE, variance_left, volume_done
from alphatrader.sim.market.surface import YEAR_S, OptionValues, total_variance, value_options
from alphatrader.sim.market.types import ChainTable, ListedContract

GRID_NS = 500_000_000

Floats = NDArray[np.float64]

_REVERSION_SESSIONS = 8.0
"""Today's busy or quiet market is expected to return to normal over about this many sessions."""
_MIN_SECONDS = 1.0
_SIZE_GRID = 4
"""Displayed sizes change every two seconds."""


class ChainQuotes(NamedTuple):
    """Quotes of some contracts at one instant, in the order asked for. Price 0 with size 0 = side absent."""

    ts_ns: int
    spot: float
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats
    last: Floats
    volume: Floats
    values: OptionValues


class OptionChain:
    """All listed options of one underlying over its session."""

    def __init__(
        self,
        path: DayPath,
        options: Sequence[ListedContract],
        open_interest: NDArray[np.int64],
        generator: np.random.Generator,
    ) -> None:
        self.options = tuple(options)
        self.open_interest = open_interest
        self.row_of = {option.con_id: row for row, option in enumerate(options)}
        self.open_ns = path.open_ns
        self.previous_close = path.previous_close
        self._path = path
        self._strike = np.array([float(option.strike) for option in options])
        self._is_call = np.array([option.right == "C" for option in options])
        expiries = sorted({option.expiry for option in options})
        self._tenor = np.array([expiries.index(option.expiry) for option in options])
        settlements = [calendar.option_settlement_ns(options[0].trading_class, expiry) for expiry in expiries]
        self._settlement_ns = np.array(settlements, dtype=np.float64)
        future = [_future_variance(path, settlement_ns) for settlement_ns in settlements]
        self._later = np.array([entry[0] for entry in future])
        self._later_excess = np.array([entry[1] for entry in future])
        self._base_size = np.exp(3.4 + 0.7 * generator.standard_normal(len(options)))
        self._size_noise = np.exp(0.45 * generator.standard_normal(1024))
        turnover = np.where(self._tenor == 0, 3.0, np.where(self._tenor < 3, 0.7, 0.15))
        self._day_volume = open_interest * turnover * np.exp(0.4 * generator.standard_normal(len(options)))

    def grid_ns(self, ts_ns: int) -> int:
        """Return the latest pricing instant at or before an instant."""
        return self._path.open_ns + (ts_ns - self._path.open_ns) // GRID_NS * GRID_NS

    def quotes(self, ts_ns: int, rows: NDArray[np.intp], spot: float | None = None) -> ChainQuotes:
        """Price the contracts of the given rows at the latest pricing instant, at the market's price unless told."""
        path = self._path
        grid_ns = self.grid_ns(ts_ns)
        fraction = (grid_ns - path.open_ns) / (path.close_ns - path.open_ns)
        spot = path.mid_at(grid_ns) if spot is None else spot
        second = min(max((grid_ns - path.open_ns) // calendar.NS, 0), len(path.variance_factor) - 1)
        factor = float(path.variance_factor[second])

        theta = path.day_sigma**2 * (
            factor * variance_left(fraction) + self._later + (factor - 1.0) * self._later_excess
        )
        years = np.maximum(self._settlement_ns - grid_ns, _MIN_SECONDS * calendar.NS) / (calendar.NS * YEAR_S)
        # A floor of a cent's worth of variance keeps the formulas finite at the settlement instant itself.
        theta = np.maximum(theta, 1e-10)
        tenor, strike, is_call = self._tenor[rows], self._strike[rows], self._is_call[rows]
        variance = total_variance(np.log(strike / spot), theta[tenor])
        values = value_options(spot, strike, is_call, variance, years[tenor])

        half = self._half_spread(values.price, spot, strike, is_call, years[tenor], factor)
        bid = np.maximum(np.floor((values.price - half) * 100.0 + 1e-9), 0.0)
        ask = np.maximum(np.ceil((values.price + half) * 100.0 - 1e-9), bid + 1.0)
        tick = (grid_ns - path.open_ns) // (GRID_NS * _SIZE_GRID)
        size = self._base_size[rows]
        bid_noise = self._size_noise[(rows * 31 + tick * 7) % 1024]
        ask_noise = self._size_noise[(rows * 17 + tick * 13 + 512) % 1024]
        volume = np.floor(self._day_volume[rows] * volume_done(fraction))
        return ChainQuotes(
            ts_ns=grid_ns,
            spot=spot,
            bid=bid / 100.0,
            bid_size=np.where(bid > 0.0, np.maximum(1.0, np.rint(size * bid_noise)), 0.0),
            ask=ask / 100.0,
            ask_size=np.maximum(1.0, np.rint(size * ask_noise)),
            last=np.where(volume > 0.0, np.maximum(np.rint(values.price * 100.0), 1.0) / 100.0, 0.0),
            volume=volume,
            values=values,
        )

    def table(self, quotes: ChainQuotes) -> ChainTable:
        """Put quotes of the whole chain into a table."""
        values = quotes.values
        return ChainTable(
            ts_ns=quotes.ts_ns,
            spot=quotes.spot,
            contracts=self.options,
            bid=quotes.bid,
            bid_size=quotes.bid_size,
            ask=quotes.ask,
            ask_size=quotes.ask_size,
            last=quotes.last,
            volume=quotes.volume,
            open_interest=self.open_interest,
            iv=values.iv,
            delta=values.delta,
            gamma=values.gamma,
            theta=values.theta,
            vega=values.vega,
            rho=values.rho,
        )

    @staticmethod
    def _half_spread(
        price: Floats, spot: float, strike: Floats, is_call: NDArray[np.bool_], years: Floats, factor: float
    ) -> Floats:
        """Return half the market maker's spread in dollars: cents at the money near expiry, wider elsewhere."""
        intrinsic = np.maximum(np.where(is_call, spot - strike, strike - spot), 0.0)
        days = years * 365.0
        width = (0.001 + 0.0010 * price + 0.006 * intrinsic) * (1.0 + 0.25 * np.sqrt(days)) * factor**0.5
        return np.asarray(width, dtype=np.float64)


def _future_variance(path: DayPath, settlement_ns: int) -> tuple[float, float]:
    """Return the variance between today's close and settlement, in sessions: base, and what today's factor adds.

    Forward variance stays positive for any factor, so total variance grows with time to expiry.
    """
    base = excess = 0.0
    date = calendar.date_of(path.close_ns)
    expiry = calendar.date_of(settlement_ns)
    night = NIGHT_SHARE / (1.0 - NIGHT_SHARE)
    ahead = 0
    while date < expiry:
        session = calendar.sessions_after(date, 1)[0]
        ahead += 1
        worth = night + 1.0
        base += worth
        excess += worth * float(np.exp(-ahead / _REVERSION_SESSIONS))
        date = session.date
    return base, excess
