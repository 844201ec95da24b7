"""What the market tells the gateway and the exchange. Prices in dollars, sizes in shares or contracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract of the simulated exchange. ``expiry`` is ``YYYYMMDD``; empty, with ``right``, for the underlying."""

    con_id: int
    symbol: str
    sec_type: Literal["STK", "OPT"]
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


MarketUpdate = Print | Quote | Greeks | Depth


class SimulatedMarket(Protocol):
    """The market as gateway, exchange and Alpha Vantage server use it. Single-threaded, deterministic per seed.

    The same seed, session date and sequence of ``advance`` targets gives the same updates; and the market path does
    not depend on how ``advance`` is cut into calls.
    """

    session_date: str
    """``YYYY-MM-DD``."""
    open_ns: int
    close_ns: int
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
