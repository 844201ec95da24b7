"""What the market tells the gateway and the exchange. Prices in dollars, sizes in shares or contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract of the simulated exchange. ``expiry`` is ``YYYYMMDD``; empty, with ``right``, for the underlying.

    Options say when they trade last and whose price settles them (``last_trade_ns``, ``settlement_ns``), how they are
    exercised and settled. ``price_steps`` are (price from, step), lowest first; empty = ``min_tick`` at every price.
    ``stock_type`` as the broker names it: ``ETF``, ``COMMON``.
    """

    con_id: int
    symbol: str
    sec_type: Literal["STK", "OPT", "IND"]
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str
    min_tick: Decimal
    long_name: str
    multiplier: int = 1
    expiry: str = ""
    strike: Decimal = Decimal(0)
    right: Literal["C", "P", ""] = ""
    underlying_con_id: int = 0
    style: Literal["american", "european", ""] = ""
    settlement: Literal["physical", "cash", ""] = ""
    last_trade_ns: int = 0
    settlement_ns: int = 0
    price_steps: tuple[tuple[Decimal, Decimal], ...] = ()
    stock_type: str = ""


class Phase(StrEnum):
    """What may happen in a contract at an instant. Options know only ``REGULAR`` and ``CLOSED``."""

    CLOSED = "closed"
    PRE = "pre-market"
    REGULAR = "regular"
    POST = "after-hours"
    HALTED = "halted"


Interval = tuple[int, int]
"""From (inclusive) and to (exclusive), nanoseconds since the epoch."""


class TradingHours(NamedTuple):
    """When a contract trades, this session first, then the next ones; ``liquid`` leaves extended hours out."""

    trading: tuple[Interval, ...]
    liquid: tuple[Interval, ...]


class Print(NamedTuple):
    """A trade. ``conditions`` are sale-condition letters as IBKR shows them (space separated, may be empty)."""

    ts_ns: int
    con_id: int
    price: float
    size: float
    venue: str
    conditions: str


class Quote(NamedTuple):
    """Best bid and offer over all venues; price 0 and size 0 = side absent. Day volume for the L1 stream."""

    ts_ns: int
    con_id: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float
    last: float
    last_size: float
    volume: float


class Greeks(NamedTuple):
    """Model values of an option (IV as a fraction, gamma per $1, vega per vol point, theta per day)."""

    ts_ns: int
    con_id: int
    iv: float
    delta: float
    price: float
    gamma: float
    vega: float
    theta: float
    underlying_price: float


class Depth(NamedTuple):
    """The whole displayed book of an underlying: rows of (market maker, price, size), best first.

    The gateway turns successive states into insert / update / delete rows.
    """

    ts_ns: int
    con_id: int
    bids: tuple[tuple[str, float, float], ...]
    asks: tuple[tuple[str, float, float], ...]


class Auction(NamedTuple):
    """The cross of an opening or closing auction, or of the one that ends a halt (``reopen``).

    Its ``Print`` stands beside it in the same batch of updates.
    """

    ts_ns: int
    con_id: int
    kind: Literal["open", "close", "reopen"]
    price: float
    size: float


class Halt(NamedTuple):
    """Trading in a contract stopped, or goes on again."""

    ts_ns: int
    con_id: int
    halted: bool


class SessionChange(NamedTuple):
    """The market passed a border of its day. After ``day`` another session is listed: contracts have come and gone."""

    ts_ns: int
    session_date: str
    event: Literal["day", "open", "close"]


MarketUpdate = Print | Quote | Greeks | Depth | Auction | Halt | SessionChange


class SimulatedMarket(Protocol):
    """The market as gateway, exchange and Alpha Vantage server use it. Single-threaded, deterministic per seed.

    The same seed, session date and sequence of ``advance`` targets gives the same updates; and the market path does
    not depend on how ``advance`` is cut into calls.
    """

    session_date: str
    """``YYYY-MM-DD`` of the present session; it changes, as ``open_ns`` and ``close_ns`` do, with each new day."""
    open_ns: int
    close_ns: int
    listing_version: int
    """Grows whenever ``contracts`` changes."""
    label: str
    """What every screen says: ``SIMULATED MARKET (seed 7)`` or with the tape's name."""

    @property
    def now_ns(self) -> int:
        """The instant up to which the market has run."""
        ...

    def contracts(self) -> Sequence[ListedContract]:
        """All listed contracts: underlyings first, then options of all expiries."""
        ...

    def advance(self, to_ns: int) -> list[MarketUpdate]:
        """Run to ``to_ns`` and return what happened, in order of time."""
        ...

    def watch(self, con_ids: frozenset[int]) -> None:
        """Say for which options quotes and greeks are wanted; others are priced on demand only."""
        ...

    def quote(self, con_id: int) -> Quote:
        """Current quote of any listed contract (options priced on demand)."""
        ...

    def greeks(self, con_id: int) -> Greeks:
        """Current model values of an option."""
        ...

    def displayed(self, con_id: int, side: Literal["bid", "ask"]) -> list[tuple[float, float]]:
        """Displayed (price, size) levels, best first, that an incoming order can take."""
        ...

    def consume(self, con_id: int, side: Literal["bid", "ask"], price: float, size: float) -> None:
        """Remove size that a client's order took; the book refills as the model says."""
        ...

    def history(self, con_id: int, start_ns: int, end_ns: int) -> list[Print]:
        """Past prints of ``[start, end)``, oldest first."""
        ...

    def open_interest(self, con_id: int) -> int:
        """Open interest from the night before."""
        ...

    def hours(self, con_id: int) -> TradingHours:
        """When a contract trades, in this session and the next ones."""
        ...

    def phase(self, con_id: int) -> Phase:
        """What may happen in a contract now."""
        ...

    def settlement_price(self, con_id: int) -> float | None:
        """The underlying's price that settles an option, in dollars; None until ``settlement_ns``."""
        ...

    def quote_history(self, con_id: int, start_ns: int, end_ns: int, step_ns: int) -> list[Quote]:
        """Past quotes of ``[start, end)`` at every whole step since the epoch at which the contract was quoted."""
        ...

    def previous_close(self, symbol: str) -> float:
        """The close of the session before, in dollars."""
        ...


class Bar(NamedTuple):
    """A one-minute bar of an underlying's prints."""

    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class ChainTable:
    """A whole option chain at one instant, by column: one entry a contract (units as in Quote and Greeks)."""

    ts_ns: int
    spot: float
    contracts: Sequence[ListedContract]
    bid: NDArray[np.float64]
    bid_size: NDArray[np.float64]
    ask: NDArray[np.float64]
    ask_size: NDArray[np.float64]
    last: NDArray[np.float64]
    volume: NDArray[np.float64]
    open_interest: NDArray[np.int64]
    iv: NDArray[np.float64]
    delta: NDArray[np.float64]
    gamma: NDArray[np.float64]
    theta: NDArray[np.float64]
    vega: NDArray[np.float64]
    rho: NDArray[np.float64]


@runtime_checkable
class MarketTables(SimulatedMarket, Protocol):
    """The market as a data vendor needs it: whole tables rather than streams."""

    def underlying(self, symbol: str) -> ListedContract | None:
        """The listed underlying of that symbol, None if there is none."""
        ...

    def chain(self, symbol: str, at_ns: int | None = None) -> ChainTable:
        """The whole chain of an underlying, priced now or at an earlier instant of the session.

        Raises DataError for an unknown symbol.
        """
        ...

    def previous_chain(self, symbol: str) -> ChainTable:
        """The chain as of the previous close. Raises DataError for an unknown symbol."""
        ...

    def minute_bars(self, symbol: str) -> list[Bar]:
        """Bars of the session so far, the last one unfinished, minutes without a print left out."""
        ...
