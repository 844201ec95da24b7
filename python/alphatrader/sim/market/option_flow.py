"""Prints of options: when, how large, at which side of the quote, and how the flow sits on strikes and expiries.

The count of a contract's prints in a minute is Poisson, its mean set by expiry, distance from the price, time of day
and round strikes. All draws are by counter, so the prints of one contract in one minute can be had alone and are the
same whoever asks: the day's volume of a contract is the sum of its prints. A few prints are the legs of spreads, two
contracts of a series at one instant.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.backdrop import GRID_NS, TICKS_A_MINUTE
from alphatrader.sim.market.chain import OptionChain, Rows
from alphatrader.sim.market.draws import Floats, Keys, keys_of, mixed, normal, poisson, root_key, uniform
from alphatrader.sim.market.expiries import kind_of, sessions_until
from alphatrader.sim.market.quoting import step_at

MINUTE_NS = TICKS_A_MINUTE * GRID_NS

CONDITIONS = ("", "a", "f")
"""OPRA's message types of a sale as letters: none for automatic execution, single-leg auction, multi-leg."""
_AUCTION, _SPREAD = 1, 2

_DAILY_VOLUME = np.array([1.70e6, 0.42e6, 0.15e6, 0.10e6, 0.07e6, 0.05e6, 0.035e6, 0.025e6])
"""Contracts of SPY by sessions to a daily expiry: about half of what was traded there in 2023."""
_FRIDAY_LEAST, _MONTHLY_LEAST = 0.08e6, 0.19e6
_PUT_SHARE = 0.57
_LEAST_DEVIATION = 0.0012
_SPREAD_SHARE = 0.012
_SPREAD_REACH = 5
_MIDDLE_SHARE, _AUCTION_SHARE = 0.14, 0.06

_SIZES = np.repeat(
    [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 250, 500],
    [410, 150, 85, 50, 85, 22, 22, 68, 10, 12, 32, 10, 7, 6, 12, 4, 9, 2, 3, 1],
)
"""A thousand quantiles of the size of a print."""
MEAN_SIZE = float(_SIZES.mean())

_SALT_NOISE, _SALT_COUNT, _SALT_TIME, _SALT_SIZE, _SALT_SIDE, _SALT_KIND, _SALT_VENUE = range(41, 48)
_SALT_LEGS, _SALT_PLACE, _SALT_WIDTH, _SALT_RIGHT = range(51, 55)


class OptionPrints(NamedTuple):
    """Prints in order of time, one entry each. ``price`` in dollars, 0 where none was asked for."""

    row: Rows
    ts_ns: NDArray[np.int64]
    size: NDArray[np.int64]
    price: Floats
    venue: NDArray[np.int64]
    condition: NDArray[np.int64]
    key: Keys
    """The draw that everything else about a print comes from."""

    def between(self, first: int, end: int) -> "OptionPrints":
        """Return the prints from ``first`` up to ``end``."""
        return OptionPrints._make(column[first:end] for column in self)


_Columns = tuple[Rows, NDArray[np.int64], NDArray[np.int64], Keys, NDArray[np.int64]]
"""Row, instant, size, key and condition of prints that are not sorted yet."""


class OptionFlow:
    """The prints of a chain over its day. Minutes count from the open."""

    def __init__(self, chain: OptionChain) -> None:
        self._chain = chain
        product, date = chain.product, chain.facts.session.date
        self.minutes = len(chain.backdrop.activity)
        self._keys = mixed(chain.keys, _SALT_COUNT)
        volume = [_series_volume(date, name, expiry) * product.activity for name, expiry in chain.series]
        calls = chain.sign > 0
        self._series_prints = np.array(volume) / MEAN_SIZE
        self._spacing = _spacing(chain)
        noise = np.exp(0.35 * normal(chain.keys, _SALT_NOISE) - 0.06)
        share = (
            np.where(calls, 1.0 - _PUT_SHARE, _PUT_SHARE)
            * self._spacing
            * _roundness(chain.strike, chain.facts.previous_close)
        )
        self._base = self._series_prints[chain.series_of] * share * noise * (1.0 - _SPREAD_SHARE)
        root = root_key(chain.facts.seed, product.symbol, date, "spreads")
        self._series_keys = keys_of(root, np.arange(len(chain.series), dtype=np.int64))
        self._ladder = [_ladder(chain, series) for series in range(len(chain.series))]

    def expected(self, rows: Rows, minutes: NDArray[np.int64]) -> Floats:
        """Return the expected number of prints; arrays broadcast."""
        chain = self._chain
        tick = minutes * TICKS_A_MINUTE
        spot = chain.backdrop.spot[tick]
        deviation = chain.deviation(rows, tick) + _LEAST_DEVIATION
        strike = chain.strike[rows]
        out = chain.sign[rows] * np.log(strike / spot) / deviation
        density = np.where(
            chain.sign[rows] > 0,
            0.80 * _bell(out, 0.40, 0.65) + 0.17 * _bell(out, 1.7, 1.0),
            0.74 * _bell(out, 0.45, 0.70) + 0.23 * _bell(out, 2.1, 1.2),
        )
        density += 0.03 / (np.pi * (1.0 + out * out))
        trading = (tick + TICKS_A_MINUTE > chain.opens[rows]) & (tick < chain.closes[rows])
        return np.asarray(
            self._base[rows] * density / (strike * deviation) * chain.backdrop.activity[minutes] * trading
        )

    def prints(self, rows: Rows, first: int, end: int, *, priced: bool = True) -> OptionPrints:
        """Return the prints of contracts in the minutes ``[first, end)``, in order of time."""
        end = min(end, self.minutes)
        if end <= first or not len(rows):
            none = np.zeros(0, dtype=np.int64)
            return OptionPrints(none, none, none, np.zeros(0), none, none, none.astype(np.uint64))
        singles = self._singles(rows, first, end)
        spreads = self._spreads(rows, first, end)
        row, ts_ns, size, key, condition = (np.concatenate(pair) for pair in zip(singles, spreads, strict=True))
        tick = (ts_ns - self._chain.backdrop.open_ns) // GRID_NS
        kept = (tick >= self._chain.opens[row]) & (tick < self._chain.closes[row]) & ~self._chain.backdrop.halted[tick]
        row, ts_ns, size, key, condition = (column[kept] for column in (row, ts_ns, size, key, condition))
        order = np.lexsort((key, ts_ns))
        row, ts_ns, size, key, condition = (column[order] for column in (row, ts_ns, size, key, condition))
        price = self.prices(row, ts_ns, key) if priced else np.zeros(len(row))
        venue = (uniform(key, _SALT_VENUE) * len(self._chain.product.venues)).astype(np.int64)
        return OptionPrints(row, ts_ns, size, price, venue, condition, key)

    def prices(self, row: Rows, ts_ns: NDArray[np.int64], key: Keys) -> Floats:
        """Return the prices of prints: at the ask or the bid, now and then between; as it rises, more buys of calls."""
        chain = self._chain
        tick = (ts_ns - chain.backdrop.open_ns) // GRID_NS
        quotes = chain.quotes(row, tick)
        steps = chain.product.price_steps
        lean = 0.5 + 0.10 * np.clip(chain.sign[row] * chain.backdrop.momentum[tick], -2.0, 2.0)
        buys = uniform(key, _SALT_SIDE) < lean
        step = step_at(quotes.bid, steps)
        width = np.rint((quotes.ask - quotes.bid) * 100.0 / step)
        inside = np.rint(quotes.bid * 100.0 / step + np.floor(width / 2.0)) * step / 100.0
        middle = (uniform(key, _SALT_KIND) < _MIDDLE_SHARE) & (width >= 2.0) & (quotes.bid > 0.0)
        offered = np.where(quotes.ask > 0.0, quotes.ask, float(steps[0][1]))
        price = np.where(buys | (quotes.bid <= 0.0), offered, quotes.bid)
        return np.asarray(np.round(np.where(middle, inside, price), 2), dtype=np.float64)

    def _singles(self, rows: Rows, first: int, end: int) -> _Columns:
        minutes = np.arange(first, end)[:, None]
        keys = mixed(self._keys[rows], minutes)
        count = poisson(self.expected(rows, minutes), keys).ravel()
        where = np.repeat(np.arange(len(count)), count)
        nth = np.arange(len(where)) - np.repeat(np.cumsum(count) - count, count)
        key = mixed(keys.ravel()[where], nth)
        minute = first + where // len(rows)
        condition = np.where(uniform(key, _SALT_KIND) < _AUCTION_SHARE, _AUCTION, 0)
        return rows[where % len(rows)], self._instants(minute, key), _size(key), key, condition

    def _spreads(self, rows: Rows, first: int, end: int) -> _Columns:
        """Return the legs that the contracts asked for have in the spreads of their series."""
        wanted = np.zeros(len(self._chain.options), dtype=np.bool_)
        wanted[rows] = True
        parts = [self._series_spreads(int(series), first, end) for series in np.unique(self._chain.series_of[rows])]
        row, ts_ns, size, key, condition = (np.concatenate(column) for column in zip(*parts, strict=True))
        kept = wanted[row]
        return row[kept], ts_ns[kept], size[kept], key[kept], condition[kept]

    def _series_spreads(self, series: int, first: int, end: int) -> _Columns:
        chain, ladder = self._chain, self._ladder[series]
        minutes = np.arange(first, end)
        keys = mixed(self._series_keys[series : series + 1], minutes)
        mean = 0.5 * _SPREAD_SHARE * self._series_prints[series] * chain.backdrop.activity[minutes]
        count = poisson(mean, mixed(keys, _SALT_COUNT))
        where = np.repeat(np.arange(len(minutes)), count)
        key = mixed(keys[where], np.arange(len(where)) - np.repeat(np.cumsum(count) - count, count))
        ts_ns = self._instants(minutes[where], key)
        right = (uniform(key, _SALT_RIGHT) < _PUT_SHARE).astype(np.intp)
        tick = minutes[where] * TICKS_A_MINUTE
        anchor = np.full(len(key), ladder.rows[0, 0])
        way = np.where(right == 1, -1.0, 1.0)
        reach = (chain.deviation(anchor, tick) + _LEAST_DEVIATION) * (0.5 + 0.8 * normal(key, _SALT_PLACE))
        near = np.searchsorted(ladder.strike, chain.backdrop.spot[tick] * np.exp(way * reach))
        far = near + (way * (1 + uniform(key, _SALT_WIDTH) * _SPREAD_REACH)).astype(np.int64)
        last = len(ladder.strike) - 1
        near, far = np.clip(near, 0, last), np.clip(far, 0, last)
        both = near != far
        legs = np.concatenate((ladder.rows[near[both], right[both]], ladder.rows[far[both], right[both]]))
        pair_key = np.concatenate((key[both], mixed(key[both], _SALT_LEGS)))
        size = np.tile(_size(key[both]), 2)
        return legs, np.tile(ts_ns[both], 2), size, pair_key, np.full(len(legs), _SPREAD)

    def _instants(self, minute: NDArray[np.int64], key: Keys) -> NDArray[np.int64]:
        offset_us = (uniform(key, _SALT_TIME) * (MINUTE_NS // 1_000)).astype(np.int64)
        return np.asarray(self._chain.backdrop.open_ns + minute * MINUTE_NS + offset_us * 1_000, dtype=np.int64)


class _Ladder(NamedTuple):
    """The strikes of a series, and the rows of its calls and puts: ``rows[strike, 0 call / 1 put]``."""

    strike: Floats
    rows: Rows


def usual_volume(chain: OptionChain) -> Floats:
    """Return by contract what would be traded on a day on which the price stays where it was the evening before."""
    flow = OptionFlow(chain)
    rows, opening = chain.all_rows, np.zeros(1, dtype=np.int64)
    return np.asarray(MEAN_SIZE * flow.expected(rows, opening) / chain.backdrop.activity[0], dtype=np.float64)


def _ladder(chain: OptionChain, series: int) -> _Ladder:
    """Rows are sorted by strike with the call first, so each pair of them is a strike."""
    rows = np.flatnonzero(chain.series_of == series).reshape(-1, 2)
    return _Ladder(chain.strike[rows[:, 0]], rows)


def _spacing(chain: OptionChain) -> Floats:
    """Return how far apart strikes stand around each contract, in dollars."""
    spacing = np.ones(len(chain.options))
    for series in range(len(chain.series)):
        ladder = _ladder(chain, series)
        spacing[ladder.rows] = (np.gradient(ladder.strike) if len(ladder.strike) > 1 else np.ones(1))[:, None]
    return spacing


def _roundness(strike: Floats, price: float) -> Floats:
    """Return how much more is traded at round strikes; its mean over strikes is about 1."""
    count = strike / (10.0 if price > 2_000.0 else 1.0)
    return np.asarray(np.select([count % 10 == 0, count % 5 == 0], [1.9, 1.4], 0.83))


def _series_volume(date: str, name: str, expiry: str) -> float:
    """Return the contracts that a series of SPY's size trades on a day."""
    sessions, kind = sessions_until(date, expiry), kind_of(expiry)
    volume = float(_DAILY_VOLUME[min(sessions, len(_DAILY_VOLUME) - 1)])
    if kind == "daily":
        return volume
    # Fridays and monthlies trade long before they are near; on SPX the monthlies do that in the AM-settled class.
    least = _FRIDAY_LEAST if kind == "friday" else _MONTHLY_LEAST * (2.0 if name == "SPX" else 1.0)
    volume *= 1.25 if kind == "friday" else 1.5
    near = 0.0 if name == "SPX" else volume
    return max(near, least * float(np.exp(-max(sessions - 10, 0) / 25.0)))


def _size(key: Keys) -> NDArray[np.int64]:
    return np.asarray(_SIZES[(uniform(key, _SALT_SIZE) * len(_SIZES)).astype(np.int64)], dtype=np.int64)


def _bell(x: Floats, centre: float, width: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((x - centre) / width) ** 2) / (width * 2.5066), dtype=np.float64)
