"""The journal's tables, and how an older journal becomes a newer one.

One table a record kind: the columns that are searched by, and the whole record as canonical JSON in ``payload``.
``seq`` is one sequence over all tables: the order in which the records were appended. ``epoch`` is the writer.
"""

import itertools
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from alphatrader.domain.errors import JournalError

APPLICATION_ID = 0x414C5048
"""``ALPH``: a SQLite file of another program is refused before anything is written to it."""

BUSY_TIMEOUT_MS = 5_000
"""The only other writer is a kill switch, which holds the write lock for one insert."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, actor TEXT NOT NULL, pid INTEGER NOT NULL, "
        "ts_ns INTEGER NOT NULL)",
        "CREATE TABLE runs (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "run_id TEXT NOT NULL, mode TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE TABLE intents (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "intent_id TEXT NOT NULL, stage TEXT NOT NULL, max_order_id INTEGER NOT NULL, payload BLOB NOT NULL)",
        "CREATE INDEX intents_by_id ON intents (intent_id, seq)",
        "CREATE INDEX intents_by_order ON intents (max_order_id)",
        "CREATE TABLE orders (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "order_id INTEGER NOT NULL, perm_id INTEGER NOT NULL, intent_id TEXT NOT NULL, state TEXT NOT NULL, "
        "payload BLOB NOT NULL)",
        "CREATE INDEX orders_by_id ON orders (order_id, seq)",
        "CREATE TABLE fills (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "exec_id TEXT NOT NULL UNIQUE, stem TEXT NOT NULL, order_id INTEGER NOT NULL, con_id INTEGER NOT NULL, "
        "signed_quantity INTEGER NOT NULL, intent_id TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE INDEX fills_by_contract ON fills (con_id)",
        "CREATE TABLE commissions (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "exec_id TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE INDEX commissions_by_exec ON commissions (exec_id, seq)",
        "CREATE TABLE signals (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "signal_id TEXT NOT NULL, fingerprint TEXT NOT NULL, accepted INTEGER NOT NULL, expires_ns INTEGER NOT NULL, "
        "code TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE INDEX signals_by_expiry ON signals (accepted, expires_ns)",
        "CREATE TABLE states (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "state TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE TABLE operator_actions (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "action TEXT NOT NULL, actor TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE TABLE summaries (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "run_id TEXT NOT NULL, clean INTEGER NOT NULL, payload BLOB NOT NULL)",
        "CREATE TABLE probe (content BLOB NOT NULL)",
    ),
    (
        "CREATE TABLE notices (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "level TEXT NOT NULL, code TEXT NOT NULL, payload BLOB NOT NULL)",
        "CREATE TABLE shadows (seq INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, ts_ns INTEGER NOT NULL, "
        "signal_id TEXT NOT NULL, strategy TEXT NOT NULL, payload BLOB NOT NULL)",
        # What is asked at every start must stay quick in a journal of years.
        "CREATE INDEX fills_by_stem ON fills (stem, exec_id)",
        "CREATE INDEX fills_by_intent ON fills (intent_id)",
        "CREATE INDEX orders_by_time ON orders (ts_ns)",
        "CREATE INDEX summaries_by_run ON summaries (run_id)",
    ),
)
"""Entry ``n`` leads from version ``n`` to ``n + 1``. Entries that were released are never changed, only added to."""

_TABLES_BY_VERSION: tuple[tuple[str, ...], ...] = (
    ("runs", "intents", "orders", "fills", "commissions", "signals", "states", "operator_actions", "summaries"),
    ("notices", "shadows"),
)
"""The tables of records that each version added."""

RECORD_TABLES = tuple(itertools.chain.from_iterable(_TABLES_BY_VERSION))
"""All that this build knows."""


def record_tables(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return those that the file has: a reader may come before the trader that migrates it. Raises sqlite3.Error."""
    return tuple(itertools.chain.from_iterable(_TABLES_BY_VERSION[: _pragma(connection, "user_version")]))


def connect(path: Path) -> sqlite3.Connection:
    """Open for writing: WAL, every commit on the disk before it returns, transactions only where we write BEGIN.

    Raises sqlite3.Error.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1_000, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Without it macOS acknowledges from the drive's cache; elsewhere it is the same as fsync.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def check_identity(connection: sqlite3.Connection, path: Path, newest: int = len(MIGRATIONS)) -> int:
    """Return the file's version (0 = empty). Raises JournalError for a foreign or newer file, sqlite3.Error."""
    version = _pragma(connection, "user_version")
    application = _pragma(connection, "application_id")
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if application not in (0, APPLICATION_ID) or (application == 0 and tables):
        raise JournalError(f"{path} is a SQLite file of another program: name another home or move the file away.")
    if version > newest:
        raise JournalError(
            f"{path} has journal version {version}, this build knows {newest}: run the newer build, "
            "or start in another home."
        )
    return version


def check_soundness(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole file. Raises JournalError where it is damaged, sqlite3.Error."""
    damage = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    if damage != "ok":
        raise JournalError(
            f"{path} is damaged ({damage.splitlines()[0]}): restore a backup, or move it away and check every open "
            "position at the broker by hand."
        )


def migrate(connection: sqlite3.Connection, version: int, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring a journal of ``version`` to the newest one, all steps in one transaction. Raises sqlite3.Error."""
    if version == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
