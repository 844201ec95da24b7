import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.journal.journal_records import NOON_NS, fill, operator, stage
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.journal import JournalReader, SqliteJournal, schema
from alphatrader.adapters.journal.writer import BATCH_MAX_ROWS
from alphatrader.domain.errors import JournalError
from alphatrader.domain.events import JournalChanged
from alphatrader.domain.records import IntentStage

Opened = Callable[..., SqliteJournal]


def changes(sink: RecordingSink) -> list[bool]:
    return [event.up for event in sink.events if isinstance(event, JournalChanged)]


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


class Faulty(sqlite3.Connection):
    """A connection whose statements fail, or wait, on command."""

    fail: sqlite3.Error | None = None
    fail_on = "COMMIT"
    gate: threading.Event | None = None

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:  # type: ignore[override]
        if self.gate is not None and sql.startswith("INSERT"):
            self.gate.wait()
        if self.fail is not None and sql.startswith(self.fail_on):
            raise self.fail
        return super().execute(sql, *parameters)


def faulty_connect(holder: list[Faulty]) -> Callable[[Path], sqlite3.Connection]:
    def connect(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Faulty)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        holder.append(connection)
        return connection

    return connect


async def test_an_acknowledgement_means_on_disk_and_keeps_the_order_under_load(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    answered: list[int] = []

    async def durable(number: int) -> None:
        await journal.append_durable(operator(number))
        answered.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(0, 4 * BATCH_MAX_ROWS, 4):
            group.create_task(durable(number))
            await asyncio.sleep(0)
            for extra in range(1, 4):
                journal.append(operator(number + extra))
    assert answered == sorted(answered)
    await journal.append_durable(operator(4 * BATCH_MAX_ROWS))
    rows = JournalReader(tmp_path / "journal.db").operator_actions(10_000)
    assert [row.ts_ns - NOON_NS for row in reversed(rows)] == list(range(4 * BATCH_MAX_ROWS + 1))


async def test_the_loop_goes_on_while_the_disk_is_slow(opened: Opened) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder))
    holder[0].gate = threading.Event()
    waiting = asyncio.ensure_future(journal.append_durable(operator(1)))
    for _ in range(100):
        await asyncio.sleep(0)
        journal.append(operator(2))
    assert not waiting.done()
    holder[0].gate.set()
    await waiting


async def test_an_execution_reported_twice_is_one_fill(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    journal.append(fill("e.01", "BUY", 2))
    await journal.append_durable(fill("e.01", "BUY", 2))
    assert JournalReader(tmp_path / "journal.db").counts()["fills"] == 1


async def test_a_failing_disk_is_told_once_and_facts_are_written_when_it_recovers(
    opened: Opened, sink: RecordingSink, tmp_path: Path
) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder))
    journal.start(sink)  # type: ignore[arg-type]
    await journal.append_durable(operator(0))
    holder[0].fail = sqlite3.OperationalError("database or disk is full")
    journal.append(fill("e.01", "BUY", 2))
    for number in range(3):
        with pytest.raises(JournalError, match="disk is full"):
            await journal.append_durable(stage(f"i{number}", IntentStage.INTENDED))
    assert changes(sink) == [False]
    assert not journal.up

    holder[0].fail = None
    await until(lambda: journal.up)
    await until(lambda: len(sink.events) == 2)
    assert changes(sink) == [False, True]
    reader = JournalReader(tmp_path / "journal.db")
    assert reader.fills() == [fill("e.01", "BUY", 2)]
    assert reader.intents() == []  # refused: never written behind the caller's back


async def test_sqlites_own_full_database_is_a_journal_failure_and_passes(opened: Opened, sink: RecordingSink) -> None:
    holder: list[sqlite3.Connection] = []

    def connect(path: Path) -> sqlite3.Connection:
        connection = schema.connect(path)
        holder.append(connection)
        return connection

    journal = opened(connect=connect)
    journal.start(sink)  # type: ignore[arg-type]
    holder[0].execute("PRAGMA max_page_count = 40")
    written = 0

    async def fill_up() -> None:
        nonlocal written
        while written < 10_000:
            await journal.append_durable(stage(f"i{written}", IntentStage.INTENDED))
            written += 1

    with pytest.raises(JournalError, match="full"):
        await fill_up()
    holder[0].execute("PRAGMA max_page_count = 100000")
    await until(lambda: journal.up)
    assert journal.reader().counts()["intents"] == written
    await until(lambda: len(sink.events) == 2)
    assert changes(sink) == [False, True]


async def test_little_room_is_not_yet_recovery(opened: Opened, sink: RecordingSink) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder))
    journal.start(sink)  # type: ignore[arg-type]
    holder[0].fail = sqlite3.OperationalError("database or disk is full")
    journal.append(operator(1))
    await until(lambda: changes(sink) == [False])
    holder[0].fail_on = "INSERT INTO probe"
    await until(lambda: journal.queued == 0)
    await asyncio.sleep(0.7)
    assert not journal.up
    assert journal.reader().counts()["operator_actions"] == 1
    holder[0].fail = None
    await until(lambda: changes(sink) == [False, True])


async def test_a_journal_that_vanishes_acknowledges_nothing_more(
    opened: Opened, tmp_path: Path, sink: RecordingSink
) -> None:
    journal = opened()
    journal.start(sink)  # type: ignore[arg-type]
    (tmp_path / "journal.db").rename(tmp_path / "moved.db")
    with pytest.raises(JournalError):
        await journal.append_durable(operator(1))
    (tmp_path / "journal.db").write_bytes(b"")
    with pytest.raises(JournalError, match="replaced"):
        await journal.append_durable(operator(1))
    await until(lambda: changes(sink) == [False])


async def test_a_queue_that_overflows_is_a_lasting_failure(opened: Opened, sink: RecordingSink) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder), capacity=16)
    journal.start(sink)  # type: ignore[arg-type]
    holder[0].gate = threading.Event()
    for number in range(16 + BATCH_MAX_ROWS):
        journal.append(operator(number))
    holder[0].gate.set()
    await until(lambda: journal.queued == 0 and changes(sink))
    with pytest.raises(JournalError, match="overflowed"):
        await journal.append_durable(operator(0))
    assert changes(sink) == [False]


async def test_closing_writes_what_is_queued_and_frees_the_lock(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    for number in range(2_000):
        journal.append(operator(number))
    await journal.close()
    assert JournalReader(tmp_path / "journal.db").counts()["operator_actions"] == 2_000
    with pytest.raises(JournalError):
        journal.append(operator(1))
    opened()


async def test_closing_on_a_full_disk_says_what_is_missing(opened: Opened) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder))
    holder[0].fail = sqlite3.OperationalError("database or disk is full")
    journal.append(operator(1))
    with pytest.raises(JournalError, match="1 records"):
        await journal.close()


async def test_the_disk_that_never_answers_is_a_journal_failure(
    opened: Opened, sink: RecordingSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder: list[Faulty] = []
    journal = opened(connect=faulty_connect(holder))
    journal.start(sink)  # type: ignore[arg-type]
    monkeypatch.setattr("alphatrader.adapters.journal.journal.DURABLE_TIMEOUT_S", 0.2)
    holder[0].gate = threading.Event()
    with pytest.raises(JournalError, match="did not confirm"):
        await journal.append_durable(operator(1))
    holder[0].gate.set()
    await until(lambda: changes(sink) == [False, True])
