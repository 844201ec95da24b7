import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.doubles.sink import RecordingSink

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.errors import JournalError


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., SqliteJournal]]:
    journals: list[SqliteJournal] = []

    def open_journal(**options: object) -> SqliteJournal:
        journal = SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock", **options)  # type: ignore[arg-type]
        journals.append(journal)
        return journal

    yield open_journal
    for journal in journals:
        with contextlib.suppress(JournalError):
            await journal.close()
