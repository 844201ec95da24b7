"""The option chain of one underlying over a day: quotes and greeks as pure functions of contract and instant.

Nothing here remembers the last question, so a quote does not depend on which contracts are watched or who asked before.
Rows name contracts, ticks pricing instants (two a second since the open); arrays of both broadcast.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market import quoting
from alphatrader.sim.market.backdrop import GRID_NS, LATE_NS, Backdrop
from alphatrader.sim.market.draws import keys_of, root_key, uniform
from alphatrader.sim.market.early_exercise import BIN_TICKS, PremiumTable
from alphatrader.sim.market.option_products import OptionProduct
from alphatrader.sim.market.quoting import Quoted
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.surface import (
    YEAR_S,
    OptionValues,
    european_price,
    european_values,
    forward_growth,
    total_variance,
)
from alphatrader.sim.market.types import ListedContract
from alphatrader.sim.market.variance_ahead import night_sessions, variance_ahead

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Ticks = NDArray[np.int64]

_LEAST_S = 1.0
_LEAST_SESSIONS = 1e-6
"""Floors that keep the formulas finite at the settlement instant itself."""
_EXERCISED = 1e-4
_SALT_ROTATION = 21


class DayFacts(NamedTuple):
    """What options read of a day beside the path of the underlying."""

    session: calendar.Session
    day_sigma: float
    previous_close: float
    seed: int
    events: tuple[ScheduledEvent, ...] = ()
    conditions: bool = True
    """Whether prints carry sale conditions."""
    late: bool = True
    """Whether the options trade a quarter of an hour past the close of the stock market."""


class _State(NamedTuple):
    """What a value follows from, one entry a contract and instant: dollars, seconds, volatility, log(K/F) with it."""

    spot: Floats
    strike: Floats
    sign: NDArray[np.int8]
    iv: Floats
    seconds: Floats


class OptionChain:
    """All listed options of one underlying over its day."""

    def __init__(
        self,
        product: OptionProduct,
        options: Sequence[ListedContract],
        open_interest: NDArray[np.int64],
        backdrop: Backdrop,
        facts: DayFacts,
    ) -> None:
        self.product, self.options, self.open_interest = product, tuple(options), open_interest
        self.backdrop, self.facts = backdrop, facts
        self.row_of = {option.con_id: row for row, option in enumerate(options)}
        self.all_rows: Rows = np.arange(len(options))
        self.strike = np.array([float(option.strike) for option in options])
        self.sign = np.array([1 if option.right == "C" else -1 for option in options], dtype=np.int8)
        series = sorted({(option.settlement_ns, option.trading_class, option.expiry) for option in options})
        place = {entry: index for index, entry in enumerate(series)}
        self.series = [(name, expiry) for _, name, expiry in series]
        self.series_of = np.array([place[o.settlement_ns, o.trading_class, o.expiry] for o in options], dtype=np.intp)
        self._settlement_ns = np.array([entry[0] for entry in series], dtype=np.int64)
        self._ahead = variance_ahead(facts.session, [entry[0] for entry in series], facts.events)
        self.keys = keys_of(
            root_key(facts.seed, product.symbol, facts.session.date, "options"),
            np.array([option.con_id for option in options], dtype=np.int64),
        )
        self._usual_size = quoting.usual_size(self.keys, product.size)
        self.opens = self._rotation()
        end_ns = facts.session.close_ns + (LATE_NS if facts.late else 0)
        ends = [min(option.last_trade_ns, end_ns) for option in options]
        self.closes = np.maximum(np.array([backdrop.tick_at(ts_ns) for ts_ns in ends], dtype=np.int64), 0)
        american = np.array([option.style == "american" for option in options])
        self._premiums = PremiumTable(backdrop, self.strike, american & (self.sign < 0), product.dividend_yield)
        self._american = american

    def quotes(self, rows: Rows, ticks: Ticks) -> Quoted:
        """Return quotes: none before a series has opened or in a halt, the last one after the close."""
        held = np.clip(ticks, 0, np.maximum(self.closes[rows] - 1, 0))
        of = quoting.lagging(self.keys[rows], held, self.product.lag_share)
        of = np.maximum(of, np.minimum(self.opens[rows], held))
        rows_, of_ = np.broadcast_arrays(rows, of)
        state = self._state(rows_, of_)
        value, _ = self._value(state, rows_, of_)
        intrinsic = np.maximum(state.sign * (state.spot - state.strike), 0.0)
        years = state.seconds / YEAR_S
        half = quoting.half_spread(self.product.spread, value, intrinsic, years, self.backdrop.widening[of_])
        size = self._usual_size[rows_] * quoting.size_factor(value, intrinsic, state.spot)
        found = quoting.quoted(value, half, self.product.price_steps, size, self.keys[rows_], of_)
        live = (ticks >= self.opens[rows]) & (self.closes[rows] > self.opens[rows]) & ~self.backdrop.halted[held]
        return Quoted(*(np.where(live, column, 0.0) for column in found))

    def values(self, rows: Rows, ticks: Ticks) -> OptionValues:
        """Return model values and greeks, of the last instant at which a series traded."""
        rows, ticks = np.broadcast_arrays(rows, np.clip(ticks, 0, np.maximum(self.closes[rows] - 1, 0)))
        return self._greeks(self._state(rows, ticks), rows, ticks)

    def spot(self, rows: Rows, ticks: Ticks) -> Floats:
        """Return the price of the underlying that :meth:`values` are at."""
        return np.asarray(self.backdrop.spot[np.clip(ticks, 0, np.maximum(self.closes[rows] - 1, 0))], dtype=np.float64)

    def deviation(self, rows: Rows, ticks: Ticks) -> Floats:
        """Return the standard deviation at the money, to settlement, as a fraction of the price."""
        return np.sqrt(self._at_the_money(self.series_of[rows], ticks))

    def closing(self) -> tuple[Quoted, OptionValues]:
        """Return quotes and values of all contracts at the previous close: its price, and the night still to come."""
        rows, opening = self.all_rows, np.zeros(len(self.options), dtype=np.int64)
        series = self.series_of
        sessions = self._ahead.at(series, np.ones(len(rows)), np.ones(len(rows)), opening) + night_sessions()
        night_s = 17.25 * 3600.0
        state = self._state_of(
            np.full(len(rows), self.facts.previous_close),
            rows,
            np.maximum(self.facts.day_sigma**2 * sessions, _LEAST_SESSIONS),
            np.maximum((self._settlement_ns[series] - self.backdrop.open_ns) / calendar.NS, 0.0) + night_s,
        )
        values = european_values(*state, self.product.dividend_yield)
        intrinsic = np.maximum(state.sign * (state.spot - state.strike), 0.0)
        price = np.where(self._american, np.maximum(values.price, intrinsic), values.price)
        half = quoting.half_spread(self.product.spread, price, intrinsic, state.seconds / YEAR_S, np.ones(len(rows)))
        size = self._usual_size * quoting.size_factor(price, intrinsic, state.spot)
        quotes = quoting.quoted(price, half, self.product.price_steps, size, self.keys, opening)
        return quotes, values._replace(price=price)

    def _rotation(self) -> Ticks:
        """Return the tick at which each series has its first quote: the opening goes through them one by one."""
        wait_s = self.product.rotation_s * uniform(self.keys, _SALT_ROTATION) ** 2
        return np.ceil(wait_s * calendar.NS / GRID_NS).astype(np.int64)

    def _at_the_money(self, series: Rows, ticks: Ticks) -> Floats:
        backdrop = self.backdrop
        instants = backdrop.open_ns + ticks * GRID_NS
        sessions = self._ahead.at(series, backdrop.left[ticks], backdrop.factor[ticks], instants)
        return np.asarray(self.facts.day_sigma**2 * np.maximum(sessions, _LEAST_SESSIONS), dtype=np.float64)

    def _state(self, rows: Rows, ticks: Ticks) -> _State:
        series = self.series_of[rows]
        seconds = (self._settlement_ns[series] - (self.backdrop.open_ns + ticks * GRID_NS)) / calendar.NS
        return self._state_of(self.backdrop.spot[ticks], rows, self._at_the_money(series, ticks), seconds)

    def _state_of(self, spot: Floats, rows: Rows, at_the_money: Floats, seconds: Floats) -> _State:
        seconds = np.maximum(seconds, _LEAST_S)
        years = seconds / YEAR_S
        strike = self.strike[rows]
        log_strike = np.log(strike / spot) - forward_growth(years, self.product.dividend_yield)
        variance = total_variance(log_strike, at_the_money, self.product.curvature, self.product.skew)
        return _State(spot, strike, self.sign[rows], np.sqrt(variance / years), seconds)

    def _value(self, state: _State, rows: Rows, ticks: Ticks) -> tuple[Floats, Floats]:
        """Return values, and the slope of the early-exercise premium in the price."""
        value = european_price(*state, self.product.dividend_yield)
        return self._with_exercise(value, state, rows, ticks)

    def _greeks(self, state: _State, rows: Rows, ticks: Ticks) -> OptionValues:
        values = european_values(*state, self.product.dividend_yield)
        price, slope = self._with_exercise(values.price, state, rows, ticks)
        intrinsic = state.sign * (state.spot - state.strike)
        # Where waiting is worth nothing, the option is the short (or long) position that it can be exercised into.
        exercised = self._american[rows] & (price <= intrinsic + _EXERCISED)
        return OptionValues(
            price=price,
            iv=state.iv,
            delta=np.where(exercised, state.sign, values.delta + slope),
            gamma=np.where(exercised, 0.0, values.gamma),
            vega=np.where(exercised, 0.0, values.vega),
            theta=np.where(exercised, 0.0, values.theta),
            rho=np.where(exercised, 0.0, values.rho),
        )

    def _with_exercise(self, value: Floats, state: _State, rows: Rows, ticks: Ticks) -> tuple[Floats, Floats]:
        slope = np.zeros(value.shape)
        if not value.size or not self._american.any():
            return value, slope
        value = value.copy()
        period = ticks // BIN_TICKS
        for number in range(int(period.min()), int(period.max()) + 1):
            inside = period == number
            wanted = rows[inside]
            missing = self._premiums.missing(number, np.unique(wanted))
            if len(missing):
                middle = self._state(missing, np.full(len(missing), self._premiums.middle[number]))
                self._premiums.fill(number, missing, middle.iv, middle.seconds)
            premium, slopes = self._premiums.line(number, wanted)
            value[inside] += premium + slopes * (state.spot[inside] - self._premiums.low[number])
            slope[inside] = slopes
        floor = np.where(self._american[rows], np.maximum(state.sign * (state.spot - state.strike), 0.0), 0.0)
        return np.maximum(value, floor), slope
