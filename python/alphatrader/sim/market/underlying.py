"""One underlying as it trades: walks over its day path and says what happens."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from alphatrader.sim.market.consumption import BookSide, Consumption, Levels
from alphatrader.sim.market.past_day import last_of, make_prints, muted
from alphatrader.sim.market.path import QUOTE_NS, DayPath, Ints
from alphatrader.sim.market.types import Auction, Depth, Halt, ListedContract, MarketUpdate, Print, Quote

_MINUTE_NS = 60_000_000_000
_INTERVALS_PER_PAGE = _MINUTE_NS // QUOTE_NS
_REFILL_SHARE = 0.4
_NEVER_NS = 2**63
_ROWS = 14
"""Displayed rows a side."""

Rows = tuple[tuple[str, float, float], ...]


class _Page(NamedTuple):
    """A minute of the path as Python values: element access in arrays would cost more than the model itself.

    ``rows`` are those of all intervals and sides one after the other; ``starts[2 * interval + side]`` tells where they
    begin. ``best`` has the size at the best price in the same order. ``sizes[interval, side, level, venue]``.
    """

    number: int
    cents: tuple[list[int], list[int]]
    best: list[float]
    rows: list[tuple[str, float, float]]
    starts: list[int]
    sizes: Ints


class Underlying:
    """The live side of a :class:`DayPath`. Time moves by whole steps and only forward.

    ``resting``: the last quote of the day before, which stands until this day begins.
    """

    def __init__(self, path: DayPath, contract: ListedContract, start_ns: int, resting: Quote | None = None) -> None:
        self.path = path
        self.contract = contract
        self.con_id = contract.con_id
        self._consumption = Consumption(_REFILL_SHARE)
        self._events = _events(path, contract)
        self._page = _Page(-1, ([], []), [], [], [], np.zeros((0, 2, 1, 1), dtype=np.int32))
        texts = path.prints.condition_texts
        self._muted = frozenset(text for text, silent in zip(texts, muted(path.prints), strict=True) if silent)
        self._resting = resting if start_ns <= path.first_ns else None
        self._before = (resting.last, resting.last_size) if resting is not None else (path.previous_close, 0.0)
        self._shown: tuple[float, float, float, float] | None = None
        self._depth: tuple[Rows, Rows] | None = None
        self._stand_at(start_ns)

    def _stand_at(self, ts_ns: int) -> None:
        path = self.path
        if ts_ns > path.first_ns:
            self._resting = None
        self._next_print = path.print_count(ts_ns)
        self._pending: list[Print] = []
        self._pending_at = 0
        self._paged_to_ns = ts_ns
        self._await_event(sum(event.ts_ns < ts_ns for event in self._events))
        self._interval = path.interval_at(ts_ns - 1)
        self._last, self._last_size, self._volume = last_of(path, self._next_print)
        if not self._last:
            self._last, self._last_size = self._before

    def enter_interval(self, ts_ns: int) -> tuple[Quote | None, Depth | None]:
        """Begin the 200 ms interval that starts at ``ts_ns``: quote and book, where they changed."""
        self._interval = self.path.interval_at(ts_ns)
        self._resting = None
        if self._consumption:
            self._consumption.refill()
        if self.path.book is None or (self.path.halts and self.path.halted_at(ts_ns)):
            return None, None
        rows = (self._rows("bid"), self._rows("ask"))
        depth = None
        if rows != self._depth:
            self._depth = rows
            depth = Depth(ts_ns, self.con_id, *rows)
        shown = (*self._best("bid"), *self._best("ask"))
        if shown == self._shown:
            return None, depth
        self._shown = shown
        return Quote(ts_ns, self.con_id, *shown, self._last, self._last_size, self._volume), depth

    def events_until(self, end_ns: int) -> list[MarketUpdate]:
        """Return auctions, and halts that begin or end, up to ``end_ns`` (exclusive)."""
        first = self._next_event
        while self.next_event_ns < end_ns:
            self._await_event(self._next_event + 1)
        return list(self._events[first : self._next_event])

    def prints_until(self, end_ns: int) -> list[Print]:
        """Return the prints up to ``end_ns`` (exclusive) that were not returned before."""
        while self._paged_to_ns < end_ns:
            self._load_prints()
        pending, first = self._pending, self._pending_at
        last = first
        while last < len(pending) and pending[last].ts_ns < end_ns:
            last += 1
        if last == first:
            return []
        happened = pending[first:last]
        self._pending_at = last
        for trade in happened:
            self._volume += trade.size
            if trade.conditions not in self._muted:
                self._last, self._last_size = trade.price, trade.size
        return happened

    def skip_to(self, ts_ns: int) -> None:
        """Stand at a later instant of the day as if time had passed there, without saying what happened."""
        self._consumption = Consumption(_REFILL_SHARE)
        self._stand_at(ts_ns)

    def quote(self, ts_ns: int) -> Quote:
        """Return the current best bid and offer; an index has neither."""
        if self._resting is not None:
            return self._resting._replace(ts_ns=ts_ns, volume=0.0)
        if self.path.book is None:
            return Quote(ts_ns, self.con_id, 0.0, 0.0, 0.0, 0.0, self._last, 0.0, 0.0)
        bid, bid_size = self._best("bid")
        ask, ask_size = self._best("ask")
        return Quote(ts_ns, self.con_id, bid, bid_size, ask, ask_size, self._last, self._last_size, self._volume)

    def levels(self, side: BookSide) -> Levels:
        """Return displayed size by price, best first, less what clients took; none before the day and in a halt."""
        if self.path.book is None or self._resting is not None:
            return []
        page, index, column = self._located(side)
        best, direction = page.cents[column][index], 1 if column else -1
        levels = [
            ((best + direction * level) / 100.0, float(size))
            for level, size in enumerate(page.sizes[index, column].sum(axis=1).tolist())
            if size
        ]
        return self._consumption.left_of(self.con_id, side, levels) if self._consumption else levels

    def consume(self, side: BookSide, price: float, size: float) -> None:
        """Take displayed size away."""
        self._consumption.take(self.con_id, side, price, size)

    def _await_event(self, index: int) -> None:
        self._next_event = index
        self.next_event_ns = self._events[index].ts_ns if index < len(self._events) else _NEVER_NS

    def _best(self, side: BookSide) -> tuple[float, float]:
        """Return best price and the size shown there, over all venues; zeros if nothing is left."""
        if self._consumption:
            levels = self.levels(side)
            return levels[0] if levels else (0.0, 0.0)
        page, index, column = self._located(side)
        return page.cents[column][index] / 100.0, page.best[2 * index + column]

    def _rows(self, side: BookSide) -> Rows:
        page, index, column = self._located(side)
        start, end = page.starts[2 * index + column], page.starts[2 * index + column + 1]
        rows = tuple(page.rows[start : min(end, start + _ROWS)])
        return self._consumption.rows_left(self.con_id, side, rows) if self._consumption else rows

    def _located(self, side: BookSide) -> tuple[_Page, int, int]:
        number, index = divmod(self._interval, _INTERVALS_PER_PAGE)
        if number != self._page.number:
            self._page = self._load_page(number)
        return self._page, index, 1 if side == "ask" else 0

    def _load_page(self, number: int) -> _Page:
        path = self.path
        assert path.book is not None
        first = number * _INTERVALS_PER_PAGE
        last = min(first + _INTERVALS_PER_PAGE, len(path.bid_cents))
        sizes = path.book.sizes(path, np.arange(first, last))
        cents = np.stack((path.bid_cents[first:last], path.ask_cents[first:last]))
        index, column, level, venue = np.nonzero(sizes)
        price = (cents[column, index] + np.where(column == 1, level, -level)) / 100.0
        rows = list(
            zip(
                np.array(path.book.venues, dtype=object)[venue].tolist(),
                price.tolist(),
                sizes[index, column, level, venue].astype(np.float64).tolist(),
                strict=True,
            )
        )
        counts = np.bincount(2 * index + column, minlength=2 * (last - first))
        return _Page(
            number,
            (cents[0].tolist(), cents[1].tolist()),
            sizes[:, :, 0, :].sum(axis=2).astype(np.float64).ravel().tolist(),
            rows,
            [0, *np.cumsum(counts).tolist()],
            sizes,
        )

    def _load_prints(self) -> None:
        """Turn the next minute of prints into values."""
        self._paged_to_ns += _MINUTE_NS
        last = self.path.print_count(self._paged_to_ns)
        self._pending = self._pending[self._pending_at :] + make_prints(
            self.path.prints, self.con_id, self._next_print, last
        )
        self._pending_at = 0
        self._next_print = last


def _events(path: DayPath, contract: ListedContract) -> Sequence[Auction | Halt]:
    """Return auctions and halts of a day in order of time; an index has neither."""
    if contract.sec_type == "IND":
        return ()
    events: list[Auction | Halt] = [
        Auction(cross.ts_ns, contract.con_id, cross.kind, cross.price, float(cross.size)) for cross in path.crosses
    ]
    for start_ns, end_ns in path.halts:
        events += [Halt(start_ns, contract.con_id, True), Halt(end_ns, contract.con_id, False)]
    return sorted(events, key=lambda event: event.ts_ns)
