"""L1 lines that are looked up instead of pushed: delayed data, and the synthetic quotes of combinations."""

from typing import NamedTuple

from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.greeks import compute
from alphatrader.sim.gateway.quote_messages import TickEncoder
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.gateway.valuation import OptionTerms
from alphatrader.sim.market.types import Greeks, ListedContract, Quote, SimulatedMarket

DELAY_NS = 15 * 60 * 1_000_000_000
_SECOND_NS = 1_000_000_000


class ComboLeg(NamedTuple):
    """A leg: positive ``ratio`` = bought with the combination."""

    contract: ListedContract
    ratio: int


class PolledLine:
    """One client's line that asks ``source`` for its quote when its time has come."""

    __slots__ = ("contract", "desk", "due_s", "encoder", "interval_s", "legs", "quote", "req_id", "session", "told")

    def __init__(
        self,
        session: Session,
        req_id: int,
        contract: ListedContract,
        encoder: TickEncoder,
        desk: "DelayedDesk | ComboDesk",
        interval_s: float,
    ) -> None:
        self.session = session
        self.req_id = req_id
        self.contract = contract
        self.encoder = encoder
        self.desk = desk
        self.interval_s = interval_s
        self.quote: Quote | None = None
        self.told = (0.0, 0.0, 0.0)
        self.due_s = 0.0
        self.legs = desk.watched()

    def poll(self) -> list[bytes]:
        """Return what changed since the last time."""
        quote = self.desk.quote()
        if quote is None:
            return []
        if self.contract.sec_type == "IND":
            out = self.encoder.index(self.quote, quote)
        else:
            out = self.encoder.quote(self.quote, quote)
        out += self.desk.extras(self)
        self.quote = quote
        return out


class ComboDesk:
    """Prices a combination from its legs: what buying it whole would cost, and what selling it would bring."""

    def __init__(self, market: SimulatedMarket, legs: tuple[ComboLeg, ...]) -> None:
        self._market = market
        self._legs = legs

    def watched(self) -> frozenset[int]:
        """Contracts whose quotes are needed."""
        return frozenset(leg.contract.con_id for leg in self._legs)

    def quote(self) -> Quote:
        """Return the combination's quote; a side is absent while a leg lacks what it takes. Prices may be negative."""
        return combo_quote([(self._market.quote(leg.contract.con_id), leg.ratio) for leg in self._legs])

    def extras(self, line: PolledLine) -> list[bytes]:
        """Return nothing: a combination has no day."""
        del line
        return []


def combo_quote(legs: list[tuple[Quote, int]]) -> Quote:
    """Add up (quote, signed ratio). Sizes are how often every leg could be had."""
    bid = ask = 0.0
    bid_size = ask_size = float("inf")
    for quote, ratio in legs:
        times = abs(ratio)
        pay, get = (quote.ask, quote.bid) if ratio > 0 else (quote.bid, quote.ask)
        pay_size, get_size = (quote.ask_size, quote.bid_size) if ratio > 0 else (quote.bid_size, quote.ask_size)
        ask += ratio * pay
        bid += ratio * get
        ask_size = min(ask_size, pay_size // times) if pay > 0 else 0.0
        bid_size = min(bid_size, get_size // times) if get > 0 else 0.0
    ts_ns = max(quote.ts_ns for quote, _ in legs)
    return Quote(ts_ns, 0, round(bid, 4), bid_size, round(ask, 4), ask_size, 0.0, 0.0, 0.0)


class DelayedDesk:
    """Shows a contract as it was a quarter of an hour ago."""

    def __init__(self, market: SimulatedMarket, contract: ListedContract) -> None:
        self._market = market
        self._contract = contract
        self._stats = DayStats()
        self._read_to_ns = 0
        self._terms = OptionTerms([contract] if contract.sec_type == "OPT" else [])

    def watched(self) -> frozenset[int]:
        """Return nothing: the past is looked up."""
        return frozenset()

    def quote(self) -> Quote | None:
        """Return the quote of then; None while the day is younger than the delay."""
        return self._quote_of(self._contract.con_id)

    def _quote_of(self, con_id: int) -> Quote | None:
        at_ns = (self._market.now_ns - DELAY_NS) // _SECOND_NS * _SECOND_NS
        found = self._market.quote_history(con_id, at_ns, at_ns + _SECOND_NS, _SECOND_NS)
        return found[0] if found else None

    def extras(self, line: PolledLine) -> list[bytes]:
        """Return open, high and low up to then, and an option's computations."""
        until_ns = self._market.now_ns - DELAY_NS
        start_ns = max(self._read_to_ns, self._market.open_ns)
        if until_ns > start_ns:
            for tick in self._market.history(self._contract.con_id, start_ns, until_ns):
                self._stats.add(tick)
            self._read_to_ns = until_ns
        out = line.encoder.day(self._stats, line.told)
        if self._stats.trades:
            line.told = (self._stats.open, self._stats.high, self._stats.low)
        return out + (self._computations(line) if self._contract.sec_type == "OPT" else [])

    def _computations(self, line: PolledLine) -> list[bytes]:
        quote, under = self.quote(), self._quote_of(self._contract.underlying_con_id)
        if quote is None or under is None:
            return []
        con_id, spot = self._contract.con_id, under.last or (under.bid + under.ask) / 2
        middle = Greeks(quote.ts_ns, con_id, -1.0, -2.0, -1.0, -2.0, -2.0, -2.0, spot)
        found = compute([self._contract], self._terms, {con_id: middle}, {con_id: quote}, quote.ts_ns)[con_id]
        types = line.encoder.types
        return [line.encoder.option(types.bid_option, found.bid), line.encoder.option(types.ask_option, found.ask)]
