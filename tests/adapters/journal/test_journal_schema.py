"""Files that are not what they should be, and the way from an older version to a newer one."""

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.adapters.journal import version_1
from tests.adapters.journal.journal_records import notice

from alphatrader.adapters.journal import JournalReader, SqliteJournal, schema
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import IntentStage

Opened = Callable[..., SqliteJournal]


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


def test_a_migration_keeps_the_rows_and_is_all_or_nothing(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "journal.db")
    schema.migrate(connection, 0)
    known = len(schema.MIGRATIONS)
    connection.execute("INSERT INTO epochs VALUES (1, 'a', 2, 3)")
    broken = (*schema.MIGRATIONS, ("ALTER TABLE epochs ADD COLUMN host TEXT", "ALTER TABLE nowhere ADD COLUMN x"))
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, known, broken)
    assert schema.check_identity(connection, tmp_path) == known
    assert connection.execute("SELECT * FROM epochs").fetchall() == [(1, "a", 2, 3)]

    newer = (*schema.MIGRATIONS, ("ALTER TABLE epochs ADD COLUMN host TEXT",))
    schema.migrate(connection, known, newer)
    assert schema.check_identity(connection, tmp_path, len(newer)) == len(newer)
    assert connection.execute("SELECT * FROM epochs").fetchall() == [(1, "a", 2, 3, None)]
    connection.close()


def test_the_tables_of_every_version_are_those_that_its_migrations_make(tmp_path: Path) -> None:
    made: set[str] = set()
    for version in range(len(schema.MIGRATIONS) + 1):
        connection = schema.connect(tmp_path / f"{version}.db")
        schema.migrate(connection, 0, schema.MIGRATIONS[:version])
        made = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert set(schema.record_tables(connection)) == made - {"epochs", "probe"}
        connection.close()
    assert set(schema.RECORD_TABLES) == made - {"epochs", "probe"}


async def test_a_journal_of_version_1_is_opened_and_restored(opened: Opened, tmp_path: Path) -> None:
    version_1.write_journal(tmp_path / "journal.db")
    before = JournalReader(tmp_path / "journal.db")
    counts, sessions, last = before.counts(), before.clean_sessions("paper"), before.last_sequence()

    journal = opened()
    assert journal.epoch == 3
    reader = journal.reader()
    assert reader.counts() == {**counts, "notices": 0, "shadows": 0}
    assert reader.clean_sessions("paper") == sessions == version_1.CLEAN_SESSIONS

    restored = journal.restore(version_1.SESSION)
    opening, closing = restored.intents
    assert (opening.intent.intent_id, closing.intent.intent_id) == (version_1.OPEN_ID, version_1.FLATTEN_ID)
    assert opening.stage is closing.stage is IntentStage.SENT
    assert opening.intent.exit_plan is not None
    assert opening.intent.exit_plan.max_hold_s == 180.0
    assert opening.intent.reference_price == Decimal("1.22")
    assert [ticket.stop_price for ticket in opening.intent.tickets] == [None, Decimal("0.90"), None]
    assert closing.intent.exit_plan is None
    assert [execution.exec_id for execution in restored.executions] == ["0000a489.00000001.01.01"]
    assert restored.own_exec_ids == ("0000a489.00000001.01.01",)
    assert restored.order_times_ns == tuple(version_1.SENT_NS + number for number in range(3))
    assert restored.closed_trades == ()  # one trade was closed, and had no fill
    assert restored.max_order_id == 7
    assert [fingerprint for fingerprint, _ in restored.fingerprints] == ["37f6e385064cc845b33fd6e04ed8322e"]

    await journal.append_durable(notice(1))
    [entry] = reader.after(last)
    assert (entry.seq, entry.epoch, entry.record) == (last + 1, 3, notice(1))
    assert reader.counts()["notices"] == 1
