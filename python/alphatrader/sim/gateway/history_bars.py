"""Bars of the past, of any kind: prints and quotes of the days that were simulated, invented ones before."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np
from msgspec import Struct

from alphatrader import calendar
from alphatrader.sim.gateway.history_window import Window
from alphatrader.sim.gateway.valuation import OptionTerms, values
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import Bar, ListedContract, Quote, SimulatedMarket

TRADE_KINDS = frozenset({"TRADES", "ADJUSTED_LAST", "AGGTRADES"})
QUOTE_KINDS = frozenset({"MIDPOINT", "BID", "ASK", "BID_ASK"})
VOLATILITY_KINDS = frozenset({"HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY"})

_NS = calendar.NS
_HALF_SPREAD = 0.005
_VOLATILITY_DAYS = 30
_SESSIONS_A_YEAR = 252.0
_PRINT_SIZE = 150.0
"""Mean size of a print, by which invented volume is counted."""


class HistoryBar(Struct):
    """One bar. Quotes have no volume, and -1 as their count."""

    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    value: float = 0.0
    count: int = 0

    @property
    def average(self) -> float:
        """Volume-weighted average price; -1 where nothing was traded."""
        return round(self.value / self.volume, 6) if self.volume > 0 else -1.0

    def add(self, other: "HistoryBar") -> None:
        """Take in a later bar."""
        self.high, self.low, self.close = max(self.high, other.high), min(self.low, other.low), other.close
        self.volume += other.volume
        self.value += other.value
        self.count += other.count


def grouped(pieces: Iterable[HistoryBar], start_of: Callable[[int], int]) -> list[HistoryBar]:
    """Put pieces together whose bars start at the same instant."""
    bars: list[HistoryBar] = []
    for piece in pieces:
        piece.start_ns = start_of(piece.start_ns)
        if bars and bars[-1].start_ns == piece.start_ns:
            bars[-1].add(piece)
        else:
            bars.append(piece)
    return bars


def quoted_price(quote: Quote, what: str) -> float:
    """Return what a kind of bar shows of a quote; 0 where it is absent."""
    if what == "BID":
        return quote.bid
    if what == "ASK":
        return quote.ask
    return round((quote.bid + quote.ask) / 2, 6) if quote.bid > 0 and quote.ask > 0 else 0.0


class BarSource:
    """Builds bars of contracts over windows of time."""

    def __init__(self, market: SimulatedMarket, past: Past) -> None:
        self._market = market
        self._past = past

    def bars(self, contract: ListedContract, window: Window, what: str) -> list[HistoryBar]:
        """Return the bars, oldest first; none where there are no data."""
        if contract.sec_type == "IND" and what in QUOTE_KINDS:
            return []  # an index is not quoted
        if what in VOLATILITY_KINDS:
            return self._volatilities(contract, window, what)
        if what == "BID_ASK":
            return self._averaged(contract, window)
        pieces = self._trades(contract, window) if what in TRADE_KINDS else self._quotes(contract, window, what)
        return grouped(pieces, window.start_of)

    # ---------------------------------------------------------------------------------------------------------- trades

    def _trades(self, contract: ListedContract, window: Window) -> Iterator[HistoryBar]:
        if contract.sec_type == "IND":
            yield from self._index(contract, window)
            return
        if contract.sec_type != "OPT":
            for bar in self._past_bars(contract.symbol, window):
                average = (bar.open + bar.high + bar.low + bar.close) / 4
                count = max(1, int(bar.volume / _PRINT_SIZE))
                yield HistoryBar(*bar[:6], value=average * bar.volume, count=count)
        for start_ns, end_ns in window.today:
            for tick in self._market.history(contract.con_id, start_ns, end_ns):
                price = tick.price
                yield HistoryBar(tick.ts_ns, price, price, price, price, tick.size, price * tick.size, 1)

    def _index(self, contract: ListedContract, window: Window) -> Iterator[HistoryBar]:
        for bar in self._past_bars(contract.symbol, window):
            yield HistoryBar(*bar[:5])
        for quote in self._present_quotes(contract, window):
            if quote.last > 0:
                yield HistoryBar(quote.ts_ns, quote.last, quote.last, quote.last, quote.last)

    def _past_bars(self, symbol: str, window: Window) -> list[Bar]:
        if not window.past or not self._past.knows(symbol):
            return []
        start_ns, end_ns = window.past[0][0], window.past[-1][1]
        if window.daily:
            return [bar for bar in self._past.days(symbol) if start_ns <= bar.start_ns < end_ns]
        read = self._past.minutes if window.bar_s >= 60 else self._past.seconds
        return read(symbol, start_ns, end_ns)

    # ---------------------------------------------------------------------------------------------------------- quotes

    def _present_quotes(self, contract: ListedContract, window: Window) -> Iterator[Quote]:
        for start_ns, end_ns in window.today:
            yield from self._market.quote_history(contract.con_id, start_ns, end_ns, window.sample_ns)

    def _quotes(self, contract: ListedContract, window: Window, what: str) -> Iterator[HistoryBar]:
        for quote in self._past_quotes(contract, window):
            yield _quote_bar(quote.ts_ns, quoted_price(quote, what))
        for quote in self._present_quotes(contract, window):
            if (price := quoted_price(quote, what)) > 0:
                yield _quote_bar(quote.ts_ns, price)

    def _averaged(self, contract: ListedContract, window: Window) -> list[HistoryBar]:
        """Return bars of BID_ASK: mean bid, highest ask, lowest bid, mean ask."""
        groups: dict[int, list[Quote]] = {}
        for quotes in (self._past_quotes(contract, window), self._present_quotes(contract, window)):
            for quote in quotes:
                if quote.bid > 0 and quote.ask > 0:
                    groups.setdefault(window.start_of(quote.ts_ns), []).append(quote)
        return [
            HistoryBar(
                start_ns,
                round(sum(quote.bid for quote in quotes) / len(quotes), 6),
                max(quote.ask for quote in quotes),
                min(quote.bid for quote in quotes),
                round(sum(quote.ask for quote in quotes) / len(quotes), 6),
                volume=-1.0,
                count=-1,
            )
            for start_ns, quotes in groups.items()
        ]

    def _past_quotes(self, contract: ListedContract, window: Window) -> Iterator[Quote]:
        """Go through quotes around the invented prices: four a bar, in an order that keeps its range."""
        half = _HALF_SPREAD
        for bar in self._past_bars(contract.symbol, window):
            order: tuple[float, ...] = (bar.open, bar.low, bar.high, bar.close)
            if bar.close < bar.open:
                order = (bar.open, bar.high, bar.low, bar.close)
            if contract.sec_type == "OPT":
                half, order = self._option_prices(contract, bar.start_ns, order)
            for price in order:
                bid, ask = max(price - half, 0.0), price + half
                yield Quote(bar.start_ns, contract.con_id, round(bid, 2), 1.0, round(ask, 2), 1.0, 0.0, 0.0, 0.0)

    def _option_prices(
        self, contract: ListedContract, ts_ns: int, spots: tuple[float, ...]
    ) -> tuple[float, tuple[float, ...]]:
        """Price an option along its underlying at the volatility and spread that it has now."""
        quote, iv = self._market.quote(contract.con_id), self._market.greeks(contract.con_id).iv
        terms = OptionTerms([contract] * len(spots))
        worth = values(terms, ts_ns, np.array(spots), np.full(len(spots), iv))
        prices = tuple(float(price) for price in worth["price"])
        return max((quote.ask - quote.bid) / 2, _HALF_SPREAD), prices

    # ----------------------------------------------------------------------------------------------------- volatilities

    def _volatilities(self, contract: ListedContract, window: Window, what: str) -> list[HistoryBar]:
        """Return one volatility a day: of the thirty days before, or what options are taken to have implied."""
        if contract.sec_type == "OPT" or not window.daily or not self._past.knows(contract.symbol):
            return []
        days = self._past.days(contract.symbol)
        realized = historical_volatility(days)
        factor = 1.0 if what == "HISTORICAL_VOLATILITY" else _IMPLIED_PREMIUM
        start_ns, end_ns = window.whole
        return grouped(
            [
                _quote_bar(day.start_ns, round(volatility * factor, 6))
                for day, volatility in zip(days[_VOLATILITY_DAYS:], realized, strict=True)
                if start_ns <= day.start_ns < end_ns
            ],
            window.start_of,
        )


_IMPLIED_PREMIUM = 1.15
"""What options imply over what was realised; the mean premium of index options lies about there."""


def historical_volatility(days: list[Bar]) -> list[float]:
    """Return the annual volatility of the thirty daily returns up to each day, from the thirty-first day on."""
    returns = np.array([np.log(after.close / before.close) for before, after in pairwise(days)])
    windows = np.lib.stride_tricks.sliding_window_view(returns, _VOLATILITY_DAYS)
    return [float(value) for value in windows.std(axis=1, ddof=1) * np.sqrt(_SESSIONS_A_YEAR)]


def _quote_bar(ts_ns: int, price: float) -> HistoryBar:
    return HistoryBar(ts_ns, price, price, price, price, volume=0.0, count=0)
