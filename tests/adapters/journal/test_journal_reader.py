import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.adapters.journal import version_1
from tests.adapters.journal.journal_records import (
    DAY_NS,
    NOON_NS,
    fill,
    notice,
    one_of_each,
    operator,
    order,
    run,
    shadow,
    signal,
    stage,
    summary,
)

from alphatrader.adapters.journal import JournalReader, SqliteJournal
from alphatrader.domain.errors import JournalError
from alphatrader.domain.records import IntentStage
from alphatrader.domain.state import StateChange, TradingState

Opened = Callable[..., SqliteJournal]


async def test_every_kind_of_record_comes_back_as_it_was(opened: Opened) -> None:
    journal = opened()
    for record in one_of_each():
        journal.append(record)
    await journal.append_durable(run("later", ts_ns=NOON_NS + 1))
    reader = journal.reader()
    assert reader.runs() == [run("later", ts_ns=NOON_NS + 1), run("r")]
    assert reader.runs(1) == [run("later", ts_ns=NOON_NS + 1)]
    assert reader.intents() == [stage("i", IntentStage.INTENDED)]
    assert reader.orders() == [order(1, "SENT")]
    assert reader.fills() == [fill("e.01", "BUY", 2)]
    assert reader.signals() == [signal("s")]
    assert reader.state() == StateChange(TradingState.HALTED, "me", "why", NOON_NS)
    assert reader.operator_actions() == [operator(1)]
    assert reader.notices() == [notice(1)]
    assert reader.shadows() == [shadow("s2")]
    assert reader.summaries() == [summary("r")]
    assert reader.summary("r") == summary("r")
    assert reader.summary("other") is None
    assert reader.counts()["commissions"] == 1


async def test_a_follower_is_told_everything_in_order_and_once(opened: Opened) -> None:
    journal = opened()
    reader = journal.reader()
    assert (reader.last_sequence(), reader.after(0)) == (0, [])
    written = one_of_each()
    for record in written:
        journal.append(record)
    journal.append(fill("e.01", "BUY", 2))  # known: leaves a gap
    await journal.append_durable(notice(2))
    told, position = [], 0
    while page := reader.after(position, limit=3):
        assert len(page) <= 3
        told += page
        position = page[-1].seq
    assert [entry.record for entry in told] == [*written, notice(2)]
    assert [entry.seq for entry in told] == [*range(1, 12), 13]
    assert reader.last_sequence() == position == 13

    await journal.close()
    second = opened()
    await second.append_durable(operator(9))
    assert [(entry.seq, entry.epoch, entry.record) for entry in reader.after(position)] == [(14, 2, operator(9))]


def test_a_journal_that_no_trader_has_migrated_yet_is_read(tmp_path: Path) -> None:
    version_1.write_journal(tmp_path / "journal.db")
    content = (tmp_path / "journal.db").read_bytes()
    reader = JournalReader(tmp_path / "journal.db")
    assert (reader.notices(), reader.shadows()) == ([], [])
    assert reader.clean_sessions("paper") == version_1.CLEAN_SESSIONS
    assert [record.run_id for record in reader.unfinished_runs()] == [version_1.RUN_ID]
    entries = reader.after(0)
    assert len(entries) == sum(reader.counts().values()) == reader.last_sequence()
    intents = [entry.record.intent for entry in entries if hasattr(entry.record, "intent")]
    assert all((intent.exit_plan is None) is (intent.purpose == "close") for intent in intents)
    assert (tmp_path / "journal.db").read_bytes() == content


async def test_unfinished_runs_are_those_without_a_summary(opened: Opened) -> None:
    journal = opened()
    for record in (run("killed"), run("ended"), summary("ended"), run("killed too"), run("unclean")):
        journal.append(record)
    await journal.append_durable(summary("unclean", clean=False))
    assert [record.run_id for record in journal.reader().unfinished_runs()] == ["killed too", "killed"]
    assert [record.run_id for record in journal.reader().unfinished_runs(1)] == ["killed too"]


async def test_clean_sessions_are_days_on_which_a_run_of_the_mode_ended_well(opened: Opened) -> None:
    journal = opened()
    for number, (mode, clean, day) in enumerate(
        [("paper", True, 0), ("paper", True, 0), ("paper", False, 1), ("live", True, 2), ("paper", True, 3)]
    ):
        ts_ns = NOON_NS + day * DAY_NS
        journal.append(run(f"r{number}", mode, ts_ns))
        journal.append(summary(f"r{number}", clean=clean, ts_ns=ts_ns))
    await journal.append_durable(operator(1))
    assert journal.reader().clean_sessions("paper") == 2
    assert journal.reader().clean_sessions("live") == 1


async def test_sessions_of_one_process_count_by_the_date_that_their_summaries_name(opened: Opened) -> None:
    journal = opened()
    midnight_ns = NOON_NS + DAY_NS // 2  # the summary of the first is written as the next day begins
    for run_id, text, ts_ns in [
        ("one", '{"session_date": "2025-10-28", "orders": 3}', midnight_ns),
        ("one again", '{"session_date": "2025-10-28"}', NOON_NS),
        ("two", '{"session_date": "2025-10-29"}', midnight_ns + DAY_NS // 2),
        ("three", '{"session_date": "2025-10-30"}', midnight_ns + DAY_NS // 2),
        ("names none", "stopped by hand", NOON_NS + 2 * DAY_NS),  # 2025-10-30 again
        ("names nonsense", '{"session_date": "today"}', NOON_NS + 3 * DAY_NS),
    ]:
        journal.append(run(run_id, ts_ns=ts_ns))
        journal.append(summary(run_id, text=text, ts_ns=ts_ns))
    await journal.append_durable(operator(1))
    assert journal.reader().clean_sessions("paper") == 4


def test_where_there_is_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        JournalReader(tmp_path / "journal.db").after(0)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "journal.db").write_bytes(b"")
    with pytest.raises(JournalError, match="no journal yet"):
        JournalReader(tmp_path / "journal.db").counts()


@pytest.mark.parametrize("payload", ["x''", "'{}'", 'CAST(\'{"type":"unheard of"}\' AS BLOB)'])
async def test_a_payload_that_cannot_be_decoded_is_a_journal_error(opened: Opened, payload: str) -> None:
    journal = opened()
    await journal.append_durable(operator(1))
    await journal.close()
    connection = sqlite3.connect(journal.path)
    connection.execute(f"UPDATE operator_actions SET payload = {payload}")
    connection.commit()
    connection.close()
    for read in (journal.reader().operator_actions, lambda: journal.reader().after(0)):
        with pytest.raises(JournalError, match="could not be decoded") as caught:
            read()
        assert "\n" not in str(caught.value)
