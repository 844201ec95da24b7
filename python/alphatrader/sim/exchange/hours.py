"""When an order may trade: sessions, what is held until the open, when a day order ends, cut-offs of the auctions."""

from typing import Literal

from alphatrader.sim.exchange.instruments import Instruments
from alphatrader.sim.exchange.order_types import order_type
from alphatrader.sim.exchange.orders import OrderTerms
from alphatrader.sim.market.types import Interval, ListedContract, Phase, SimulatedMarket

_MINUTE_NS = 60_000_000_000

CLOSE_CUTOFF_MIN = {
    ("NYSE", "MOC"): 10,
    ("NYSE", "LOC"): 10,
    ("AMEX", "MOC"): 10,
    ("AMEX", "LOC"): 10,
    ("NASDAQ", "MOC"): 5,
    ("NASDAQ", "LOC"): 2,
    ("ISLAND", "MOC"): 5,
    ("ISLAND", "LOC"): 2,
}
"""Minutes before the close after which an on-close order can neither be entered nor cancelled, by listing exchange."""

CLOSE_CUTOFF_MIN_ELSEWHERE = 1
"""Arca and others: one minute, 15:59 on a full day."""


class SessionRules:
    """Answers by the market's hours and phase now."""

    def __init__(self, market: SimulatedMarket, instruments: Instruments) -> None:
        self._market = market
        self._instruments = instruments
        self._phases: dict[int, Phase] = {}
        self._phases_ns = -1

    def phase(self, con_id: int) -> Phase:
        """Return the market's phase of a contract, asked for once a step."""
        if self._phases_ns != self._market.now_ns:
            self._phases, self._phases_ns = {}, self._market.now_ns
        found = self._phases.get(con_id)
        if found is None:
            found = self._phases[con_id] = self._market.phase(con_id)
        return found

    def open_for(self, terms: OrderTerms) -> bool:
        """Whether an order with these terms may trade now."""
        for con_id in traded_contracts(terms):
            if not self._instruments.listed(con_id):
                return False
            phase = self.phase(con_id)
            extended = phase in {Phase.PRE, Phase.POST} and self.extends(terms)
            if phase is not Phase.REGULAR and not extended:
                return False
        return True

    def extends(self, terms: OrderTerms) -> bool:
        """Whether the order trades in extended hours: stock, asked for, and of a type that may."""
        if not terms.outside_rth or terms.legs or terms.tif == "OPG":
            return False
        contract = self._instruments.get(terms.con_id)
        return contract is not None and contract.sec_type == "STK" and order_type(terms.order_type).outside_rth

    def halted(self, terms: OrderTerms) -> bool:
        """Whether trading is halted: a halt holds orders without a word, unlike a closed market."""
        return any(self.phase(con_id) is Phase.HALTED for con_id in traded_contracts(terms))

    def session_of(self, terms: OrderTerms, from_ns: int | None = None) -> Interval | None:
        """Return the hours in which the order trades: those of now, else the next; None if none are known."""
        con_id = traded_contracts(terms)[0]
        if not self._instruments.listed(con_id):
            return None
        hours = self._market.hours(con_id)
        at_ns = self._market.now_ns if from_ns is None else from_ns
        intervals = hours.trading if self.extends(terms) else hours.liquid
        if terms.tif == "OPG":
            return next((span for span in intervals if span[0] > at_ns), None)
        return next((span for span in intervals if span[1] > at_ns), None)

    def past_cutoff(self, terms: OrderTerms) -> bool:
        """Whether an on-close order can no longer be entered, changed or cancelled today."""
        if not order_type(terms.order_type).auction:
            return False
        contract = self._instruments.get(terms.con_id)
        if contract is None:
            return False
        minutes = CLOSE_CUTOFF_MIN.get((contract.primary_exchange, terms.order_type), CLOSE_CUTOFF_MIN_ELSEWHERE)
        now_ns = self._market.now_ns
        return self._market.close_ns - minutes * _MINUTE_NS <= now_ns < self._market.close_ns


def traded_contracts(terms: OrderTerms) -> list[int]:
    """Return the contracts in which an order trades: its own, or those of its legs."""
    return [leg.con_id for leg in terms.legs] if terms.legs else [terms.con_id]


def auction_kind(terms: OrderTerms) -> Literal["open", "close", ""]:
    """Name the auction in which alone the order trades; empty = none."""
    if terms.tif == "OPG":
        return "open"
    return order_type(terms.order_type).auction


def describe(contract: ListedContract, side: str, quantity: int) -> str:
    """Say an order in the words of the gateway's warnings: ``BUY 1 SPY ARCA``."""
    name = contract.local_symbol if contract.sec_type == "OPT" else contract.symbol
    return f"{side} {quantity} {name} {contract.primary_exchange or contract.exchange}"
