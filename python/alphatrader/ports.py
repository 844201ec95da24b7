"""The ports: what the engine's runner needs of the outside world. Adapters and the simulator implement them.

Nothing here knows a library or a protocol. All coroutines raise only :mod:`alphatrader.domain.errors`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from alphatrader._core import MarketRows
from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.contracts import Instrument, OptionKey
from alphatrader.domain.events import ControlEvent
from alphatrader.domain.orders import BrokerSnapshot, OrderIntent
from alphatrader.domain.records import Record, RestoredState


class Clock(Protocol):
    """Engine time. Live: the wall clock. Simulated: the market's clock, which may run ``time_scale`` times faster."""

    @property
    def time_scale(self) -> float:
        """Market seconds a wall second; 1.0 except in simulation."""
        ...

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, never decreasing."""
        ...


class EventSink(Protocol):
    """Where adapters put what they hear. Synchronous and non-blocking; call it on the event loop only.

    ``ts_ns`` None = now; history passes the time of the print.
    """

    def trade(
        self,
        instrument_id: int,
        price: float,
        size: float,
        venue: str,
        conditions: str,
        ts_ns: int | None = None,
    ) -> None:
        """Take a print."""
        ...

    def quote(
        self, instrument_id: int, bid: float, bid_size: float, ask: float, ask_size: float, ts_ns: int | None = None
    ) -> None:
        """Take a whole L1 quote (NaN price = side absent)."""
        ...

    def depth(
        self, instrument_id: int, op: int, side: int, position: int, price: float, size: float, market_maker: str
    ) -> None:
        """Take one row operation of the depth book as the broker sent it."""
        ...

    def market_rows(self, rows: MarketRows) -> None:
        """Take the prints, quotes and depth rows of one network chunk, in order and at one time."""
        ...

    def depth_reset(self, instrument_id: int) -> None:
        """Forget the depth book."""
        ...

    def post(self, event: ControlEvent) -> None:
        """Take a control event."""
        ...

    def now_ns(self) -> int:
        """Engine time, for stamping control events."""
        ...


class MarketData(Protocol):
    """Market data of the broker. Every subscription survives reconnects; the adapter re-subscribes by itself."""

    async def subscribe_underlying(self, symbol: str, instrument_id: int) -> Instrument:
        """Qualify; subscribe L1 (with 233), tick-by-tick and depth. Raises DataError for an unknown symbol."""
        ...

    async def history(self, instrument: Instrument, start_ns: int, end_ns: int, max_requests: int) -> int:
        """Feed past prints of ``[start, end)`` to the sink, oldest first; return how many."""
        ...

    async def option_universe(self, underlying: Instrument) -> None:
        """Ask which options exist; the answer is posted as OptionUniverse."""
        ...

    async def watch_options(self, keys: Sequence[OptionKey]) -> None:
        """Hold L1 lines for exactly these contracts: new ones are qualified and added, others dropped.

        New instruments are announced (InstrumentAdded) before their first quote.
        """
        ...

    async def resubscribe(self, instrument_id: int, stream: str) -> None:
        """Cancel and renew a silent stream: ``quote``, ``trade`` or ``depth``."""
        ...


class Broker(Protocol):
    """The order side of the broker."""

    async def submit(self, approved: "RiskApproved[OrderIntent]") -> None:
        """Send all orders of the intent, in order, as one family; return when its bytes have left the machine.

        Posts OrderSent for each. Raises LinkError or OrderRefusedError if nothing was sent; an error after the first
        byte leaves the intent UNKNOWN, which reconciliation settles.
        """
        ...

    async def reprice(self, order_id: int, limit_price: Decimal) -> None:
        """Change the limit of a working order. Raises LinkError unless the link is healthy."""
        ...

    async def move_stop(self, order_id: int, stop_price: Decimal) -> None:
        """Change the price of a working stop. Raises LinkError unless the link is healthy."""
        ...

    async def resize(self, order_id: int, quantity: int) -> None:
        """Change the total quantity of a working exit. Raises LinkError unless the link is healthy."""
        ...

    async def cancel(self, order_id: int) -> None:
        """Ask for a cancel: uses the tokens kept for cancels. The order counts as live until confirmed."""
        ...

    async def snapshot(self) -> BrokerSnapshot:
        """Poll positions, open orders and today's executions, each to its end marker."""
        ...


class ChainSource(Protocol):
    """A source of option chains. Posts ChainReceived / ChainFailed."""

    async def fetch_chain(self, symbol: str) -> None:
        """Fetch once."""
        ...


class Journal(Protocol):
    """The authority on what we meant and did."""

    def append(self, record: Record) -> None:
        """Queue a record; order is kept. Failure is reported once through ``JournalChanged``."""
        ...

    async def append_durable(self, record: Record) -> None:
        """Return once the record, and all queued before it, are on disk. Raises JournalError, FencedError."""
        ...

    async def check_epoch(self) -> None:
        """Raise FencedError if a newer writer took the right to send orders."""
        ...

    def restore(self, session_date: str) -> RestoredState:
        """Read the past. Blocking: call it before the loop serves market data."""
        ...


class EventLog(Protocol):
    """The recorder of every event that enters the engine."""

    def append(self, row: tuple[object, ...]) -> None:
        """Buffer a row of :data:`alphatrader.domain.eventlog.EventRow`; flushed in the background."""
        ...

    def append_rows(self, first_seq: int, ts_ns: int, rows: MarketRows) -> None:
        """Buffer market rows of one time, numbered from ``first_seq``."""
        ...


class SignalStore(Protocol):
    """Atomic de-duplication across trader processes."""

    async def claim(self, fingerprint: str, signal_id: str, now_ns: int, expires_ns: int) -> bool:
        """True exactly once per fingerprint while it lives. Raises StoreError."""
        ...

    async def rebuild(self, fingerprints: Sequence[tuple[str, int]], now_ns: int) -> None:
        """Write back the fingerprints that the journal knows (expiry in ns)."""
        ...
