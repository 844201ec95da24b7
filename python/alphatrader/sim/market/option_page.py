"""A quarter of a minute of the watched options, made at once: prints, quotes that changed, greeks.

A page at a time costs a tenth of what the same costs by the instant.
"""

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.backdrop import GRID_NS, TICKS_A_MINUTE
from alphatrader.sim.market.chain import OptionChain, Rows
from alphatrader.sim.market.option_flow import CONDITIONS, OptionFlow, OptionPrints
from alphatrader.sim.market.standing import Standing, Tally
from alphatrader.sim.market.types import Greeks, MarketUpdate, Print, Quote

PAGE_TICKS = 30
"""A part of the minute, so that a page's prints are all of one minute."""
GREEKS_TICKS = 2

Floats = NDArray[np.float64]
_BY_TIME = itemgetter(0)
_new_quote = cast("Callable[[Iterable[float]], Quote]", partial(tuple.__new__, Quote))
_new_greeks = cast("Callable[[Iterable[float]], Greeks]", partial(tuple.__new__, Greeks))
"""Tuples made without going through Python for each: there are millions of them a day."""


class OptionPages:
    """The pages of some contracts; ``rows`` ascend."""

    def __init__(self, chain: OptionChain, flow: OptionFlow, standing: Standing, rows: Rows) -> None:
        self._chain, self._flow, self._standing, self._rows = chain, flow, standing, rows
        self._con_ids = np.array([chain.options[row].con_id for row in rows.tolist()], dtype=np.int64)
        self._minute = -1
        self._prints = flow.prints(rows, 0, 0)
        self._tally = Tally(*(np.zeros(len(rows)) for _ in range(3)))

    def updates(self, first: int, end: int) -> list[MarketUpdate]:
        """Return what happens in the ticks ``[first, end)`` of one page, in order of time.

        A quote is told when it differs from the one before, and at the opening of its series; greeks once a second
        while a series trades.
        """
        backdrop = self._chain.backdrop
        self._enter(first // TICKS_A_MINUTE)
        low, high = np.searchsorted(self._prints.ts_ns, (backdrop.instant(first), backdrop.instant(end)))
        updates: list[MarketUpdate] = list(self._quotes(first, end))
        updates += self._greeks(first, end)
        updates += prints_of(self._chain, self._prints.between(int(low), int(high)))
        updates.sort(key=_BY_TIME)
        return updates

    def _enter(self, minute: int) -> None:
        """Draw the prints of a minute, and note where the day stands at its start."""
        if minute == self._minute:
            return
        self._standing.carry(self._rows, minute)
        self._tally = self._standing.at_minute(self._rows)
        self._prints = self._flow.prints(self._rows, minute, minute + 1)
        self._minute = minute

    def _quotes(self, first: int, end: int) -> Iterable[Quote]:
        chain, rows = self._chain, self._rows
        shown = np.stack(chain.quotes(rows, np.arange(first - 1, end)[:, None]))
        tick, column = np.nonzero((shown[:, 1:] != shown[:, :-1]).any(axis=0))
        if not len(tick):
            return ()
        instants = chain.backdrop.open_ns + (first + tick) * GRID_NS
        last = self._tallies(instants, column)
        sides = shown[:, 1:][:, tick, column].tolist()
        return map(_new_quote, zip(instants.tolist(), self._con_ids[column].tolist(), *sides, *last, strict=True))

    def _tallies(self, instants: NDArray[np.int64], column: Rows) -> tuple[list[float], list[float], list[float]]:
        """Return last price, last size and volume of contracts as of instants of the minute."""
        tally, prints = self._tally, self._prints
        if not len(prints.row):
            return tally.last[column].tolist(), tally.last_size[column].tolist(), tally.volume[column].tolist()
        place = np.searchsorted(self._rows, prints.row)
        order = np.lexsort((prints.ts_ns, place))
        place, ts_ns, size = place[order], prints.ts_ns[order], prints.size[order]
        base = int(min(ts_ns.min(), instants.min()))
        width = int(max(ts_ns.max(), instants.max())) - base + 1
        found = np.searchsorted(place * width + ts_ns - base, column * width + instants - base, side="left")
        start = np.searchsorted(place, column, side="left")
        total = np.concatenate(([0], np.cumsum(size)))
        some, newest = found > start, np.maximum(found - 1, 0)
        volume = tally.volume[column] + total[found] - total[start]
        last = np.where(some, prints.price[order][newest], tally.last[column])
        last_size = np.where(some, size[newest], tally.last_size[column])
        return last.tolist(), last_size.tolist(), volume.tolist()

    def _greeks(self, first: int, end: int) -> Iterable[Greeks]:
        chain, rows = self._chain, self._rows
        ticks = np.arange(-(-first // GREEKS_TICKS) * GREEKS_TICKS, end, GREEKS_TICKS)[:, None]
        live = (ticks >= chain.opens[rows]) & (ticks < chain.closes[rows]) & ~chain.backdrop.halted[ticks]
        tick, column = np.nonzero(live)
        if not len(tick):
            return ()
        wanted, at = rows[column], ticks[tick, 0]
        values, spot = chain.values(wanted, at), chain.spot(wanted, at)
        columns = (values.iv, values.delta, values.price, values.gamma, values.vega, values.theta, spot)
        instants = (chain.backdrop.open_ns + at * GRID_NS).tolist()
        ids = self._con_ids[column].tolist()
        return map(_new_greeks, zip(instants, ids, *(values.tolist() for values in columns), strict=True))


def window(flow: OptionFlow, rows: Rows, start_ns: int, end_ns: int, open_ns: int) -> OptionPrints:
    """Return the prints of contracts in ``[start, end)``."""
    minute_ns = TICKS_A_MINUTE * GRID_NS
    first = max((start_ns - open_ns) // minute_ns, 0)
    found = flow.prints(rows, first, -(-(end_ns - open_ns) // minute_ns))
    low, high = np.searchsorted(found.ts_ns, (start_ns, end_ns))
    return found.between(int(low), int(high))


def prints_of(chain: OptionChain, prints: OptionPrints) -> list[Print]:
    """Turn columns into prints."""
    options, venues = chain.options, chain.product.venues
    texts = CONDITIONS if chain.facts.conditions else ("",) * len(CONDITIONS)
    return [
        Print(ts_ns, options[row].con_id, price, float(size), venues[venue], texts[condition])
        for ts_ns, row, price, size, venue, condition in zip(
            prints.ts_ns.tolist(),
            prints.row.tolist(),
            prints.price.tolist(),
            prints.size.tolist(),
            prints.venue.tolist(),
            prints.condition.tolist(),
            strict=True,
        )
    ]
