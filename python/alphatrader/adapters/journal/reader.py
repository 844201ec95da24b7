"""Read-only views of a journal for the CLI, the dashboard and reports: safe while a trader writes."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from alphatrader.adapters.journal.epochs import newest_epoch
from alphatrader.adapters.journal.rows import decode_record
from alphatrader.adapters.journal.schema import check_identity, record_tables
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import (
    FillRecord,
    IntentRecord,
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
from alphatrader.domain.state import StateChange

_NEW_YORK = ZoneInfo("America/New_York")
_T = TypeVar("_T")


class Entry(NamedTuple):
    """A record with its place in the journal. ``seq`` only grows, with gaps; ``epoch`` is the writer."""

    seq: int
    epoch: int
    record: Record


class _SummaryDate(Struct):
    """What the text of a summary says of its day."""

    session_date: str = ""


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
                for table in record_tables(connection)
            }

    def last_sequence(self) -> int:
        """Return the newest record's ``seq``, 0 in a new journal: where a follower of what is to come begins."""
        with self._connection() as connection:
            newest = " UNION ALL ".join(f"SELECT max(seq) AS seq FROM {t}" for t in record_tables(connection))  # noqa: S608
            return int(connection.execute(f"SELECT coalesce(max(seq), 0) FROM ({newest})").fetchone()[0])  # noqa: S608

    def after(self, sequence: int, limit: int = 500) -> list[Entry]:
        """Return the first ``limit`` records of all kinds past ``sequence``, oldest first.

        Whoever follows asks again with the last ``seq`` it was given. None is missed: one writer commits in order.
        """
        with self._connection() as connection:
            # Each table is in order of seq, so this is a merge that ends at the limit, whatever the journal's size.
            rows = " UNION ALL ".join(
                f"SELECT seq, epoch, payload FROM {table} WHERE seq > ?1"  # noqa: S608 - constants
                for table in record_tables(connection)
            )
            found = connection.execute(f"{rows} ORDER BY seq LIMIT ?2", (sequence, limit)).fetchall()
        return [Entry(seq, epoch, _decode(payload)) for seq, epoch, payload in found]

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

    def notices(self, limit: int = 50) -> list[NoticeRecord]:
        """Return the latest lines for people."""
        return self._newest("notices", NoticeRecord, limit)

    def shadows(self, limit: int = 50) -> list[ShadowRecord]:
        """Return the latest outcomes that shadow signals would have had."""
        return self._newest("shadows", ShadowRecord, limit)

    def summaries(self, limit: int = 20) -> list[SummaryRecord]:
        """Return the ends of runs."""
        return self._newest("summaries", SummaryRecord, limit)

    def summary(self, run_id: str) -> SummaryRecord | None:
        """Return the end of one run; None while it runs or if it was killed."""
        found = self._select("SELECT payload FROM summaries WHERE run_id = ? ORDER BY seq DESC LIMIT 1", run_id)
        return _of(SummaryRecord, found)[0] if found else None

    def unfinished_runs(self, limit: int = 20) -> list[RunRecord]:
        """Return the latest starts without a summary: killed ones, and the one that goes on, if a trader lives."""
        query = (
            "SELECT payload FROM runs AS r WHERE NOT EXISTS (SELECT 1 FROM summaries WHERE run_id = r.run_id) "
            "ORDER BY seq DESC LIMIT ?"
        )
        return _of(RunRecord, self._select(query, limit))

    def clean_sessions(self, mode: str) -> int:
        """Return on how many session dates a run of ``mode`` ended cleanly: what live trading asks for."""
        ends = _of(
            SummaryRecord,
            self._select(
                "SELECT payload FROM summaries WHERE clean = 1 AND run_id IN (SELECT run_id FROM runs WHERE mode = ?)",
                mode,
            ),
        )
        return len({_session_date(end) for end in ends})

    def _newest(self, table: str, kind: type[_T], limit: int) -> list[_T]:
        with self._connection() as connection:
            if table not in record_tables(connection):
                return []
            query = f"SELECT payload FROM {table} ORDER BY seq DESC LIMIT ?"  # noqa: S608 - constants
            found = [row[0] for row in connection.execute(query, (limit,))]
        return _of(kind, found)

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


def _decode(payload: bytes) -> Record:
    try:
        return decode_record(payload)
    except (msgspec.MsgspecError, TypeError) as error:
        raise JournalError(
            f"A journal record could not be decoded ({error}): read it with the build that wrote it."
        ) from error


def _of(kind: type[_T], payloads: list[bytes]) -> list[_T]:
    return [record for record in map(_decode, payloads) if isinstance(record, kind)]


def _session_date(end: SummaryRecord) -> date:
    """Return the date of the session that a summary closes, or of its writing where it names none."""
    try:
        return date.fromisoformat(msgspec.json.decode(end.summary, type=_SummaryDate).session_date)
    except (msgspec.MsgspecError, ValueError):
        return datetime.fromtimestamp(end.ts_ns / 1e9, _NEW_YORK).date()
