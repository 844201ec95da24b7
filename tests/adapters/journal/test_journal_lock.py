import asyncio
import os
from pathlib import Path

import pytest

from alphatrader.adapters.journal import SqliteJournal, take_epoch
from alphatrader.domain.errors import JournalError


def test_a_second_process_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    release_reading, release_writing = os.pipe()
    child = os.fork()
    if child == 0:
        SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
        os.write(writing, b"x")
        os.read(release_reading, 1)
        os._exit(0)
    try:
        os.read(reading, 1)
        with pytest.raises(JournalError, match=rf"pid {child}\b") as caught:
            SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
        assert "\n" not in str(caught.value)
        assert take_epoch(tmp_path / "journal.db", "kill switch") == 2
    finally:
        os.write(release_writing, b"x")
        os.waitpid(child, 0)
    asyncio.run(SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock").close())
