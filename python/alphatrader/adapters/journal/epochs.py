"""The fencing epoch: the right to send orders belongs to whoever took the newest number."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from alphatrader.adapters.journal.schema import check_identity, connect
from alphatrader.domain.errors import JournalError


def newest_epoch(connection: sqlite3.Connection) -> int:
    """Return the newest epoch, 0 in a new journal. Raises sqlite3.Error."""
    return int(connection.execute("SELECT coalesce(max(epoch), 0) FROM epochs").fetchone()[0])


def next_epoch(connection: sqlite3.Connection, actor: str, ts_ns: int) -> int:
    """Take the next epoch, durably. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        epoch = newest_epoch(connection) + 1
        connection.execute("INSERT INTO epochs VALUES (?, ?, ?, ?)", (epoch, actor, os.getpid(), ts_ns))
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return epoch


def take_epoch(path: Path, actor: str, clock: Callable[[], int] = time.time_ns) -> int:
    """Take the right to send orders from any trader on this journal; return the new epoch.

    For the kill switch: needs no lock file and works while a trader, even a frozen one, holds it. That trader gets
    FencedError at its next send. Blocking. Raises JournalError.
    """
    if not path.exists():
        raise JournalError(f"There is no journal at {path}: name the home of the trader that is to be fenced off.")
    try:
        connection = connect(path)
        try:
            # No migration and no full check here: the trader's build owns the tables, and a kill switch is in a hurry.
            if check_identity(connection, path) == 0:
                raise JournalError(f"{path} is empty: name the home of the trader that is to be fenced off.")
            return next_epoch(connection, actor, clock())
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise JournalError(
            f"The right to send orders was not taken, the journal {path} refused ({error}): stop the trader's process "
            "and close positions at the broker."
        ) from error
