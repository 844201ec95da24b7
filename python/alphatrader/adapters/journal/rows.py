"""How a record becomes a row: the SQL, the searchable columns and the canonical JSON."""

from typing import Any, NamedTuple, assert_never

import msgspec

from alphatrader.domain.old_layouts import upgrade_record
from alphatrader.domain.orders import Execution
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    IntentStage,
    NoticeRecord,
    OperatorRecord,
    OrderRecord,
    Record,
    RunRecord,
    ShadowRecord,
    SignalRecord,
    StateRecord,
    SummaryRecord,
)

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_OLD_DECODER: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])

# Quoted, a key: within a text of the record the quotes would be escaped.
_KEY_OF_BOTH = b'"max_hold_s"'
_KEY_OF_NEW = b'"exit_plan"'


class Row(NamedTuple):
    """A record ready to be inserted. ``columns`` follow seq and epoch, which the writer puts in front."""

    statement: str
    columns: tuple[int | str | bytes, ...]
    claims_right: bool
    """It announces orders: a writer that was fenced off must not write it."""


def signed_quantity(execution: Execution) -> int:
    """Contracts bought, negative if sold."""
    return execution.quantity if execution.side == "BUY" else -execution.quantity


def encode_row(record: Record) -> Row:
    """Turn a record into its row."""
    payload = _ENCODER.encode(record)
    claims_right = isinstance(record, IntentRecord) and record.stage is IntentStage.INTENDED
    statement, columns = _columns(record)
    return Row(statement, (*columns, payload), claims_right)


def decode_record(payload: bytes) -> Record:
    """Decode a row's payload, also one written before trades had exit plans. Raises msgspec.DecodeError."""
    if _KEY_OF_NEW not in payload and _KEY_OF_BOTH in payload:
        record: Record = msgspec.convert(upgrade_record(_OLD_DECODER.decode(payload)), Record)
        return record
    return _DECODER.decode(payload)


def _insert(table: str, column_count: int, *, ignore_known: bool = False) -> str:
    # seq, epoch, ts_ns and payload are in every table.
    marks = ", ".join("?" * (column_count + 4))
    return f"INSERT {'OR IGNORE ' if ignore_known else ''}INTO {table} VALUES ({marks})"  # noqa: S608 - constants only


_RUN = _insert("runs", 2)
_INTENT = _insert("intents", 3)
_ORDER = _insert("orders", 4)
# The broker reports an execution more than once: live, and in every poll.
_FILL = _insert("fills", 6, ignore_known=True)
_COMMISSION = _insert("commissions", 1)
_SIGNAL = _insert("signals", 5)
_STATE = _insert("states", 1)
_OPERATOR = _insert("operator_actions", 2)
_SUMMARY = _insert("summaries", 2)
_NOTICE = _insert("notices", 2)
_SHADOW = _insert("shadows", 2)


def _columns(record: Record) -> tuple[str, tuple[int | str, ...]]:
    match record:
        case RunRecord():
            return _RUN, (record.ts_ns, record.run_id, record.mode)
        case IntentRecord():
            highest = max((ticket.order_id for ticket in record.intent.tickets), default=0)
            return _INTENT, (record.ts_ns, record.intent.intent_id, record.stage.value, highest)
        case OrderRecord():
            return _ORDER, (record.ts_ns, record.order_id, record.perm_id, record.intent_id, record.state)
        case FillRecord():
            fill = record.execution
            return _FILL, (
                fill.ts_ns, fill.exec_id, fill.stem, fill.order_id, fill.con_id, signed_quantity(fill),
                record.intent_id,
            )  # fmt: skip
        case CommissionRecord():
            return _COMMISSION, (record.ts_ns, record.exec_id)
        case SignalRecord():
            signal = record.signal
            return _SIGNAL, (
                record.ts_ns, signal.signal_id, signal.fingerprint, int(record.accepted), record.fingerprint_expires_ns,
                record.code,
            )  # fmt: skip
        case StateRecord():
            return _STATE, (record.change.ts_ns, record.change.state.value)
        case OperatorRecord():
            return _OPERATOR, (record.ts_ns, record.action, record.actor)
        case SummaryRecord():
            return _SUMMARY, (record.ts_ns, record.run_id, int(record.clean))
        case NoticeRecord():
            return _NOTICE, (record.ts_ns, record.level, record.code)
        case ShadowRecord():
            return _SHADOW, (record.ts_ns, record.signal_id, record.strategy)
        case _:
            assert_never(record)
