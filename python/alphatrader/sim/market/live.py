"""The simulated market: day after day, and questions about now and the past."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market import hours, past_day
from alphatrader.sim.market.consumption import Levels
from alphatrader.sim.market.day import TradingDay
from alphatrader.sim.market.option_desk import OptionDesk
from alphatrader.sim.market.path import STEP_NS, DayPath
from alphatrader.sim.market.types import (
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

NextDay = Callable[[TradingDay], TradingDay | None]
"""Draws the day after a day, standing at its start; None where there is none."""

KEPT_DAYS = 5
"""Past sessions of which prints and quotes are kept."""
_KEPT_SETTLEMENTS = 20_000


class SessionMarket:
    """A simulated market. Implements ``SimulatedMarket`` and ``MarketTables``; single-threaded.

    At midnight before the next session the day changes: contracts are listed anew, ``listing_version`` grows. The time
    between the end of a day and the start of the next passes at once.
    """

    def __init__(self, label: str, day: TradingDay, next_day: NextDay, start_ns: int) -> None:
        self.label = label
        self.listing_version = 1
        self._next_day = next_day
        self._now_ns = start_ns
        self._watched: frozenset[int] = frozenset()
        self._past: OrderedDict[str, dict[int, DayPath]] = OrderedDict()
        self._past_desks: OrderedDict[str, dict[str, OptionDesk]] = OrderedDict()
        self._gone: OrderedDict[int, float | None] = OrderedDict()
        self._last_day = False
        self._enter(day)

    @property
    def now_ns(self) -> int:
        """The instant up to which the market has run: the end of its last step."""
        return self._now_ns

    def contracts(self) -> Sequence[ListedContract]:
        """All listed contracts: underlyings first, then options of all expiries."""
        return self.day.contracts

    def advance(self, to_ns: int) -> list[MarketUpdate]:
        """Run all whole steps up to ``to_ns`` and return what happened, in order of time."""
        updates: list[MarketUpdate] = []
        while self._now_ns + STEP_NS <= to_ns:
            if self.day.span.start_ns <= self._now_ns < self.day.span.end_ns:
                self._step(updates)
            elif not self._pass_night(to_ns, updates):
                break
        return updates

    def skip_to(self, to_ns: int) -> None:
        """Bring a market without clients to a later instant, without saying what happens on the way."""
        while self._now_ns + STEP_NS <= to_ns:
            span = self.day.span
            if span.start_ns <= self._now_ns < span.end_ns:
                until_ns = min(span.end_ns, self._now_ns + (to_ns - self._now_ns) // STEP_NS * STEP_NS)
                for underlying, _ in self.day.members:
                    underlying.skip_to(until_ns)
                self._now_ns = until_ns
            elif not self._pass_night(to_ns, []):
                break

    def watch(self, con_ids: frozenset[int]) -> None:
        """Say for which options quotes and greeks are wanted. Raises DataError for a contract that was never listed.

        What has expired is passed over, and drops out with the day; the rest stays watched.
        """
        wanted = frozenset(con_id for con_id in con_ids if con_id not in self._gone)
        for con_id in wanted:
            self.day.contract(con_id)
        self._watched = wanted
        self.day.watch(wanted)

    def quote(self, con_id: int) -> Quote:
        """Current quote of any listed contract. Raises DataError for one that is not listed."""
        underlying = self.day.underlyings.get(con_id)
        if underlying is not None:
            return underlying.quote(self._now_ns)
        return self.day.desk_for(con_id).quote(con_id, self._priced_ns())

    def greeks(self, con_id: int) -> Greeks:
        """Current model values of an option. Raises DataError for a contract that is no listed option."""
        return self.day.desk_for(con_id).greeks(con_id, self._priced_ns())

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> Levels:
        """Displayed (price, size) levels, best first, that an incoming order can take; none where nothing trades."""
        if self.phase(con_id) in {Phase.CLOSED, Phase.HALTED}:
            return []
        underlying = self.day.underlyings.get(con_id)
        if underlying is not None:
            return underlying.levels(side)
        return self.day.desk_for(con_id).displayed(con_id, side, self._priced_ns())

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; it comes back within seconds."""
        underlying = self.day.underlyings.get(con_id)
        if underlying is not None:
            underlying.consume(side, price, size)
            return
        self.day.desk_for(con_id).consume(con_id, side, price, size)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Past prints of ``[start, end)``, oldest first: of this day and the five before it."""
        end_ns = min(end_ns, self._now_ns)
        found: list[Print] = []
        if con_id not in self.day.underlyings:
            for desk in self._desks(con_id):
                found += desk.history(con_id, start_ns, end_ns)
            return found
        for path in self._paths(con_id):
            if start_ns < path.end_ns and path.first_ns < end_ns:
                found += past_day.prints_between(path, con_id, start_ns, end_ns)
        return found

    def open_interest(self, con_id: int) -> int:
        """Open interest of an option from the night before. Raises DataError for any other contract."""
        return self.day.desk_for(con_id).open_interest(con_id)

    def hours(self, con_id: int) -> TradingHours:
        """When a contract trades, in this session and the five after it. Raises DataError for one not listed."""
        return hours.hours_of(self.day.contract(con_id), self.session_date)

    def phase(self, con_id: int) -> Phase:
        """What may happen in a contract now. Raises DataError for one that is not listed."""
        return self.day.phase(con_id, self._now_ns)

    def settlement_price(self, con_id: int) -> float | None:
        """The underlying's price that settles an option; None until then. Raises DataError for one never listed.

        PM-settled series settle on the official close, AM-settled ones on the opening prices. It is still told after
        the option was taken off the list.
        """
        if con_id in self._gone:
            return self._gone[con_id]
        contract = self.day.contract(con_id)
        if contract.sec_type != "OPT":
            raise DataError(f"contract {con_id} is no option: nothing settles it")
        return self._official_price(contract)

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Past quotes of ``[start, end)`` at every whole step since the epoch at which the contract was quoted.

        This day and the five before it are known, of options their regular hours.
        """
        end_ns = min(end_ns, self._now_ns)
        if con_id in self.day.underlyings:
            found: list[Quote] = []
            for path in self._paths(con_id):
                found += past_day.quotes_at(
                    path, con_id, _whole_steps(max(start_ns, path.first_ns), min(end_ns, path.end_ns), step_ns)
                )
            return found
        found = []
        for desk in self._desks(con_id):
            from_ns, to_ns = desk.open_ns, desk.end_ns
            found += desk.quote_history(con_id, _whole_steps(max(start_ns, from_ns), min(end_ns, to_ns), step_ns))
        return found

    def underlying(self, symbol: str) -> ListedContract | None:
        """The listed underlying of that symbol, None if there is none."""
        contracts = self.day.contracts[: len(self.day.members)]
        return next((contract for contract in contracts if contract.symbol == symbol), None)

    def chain(self, symbol: str, at_ns: int | None = None) -> ChainTable:
        """The whole chain, priced now or earlier in the session. Raises DataError for an unknown symbol."""
        now_ns = self._priced_ns()
        earlier_ns = now_ns if at_ns is None else max(self.open_ns, min(at_ns, now_ns))
        return self.day.desk_of_symbol(symbol).table(earlier_ns)

    def previous_chain(self, symbol: str) -> ChainTable:
        """The chain as of the previous close. Raises DataError for an unknown symbol."""
        return self.day.desk_of_symbol(symbol).previous_table()

    def minute_bars(self, symbol: str) -> list[Bar]:
        """Bars of the regular session so far, the last one unfinished. Raises DataError for an unknown symbol."""
        path = self.day.member(symbol).path
        return past_day.minute_bars(path, path.open_ns, min(self._now_ns, path.close_ns))

    def previous_close(self, symbol: str) -> float:
        """The official close of the session before, in dollars. Raises DataError for an unknown symbol."""
        return self.day.member(symbol).path.previous_close

    def _enter(self, day: TradingDay) -> None:
        self.day = day
        self.session_date = day.span.date
        self.open_ns, self.close_ns = day.span.open_ns, day.span.close_ns

    def _step(self, updates: list[MarketUpdate]) -> None:
        start_ns = self._now_ns
        if start_ns == self.open_ns:
            updates.append(SessionChange(start_ns, self.session_date, "open"))
        elif start_ns == self.close_ns:
            updates.append(SessionChange(start_ns, self.session_date, "close"))
        self.day.step(start_ns, updates)
        self._now_ns = start_ns + STEP_NS

    def _pass_night(self, to_ns: int, updates: list[MarketUpdate]) -> bool:
        """Let time pass outside of a day, to its next border at most; True if something may happen thereafter."""
        span = self.day.span
        dawn = self._now_ns < span.start_ns
        border_ns = span.start_ns if dawn else self._midnight()
        whole_ns = self._now_ns + (to_ns - self._now_ns) // STEP_NS * STEP_NS
        if border_ns is None or whole_ns < border_ns:
            self._now_ns = whole_ns
            return False
        self._now_ns = border_ns
        if not dawn:
            self._roll(updates)
        return True

    def _midnight(self) -> int | None:
        """Return the midnight at which the next session's date begins, None if there is no such session."""
        if self._last_day:
            return None
        try:
            return hours.midnight_of(calendar.sessions_after(self.session_date, 1)[0].date)
        except calendar.CalendarRangeError:
            return None

    def _roll(self, updates: list[MarketUpdate]) -> None:
        """Change the day. A market without another day stays where it is."""
        before = self.day
        day = self._next_day(before)
        if day is None:
            self._last_day = True
            return
        for contract in before.contracts:
            if not day.lists(contract.con_id):
                self._gone[contract.con_id] = self._official_price(contract)
        for contract in day.contracts:
            self._gone.pop(contract.con_id, None)
        self._past[before.span.date] = {con_id: member.path for con_id, member in before.underlyings.items()}
        self._past_desks[before.span.date] = before.desks
        while len(self._past) > KEPT_DAYS:
            self._past.popitem(last=False)
            self._past_desks.popitem(last=False)
        while len(self._gone) > _KEPT_SETTLEMENTS:
            self._gone.popitem(last=False)
        self._enter(day)
        self._watched = frozenset(con_id for con_id in self._watched if day.lists(con_id))
        day.watch(self._watched)
        self.listing_version += 1
        updates.append(SessionChange(self._now_ns, self.session_date, "day"))

    def _official_price(self, contract: ListedContract) -> float | None:
        """Return the price that settles an option of this day's list, None if that is still to come."""
        at_ns = hours.settlement_ns(contract.trading_class, contract.expiry)
        if self._now_ns < at_ns:
            return None
        path = self.day.underlying_of(contract).path
        return path.open_price if at_ns < path.close_ns else path.close_price

    def _desks(self, con_id: int) -> list[OptionDesk]:
        """Return the desks that an option had, oldest first, today's last. Raises DataError for one not listed."""
        today = self.day.desk_for(con_id)
        symbol = today.options[0].symbol
        kept = (desks[symbol] for desks in self._past_desks.values() if symbol in desks)
        return [*(desk for desk in kept if desk.lists(con_id)), today]

    def _paths(self, con_id: int) -> list[DayPath]:
        """Return the paths of an underlying, oldest first, today's last."""
        return [*(paths[con_id] for paths in self._past.values()), self.day.underlyings[con_id].path]

    def _priced_ns(self) -> int:
        """The instant as of which options are quoted: inside the last step that has run."""
        return self._now_ns - 1


def _whole_steps(start_ns: int, end_ns: int, step_ns: int) -> range:
    return range(-(-start_ns // step_ns) * step_ns, end_ns, step_ns)
