"""Files that are not what they should be, and the way from an older version to a newer one."""

import sqlite3
from pathlib import Path

import pytest

from alphatrader.adapters.journal import JournalReader, SqliteJournal, schema, take_epoch
from alphatrader.domain.errors import JournalError


def refused(tmp_path: Path, words: str) -> None:
    with pytest.raises(JournalError, match=words) as caught:
        SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    content = b"this is a letter and no journal" * 100
    (tmp_path / "journal.db").write_bytes(content)
    refused(tmp_path, "could not be opened")
    assert (tmp_path / "journal.db").read_bytes() == content


def test_a_database_of_another_program(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    refused(tmp_path, "another program")
    with pytest.raises(JournalError, match="another program"):
        JournalReader(tmp_path / "journal.db").counts()


def test_a_journal_of_a_newer_build(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "journal.db")
    schema.migrate(connection, 0)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused(tmp_path, "version 99")


async def test_a_damaged_page(tmp_path: Path) -> None:
    journal = SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
    await journal.close()
    content = bytearray((tmp_path / "journal.db").read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    (tmp_path / "journal.db").write_bytes(content)
    refused(tmp_path, "damaged|malformed")


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(JournalError, match="could not be opened"):
        SqliteJournal.open(tmp_path / "home" / "journal.db", tmp_path / "home" / "trader.lock")
    with pytest.raises(JournalError, match="could not be opened"):
        SqliteJournal.open(tmp_path / "home" / "journal.db", tmp_path / "trader.lock")


def test_a_failed_open_frees_the_lock(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"no journal" * 1000)
    refused(tmp_path, "could not be opened")
    refused(tmp_path, "could not be opened")


def test_readers_and_kill_switches_make_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        JournalReader(tmp_path / "journal.db").counts()
    with pytest.raises(JournalError, match="no journal at"):
        take_epoch(tmp_path / "journal.db", "me")
    assert list(tmp_path.iterdir()) == []


def test_a_migration_keeps_the_rows_and_is_all_or_nothing(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "journal.db")
    schema.migrate(connection, 0)
    connection.execute("INSERT INTO epochs VALUES (1, 'a', 2, 3)")
    broken = (*schema.MIGRATIONS, ("ALTER TABLE epochs ADD COLUMN host TEXT", "ALTER TABLE nowhere ADD COLUMN x"))
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, 1, broken)
    assert schema.check_identity(connection, tmp_path) == 1
    assert connection.execute("SELECT * FROM epochs").fetchall() == [(1, "a", 2, 3)]

    newer = (*schema.MIGRATIONS, ("ALTER TABLE epochs ADD COLUMN host TEXT",))
    schema.migrate(connection, 1, newer)
    assert schema.check_identity(connection, tmp_path, len(newer)) == 2
    assert connection.execute("SELECT * FROM epochs").fetchall() == [(1, "a", 2, 3, None)]
    connection.close()
