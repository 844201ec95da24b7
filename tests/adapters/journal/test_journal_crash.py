"""kill -9 at numbered points around writes: what was acknowledged is there, nothing is half there."""

import asyncio
import os
import resource
import signal as signals
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.adapters.journal.journal_records import SESSION, fill, operator, stage

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.records import IntentStage


class Dying(sqlite3.Connection):
    """Kills its process before or after the n-th statement that writes."""

    left = 0
    before = True

    def execute(self, sql: str, *parameters: object) -> sqlite3.Cursor:  # type: ignore[override]
        counts = sql.startswith(("BEGIN", "INSERT", "COMMIT"))
        Dying.left -= counts
        dies = counts and Dying.left == 0
        if dies and Dying.before:
            os.kill(os.getpid(), signals.SIGKILL)
        cursor = super().execute(sql, *parameters)
        if dies:
            os.kill(os.getpid(), signals.SIGKILL)
        return cursor


def dying_connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Dying)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


async def trade(home: Path, acknowledged: int) -> None:
    """Write intents and fills, telling the parent of each acknowledgement."""
    journal = SqliteJournal.open(home / "journal.db", home / "trader.lock", connect=dying_connect)
    for number in range(50):
        await journal.append_durable(stage(f"intent-{number}", IntentStage.INTENDED, first_order_id=10 * number + 1))
        os.write(acknowledged, f"intent-{number}\n".encode())
        journal.append(operator(number))
        await journal.append_durable(fill(f"exec-{number}.01", "BUY", 1))
        os.write(acknowledged, f"exec-{number}.01\n".encode())


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("point", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 40, 77, 140])
def test_killed_at_a_numbered_point(tmp_path: Path, point: int, before: bool) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        Dying.left, Dying.before = point, before
        asyncio.run(trade(tmp_path, writing))
        os._exit(3)
    os.close(writing)
    with os.fdopen(reading) as stream:
        acknowledged = set(stream.read().split())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signals.SIGKILL

    journal = SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
    try:
        restored = journal.restore(SESSION)
        found = {entry.intent.intent_id for entry in restored.intents} | {e.exec_id for e in restored.executions}
        assert acknowledged <= found
        # At most the batch in flight was written without its acknowledgement having been heard.
        assert len(found - acknowledged) <= 1
        ids = [int(entry.intent.intent_id.split("-")[1]) for entry in restored.intents]
        assert ids == list(range(len(ids)))
        assert restored.max_order_id == (10 * ids[-1] + 2 if ids else 0)
    finally:
        asyncio.run(journal.close())


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from journal_records import operator
from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.errors import JournalError

async def main(home):
    journal = SqliteJournal.open(home / "journal.db", home / "trader.lock")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    written = 0
    try:
        while written < 5_000:
            await journal.append_durable(operator(written))
            written += 1
    except JournalError as error:
        print("failed", error)
    assert not journal.up
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    while not journal.up:
        await asyncio.sleep(0.05)
    await journal.append_durable(operator(written))
    await journal.close()
    print("written", written + 1)

asyncio.run(main(Path(sys.argv[1])))
"""


def test_the_operating_system_refuses_a_write_and_relents(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        pytest.skip("file sizes are limited here already")
    result = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "failed The journal" in result.stdout
    written = int(result.stdout.split()[-1])
    rows = (
        sqlite3.connect(tmp_path / "journal.db").execute("SELECT ts_ns FROM operator_actions ORDER BY seq").fetchall()
    )
    assert len(rows) == written
