"""The simulated market: runs the underlyings and their chains over the session, step by step."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Literal

import numpy as np

from alphatrader.calendar import Session
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.chain import GRID_NS, ChainQuotes, OptionChain
from alphatrader.sim.market.consumption import Consumption, Levels
from alphatrader.sim.market.path import QUOTE_NS, STEP_NS
from alphatrader.sim.market.types import (
    Bar,
    ChainTable,
    Greeks,
    ListedContract,
    MarketUpdate,
    Phase,
    Print,
    Quote,
    TradingHours,
)
from alphatrader.sim.market.underlying import Underlying

_GREEKS_NS = 2 * GRID_NS
_REFILL_SHARE = 0.35
_FULL_VIEW = ((0.0, 1.0), (0.01, 1.4), (0.03, 2.2))
"""Displayed levels of an option: distance from the best price in dollars, size relative to the best."""

_BY_TIME = itemgetter(0)


class SessionMarket:
    """A whole simulated session. Implements ``SimulatedMarket`` and ``MarketTables``; single-threaded."""

    def __init__(
        self,
        label: str,
        session: Session,
        members: Sequence[tuple[Underlying, OptionChain]],
        start_ns: int,
    ) -> None:
        self.label = label
        self.listing_version = 1
        self.session_date = session.date
        self.open_ns = session.open_ns
        self.close_ns = session.close_ns
        self._now_ns = start_ns
        self._members = tuple(members)
        self._underlyings = {underlying.con_id: underlying for underlying, _ in members}
        self._chains = {underlying.contract.symbol: chain for underlying, chain in members}
        self._chain_of = {con_id: chain for _, chain in members for con_id in chain.row_of}
        self._contracts = [underlying.contract for underlying, _ in members]
        self._contracts += [option for _, chain in members for option in chain.options]
        self._consumption = Consumption(_REFILL_SHARE)
        self._watched: list[tuple[OptionChain, tuple[int, ...], np.ndarray[tuple[int], np.dtype[np.intp]]]] = []
        self._shown: dict[int, tuple[float, float, float, float]] = {}

    @property
    def now_ns(self) -> int:
        """The instant up to which the market has run: the end of its last step."""
        return self._now_ns

    def contracts(self) -> Sequence[ListedContract]:
        """All listed contracts: underlyings first, then options of all expiries."""
        return self._contracts

    def advance(self, to_ns: int) -> list[MarketUpdate]:
        """Run all whole steps up to ``to_ns`` and return what happened, in order of time."""
        updates: list[MarketUpdate] = []
        while self._now_ns + STEP_NS <= to_ns:
            if self._now_ns >= self.close_ns:
                self._now_ns += (to_ns - self._now_ns) // STEP_NS * STEP_NS
                break
            self._step(updates)
        return updates

    def watch(self, con_ids: frozenset[int]) -> None:
        """Say for which options quotes and greeks are wanted. Raises DataError for a contract that is not listed."""
        by_chain: dict[int, list[int]] = {}
        for con_id in con_ids - self._underlyings.keys():
            by_chain.setdefault(id(self._chain_for(con_id)), []).append(con_id)
        self._watched = []
        for _, chain in self._members:
            wanted = sorted(by_chain.get(id(chain), ()), key=chain.row_of.__getitem__)
            if wanted:
                self._watched.append((chain, tuple(wanted), np.array([chain.row_of[con_id] for con_id in wanted])))
        self._shown = {con_id: shown for con_id, shown in self._shown.items() if con_id in con_ids}

    def quote(self, con_id: int) -> Quote:
        """Current quote of any listed contract. Raises DataError for one that is not listed."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            return underlying.quote(self._now_ns)
        chain, quotes = self._priced(con_id)
        return next(self._option_quotes(chain, (con_id,), quotes))

    def greeks(self, con_id: int) -> Greeks:
        """Current model values of an option. Raises DataError for a contract that is no listed option."""
        _, quotes = self._priced(con_id)
        return next(_option_greeks((con_id,), quotes))

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> Levels:
        """Displayed (price, size) levels, best first, that an incoming order can take."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            return underlying.levels(side)
        _, quotes = self._priced(con_id)
        price, size = (quotes.bid, quotes.bid_size) if side == "bid" else (quotes.ask, quotes.ask_size)
        return self._option_levels(con_id, side, float(price[0]), float(size[0]))

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            underlying.consume(side, price, size)
            return
        self._chain_for(con_id)
        self._consumption.take(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Past prints of ``[start, end)`` of this session, oldest first; options have none."""
        underlying = self._underlyings.get(con_id)
        if underlying is None:
            self._chain_for(con_id)
            return []
        return underlying.history(start_ns, min(end_ns, self._now_ns))

    def open_interest(self, con_id: int) -> int:
        """Open interest of an option from the night before. Raises DataError for any other contract."""
        chain = self._chain_for(con_id)
        return int(chain.open_interest[chain.row_of[con_id]])

    def hours(self, con_id: int) -> TradingHours:
        """When a contract trades: the session."""
        del con_id
        return TradingHours(((self.open_ns, self.close_ns),), ((self.open_ns, self.close_ns),))

    def phase(self, con_id: int) -> Phase:
        """What may happen in a contract now."""
        del con_id
        return Phase.REGULAR if self.open_ns <= self._now_ns < self.close_ns else Phase.CLOSED

    def settlement_price(self, con_id: int) -> float | None:
        """The close of the underlying once the session is over."""
        return self._members_mid(con_id) if self._now_ns >= self.close_ns else None

    def _members_mid(self, con_id: int) -> float:
        chain = self._chain_for(con_id)
        return next(underlying.path.mid_at(self.close_ns) for underlying, own in self._members if own is chain)

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Past quotes at every whole step."""
        first = -(-max(start_ns, self.open_ns) // step_ns) * step_ns
        underlying = self._underlyings.get(con_id)
        instants = range(first, min(end_ns, self._now_ns), step_ns)
        if underlying is not None:
            return [underlying.quote(at_ns) for at_ns in instants]
        chain = self._chain_for(con_id)
        rows = np.array([chain.row_of[con_id]])
        return [next(self._option_quotes(chain, (con_id,), chain.quotes(at_ns, rows))) for at_ns in instants]

    def underlying(self, symbol: str) -> ListedContract | None:
        """The listed underlying of that symbol, None if there is none."""
        return next((contract for contract in self._contracts[: len(self._members)] if contract.symbol == symbol), None)

    def chain(self, symbol: str) -> ChainTable:
        """The whole chain of an underlying, priced now. Raises DataError for an unknown symbol."""
        chain = self._chain_of_symbol(symbol)
        return chain.table(chain.quotes(self._priced_ns(), np.arange(len(chain.options))))

    def previous_chain(self, symbol: str) -> ChainTable:
        """The chain at the previous close's price, just before the open. Raises DataError for an unknown symbol."""
        chain = self._chain_of_symbol(symbol)
        spot = self._member(symbol).path.previous_close
        return chain.table(chain.quotes(self.open_ns, np.arange(len(chain.options)), spot))

    def minute_bars(self, symbol: str) -> list[Bar]:
        """Bars of the session so far, the last one unfinished. Raises DataError for an unknown symbol."""
        return self._member(symbol).minute_bars(self._now_ns)

    def previous_close(self, symbol: str) -> float:
        """The close of the session before, in dollars. Raises DataError for an unknown symbol."""
        return self._member(symbol).path.previous_close

    def _step(self, updates: list[MarketUpdate]) -> None:
        start_ns = self._now_ns
        first = len(updates)
        since_open = start_ns - self.open_ns
        if since_open % QUOTE_NS == 0:
            for underlying, _ in self._members:
                quote, depth = underlying.enter_interval(start_ns)
                if quote is not None:
                    updates.append(quote)
                updates.append(depth)
        if since_open % GRID_NS == 0:
            self._reprice(start_ns, since_open % _GREEKS_NS == 0, updates)
        for underlying, _ in self._members:
            updates.extend(underlying.prints_until(start_ns + STEP_NS))
        if len(self._members) > 1:
            updates[first:] = sorted(updates[first:], key=_BY_TIME)
        self._now_ns = start_ns + STEP_NS

    def _reprice(self, ts_ns: int, with_greeks: bool, updates: list[MarketUpdate]) -> None:
        if self._consumption:
            self._consumption.refill()
        for chain, con_ids, rows in self._watched:
            quotes = chain.quotes(ts_ns, rows)
            for quote in self._option_quotes(chain, con_ids, quotes):
                shown = (quote.bid, quote.bid_size, quote.ask, quote.ask_size)
                if self._shown.get(quote.con_id) != shown:
                    self._shown[quote.con_id] = shown
                    updates.append(quote)
            if with_greeks:
                updates.extend(_option_greeks(con_ids, quotes))

    def _option_quotes(self, chain: OptionChain, con_ids: Sequence[int], quotes: ChainQuotes) -> Iterator[Quote]:
        columns = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size, quotes.last, quotes.volume)
        for con_id, bid, bid_size, ask, ask_size, last, volume in zip(
            con_ids, *(column.tolist() for column in columns), strict=True
        ):
            if self._consumption:
                bids = self._option_levels(con_id, "bid", bid, bid_size)
                asks = self._option_levels(con_id, "ask", ask, ask_size)
                bid, bid_size = bids[0] if bids else (0.0, 0.0)  # noqa: PLW2901
                ask, ask_size = asks[0] if asks else (0.0, 0.0)  # noqa: PLW2901
            yield Quote(quotes.ts_ns, con_id, bid, bid_size, ask, ask_size, last, 1.0 if last else 0.0, volume)

    def _option_levels(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> Levels:
        if not size:
            return []
        direction = 1.0 if side == "ask" else -1.0
        levels = [(round(price + direction * step, 2), float(round(size * factor))) for step, factor in _FULL_VIEW]
        return self._consumption.left_of(con_id, side, [level for level in levels if level[0] > 0.0])

    def _priced(self, con_id: int) -> tuple[OptionChain, ChainQuotes]:
        chain = self._chain_for(con_id)
        return chain, chain.quotes(self._priced_ns(), np.array([chain.row_of[con_id]]))

    def _priced_ns(self) -> int:
        """The instant as of which options are quoted: inside the last step that has run."""
        return max(self._now_ns - 1, self.open_ns)

    def _chain_for(self, con_id: int) -> OptionChain:
        chain = self._chain_of.get(con_id)
        if chain is None:
            raise DataError(f"contract {con_id} is not a listed option of the simulated market; ask for its contracts")
        return chain

    def _chain_of_symbol(self, symbol: str) -> OptionChain:
        chain = self._chains.get(symbol)
        if chain is None:
            raise DataError(f"the simulated market has no chain of {symbol!r}; it has {', '.join(self._chains)}")
        return chain

    def _member(self, symbol: str) -> Underlying:
        for underlying, _ in self._members:
            if underlying.contract.symbol == symbol:
                return underlying
        raise DataError(f"the simulated market does not list {symbol!r}; it lists {', '.join(self._chains)}")


def _option_greeks(con_ids: Sequence[int], quotes: ChainQuotes) -> Iterator[Greeks]:
    values = quotes.values
    columns = (values.iv, values.delta, values.price, values.gamma, values.vega, values.theta)
    for con_id, iv, delta, price, gamma, vega, theta in zip(
        con_ids, *(column.tolist() for column in columns), strict=True
    ):
        yield Greeks(quotes.ts_ns, con_id, iv, delta, price, gamma, vega, theta, quotes.spot)
