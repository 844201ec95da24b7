"""The options of one underlying as they trade: who is watched, what was shown, what clients took.

The chain itself is a pure function of time; the little that is remembered lives here.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.chain import GRID_NS, ChainQuotes, OptionChain
from alphatrader.sim.market.consumption import Consumption, Levels
from alphatrader.sim.market.types import ChainTable, Greeks, ListedContract, MarketUpdate, Print, Quote

_GREEKS_NS = 2 * GRID_NS
_REFILL_SHARE = 0.35
_FULL_VIEW = ((0.0, 1.0), (0.01, 1.4), (0.03, 2.2))
"""Displayed levels of an option: distance from the best price in dollars, size relative to the best."""


class OptionDesk:
    """The live side of an :class:`OptionChain`. Contracts are named by their id; instants lie in the session."""

    def __init__(self, chain: OptionChain) -> None:
        self.options: Sequence[ListedContract] = chain.options
        self._chain = chain
        self._consumption = Consumption(_REFILL_SHARE)
        self._watched: tuple[int, ...] = ()
        self._rows: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._shown: dict[int, tuple[float, float, float, float]] = {}

    def watch(self, con_ids: Iterable[int]) -> None:
        """Say for which options quotes, greeks and prints are wanted."""
        row_of = self._chain.row_of
        self._watched = tuple(sorted(con_ids, key=row_of.__getitem__))
        self._rows = np.array([row_of[con_id] for con_id in self._watched], dtype=np.intp)
        self._shown = {con_id: self._shown[con_id] for con_id in self._watched if con_id in self._shown}

    def step(self, start_ns: int, end_ns: int) -> list[MarketUpdate]:
        """Run the market's step ``[start, end)`` and return what happened to the watched options."""
        del end_ns
        updates: list[MarketUpdate] = []
        since_open = start_ns - self._chain.open_ns
        if since_open % GRID_NS:
            return updates
        if self._consumption:
            self._consumption.refill()
        if not self._watched:
            return updates
        quotes = self._chain.quotes(start_ns, self._rows)
        for quote in self._quotes(self._watched, quotes):
            shown = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
            if self._shown.get(quote.con_id) != shown:
                self._shown[quote.con_id] = shown
                updates.append(quote)
        if since_open % _GREEKS_NS == 0:
            updates.extend(_greeks(self._watched, quotes))
        return updates

    def quote(self, con_id: int, at_ns: int) -> Quote:
        """Return the quote of an option at an instant, less what clients took."""
        return next(self._quotes((con_id,), self._priced(con_id, at_ns)))

    def greeks(self, con_id: int, at_ns: int) -> Greeks:
        """Return the model values of an option at an instant."""
        return next(_greeks((con_id,), self._priced(con_id, at_ns)))

    def displayed(self, con_id: int, side: Literal["bid", "ask"], at_ns: int) -> Levels:
        """Return the displayed (price, size) levels, best first, that an incoming order can take."""
        quotes = self._priced(con_id, at_ns)
        price, size = (quotes.bid, quotes.bid_size) if side == "bid" else (quotes.ask, quotes.ask_size)
        return self._levels(con_id, side, float(price[0]), float(size[0]))

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        self._consumption.take(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Return past prints of ``[start, end)``, oldest first."""
        del con_id, start_ns, end_ns
        return []

    def quote_history(self, con_id: int, instants: Sequence[int]) -> list[Quote]:
        """Return the quotes at some instants."""
        return [self.quote(con_id, at_ns) for at_ns in instants]

    def open_interest(self, con_id: int) -> int:
        """Return the open interest of an option from the night before."""
        return int(self._chain.open_interest[self._chain.row_of[con_id]])

    def table(self, at_ns: int) -> ChainTable:
        """Return the whole chain at an instant."""
        return self._chain.table(self._chain.quotes(at_ns, np.arange(len(self.options))))

    def previous_table(self) -> ChainTable:
        """Return the whole chain as of the previous close."""
        chain = self._chain
        return chain.table(chain.quotes(chain.open_ns, np.arange(len(self.options)), chain.previous_close))

    def _priced(self, con_id: int, at_ns: int) -> ChainQuotes:
        return self._chain.quotes(at_ns, np.array([self._chain.row_of[con_id]]))

    def _quotes(self, con_ids: Sequence[int], quotes: ChainQuotes) -> Iterator[Quote]:
        columns = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size, quotes.last, quotes.volume)
        for con_id, bid, bid_size, ask, ask_size, last, volume in zip(
            con_ids, *(column.tolist() for column in columns), strict=True
        ):
            if self._consumption:
                bids = self._levels(con_id, "bid", bid, bid_size)
                asks = self._levels(con_id, "ask", ask, ask_size)
                bid, bid_size = bids[0] if bids else (0.0, 0.0)  # noqa: PLW2901
                ask, ask_size = asks[0] if asks else (0.0, 0.0)  # noqa: PLW2901
            yield Quote(quotes.ts_ns, con_id, bid, bid_size, ask, ask_size, last, 1.0 if last else 0.0, volume)

    def _levels(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> Levels:
        if not size:
            return []
        direction = 1.0 if side == "ask" else -1.0
        levels = [(round(price + direction * step, 2), float(round(size * factor))) for step, factor in _FULL_VIEW]
        return self._consumption.left_of(con_id, side, [level for level in levels if level[0] > 0.0])


def _greeks(con_ids: Sequence[int], quotes: ChainQuotes) -> Iterator[Greeks]:
    values = quotes.values
    columns = (values.iv, values.delta, values.price, values.gamma, values.vega, values.theta)
    for con_id, iv, delta, price, gamma, vega, theta in zip(
        con_ids, *(column.tolist() for column in columns), strict=True
    ):
        yield Greeks(quotes.ts_ns, con_id, iv, delta, price, gamma, vega, theta, quotes.spot)
