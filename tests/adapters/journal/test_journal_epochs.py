from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.journal.journal_records import fill, operator, stage
from tests.adapters.journal.version_1 import write_journal

from alphatrader.adapters.journal import JournalReader, SqliteJournal, take_epoch
from alphatrader.domain.errors import FencedError, JournalError
from alphatrader.domain.records import IntentStage

Opened = Callable[..., SqliteJournal]


async def test_a_newer_epoch_stops_orders_but_not_facts(opened: Opened, tmp_path: Path) -> None:
    journal = opened()
    assert journal.epoch == 1
    await journal.check_epoch()
    assert take_epoch(tmp_path / "journal.db", "kill switch") == 2
    with pytest.raises(FencedError, match="epoch 2"):
        await journal.check_epoch()
    with pytest.raises(FencedError):
        await journal.append_durable(stage("i", IntentStage.INTENDED))
    await journal.append_durable(fill("e.01", "SELL", 2))
    assert journal.reader().intents() == []
    assert len(journal.reader().fills()) == 1


async def test_epochs_grow_over_restarts(opened: Opened) -> None:
    first = opened()
    await first.close()
    second = opened()
    assert (first.epoch, second.epoch) == (1, 2)
    await second.append_durable(operator(1))


def test_a_kill_switch_makes_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        take_epoch(tmp_path / "journal.db", "me")
    assert list(tmp_path.iterdir()) == []


def test_a_kill_switch_of_this_build_needs_no_migration(tmp_path: Path) -> None:
    write_journal(tmp_path / "journal.db")
    assert take_epoch(tmp_path / "journal.db", "me") == 3
    assert JournalReader(tmp_path / "journal.db").epoch() == 3
