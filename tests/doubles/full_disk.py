"""A disk that is full on command, under a journal."""

import sqlite3
from pathlib import Path


class FullDisk(sqlite3.Connection):
    """A connection to it. Set ``full`` back at the end of a test."""

    full = False

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:  # type: ignore[override]
        if FullDisk.full and sql.startswith(("INSERT", "COMMIT", "BEGIN")):
            raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *parameters)


def on_full_disk(path: Path) -> sqlite3.Connection:
    """Connect as a journal does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=FullDisk)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
