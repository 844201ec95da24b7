"""The simulated market: runs the underlyings and their chains over the session, step by step."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Literal

from alphatrader.calendar import Session
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.consumption import Levels
from alphatrader.sim.market.option_desk import OptionDesk
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

_BY_TIME = itemgetter(0)


class SessionMarket:
    """A whole simulated session. Implements ``SimulatedMarket`` and ``MarketTables``; single-threaded."""

    def __init__(
        self,
        label: str,
        session: Session,
        members: Sequence[tuple[Underlying, OptionDesk]],
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
        self._desks = {underlying.contract.symbol: desk for underlying, desk in members}
        self._desk_of = {option.con_id: desk for _, desk in members for option in desk.options}
        self._contracts = [underlying.contract for underlying, _ in members]
        self._contracts += [option for _, desk in members for option in desk.options]

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
        wanted: dict[str, list[int]] = {symbol: [] for symbol in self._desks}
        for con_id in con_ids - self._underlyings.keys():
            wanted[self._desk_for(con_id).options[0].symbol].append(con_id)
        for symbol, desk in self._desks.items():
            desk.watch(wanted[symbol])

    def quote(self, con_id: int) -> Quote:
        """Current quote of any listed contract. Raises DataError for one that is not listed."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            return underlying.quote(self._now_ns)
        return self._desk_for(con_id).quote(con_id, self._priced_ns())

    def greeks(self, con_id: int) -> Greeks:
        """Current model values of an option. Raises DataError for a contract that is no listed option."""
        return self._desk_for(con_id).greeks(con_id, self._priced_ns())

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> Levels:
        """Displayed (price, size) levels, best first, that an incoming order can take."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            return underlying.levels(side)
        return self._desk_for(con_id).displayed(con_id, side, self._priced_ns())

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        underlying = self._underlyings.get(con_id)
        if underlying is not None:
            underlying.consume(side, price, size)
            return
        self._desk_for(con_id).consume(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Past prints of ``[start, end)`` of this session, oldest first."""
        underlying = self._underlyings.get(con_id)
        if underlying is None:
            return self._desk_for(con_id).history(con_id, start_ns, min(end_ns, self._now_ns))
        return underlying.history(start_ns, min(end_ns, self._now_ns))

    def open_interest(self, con_id: int) -> int:
        """Open interest of an option from the night before. Raises DataError for any other contract."""
        return self._desk_for(con_id).open_interest(con_id)

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
        desk = self._desk_for(con_id)
        return next(underlying.path.mid_at(self.close_ns) for underlying, own in self._members if own is desk)

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Past quotes at every whole step."""
        first = -(-max(start_ns, self.open_ns) // step_ns) * step_ns
        underlying = self._underlyings.get(con_id)
        instants = range(first, min(end_ns, self._now_ns), step_ns)
        if underlying is not None:
            return [underlying.quote(at_ns) for at_ns in instants]
        return self._desk_for(con_id).quote_history(con_id, instants)

    def underlying(self, symbol: str) -> ListedContract | None:
        """The listed underlying of that symbol, None if there is none."""
        return next((contract for contract in self._contracts[: len(self._members)] if contract.symbol == symbol), None)

    def chain(self, symbol: str) -> ChainTable:
        """The whole chain of an underlying, priced now. Raises DataError for an unknown symbol."""
        return self._desk_of_symbol(symbol).table(self._priced_ns())

    def previous_chain(self, symbol: str) -> ChainTable:
        """The chain as of the previous close. Raises DataError for an unknown symbol."""
        return self._desk_of_symbol(symbol).previous_table()

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
        for underlying, desk in self._members:
            updates.extend(desk.step(start_ns, start_ns + STEP_NS))
            updates.extend(underlying.prints_until(start_ns + STEP_NS))
        updates[first:] = sorted(updates[first:], key=_BY_TIME)
        self._now_ns = start_ns + STEP_NS

    def _priced_ns(self) -> int:
        """The instant as of which options are quoted: inside the last step that has run."""
        return max(self._now_ns - 1, self.open_ns)

    def _desk_for(self, con_id: int) -> OptionDesk:
        desk = self._desk_of.get(con_id)
        if desk is None:
            raise DataError(f"contract {con_id} is not a listed option of the simulated market; ask for its contracts")
        return desk

    def _desk_of_symbol(self, symbol: str) -> OptionDesk:
        desk = self._desks.get(symbol)
        if desk is None:
            raise DataError(f"the simulated market has no chain of {symbol!r}; it has {', '.join(self._desks)}")
        return desk

    def _member(self, symbol: str) -> Underlying:
        for underlying, _ in self._members:
            if underlying.contract.symbol == symbol:
                return underlying
        raise DataError(f"the simulated market does not list {symbol!r}; it lists {', '.join(self._desks)}")
