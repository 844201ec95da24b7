"""What the engine wants done. The runner executes commands over the ports; a replay only compares them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from alphatrader.domain.approval import RiskApproved
from alphatrader.domain.contracts import OptionKey
from alphatrader.domain.orders import OrderIntent
from alphatrader.domain.records import Record


@dataclass(frozen=True, slots=True)
class SubmitIntent:
    """Journal the intent durably, then send it."""

    approved: RiskApproved[OrderIntent]


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Ask the broker to cancel."""

    order_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class RepriceOrder:
    """Move the limit of a working exit."""

    order_id: int
    limit_price: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class MoveStop:
    """Move the price of a resting stop."""

    order_id: int
    stop_price: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class ResizeOrder:
    """Make a working exit as large as the position that it protects."""

    order_id: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimSignal:
    """Ask the store whether a signal is new; the answer is ``ClaimAnswered``."""

    fingerprint: str
    signal_id: str
    expires_ns: int


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """Append to the journal."""

    record: Record


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Hold option lines for exactly these contracts, of all underlyings."""

    keys: Sequence[OptionKey]


@dataclass(frozen=True, slots=True)
class Resubscribe:
    """Renew a silent stream."""

    instrument_id: int
    stream: Literal["quote", "trade", "depth"]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Poll positions, orders and executions; the answer is ``SnapshotReceived``."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notify:
    """A line for people. ``code`` is stable, ``topic.what``: alerts and reports go by it, never by the words."""

    level: Literal["info", "good", "warning", "error"]
    code: str
    text: str

    @property
    def topic(self) -> str:
        """The part of the code that the terminal shows."""
        return self.code.partition(".")[0]


Command = (
    SubmitIntent
    | CancelOrder
    | RepriceOrder
    | MoveStop
    | ResizeOrder
    | ClaimSignal
    | WriteRecord
    | WatchOptions
    | Resubscribe
    | Reconcile
    | Notify
)
