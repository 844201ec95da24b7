"""A market that plays a recorded day: its underlyings as recorded, options built around them."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Literal

import numpy as np

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.consumption import Levels
from alphatrader.sim.market.hours import LATE_NS, hours_of, phase_of, span_of
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import STEP_NS
from alphatrader.sim.market.tape.crosses import crosses_of
from alphatrader.sim.market.tape.player import TapeUnderlying
from alphatrader.sim.market.types import (
    Auction,
    Bar,
    ChainTable,
    Greeks,
    ListedContract,
    MarketUpdate,
    Phase,
    Print,
    Quote,
    SessionChange,
    TradingHours,
)

_BY_TIME = itemgetter(0)


class TapeMarket:
    """A recorded session. Implements ``MarketTables``; single-threaded. The day ends; no other follows.

    ``members`` are the underlyings, each with the desk of its options where it has any.
    """

    def __init__(
        self,
        label: str,
        session: calendar.Session,
        members: Sequence[tuple[TapeUnderlying, OptionDesk | None]],
        start_ns: int,
    ) -> None:
        self.label = label
        self.listing_version = 1
        self.session_date = session.date
        self.open_ns = session.open_ns
        self.close_ns = session.close_ns
        self._now_ns = start_ns
        self._span = span_of(session)
        self._options_end_ns = session.close_ns + LATE_NS
        self._by_id = {underlying.con_id: underlying for underlying, _ in members}
        self._by_symbol = {underlying.contract.symbol: underlying for underlying, _ in members}
        self._desks = {underlying.contract.symbol: desk for underlying, desk in members if desk is not None}
        self._desk_of = {option.con_id: desk for desk in self._desks.values() for option in desk.options}
        self._options = {option.con_id: option for desk in self._desks.values() for option in desk.options}
        self._contracts = [underlying.contract for underlying, _ in members]
        self._contracts += self._options.values()
        self._crosses = {
            symbol: crosses_of(member.tape.trades, member.con_id, session) for symbol, member in self._by_symbol.items()
        }
        events: list[Auction | SessionChange] = [cross for crosses in self._crosses.values() for cross in crosses]
        events.append(SessionChange(session.open_ns, session.date, "open"))
        events.append(SessionChange(session.close_ns, session.date, "close"))
        self._events = sorted((event for event in events if event.ts_ns >= start_ns), key=_BY_TIME)
        self._next_event = 0

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
            if self._now_ns >= self._span.end_ns:
                self._now_ns += (to_ns - self._now_ns) // STEP_NS * STEP_NS
                break
            self._step(updates)
        return updates

    def watch(self, con_ids: frozenset[int]) -> None:
        """Say for which options quotes and greeks are wanted. Raises DataError for a contract that is not listed."""
        wanted: dict[str, list[int]] = {symbol: [] for symbol in self._desks}
        for con_id in con_ids - self._by_id.keys():
            self._desk_for(con_id)
            wanted[self._options[con_id].symbol].append(con_id)
        for symbol, desk in self._desks.items():
            desk.watch(wanted[symbol])

    def quote(self, con_id: int) -> Quote:
        """Current quote of any listed contract. Raises DataError for one that is not listed."""
        underlying = self._by_id.get(con_id)
        if underlying is not None:
            return underlying.quote(self._now_ns)
        return self._desk_for(con_id).quote(con_id, self._priced_ns())

    def greeks(self, con_id: int) -> Greeks:
        """Current model values of an option. Raises DataError for a contract that is no listed option."""
        return self._desk_for(con_id).greeks(con_id, self._priced_ns())

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> Levels:
        """Displayed (price, size) levels, best first, that an incoming order can take; none where nothing trades."""
        if self.phase(con_id) is Phase.CLOSED:
            return []
        underlying = self._by_id.get(con_id)
        if underlying is not None:
            return underlying.levels(side)
        return self._desk_for(con_id).displayed(con_id, side, self._priced_ns())

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        underlying = self._by_id.get(con_id)
        if underlying is not None:
            underlying.consume(side, price, size)
            return
        self._desk_for(con_id).consume(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Past prints of ``[start, end)``, oldest first."""
        end_ns = min(end_ns, self._now_ns)
        underlying = self._by_id.get(con_id)
        if underlying is not None:
            return underlying.past.history(start_ns, end_ns)
        return self._desk_for(con_id).history(con_id, start_ns, end_ns)

    def open_interest(self, con_id: int) -> int:
        """Open interest of an option from the night before. Raises DataError for any other contract."""
        return self._desk_for(con_id).open_interest(con_id)

    def hours(self, con_id: int) -> TradingHours:
        """When a contract trades, in this session and the next ones. Raises DataError for one not listed."""
        return hours_of(self._contract(con_id), self.session_date)

    def phase(self, con_id: int) -> Phase:
        """What may happen in a contract now. Raises DataError for one not listed."""
        return phase_of(self._contract(con_id), self._span, self._now_ns)

    def settlement_price(self, con_id: int) -> float | None:
        """The closing price for options that expire on the recorded day, once it is there."""
        self._desk_for(con_id)
        option = self._options[con_id]
        if self._now_ns < self.close_ns or option.expiry != self.session_date.replace("-", ""):
            return None
        close = [cross.price for cross in self._crosses[option.symbol] if cross.kind == "close"]
        return close[0] if close else self._by_symbol[option.symbol].quote(self._now_ns).last

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Past quotes of ``[start, end)`` at every whole step since the epoch at which the contract was quoted."""
        underlying = self._by_id.get(con_id)
        begin_ns = self._span.start_ns if underlying is not None else self.open_ns
        stop_ns = self._span.end_ns if underlying is not None else self._options_end_ns
        first_ns = -(-max(start_ns, begin_ns) // step_ns) * step_ns
        instants = range(first_ns, min(end_ns, self._now_ns, stop_ns), step_ns)
        if underlying is not None:
            return underlying.past.quotes_at(instants)
        return self._desk_for(con_id).quote_history(con_id, instants)

    def underlying(self, symbol: str) -> ListedContract | None:
        """The listed underlying of that symbol, None if there is none."""
        member = self._by_symbol.get(symbol)
        return member.contract if member is not None else None

    def chain(self, symbol: str, at_ns: int | None = None) -> ChainTable:
        """The whole chain, priced now or earlier in the session. Raises DataError for an unknown symbol."""
        now_ns = self._priced_ns()
        return self._desk_of_symbol(symbol).table(now_ns if at_ns is None else max(self.open_ns, min(at_ns, now_ns)))

    def previous_chain(self, symbol: str) -> ChainTable:
        """The chain at the previous close's price, just before the open. Raises DataError for an unknown symbol."""
        return self._desk_of_symbol(symbol).previous_table()

    def minute_bars(self, symbol: str) -> list[Bar]:
        """Bars of the session so far, the last one unfinished. Raises DataError for an unknown symbol."""
        return self._member(symbol).past.minute_bars(self.open_ns, min(self._now_ns, self.close_ns))

    def previous_close(self, symbol: str) -> float:
        """The close of the session before as recorded, else the first print of the day, in dollars."""
        return previous_close_of(self._member(symbol))

    def _step(self, updates: list[MarketUpdate]) -> None:
        start_ns, end_ns = self._now_ns, self._now_ns + STEP_NS
        happened: list[MarketUpdate] = []
        while self._next_event < len(self._events) and self._events[self._next_event].ts_ns < end_ns:
            happened.append(self._events[self._next_event])
            self._next_event += 1
        for underlying in self._by_id.values():
            happened.extend(underlying.step(end_ns))
        if self.open_ns <= start_ns < self._options_end_ns:
            for desk in self._desks.values():
                happened.extend(desk.step(start_ns, end_ns))
        if happened:
            updates.extend(sorted(happened, key=_BY_TIME))
        self._now_ns = end_ns

    def _priced_ns(self) -> int:
        """The instant as of which options are quoted: inside the last step that has run, in their hours."""
        return min(max(self._now_ns - 1, self.open_ns), self._options_end_ns - 1)

    def _contract(self, con_id: int) -> ListedContract:
        underlying = self._by_id.get(con_id)
        if underlying is not None:
            return underlying.contract
        self._desk_for(con_id)
        return self._options[con_id]

    def _desk_for(self, con_id: int) -> OptionDesk:
        desk = self._desk_of.get(con_id)
        if desk is None:
            raise DataError(f"contract {con_id} is not a listed option of the tape's market; ask for its contracts")
        return desk

    def _desk_of_symbol(self, symbol: str) -> OptionDesk:
        desk = self._desks.get(symbol)
        if desk is None:
            raise DataError(f"the tape's market has no chain of {symbol!r}; it has {', '.join(self._desks) or 'none'}")
        return desk

    def _member(self, symbol: str) -> TapeUnderlying:
        member = self._by_symbol.get(symbol)
        if member is None:
            raise DataError(f"the tape does not hold {symbol!r}; it holds {', '.join(self._by_symbol)}")
        return member


def previous_close_of(member: TapeUnderlying) -> float:
    """Return the previous close in dollars: as recorded, else the first print, the nearest thing on the tape."""
    tape = member.tape
    if tape.previous_close:
        return tape.previous_close
    if len(tape.trades.price):
        return round(float(tape.trades.price[0]), 2)
    sided = (tape.quotes.bid > 0.0) & (tape.quotes.ask > 0.0)
    first = int(np.argmax(sided))
    return round(float(tape.quotes.bid[first] + tape.quotes.ask[first]) / 2.0, 2)
