"""What the journal tells a trader that starts.

Executions: a contract is told wholly or not at all, because a position is the sum of all its executions. Told are the
contracts that do not add up to zero, those of intents that are still open, and those that traded on the session date
(the day's loss limit outlives a restart).

What happened "on the session date" is told by engine time, which is market time in simulation too: intents, orders,
commissions, signals, notices and shadows carry it, and fills the broker's time. Runs, summaries and epochs carry the
machine's, as do the state and the action of an operator who speaks while no trader runs; none of these is asked here
for its date.
"""

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from alphatrader.adapters.journal.reader import connect_reader
from alphatrader.adapters.journal.rows import decode_record
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    OpenIntent,
    RestoredState,
    SignalRecord,
    StateRecord,
)
from alphatrader.domain.state import TradingState

_NEW_YORK = ZoneInfo("America/New_York")
_T = TypeVar("_T")

_OPEN_INTENTS = (
    "SELECT payload FROM intents AS i WHERE seq = (SELECT max(seq) FROM intents WHERE intent_id = i.intent_id) "
    "AND stage NOT IN ('CLOSED', 'NOT_SENT') ORDER BY seq"
)
# Of executions with one stem the one with the highest id counts: it corrects the others.
_OPEN_CONTRACTS = (
    "SELECT con_id FROM fills AS f WHERE exec_id = (SELECT max(exec_id) FROM fills WHERE stem = f.stem) "
    "GROUP BY con_id HAVING sum(signed_quantity) <> 0"
)
_FILLS = "SELECT payload FROM fills WHERE con_id IN (SELECT value FROM json_each(?)) ORDER BY ts_ns, seq"
_COMMISSIONS = (
    "SELECT payload FROM commissions AS c WHERE exec_id IN (SELECT value FROM json_each(?)) "
    "AND seq = (SELECT max(seq) FROM commissions WHERE exec_id = c.exec_id) ORDER BY seq"
)
_SIGNALS = "SELECT payload FROM signals WHERE accepted = 1 AND expires_ns >= ? ORDER BY seq"
# In every other state something of the order has left, also where a kill came between its bytes and its SENT record.
_ORDER_TIMES = (
    "SELECT ts_ns FROM orders AS o WHERE ts_ns >= ? AND ts_ns < ? AND seq = (SELECT min(seq) FROM orders "
    "WHERE order_id = o.order_id AND state NOT IN ('INTENDED', 'UNKNOWN', 'NOT_SENT')) ORDER BY seq"
)
_CLOSED_WITH_FILLS = (
    "SELECT payload FROM intents AS i WHERE stage = 'CLOSED' AND ts_ns >= ? AND ts_ns < ? "
    "AND seq = (SELECT max(seq) FROM intents WHERE intent_id = i.intent_id) "
    "AND EXISTS (SELECT 1 FROM fills WHERE intent_id = i.intent_id) ORDER BY seq"
)
_OPEN_SHADOWS = (
    "SELECT payload FROM signals AS s WHERE code = 'shadow' "
    "AND NOT EXISTS (SELECT 1 FROM shadows WHERE signal_id = s.signal_id) ORDER BY seq DESC LIMIT 100"
)
_MAX_ORDER_ID = (
    "SELECT max(coalesce((SELECT max(max_order_id) FROM intents), 0), "
    "coalesce((SELECT max(order_id) FROM orders), 0), coalesce((SELECT max(order_id) FROM fills), 0))"
)


def session_bounds_ns(session_date: str) -> tuple[int, int]:
    """Return midnight to midnight in New York of ``YYYY-MM-DD``. Raises JournalError."""
    try:
        day = date.fromisoformat(session_date)
    except ValueError as error:
        raise JournalError(f"{session_date!r} is not a session date: use YYYY-MM-DD.") from error
    start, end = (
        int(datetime.combine(d, time(), _NEW_YORK).timestamp()) * 1_000_000_000 for d in (day, day + timedelta(days=1))
    )
    return start, end


def restore_state(path: Path, session_date: str) -> RestoredState:
    """Read it in one transaction. Raises JournalError."""
    start_ns, end_ns = session_bounds_ns(session_date)
    try:
        connection = connect_reader(path)
        try:
            connection.execute("BEGIN")
            return _restore(connection, session_date, start_ns, end_ns)
        finally:
            connection.close()
    except (sqlite3.Error, msgspec.MsgspecError, TypeError) as error:
        raise JournalError(
            f"The journal {path} could not be read back ({error}): do not trade on it; restore a backup, or move it "
            "away and check every position at the broker."
        ) from error


def _restore(connection: sqlite3.Connection, session_date: str, start_ns: int, end_ns: int) -> RestoredState:
    states = _records(connection, StateRecord, "SELECT payload FROM states ORDER BY seq DESC LIMIT 1")
    intents = _records(connection, IntentRecord, _OPEN_INTENTS)
    contracts = _relevant_contracts(connection, [record.intent.intent_id for record in intents], start_ns, end_ns)
    fills = _records(connection, FillRecord, _FILLS, _json(contracts))
    executions = [record.execution for record in fills]
    commissions = _records(connection, CommissionRecord, _COMMISSIONS, _json(e.exec_id for e in executions))
    # Signals carry their own expiry, so all that could live on this date is told; the engine compares with its time.
    signals = _records(connection, SignalRecord, _SIGNALS, start_ns)
    return RestoredState(
        trading_state=states[0].change.state if states else TradingState.ACTIVE,
        state_reason=states[0].change.reason if states else "",
        max_order_id=int(connection.execute(_MAX_ORDER_ID).fetchone()[0]),
        intents=tuple(OpenIntent(intent=record.intent, stage=record.stage) for record in intents),
        executions=tuple(executions),
        commissions=tuple((record.exec_id, record.commission) for record in commissions),
        fingerprints=tuple((record.signal.fingerprint, record.fingerprint_expires_ns) for record in signals),
        own_exec_ids=tuple(record.execution.exec_id for record in fills if record.intent_id),
        order_times_ns=tuple(int(row[0]) for row in connection.execute(_ORDER_TIMES, (start_ns, end_ns))),
        closed_trades=_closed_trades(connection, start_ns, end_ns),
        shadows=_open_shadows(connection, session_date),
    )


def _open_shadows(connection: sqlite3.Connection, session_date: str) -> tuple[SignalRecord, ...]:
    """Return shadow signals without an outcome, oldest first; one that expired unobserved will never have any."""
    today = session_date.replace("-", "")
    found = _records(connection, SignalRecord, _OPEN_SHADOWS)
    return tuple(record for record in reversed(found) if record.signal.contract.expiry >= today)


def _closed_trades(connection: sqlite3.Connection, start_ns: int, end_ns: int) -> tuple[tuple[str, str, int], ...]:
    ends = _records(connection, IntentRecord, _CLOSED_WITH_FILLS, start_ns, end_ns)
    return tuple(
        (end.intent.strategy, end.intent.contract.symbol, end.ts_ns)
        for end in ends
        if end.intent.purpose == "open" and end.intent.contract is not None
    )


def _relevant_contracts(
    connection: sqlite3.Connection, open_intents: list[str], start_ns: int, end_ns: int
) -> list[int]:
    found = {int(row[0]) for row in connection.execute(_OPEN_CONTRACTS)}
    of_intents = "SELECT DISTINCT con_id FROM fills WHERE intent_id IN (SELECT value FROM json_each(?))"
    found.update(int(row[0]) for row in connection.execute(of_intents, (_json(open_intents),)))
    of_the_day = "SELECT DISTINCT con_id FROM fills WHERE ts_ns >= ? AND ts_ns < ?"
    found.update(int(row[0]) for row in connection.execute(of_the_day, (start_ns, end_ns)))
    return sorted(found)


def _json(values: Iterable[int | str]) -> str:
    return msgspec.json.encode(list(values)).decode()


def _records(connection: sqlite3.Connection, kind: type[_T], query: str, *parameters: int | str) -> list[_T]:
    found: list[_T] = []
    for (payload,) in connection.execute(query, parameters):
        record = decode_record(payload)
        if not isinstance(record, kind):
            raise TypeError(f"a {type(record).__name__} stands where a {kind.__name__} belongs")
        found.append(record)
    return found
