"""A market that does what it is told: one underlying and a few options, moved by hand.

For conformance tests, benchmarks and fault drills, where a seeded random market would hide what is being looked at.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from alphatrader.sim.market.types import (
    Depth,
    Greeks,
    ListedContract,
    MarketUpdate,
    Phase,
    Print,
    Quote,
    TradingHours,
)

OPEN_NS = 1_794_839_400_000_000_000
"""2026-11-16 09:30 in New York."""
CLOSE_NS = OPEN_NS + 23_400 * 1_000_000_000
SESSION_DATE = "2026-11-16"
PREVIOUS_CLOSE = 648.5
SPY_CON_ID = 756733
CALL_CON_ID = 900001
PUT_CON_ID = 900002
NEXT_CALL_CON_ID = 900003


def _option(con_id: int, expiry: str, strike: int, right: Literal["C", "P"]) -> ListedContract:
    return ListedContract(
        con_id=con_id,
        symbol="SPY",
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="CBOE",
        currency="USD",
        local_symbol=f"{'SPY':<6}{expiry[2:]}{right}{strike * 1000:08d}",
        trading_class="SPY",
        min_tick=Decimal("0.01"),
        long_name="SPDR S&P 500 ETF TRUST",
        multiplier=100,
        expiry=expiry,
        strike=Decimal(strike),
        right=right,
        underlying_con_id=SPY_CON_ID,
    )


CONTRACTS = (
    ListedContract(
        con_id=SPY_CON_ID,
        symbol="SPY",
        sec_type="STK",
        exchange="SMART",
        primary_exchange="ARCA",
        currency="USD",
        local_symbol="SPY",
        trading_class="SPY",
        min_tick=Decimal("0.01"),
        long_name="SPDR S&P 500 ETF TRUST",
    ),
    _option(CALL_CON_ID, "20261116", 650, "C"),
    _option(PUT_CON_ID, "20261116", 650, "P"),
    _option(NEXT_CALL_CON_ID, "20261117", 650, "C"),
)


class ScriptedMarket:
    """Implements ``SimulatedMarket``. Nothing moves but by ``set_quote``, ``trade`` and ``set_depth``."""

    def __init__(self, start_ns: int = OPEN_NS + 3600 * 1_000_000_000) -> None:
        self.session_date = SESSION_DATE
        self.open_ns = OPEN_NS
        self.close_ns = CLOSE_NS
        self.label = "SIMULATED MARKET (scripted)"
        self.listing_version = 1
        self._contracts: tuple[ListedContract, ...] = CONTRACTS
        self.phases: dict[int, Phase] = {}
        self.settlements: dict[int, float] = {}
        self.watched: frozenset[int] = frozenset()
        self._now_ns = start_ns
        self._pending: list[MarketUpdate] = []
        self._past: dict[int, list[Print]] = {}
        self._quotes: dict[int, Quote] = {}
        self._levels: dict[tuple[int, str], list[tuple[float, float]]] = {}
        self.set_quote(SPY_CON_ID, 650.00, 650.02, 500)
        self.set_quote(CALL_CON_ID, 1.98, 2.00, 10)
        self.set_quote(PUT_CON_ID, 1.90, 1.94, 10)
        self.set_quote(NEXT_CALL_CON_ID, 3.10, 3.16, 10)

    # ------------------------------------------------------------------------------------------------ by hand

    def set_quote(self, con_id: int, bid: float, ask: float, size: float = 10) -> None:
        """Show a new quote of one level a side; price 0 = no such side."""
        self.set_levels(con_id, [(bid, size)] if bid > 0 else [], [(ask, size)] if ask > 0 else [])

    def set_levels(self, con_id: int, bids: list[tuple[float, float]], asks: list[tuple[float, float]]) -> None:
        """Show several levels a side, best first."""
        self._levels[con_id, "bid"], self._levels[con_id, "ask"] = list(bids), list(asks)
        self._requote(con_id)

    def trade(self, con_id: int, price: float, size: float, venue: str = "ARCA", conditions: str = "") -> None:
        """Print a trade."""
        tick = Print(self._now_ns, con_id, price, size, venue, conditions)
        self._past.setdefault(con_id, []).append(tick)
        self._pending.append(tick)
        old = self._quotes[con_id]
        self._quotes[con_id] = old._replace(ts_ns=self._now_ns, last=price, last_size=size, volume=old.volume + size)
        self._pending.append(self._quotes[con_id])

    def set_depth(self, bids: list[tuple[str, float, float]], asks: list[tuple[str, float, float]]) -> None:
        """Show a book of SPY: rows of (market maker, price, size)."""
        self._pending.append(Depth(self._now_ns, SPY_CON_ID, tuple(bids), tuple(asks)))

    def announce(self, update: MarketUpdate) -> None:
        """Say anything else: a halt, greeks, a new day."""
        self._pending.append(update)

    def list_contracts(self, contracts: Sequence[ListedContract]) -> None:
        """List other contracts from now on; new ones have no quote until they are given one."""
        self._contracts = tuple(contracts)
        self.listing_version += 1
        for contract in contracts:
            if contract.con_id not in self._quotes:
                self.set_levels(contract.con_id, [], [])

    # ----------------------------------------------------------------------------------------- SimulatedMarket

    @property
    def now_ns(self) -> int:
        """The instant up to which the market has run."""
        return self._now_ns

    def contracts(self) -> Sequence[ListedContract]:
        """Return what is listed: SPY and its options, unless ``list_contracts`` said otherwise."""
        return self._contracts

    def advance(self, to_ns: int) -> list[MarketUpdate]:
        """Return what was done by hand since the last call."""
        self._now_ns = max(self._now_ns, to_ns)
        updates, self._pending = self._pending, []
        return updates

    def watch(self, con_ids: frozenset[int]) -> None:
        """Remember what is watched."""
        self.watched = con_ids

    def quote(self, con_id: int) -> Quote:
        """Return the present quote."""
        return self._quotes[con_id]

    def greeks(self, con_id: int) -> Greeks:
        """Return fixed greeks around the middle of the quote."""
        quote = self._quotes[con_id]
        sign = 1 if con_id != PUT_CON_ID else -1
        mid = (quote.bid + quote.ask) / 2
        return Greeks(self._now_ns, con_id, 0.15, 0.5 * sign, mid, 0.05, 0.25, -0.8, self._quotes[SPY_CON_ID].last)

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> list[tuple[float, float]]:
        """Return the levels of a side, best first."""
        return list(self._levels[con_id, side])

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Take size away; an empty level vanishes."""
        left = [(level, rest - size if level == price else rest) for level, rest in self._levels[con_id, side]]
        self._levels[con_id, side] = [(level, rest) for level, rest in left if rest > 0]
        self._requote(con_id)

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Return past prints."""
        return [tick for tick in self._past.get(con_id, ()) if start_ns <= tick.ts_ns < end_ns]

    def open_interest(self, con_id: int) -> int:
        """Return a fixed open interest."""
        return 1000 + con_id % 10

    def hours(self, con_id: int) -> TradingHours:
        """Return the one session there is."""
        del con_id
        return TradingHours(((self.open_ns, self.close_ns),), ((self.open_ns, self.close_ns),))

    def phase(self, con_id: int) -> Phase:
        """Return what ``phases`` says, else whether the session is open."""
        if con_id in self.phases:
            return self.phases[con_id]
        return Phase.REGULAR if self.open_ns <= self._now_ns < self.close_ns else Phase.CLOSED

    def settlement_price(self, con_id: int) -> float | None:
        """Return what ``settlements`` says."""
        return self.settlements.get(con_id)

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Return the present quote at every step: nothing older is kept."""
        first = -(-start_ns // step_ns) * step_ns
        return [
            self._quotes[con_id]._replace(ts_ns=at_ns) for at_ns in range(first, min(end_ns, self._now_ns), step_ns)
        ]

    def previous_close(self, symbol: str) -> float:
        """Return a fixed close of the day before."""
        del symbol
        return PREVIOUS_CLOSE

    def add_history(self, ticks: Sequence[Print]) -> None:
        """Put prints into the past, oldest first."""
        for tick in ticks:
            self._past.setdefault(tick.con_id, []).append(tick)

    def _requote(self, con_id: int) -> None:
        old = self._quotes.get(con_id)
        bid = next(iter(self._levels[con_id, "bid"]), (0.0, 0.0))
        ask = next(iter(self._levels[con_id, "ask"]), (0.0, 0.0))
        last, last_size, volume = (old.last, old.last_size, old.volume) if old else (bid[0], 1.0, 1000.0)
        self._quotes[con_id] = Quote(self._now_ns, con_id, *bid, *ask, last, last_size, volume)
        self._pending.append(self._quotes[con_id])
