"""Read-only views of a journal for the CLI, the dashboard and reports: safe while a trader writes."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from alphatrader.adapters.journal.epochs import newest_epoch
from alphatrader.adapters.journal.rows import decode_record
from alphatrader.adapters.journal.schema import RECORD_TABLES, check_identity
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import (
    FillRecord,
    IntentRecord,
    OperatorRecord,
    OrderRecord,
    RunRecord,
    SignalRecord,
    StateRecord,
    SummaryRecord,
)
from alphatrader.domain.state import StateChange

_NEW_YORK = ZoneInfo("America/New_York")
_T = TypeVar("_T")


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open read-only. Raises JournalError where there is no journal, sqlite3.Error."""
    if not path.is_file():
        raise JournalError(f"There is no journal at {path}: start a run first, or name its home.")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=5.0)
    try:
        version = check_identity(connection, path)
    except BaseException:
        connection.close()
        raise
    if version == 0:
        connection.close()
        raise JournalError(f"{path} holds no journal yet: start a run first.")
    return connection


class JournalReader:
    """Queries, newest first. Each opens and closes its own connection, so none holds the writer's checkpoints up.

    All methods block for milliseconds and raise JournalError.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        with self._connection() as connection:
            return {
                table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - constants
                for table in RECORD_TABLES
            }

    def epoch(self) -> int:
        """Return the newest fencing epoch."""
        with self._connection() as connection:
            return newest_epoch(connection)

    def state(self) -> StateChange | None:
        """Return the trading state as last journaled; None if it never changed."""
        rows = self._newest("states", StateRecord, 1)
        return rows[0].change if rows else None

    def runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the latest starts."""
        return self._newest("runs", RunRecord, limit)

    def signals(self, limit: int = 50) -> list[SignalRecord]:
        """Return the latest signals, accepted or not."""
        return self._newest("signals", SignalRecord, limit)

    def fills(self, limit: int = 50) -> list[FillRecord]:
        """Return the executions that were journaled last."""
        return self._newest("fills", FillRecord, limit)

    def intents(self, limit: int = 50) -> list[IntentRecord]:
        """Return the latest stages of intents."""
        return self._newest("intents", IntentRecord, limit)

    def orders(self, limit: int = 50) -> list[OrderRecord]:
        """Return the latest changes of orders."""
        return self._newest("orders", OrderRecord, limit)

    def operator_actions(self, limit: int = 50) -> list[OperatorRecord]:
        """Return what people did."""
        return self._newest("operator_actions", OperatorRecord, limit)

    def summaries(self, limit: int = 20) -> list[SummaryRecord]:
        """Return the ends of runs."""
        return self._newest("summaries", SummaryRecord, limit)

    def summary(self, run_id: str) -> SummaryRecord | None:
        """Return the end of one run; None while it runs or if it was killed."""
        found = self._select("SELECT payload FROM summaries WHERE run_id = ? ORDER BY seq DESC LIMIT 1", run_id)
        return _of(SummaryRecord, found)[0] if found else None

    def clean_sessions(self, mode: str) -> int:
        """Return on how many New York days a run of ``mode`` ended cleanly: what live trading asks for."""
        runs = (record for record in _of(RunRecord, self._select("SELECT payload FROM runs")) if record.mode == mode)
        ids = {record.run_id for record in runs}
        ends = _of(SummaryRecord, self._select("SELECT payload FROM summaries WHERE clean = 1"))
        return len({datetime.fromtimestamp(end.ts_ns / 1e9, _NEW_YORK).date() for end in ends if end.run_id in ids})

    def _newest(self, table: str, kind: type[_T], limit: int) -> list[_T]:
        return _of(kind, self._select(f"SELECT payload FROM {table} ORDER BY seq DESC LIMIT ?", limit))  # noqa: S608

    def _select(self, query: str, *parameters: int | str) -> list[bytes]:
        with self._connection() as connection:
            return [row[0] for row in connection.execute(query, parameters)]

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(connect_reader(self.path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise JournalError(
                f"The journal {self.path} could not be read ({error}): check that it is one, and the disk."
            ) from error


def _of(kind: type[_T], payloads: list[bytes]) -> list[_T]:
    try:
        records = [decode_record(payload) for payload in payloads]
    except msgspec.MsgspecError as error:
        raise JournalError(
            f"A journal record could not be decoded ({error}): read it with the build that wrote it."
        ) from error
    return [record for record in records if isinstance(record, kind)]
