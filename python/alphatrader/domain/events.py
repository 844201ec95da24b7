"""Control events: everything that reaches the engine except market data rows.

Market data (trades, quotes, depth) reaches the engine as rows of :mod:`alphatrader.domain.eventlog` and goes
straight into the Rust market state. All the rest is one of these values. Each is recorded, so it must hold all
that the engine needs: the engine never asks a clock, a file or a server. ``ts_ns`` is engine time.
"""

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from alphatrader.domain.contracts import Instrument
from alphatrader.domain.orders import BrokerSnapshot, Execution, OpenOrder
from alphatrader.domain.records import RestoredState

OperatorAction = Literal["halt", "reduce", "resume", "flatten", "cancel_entries", "approve"]


class Event(Struct, frozen=True, kw_only=True, tag=True):
    """Base of all control events."""

    ts_ns: int


LAYOUT = 2
"""Of settings, signals and intents. 1: one 0DTE rule; 2: strategies by name, with exit plans."""


class RunStarted(Event, frozen=True):
    """The first event of every event log. ``settings`` is the canonical JSON of the engine's settings.

    ``layout`` is :data:`LAYOUT` of the build that wrote it; logs without it were written by the first one.
    """

    run_id: str
    mode: str
    seed: int
    time_scale: float
    settings: str
    build: str
    session_date: str
    """``YYYY-MM-DD``, New York."""
    session_open_ns: int
    session_close_ns: int
    layout: int = 1
    strategy_sources: dict[str, str] = {}
    """Digest of each strategy's file: a user's own may be another when the log is replayed."""


class JournalRestored(Event, frozen=True):
    """What the journal holds from before this start."""

    restored: RestoredState


class WarmupFinished(Event, frozen=True):
    """History has been fed; from here on decisions may become orders."""

    rows: int


class DecisionTimer(Event, frozen=True):
    """The cadence at which strategies look and deadlines are checked."""


class InstrumentAdded(Event, frozen=True):
    """A contract was qualified; its market data will carry ``instrument.instrument_id``."""

    instrument: Instrument


class OptionUniverse(Event, frozen=True):
    """What the broker lists for an underlying: strikes x expiries do not all exist."""

    symbol: str
    trading_class: str
    multiplier: int
    expiries: tuple[str, ...]
    strikes: tuple[Decimal, ...]


class ContractUnavailable(Event, frozen=True):
    """A contract that was asked for could not be qualified."""

    key: str
    reason: str


class ChainReceived(Event, frozen=True):
    """A chain body as it came from its source; the engine decodes it in Rust."""

    symbol: str
    source: Literal["alphavantage", "cboe_csv"]
    body: bytes


class ChainFailed(Event, frozen=True):
    """A chain could not be had; the age of the last one goes on growing."""

    symbol: str
    reason: str


class SentimentReceived(Event, frozen=True):
    """News sentiment, -1..1, over ``articles`` articles."""

    symbol: str
    score: float
    articles: int


class IndicatorReceived(Event, frozen=True):
    """A technical indicator's newest values, by the names of its source."""

    symbol: str
    name: str
    values: dict[str, float]


class LinkChanged(Event, frozen=True):
    """The link to the broker: ``healthy`` only when orders may be sent and data is complete.

    While only data is incomplete (a farm is down, another session took it) ``orders_possible`` still holds: nothing is
    opened then, but exits and cancels go out.
    """

    healthy: bool
    code: int
    text: str
    orders_possible: bool = False


class NextOrderId(Event, frozen=True):
    """The broker's lowest free order id for our client."""

    order_id: int


class StoreChanged(Event, frozen=True):
    """Redis came or went."""

    up: bool
    reason: str


class JournalChanged(Event, frozen=True):
    """The journal can or cannot be written."""

    up: bool
    reason: str


class RecorderChanged(Event, frozen=True):
    """The event log can or cannot be written; what happens meanwhile cannot be replayed."""

    up: bool
    reason: str


class RuntimeLag(Event, frozen=True):
    """The event loop was blocked for ``lag_ms``."""

    lag_ms: float


class ClaimAnswered(Event, frozen=True):
    """The store's answer to a signal's de-duplication claim; silence is answered with ``granted=False``."""

    fingerprint: str
    signal_id: str
    granted: bool
    reason: str


class IntentJournaled(Event, frozen=True):
    """The intent is durable; it is about to be sent."""

    intent_id: str


class IntentRefused(Event, frozen=True):
    """The intent was not sent and never will be (fenced, journal down, link down, deadline)."""

    intent_id: str
    reason: str


class OrderSent(Event, frozen=True):
    """The bytes of an order left this machine."""

    intent_id: str
    order_id: int


class OrderReported(Event, frozen=True):
    """openOrder or orderStatus: the broker's word on one order. ``average_price`` 0 = none."""

    order: OpenOrder
    average_price: Decimal
    why_held: str = ""


class ExecutionReported(Event, frozen=True):
    """An execution, live or from a poll."""

    execution: Execution


class CommissionReported(Event, frozen=True):
    """The cost of an execution; may come much later."""

    exec_id: str
    commission: Decimal
    currency: str


class OrderErrored(Event, frozen=True):
    """An error message about one order: never by itself the death of the order."""

    order_id: int
    code: int
    text: str


class SnapshotReceived(Event, frozen=True):
    """Reconciliation: all positions, open orders and executions, or the statement that some are missing."""

    snapshot: BrokerSnapshot


class AccountReported(Event, frozen=True):
    """Account figures in dollars: NetLiquidation, AvailableFunds, ..."""

    account: str
    values: dict[str, float]


class OperatorCommand(Event, frozen=True):
    """A person's order: from the dashboard, the CLI, a signal to the process or a messenger."""

    action: OperatorAction
    actor: str
    reason: str
    target: str = ""
    """What it is about: of ``approve``, the id of the signal that waits."""


class StopRequested(Event, frozen=True):
    """The process is to end: no new entries; ``flatten`` closes positions first."""

    flatten: bool
    reason: str


ControlEvent = (
    RunStarted
    | JournalRestored
    | WarmupFinished
    | DecisionTimer
    | InstrumentAdded
    | OptionUniverse
    | ContractUnavailable
    | ChainReceived
    | ChainFailed
    | SentimentReceived
    | IndicatorReceived
    | LinkChanged
    | NextOrderId
    | StoreChanged
    | JournalChanged
    | RecorderChanged
    | RuntimeLag
    | ClaimAnswered
    | IntentJournaled
    | IntentRefused
    | OrderSent
    | OrderReported
    | ExecutionReported
    | CommissionReported
    | OrderErrored
    | SnapshotReceived
    | AccountReported
    | OperatorCommand
    | StopRequested
)

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER: msgspec.json.Decoder[ControlEvent] = msgspec.json.Decoder(ControlEvent)


def encode_event(event: ControlEvent) -> bytes:
    """Encode to canonical JSON (sorted keys): the form that is recorded and hashed."""
    return _ENCODER.encode(event)


def decode_event(payload: bytes) -> ControlEvent:
    """Decode what :func:`encode_event` wrote. Raises ``msgspec.ValidationError``."""
    return _DECODER.decode(payload)
