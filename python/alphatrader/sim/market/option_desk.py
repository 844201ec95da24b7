"""The options of one underlying as they trade: who is watched, what clients took.

Quotes, greeks and prints are pure functions of time; the little that is remembered lives here.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.backdrop import GRID_NS
from alphatrader.sim.market.chain import OptionChain, Rows
from alphatrader.sim.market.consumption import Consumption, Levels
from alphatrader.sim.market.option_flow import OptionFlow
from alphatrader.sim.market.option_page import PAGE_TICKS, OptionPages, prints_of, window
from alphatrader.sim.market.quoting import Quoted
from alphatrader.sim.market.standing import Standing
from alphatrader.sim.market.surface import OptionValues
from alphatrader.sim.market.types import ChainTable, Greeks, ListedContract, MarketUpdate, Print, Quote

_REFILL_SHARE = 0.35
_LEVELS = ((0, 1.0), (1, 1.4), (3, 2.2))
"""Displayed levels of an option: increments from the best price, size relative to the best."""
_BY_TIME = itemgetter(0)


class OptionDesk:
    """The live side of an :class:`OptionChain`. Contracts are named by their id; instants lie in the day."""

    def __init__(self, chain: OptionChain, previous: ChainTable) -> None:
        self.options: Sequence[ListedContract] = chain.options
        self.chain = chain
        self.flow = OptionFlow(chain)
        self._previous = previous
        self._standing = Standing(self.flow, len(chain.options), chain.backdrop.open_ns)
        self._consumption = Consumption(_REFILL_SHARE)
        self._rows: Rows = np.empty(0, dtype=np.intp)
        self._asked: dict[int, tuple[float, float, float, float]] = {}
        self._asked_tick = -1
        self._pages = OptionPages(chain, self.flow, self._standing, self._rows)
        self._page: list[MarketUpdate] = []
        self._page_ns = (0, 0)

    @property
    def open_ns(self) -> int:
        """The instant at which options begin to trade."""
        return self.chain.backdrop.open_ns

    @property
    def end_ns(self) -> int:
        """The instant at which the last of them ends."""
        return self.chain.backdrop.instant(self.chain.backdrop.ticks)

    def lists(self, con_id: int) -> bool:
        """Return whether an option is listed on this day."""
        return con_id in self.chain.row_of

    # -------------------------------------------------------------------------------------------------------- running

    def watch(self, con_ids: Iterable[int]) -> None:
        """Say for which options quotes, greeks and prints are wanted."""
        self._rows = np.array(sorted(self.chain.row_of[con_id] for con_id in con_ids), dtype=np.intp)
        self._pages = OptionPages(self.chain, self.flow, self._standing, self._rows)
        self._page_ns = (0, 0)

    def step(self, start_ns: int, end_ns: int) -> list[MarketUpdate]:
        """Run the market's step ``[start, end)`` and return what happened to the watched options, in order of time."""
        backdrop = self.chain.backdrop
        tick = -(-(start_ns - backdrop.open_ns) // GRID_NS)
        on_grid = start_ns <= backdrop.instant(tick) < end_ns and 0 <= tick < backdrop.ticks
        if on_grid and self._consumption:
            self._consumption.refill()
        if not len(self._rows) or not backdrop.open_ns <= start_ns < backdrop.instant(backdrop.ticks):
            return []
        if not self._page_ns[0] <= start_ns < self._page_ns[1]:
            self._turn_page(start_ns)
        first = bisect_left(self._page, start_ns, key=_BY_TIME)
        updates = self._page[first : bisect_left(self._page, end_ns, lo=first, key=_BY_TIME)]
        if on_grid and self._consumption:
            updates = self._less_consumed(updates, backdrop.instant(tick))
        return updates

    def _turn_page(self, start_ns: int) -> None:
        backdrop = self.chain.backdrop
        first = backdrop.tick_at(start_ns) // PAGE_TICKS * PAGE_TICKS
        end = min(first + PAGE_TICKS, backdrop.ticks)
        self._page = self._pages.updates(first, end)
        self._page_ns = (backdrop.instant(first), backdrop.instant(end))

    def _less_consumed(self, updates: list[MarketUpdate], ts_ns: int) -> list[MarketUpdate]:
        """Replace the quotes of contracts that clients took from by what is left, told again until it is refilled."""
        touched = [con_id for con_id in self._consumption.contracts() if self.chain.row_of[con_id] in self._rows]
        kept = [update for update in updates if not (isinstance(update, Quote) and update.con_id in touched)]
        kept += [self.quote(con_id, ts_ns)._replace(ts_ns=ts_ns) for con_id in touched]
        return sorted(kept, key=_BY_TIME)

    # --------------------------------------------------------------------------------------------------- one contract

    def quote(self, con_id: int, at_ns: int) -> Quote:
        """Return the quote of an option at an instant, less what clients took."""
        volume, last, last_size = self._standing.one(self.chain.row_of[con_id], at_ns)
        bid, bid_size, ask, ask_size = self._best(con_id, *self._quoted(con_id, at_ns))
        return Quote(self._grid_ns(at_ns), con_id, bid, bid_size, ask, ask_size, last, last_size, volume)

    def greeks(self, con_id: int, at_ns: int) -> Greeks:
        """Return the model values of an option at an instant."""
        row, tick = np.array([self.chain.row_of[con_id]]), np.array([self.chain.backdrop.tick_at(at_ns)])
        found, spot = self.chain.values(row, tick), self.chain.spot(row, tick)
        columns = (found.iv, found.delta, found.price, found.gamma, found.vega, found.theta, spot)
        return Greeks._make((self._grid_ns(at_ns), con_id, *(float(column[0]) for column in columns)))

    def displayed(self, con_id: int, side: Literal["bid", "ask"], at_ns: int) -> Levels:
        """Return the displayed (price, size) levels, best first, that an incoming order can take."""
        bid, bid_size, ask, ask_size = self._quoted(con_id, at_ns)
        return self._levels(con_id, side, *((bid, bid_size) if side == "bid" else (ask, ask_size)))

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        self._consumption.take(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Return past prints of ``[start, end)``, oldest first."""
        row = np.array([self.chain.row_of[con_id]])
        return prints_of(self.chain, window(self.flow, row, start_ns, end_ns, self.chain.backdrop.open_ns))

    def quote_history(self, con_id: int, instants: Sequence[int]) -> list[Quote]:
        """Return the quotes at ascending instants at which the option was quoted on either side."""
        backdrop, row = self.chain.backdrop, np.array([self.chain.row_of[con_id]])
        end_ns = backdrop.instant(int(self.chain.closes[row[0]]))
        at = np.array([ts_ns for ts_ns in instants if backdrop.open_ns <= ts_ns < end_ns], dtype=np.int64)
        if not len(at):
            return []
        quoted = Quoted(*(c.ravel() for c in self.chain.quotes(row, ((at - backdrop.open_ns) // GRID_NS))))
        prints = window(self.flow, row, backdrop.open_ns, int(at[-1]) + 1, backdrop.open_ns)
        count = np.searchsorted(prints.ts_ns, at, side="left")
        volume = np.concatenate(([0], np.cumsum(prints.size)))[count]
        last = np.concatenate(([0.0], prints.price))[count]
        size = np.concatenate(([0], prints.size))[count].astype(np.float64)
        rows = zip(at.tolist(), *(c.tolist() for c in (*quoted, last, size, volume.astype(np.float64))), strict=True)
        return [Quote(ts, con_id, b, bs, a, as_, p, s, v) for ts, b, bs, a, as_, p, s, v in rows if bs or as_]

    def open_interest(self, con_id: int) -> int:
        """Return the open interest of an option from the night before."""
        return int(self.chain.open_interest[self.chain.row_of[con_id]])

    # --------------------------------------------------------------------------------------------------- whole chains

    def table(self, at_ns: int) -> ChainTable:
        """Return the whole chain at an instant."""
        chain, rows = self.chain, self.chain.all_rows
        tick = np.full(len(rows), chain.backdrop.tick_at(at_ns))
        tally = self._standing.at(rows, at_ns)
        spot = float(chain.backdrop.spot[min(max(int(tick[0]), 0), chain.backdrop.ticks - 1)])
        return chain_table(
            chain, self._grid_ns(at_ns), spot, chain.quotes(rows, tick), chain.values(rows, tick),
            tally.last, tally.volume,
        )  # fmt: skip

    def closing_table(self) -> ChainTable:
        """Return the whole chain as it stood at the close of the underlying, with the volume of the whole day."""
        chain, rows = self.chain, self.chain.all_rows
        session, backdrop = chain.facts.session, chain.backdrop
        tick = np.full(len(rows), backdrop.tick_at(session.close_ns - 1))
        tally = self._standing.at(rows, backdrop.instant(backdrop.ticks))
        spot = float(backdrop.spot[tick[0]])
        return chain_table(
            chain, session.close_ns, spot, chain.quotes(rows, tick), chain.values(rows, tick), tally.last, tally.volume
        )

    def previous_table(self) -> ChainTable:
        """Return the chain as of the previous close, with the open interest it left behind."""
        return self._previous

    # --------------------------------------------------------------------------------------------------------- inside

    def _quoted(self, con_id: int, at_ns: int) -> tuple[float, float, float, float]:
        """Return bid, bid size, ask and ask size as quoted, kept for as long as the instant stays the same."""
        tick = self.chain.backdrop.tick_at(at_ns)
        if tick != self._asked_tick:
            self._asked.clear()
            self._asked_tick = tick
        found = self._asked.get(con_id)
        if found is None:
            quoted = self.chain.quotes(np.array([self.chain.row_of[con_id]]), np.array([tick]))
            bid, bid_size, ask, ask_size = (float(column[0]) for column in quoted)
            found = self._asked[con_id] = bid, bid_size, ask, ask_size
        return found

    def _grid_ns(self, at_ns: int) -> int:
        backdrop = self.chain.backdrop
        return backdrop.instant(backdrop.tick_at(at_ns))

    def _best(
        self, con_id: int, bid: float, bid_size: float, ask: float, ask_size: float
    ) -> tuple[float, float, float, float]:
        if self._consumption:
            bids, asks = self._levels(con_id, "bid", bid, bid_size), self._levels(con_id, "ask", ask, ask_size)
            bid, bid_size = bids[0] if bids else (0.0, 0.0)
            ask, ask_size = asks[0] if asks else (0.0, 0.0)
        return bid, bid_size, ask, ask_size

    def _levels(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> Levels:
        if not size:
            return []
        steps = self.chain.product.price_steps
        width = float(next(step for start, step in reversed(steps) if price >= float(start) - 1e-9))
        width *= 1.0 if side == "ask" else -1.0
        levels = [(round(price + away * width, 2), float(round(size * factor))) for away, factor in _LEVELS]
        return self._consumption.left_of(con_id, side, [level for level in levels if level[0] > 0.0])


def chain_table(
    chain: OptionChain,
    ts_ns: int,
    spot: float,
    quoted: Quoted,
    values: OptionValues,
    last: NDArray[np.float64],
    volume: NDArray[np.float64],
) -> ChainTable:
    """Put a whole chain into a table."""
    return ChainTable(
        ts_ns=ts_ns, spot=spot, contracts=chain.options,
        bid=quoted.bid, bid_size=quoted.bid_size, ask=quoted.ask, ask_size=quoted.ask_size,
        last=last, volume=volume, open_interest=chain.open_interest,
        iv=values.iv, delta=values.delta, gamma=values.gamma, theta=values.theta, vega=values.vega, rho=values.rho,
    )  # fmt: skip
