"""A start that was killed gets its summary from the next one: what the journal knows, and nothing else."""

from pathlib import Path

import msgspec
from tests.adapters.journal import journal_records as records

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.records import RunRecord, SummaryRecord
from alphatrader.ops.run_summary import RunSummary
from alphatrader.trader.unfinished import KILLED, close_unfinished


def run(run_id: str) -> RunRecord:
    return RunRecord(run_id, 1, "paper", "build", "{}", 1)


async def test_every_killed_start_gets_a_summary_and_only_one(tmp_path: Path) -> None:
    journal = SqliteJournal.open(tmp_path / "journal.db", tmp_path / "trader.lock")
    try:
        written = [
            run("a"),
            SummaryRecord("a", True, "{}", 2),
            run("b"),
            records.signal("b.s1"),
            records.signal("b.s2", accepted=False),
            records.fill("x1.01", "BUY", 2, intent_id="b.1"),
            records.fill("x1.02", "BUY", 2, intent_id="b.1"),
            records.fill("x2.01", "SELL", 2, intent_id="a.9"),
            run("c"),
        ]
        for record in written:
            await journal.append_durable(record)
        assert [summary.run_id for summary in close_unfinished(journal)] == ["c", "b"]
        await journal.check_epoch()  # all that was queued is on disk
        found = journal.reader().summary("b")
        assert found is not None
        assert not found.clean
        summary = msgspec.json.decode(found.summary, type=RunSummary)
        assert (summary.killed, summary.clean, summary.stopped_because) == (True, False, KILLED)
        assert (summary.signals, summary.signals_accepted, summary.fills) == (2, 1, 1), "a correction is no second fill"
        assert sum(summary.blocked.values()) == 1
        assert (summary.net_pnl_usd, summary.open_orders, summary.events) == (None, None, None), "not known"
        assert close_unfinished(journal) == []
        assert journal.reader().clean_sessions("paper") == 1
    finally:
        await journal.close()
