"""One recorded underlying as it trades again: every print and quote at its recorded time, the book as it stood."""

from collections.abc import Iterator, Sequence

import numpy as np

from alphatrader.sim.market.consumption import BookSide, Consumption, Levels
from alphatrader.sim.market.tape.depth_book import Row, Rows, book_of
from alphatrader.sim.market.tape.form import DEPTH, QUOTE, TRADE, InstrumentTape
from alphatrader.sim.market.tape.past import TapePast
from alphatrader.sim.market.tape.surroundings import BUILT, MINUTE_NS, built_levels
from alphatrader.sim.market.types import Depth, ListedContract, MarketUpdate, Print, Quote

_REFILL_SHARE = 0.4
_REFILL_NS = 200_000_000
_PAGE = 8_192
"""Events turned into Python values at once: element access in arrays would cost more than all the rest."""

QuoteRow = tuple[float, float, float, float, str, str]
"""Bid, its size, ask, its size, their venues."""
_NO_QUOTE: QuoteRow = (0.0, 0.0, 0.0, 0.0, "", "")


class TapeUnderlying:
    """The live side of an :class:`InstrumentTape`, standing at ``start_ns``. Time moves by whole steps and forward."""

    def __init__(self, tape: InstrumentTape, contract: ListedContract, start_ns: int) -> None:
        self.tape = tape
        self.contract = contract
        self.con_id = contract.con_id
        self.past = TapePast(tape, contract.con_id)
        self._tick = float(contract.min_tick)
        self._consumption = Consumption(_REFILL_SHARE)
        self._book = book_of(tape.depth) if tape.depth is not None else None
        self._at = [self.past.print_count(start_ns), self.past.quote_count(start_ns), self.past.depth_count(start_ns)]
        self._cursor = sum(self._at)
        self._page: list[tuple[int, int, Print | QuoteRow | int]] = []
        self._page_at = 0
        self._now_ns = start_ns
        self._last, self._last_size, self._volume = self.past.last_of(self._at[TRADE])
        self._quote = self._quotes(self._at[QUOTE] - 1, self._at[QUOTE])[0] if self._at[QUOTE] else _NO_QUOTE
        if self._book is not None:
            self._book.seek(self._at[DEPTH])
        self._shown_quote: tuple[float, float, float, float] | None = None
        self._shown_book: tuple[Rows, Rows] = ((), ())
        self._book_changed = True

    def step(self, end_ns: int) -> list[MarketUpdate]:
        """Run up to ``end_ns`` (exclusive) and return what happened; a changed book once, as it stands in the end."""
        updates: list[MarketUpdate] = []
        if self._consumption:
            self._book_changed = True
            if end_ns % _REFILL_NS == 0:
                self._consumption.refill()
        if self._book is None and end_ns % MINUTE_NS == 0:
            self._book_changed = True  # made-up levels change with the minute
        changed_ns = end_ns - 1
        while (event := self._next(end_ns)) is not None:
            ts_ns, kind, value = event
            if isinstance(value, Print):
                self._take_print(value)
                updates.append(value)
            elif isinstance(value, tuple):
                self._quote = value
                self._book_changed |= self._book is None
                self._tell_quote(ts_ns, updates)
            elif kind == DEPTH and self._book is not None:
                self._book.apply(value)
                self._book_changed = True
        self._now_ns = end_ns
        if self._consumption or self._shown_quote is None:
            self._tell_quote(changed_ns, updates)
        if self._book_changed:
            self._book_changed = False
            rows = (self._rows("bid"), self._rows("ask"))
            if rows != self._shown_book:
                self._shown_book = rows
                updates.append(Depth(changed_ns, self.con_id, *rows))
        return updates

    def quote(self, ts_ns: int) -> Quote:
        """Return the best bid and offer as they stand."""
        bid, bid_size, ask, ask_size, _, _ = self._quote
        if self._consumption:
            bids, asks = self.levels("bid"), self.levels("ask")
            bid, bid_size = bids[0] if bids else (0.0, 0.0)
            ask, ask_size = asks[0] if asks else (0.0, 0.0)
        return Quote(ts_ns, self.con_id, bid, bid_size, ask, ask_size, self._last, self._last_size, self._volume)

    def levels(self, side: BookSide) -> Levels:
        """Return displayed size by price, best first, less what clients took.

        The recorded best quote leads; of the book only what lies behind it counts, as rows may be late.
        """
        best, size = self._best(side)
        if best <= 0.0:
            return []
        added = {best: size}
        for _, price, shares in self._rows_behind(side, best):
            added[price] = added.get(price, 0.0) + shares
        return self._consumption.left_of(self.con_id, side, list(added.items()))

    def consume(self, side: BookSide, price: float, size: float) -> None:
        """Take displayed size away."""
        self._consumption.take(self.con_id, side, price, size)

    def _best(self, side: BookSide) -> tuple[float, float]:
        return (self._quote[0], self._quote[1]) if side == "bid" else (self._quote[2], self._quote[3])

    def _rows_behind(self, side: BookSide, best: float) -> Sequence[Row]:
        direction = -1 if side == "bid" else 1
        if self._book is not None and (rows := self._book.rows(side)):
            return sorted((row for row in rows if (row[1] - best) * direction > 0), key=lambda row: row[1] * direction)
        return [(BUILT, price, shares) for price, shares in built_levels(best, direction, self._tick, self._now_ns)]

    def _rows(self, side: BookSide) -> Rows:
        """Return the displayed rows: the recorded ones, or the best quote with made-up ones behind it."""
        if self._book is not None:
            rows = self._book.rows(side)
        else:
            best, size = self._best(side)
            if best <= 0.0:
                return ()
            venue = self._quote[4] if side == "bid" else self._quote[5]
            rows = ((venue or BUILT, best, size), *self._rows_behind(side, best))
        return self._consumption.rows_left(self.con_id, side, rows) if self._consumption else rows

    def _take_print(self, trade: Print) -> None:
        self._volume += trade.size
        if not self.past.is_silent(self._at[TRADE] - 1):
            self._last, self._last_size = trade.price, trade.size

    def _tell_quote(self, ts_ns: int, updates: list[MarketUpdate]) -> None:
        quote = self.quote(ts_ns)
        shown = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
        if shown != self._shown_quote:
            self._shown_quote = shown
            updates.append(quote)

    def _next(self, end_ns: int) -> tuple[int, int, Print | QuoteRow | int] | None:
        """Return the next event before an instant, None if there is none."""
        if self._page_at == len(self._page):
            if self._cursor == len(self.tape.merged):
                return None
            self._load_page()
        event = self._page[self._page_at]
        if event[0] >= end_ns:
            return None
        self._page_at += 1
        self._at[event[1]] += 1
        return event

    def _load_page(self) -> None:
        """Turn the next events into values."""
        kinds = self.tape.merged[self._cursor : self._cursor + _PAGE]
        self._cursor += len(kinds)
        trades, quotes, depths = (int((kinds == kind).sum()) for kind in (TRADE, QUOTE, DEPTH))
        trade, quote, depth = self._at
        stamps = self.tape.depth.ts_ns[depth : depth + depths].tolist() if self.tape.depth is not None else []
        values: tuple[Iterator[tuple[int, int, Print | QuoteRow | int]], ...] = (
            iter([(t.ts_ns, TRADE, t) for t in self.past.prints(trade, trade + trades)]),
            iter(zip(self._stamps(quote, quotes), [QUOTE] * quotes, self._quotes(quote, quote + quotes), strict=True)),
            iter(zip(stamps, [DEPTH] * depths, range(depth, depth + depths), strict=True)),
        )
        self._page = [next(values[kind]) for kind in kinds.tolist()]
        self._page_at = 0

    def _stamps(self, first: int, count: int) -> list[int]:
        stamps: list[int] = self.tape.quotes.ts_ns[first : first + count].tolist()
        return stamps

    def _quotes(self, first: int, last: int) -> list[QuoteRow]:
        quotes, part = self.tape.quotes, slice(first, last)
        names = np.array(quotes.venues, dtype=object)
        columns = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
        venues = (names[quotes.bid_venue[part]], names[quotes.ask_venue[part]])
        return list(zip(*(column[part].tolist() for column in columns), *(v.tolist() for v in venues), strict=True))
