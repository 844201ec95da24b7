"""What is written to the journal, and what is read back from it at start."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from alphatrader.domain.orders import Execution, OrderIntent
from alphatrader.domain.signals import Signal
from alphatrader.domain.state import StateChange, TradingState


class IntentStage(StrEnum):
    """How far an intent has come. INTENDED is durable before the first byte of it is sent."""

    INTENDED = "INTENDED"
    SENT = "SENT"
    NOT_SENT = "NOT_SENT"
    CLOSED = "CLOSED"


class RunRecord(Struct, frozen=True, tag="run"):
    """A start of the trader."""

    run_id: str
    epoch: int
    mode: str
    build: str
    settings: str
    ts_ns: int


class IntentRecord(Struct, frozen=True, tag="intent"):
    """A stage that an intent has reached."""

    intent: OrderIntent
    stage: IntentStage
    ts_ns: int
    reason: str = ""


class OrderRecord(Struct, frozen=True, tag="order"):
    """A change of an order's state, as our own state machine sees it."""

    order_id: int
    perm_id: int
    intent_id: str
    leg: str
    state: str
    filled: int
    ts_ns: int
    text: str = ""


class FillRecord(Struct, frozen=True, tag="fill"):
    """An execution, once per exec id."""

    execution: Execution
    intent_id: str


class CommissionRecord(Struct, frozen=True, tag="commission"):
    """The cost of an execution."""

    exec_id: str
    commission: Decimal
    currency: str
    ts_ns: int


class SignalRecord(Struct, frozen=True, tag="signal"):
    """A signal and what became of it (``accepted``, or the code and words of the refusal).

    ``dedupe_until_ns``: the end of the window in which its fingerprint refuses a repetition, also after a restart.
    """

    signal: Signal
    accepted: bool
    code: str
    text: str
    ts_ns: int
    dedupe_until_ns: int = 0
    mode: str = "on"
    """Of its strategy: ``on``, ``approve`` or ``shadow``."""
    quantity: int = 0
    """Contracts that a shadow would have bought."""

    @property
    def fingerprint_expires_ns(self) -> int:
        """When the fingerprint may be given again: never before the signal itself has expired."""
        return max(self.signal.expires_ns, self.dedupe_until_ns)


class StateRecord(Struct, frozen=True, tag="state"):
    """A change of the trading state."""

    change: StateChange


class OperatorRecord(Struct, frozen=True, tag="operator"):
    """An action of a person. ``target``: what it is about, where it is about one thing."""

    action: str
    actor: str
    reason: str
    ts_ns: int
    target: str = ""


class NoticeRecord(Struct, frozen=True, tag="notice"):
    """A line for people. ``code`` is stable (``topic.what``): alerts and reports go by it, never by the words."""

    ts_ns: int
    level: str
    code: str
    text: str


class ShadowRecord(Struct, frozen=True, tag="shadow"):
    """The outcome that a shadow signal would have had, judged by the option's quotes; no order was sent.

    It would have bought ``quantity`` at ``entry_price`` (the ask) and sold at ``exit_price`` (the bid, or the target's
    limit once the bid reached it); ``result_usd`` is before fees.
    """

    signal_id: str
    strategy: str
    symbol: str
    con_id: int
    quantity: int
    entry_price: Decimal
    exit_price: Decimal
    opened_ns: int
    closed_ns: int
    reason: str
    result_usd: Decimal

    @property
    def ts_ns(self) -> int:
        """When it ended."""
        return self.closed_ns


class SummaryRecord(Struct, frozen=True, tag="summary"):
    """The end of a run; ``clean`` if it was stopped and reconciled."""

    run_id: str
    clean: bool
    summary: str
    ts_ns: int


Record = (
    RunRecord
    | IntentRecord
    | OrderRecord
    | FillRecord
    | CommissionRecord
    | SignalRecord
    | StateRecord
    | OperatorRecord
    | SummaryRecord
    | NoticeRecord
    | ShadowRecord
)


class OpenIntent(Struct, frozen=True):
    """An intent that was not closed when the journal was last written."""

    intent: OrderIntent
    stage: IntentStage


class RestoredState(Struct, frozen=True):
    """The journal's account of the past, given to the engine at every start (empty at the first).

    ``fingerprints`` are those of signals accepted on the session date, with their expiry in ns. ``own_exec_ids`` are
    the executions that belong to an intent of ours; the others are a stranger's. ``order_times_ns`` are the instants at
    which orders of the session date were sent, ``closed_trades`` the trades that ended on it, as (strategy, symbol,
    ns). ``shadows`` are shadow signals without an outcome.
    """

    trading_state: TradingState = TradingState.ACTIVE
    state_reason: str = ""
    max_order_id: int = 0
    intents: tuple[OpenIntent, ...] = ()
    executions: tuple[Execution, ...] = ()
    commissions: tuple[tuple[str, Decimal], ...] = ()
    fingerprints: tuple[tuple[str, int], ...] = ()
    own_exec_ids: tuple[str, ...] = ()
    order_times_ns: tuple[int, ...] = ()
    closed_trades: tuple[tuple[str, str, int], ...] = ()
    shadows: tuple[SignalRecord, ...] = ()
