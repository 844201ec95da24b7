"""One underlying as it trades: walks over its day path and says what happens."""

from typing import NamedTuple

from alphatrader.sim.market.book import LAYOUTS, RANKINGS
from alphatrader.sim.market.consumption import BookSide, Consumption, Levels
from alphatrader.sim.market.path import QUOTE_NS, DayPath
from alphatrader.sim.market.profiles import VENUES
from alphatrader.sim.market.types import Bar, Depth, ListedContract, Print, Quote

_MINUTE_NS = 60_000_000_000
_INTERVALS_PER_PAGE = _MINUTE_NS // QUOTE_NS
_REFILL_SHARE = 0.4

_ROW_VENUES = tuple(tuple(VENUES[venue] for venue in ranking) for ranking in RANKINGS)

Rows = tuple[tuple[str, float, float], ...]


class _Page(NamedTuple):
    """A minute of the path as Python lists: element access in arrays would cost more than the model itself."""

    number: int
    bid: list[int]
    ask: list[int]
    sizes: list[list[list[int]]]
    layout: list[list[int]]
    ranking: list[list[int]]


class Underlying:
    """The live side of a :class:`DayPath`. Time moves by whole steps and only forward."""

    def __init__(self, path: DayPath, contract: ListedContract, start_ns: int) -> None:
        self.path = path
        self.contract = contract
        self.con_id = contract.con_id
        self._consumption = Consumption(_REFILL_SHARE)
        self._next_print = path.print_count(start_ns)
        self._pending: list[Print] = []
        self._pending_at = 0
        self._paged_to_ns = start_ns
        self._interval = path.interval_at(start_ns - 1)
        self._page = self._load_page(self._interval // _INTERVALS_PER_PAGE)
        self._last, self._last_size, self._volume = 0.0, 0.0, 0.0
        if self._next_print:
            newest = self._next_print - 1
            self._last = float(path.prints.price[newest])
            self._last_size = float(path.prints.size[newest])
            self._volume = float(path.prints.volume[newest])
        self._shown: tuple[float, float, float, float] | None = None

    def enter_interval(self, ts_ns: int) -> tuple[Quote | None, Depth]:
        """Begin the 200 ms interval that starts at ``ts_ns``: the new book, and the quote if it changed."""
        self._interval = self.path.interval_at(ts_ns)
        if self._consumption:
            self._consumption.refill()
        depth = self.depth(ts_ns)
        quote = self.quote(ts_ns)
        shown = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
        if shown == self._shown:
            return None, depth
        self._shown = shown
        return quote, depth

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
        newest = happened[-1]
        self._last, self._last_size = newest.price, newest.size
        self._volume += sum(trade.size for trade in happened)
        return happened

    def quote(self, ts_ns: int) -> Quote:
        """Return the current best bid and offer."""
        bid, bid_size = self._best("bid")
        ask, ask_size = self._best("ask")
        return Quote(ts_ns, self.con_id, bid, bid_size, ask, ask_size, self._last, self._last_size, self._volume)

    def depth(self, ts_ns: int) -> Depth:
        """Return the current displayed book."""
        return Depth(ts_ns, self.con_id, self._rows("bid"), self._rows("ask"))

    def levels(self, side: BookSide) -> Levels:
        """Return displayed size by price, best first, less what clients took."""
        added: dict[float, float] = {}
        for _, price, size in self._rows(side):
            added[price] = added.get(price, 0.0) + size
        return list(added.items())

    def consume(self, side: BookSide, price: float, size: float) -> None:
        """Take displayed size away."""
        self._consumption.take(self.con_id, side, price, size)

    def history(self, start_ns: int, end_ns: int) -> list[Print]:
        """Return past prints of ``[start, end)``."""
        first = self.path.print_count(start_ns)
        return self._make_prints(first, max(first, self.path.print_count(end_ns)))

    def minute_bars(self, now_ns: int) -> list[Bar]:
        """Return one-minute bars of all prints before ``now_ns``."""
        prints, count = self.path.prints, self.path.print_count(now_ns)
        if not count:
            return []
        minute = (prints.ts_ns[:count] - self.path.open_ns) // _MINUTE_NS
        first = (minute[1:] != minute[:-1]).nonzero()[0] + 1
        starts = [0, *first.tolist()]
        ends = [*first.tolist(), count]
        bars = []
        for start, end in zip(starts, ends, strict=True):
            price = prints.price[start:end]
            bars.append(
                Bar(
                    start_ns=self.path.open_ns + int(minute[start]) * _MINUTE_NS,
                    open=float(price[0]),
                    high=float(price.max()),
                    low=float(price.min()),
                    close=float(price[-1]),
                    volume=float(prints.size[start:end].sum()),
                )
            )
        return bars

    def _best(self, side: BookSide) -> tuple[float, float]:
        """Return best price and the size shown there, over all venues; zeros if nothing is left."""
        if self._consumption:
            levels = self.levels(side)
            return levels[0] if levels else (0.0, 0.0)
        page, index, column = self._located(side)
        at_best = LAYOUTS[page.layout[index][column]].count(0)
        cents = page.ask[index] if column else page.bid[index]
        return cents / 100.0, float(sum(page.sizes[index][column][:at_best]))

    def _rows(self, side: BookSide) -> Rows:
        page, index, column = self._located(side)
        offsets = LAYOUTS[page.layout[index][column]]
        venues = _ROW_VENUES[page.ranking[index][column]]
        sizes = page.sizes[index][column]
        best, direction = (page.ask[index], 1) if column else (page.bid[index], -1)
        rows = tuple(
            (venue, (best + direction * offset) / 100.0, float(size))
            for venue, offset, size in zip(venues, offsets, sizes, strict=True)
        )
        return self._less_consumed(side, rows) if self._consumption else rows

    def _less_consumed(self, side: BookSide, rows: Rows) -> Rows:
        """Take what clients took at a price from its rows, one venue after the other."""
        added: dict[float, float] = {}
        for _, price, size in rows:
            added[price] = added.get(price, 0.0) + size
        left = dict(self._consumption.left_of(self.con_id, side, list(added.items())))
        gone = {price: size - left.get(price, 0.0) for price, size in added.items()}
        kept = []
        for venue, price, size in rows:
            taken = min(size, gone[price])
            gone[price] -= taken
            if size > taken:
                kept.append((venue, price, size - taken))
        return tuple(kept)

    def _located(self, side: BookSide) -> tuple[_Page, int, int]:
        number, index = divmod(self._interval, _INTERVALS_PER_PAGE)
        if number != self._page.number:
            self._page = self._load_page(number)
        return self._page, index, 1 if side == "ask" else 0

    def _load_page(self, number: int) -> _Page:
        part = slice(number * _INTERVALS_PER_PAGE, (number + 1) * _INTERVALS_PER_PAGE)
        path, book = self.path, self.path.book
        return _Page(
            number,
            path.bid_cents[part].tolist(),
            path.ask_cents[part].tolist(),
            book.sizes[part].tolist(),
            book.layout[part].tolist(),
            book.ranking[part].tolist(),
        )

    def _load_prints(self) -> None:
        """Turn the next minute of prints into values."""
        self._paged_to_ns += _MINUTE_NS
        last = self.path.print_count(self._paged_to_ns)
        self._pending = self._pending[self._pending_at :] + self._make_prints(self._next_print, last)
        self._pending_at = 0
        self._next_print = last

    def _make_prints(self, first: int, last: int) -> list[Print]:
        prints = self.path.prints
        part = slice(first, last)
        venues, texts = prints.venue_names, prints.condition_texts
        return [
            Print(ts_ns, self.con_id, price, float(size), venues[venue], texts[condition])
            for ts_ns, price, size, venue, condition in zip(
                prints.ts_ns[part].tolist(),
                prints.price[part].tolist(),
                prints.size[part].tolist(),
                prints.venue[part].tolist(),
                prints.condition[part].tolist(),
                strict=True,
            )
        ]
