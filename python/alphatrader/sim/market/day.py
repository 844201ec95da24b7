"""One trading day of the market: its underlyings and their options, step by step."""

from collections.abc import Sequence
from operator import itemgetter

from alphatrader.domain.errors import DataError
from alphatrader.sim.market import hours
from alphatrader.sim.market.hours import Span
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import QUOTE_NS, STEP_NS
from alphatrader.sim.market.types import ListedContract, MarketUpdate, Phase, Quote
from alphatrader.sim.market.underlying import Underlying

Member = tuple[Underlying, OptionDesk | None]

_BY_TIME = itemgetter(0)


class TradingDay:
    """The members of one day. It knows the clock of its session, and nothing of other days."""

    def __init__(self, span: Span, members: Sequence[Member]) -> None:
        self.span = span
        self.members = tuple(members)
        self.underlyings = {underlying.con_id: underlying for underlying, _ in members}
        self.desks = {underlying.contract.symbol: desk for underlying, desk in members if desk is not None}
        self.desk_of = {option.con_id: desk for desk in self.desks.values() for option in desk.options}
        self.contracts: list[ListedContract] = [underlying.contract for underlying, _ in members]
        self.contracts += [option for desk in self.desks.values() for option in desk.options]
        self._by_id = {contract.con_id: contract for contract in self.contracts}
        self._options_end_ns = span.close_ns + hours.LATE_NS

    def contract(self, con_id: int) -> ListedContract:
        """Return a listed contract. Raises DataError for any other."""
        contract = self._by_id.get(con_id)
        if contract is None:
            raise DataError(f"contract {con_id} is not listed by the simulated market; ask for its contracts")
        return contract

    def lists(self, con_id: int) -> bool:
        """Return whether a contract is listed on this day."""
        return con_id in self._by_id

    def desk_for(self, con_id: int) -> OptionDesk:
        """Return the desk of a listed option. Raises DataError for any other contract."""
        desk = self.desk_of.get(con_id)
        if desk is None:
            raise DataError(f"contract {con_id} is not a listed option of the simulated market; ask for its contracts")
        return desk

    def desk_of_symbol(self, symbol: str) -> OptionDesk:
        """Return the desk of a symbol. Raises DataError where it has no options."""
        desk = self.desks.get(symbol)
        if desk is None:
            raise DataError(f"the simulated market has no chain of {symbol!r}; it has {', '.join(self.desks)}")
        return desk

    def member(self, symbol: str) -> Underlying:
        """Return an underlying by its symbol. Raises DataError for one that is not listed."""
        for underlying, _ in self.members:
            if underlying.contract.symbol == symbol:
                return underlying
        listed = ", ".join(underlying.contract.symbol for underlying, _ in self.members)
        raise DataError(f"the simulated market does not list {symbol!r}; it lists {listed}")

    def underlying_of(self, contract: ListedContract) -> Underlying:
        """Return the underlying of an option, or of an underlying itself."""
        return self.underlyings[contract.underlying_con_id or contract.con_id]

    def phase(self, con_id: int, now_ns: int) -> Phase:
        """Return the phase of a contract; while its underlying is halted an option is closed."""
        contract = self.contract(con_id)
        phase = hours.phase_of(contract, self.span, now_ns)
        if phase is Phase.CLOSED or not self.underlying_of(contract).path.halted_at(now_ns):
            return phase
        return Phase.HALTED if contract.sec_type == "STK" else Phase.CLOSED

    def watch(self, con_ids: frozenset[int]) -> None:
        """Say for which options quotes and greeks are wanted; contracts that are not listed are passed over."""
        wanted: dict[str, list[int]] = {symbol: [] for symbol in self.desks}
        for con_id in con_ids:
            desk = self.desk_of.get(con_id)
            if desk is not None:
                wanted[desk.options[0].symbol].append(con_id)
        for symbol, desk in self.desks.items():
            desk.watch(wanted[symbol])

    def step(self, start_ns: int, updates: list[MarketUpdate]) -> None:
        """Run ``[start, start + 100 ms)`` and add what happened, in order of time."""
        first, end_ns = len(updates), start_ns + STEP_NS
        new_interval = (start_ns - self.span.start_ns) % QUOTE_NS == 0
        options_open = self.span.open_ns <= start_ns < self._options_end_ns
        for underlying, desk in self.members:
            if new_interval:
                quote, depth = underlying.enter_interval(start_ns)
                if quote is not None:
                    updates.append(quote)
                if depth is not None:
                    updates.append(depth)
            if underlying.next_event_ns < end_ns:
                updates.extend(underlying.events_until(end_ns))
            if options_open and desk is not None and not underlying.path.halted_at(start_ns):
                updates.extend(desk.step(start_ns, end_ns))
            prints = underlying.prints_until(end_ns)
            updates.extend(prints)
            if prints and underlying.path.book is None:
                # Nobody quotes an index: its level is all there is to show.
                updates.append(underlying.quote(prints[-1].ts_ns))
        if len(updates) - first > 1:
            updates[first:] = sorted(updates[first:], key=_BY_TIME)

    def last_quotes(self) -> dict[int, Quote]:
        """Return the quotes that stand when the day is over."""
        return {con_id: underlying.quote(self.span.end_ns) for con_id, underlying in self.underlyings.items()}
