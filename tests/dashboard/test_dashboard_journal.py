"""The read-only look into the journal, over a journal that the real writer made."""

from pathlib import Path

from tests.dashboard.desk import Desk

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain.records import OperatorRecord, StateRecord
from alphatrader.domain.state import StateChange, TradingState


async def test_without_a_journal_it_says_so(desk: Desk) -> None:
    async with desk.logged_in() as client:
        answer = await client.get("/api/journal")
    assert answer.status_code == 200
    assert answer.json()["readable"] is False
    assert "no journal" in answer.json()["detail"]


async def test_the_state_and_the_operators_actions_are_shown(desk: Desk) -> None:
    await write_journal(desk.home / "journal.db")
    async with desk.logged_in() as client:
        body = (await client.get("/api/journal")).json()
    assert body["readable"] is True
    assert (body["state"], body["actor"], body["reason"]) == ("HALTED", "dashboard", "spreads look wrong")
    assert [(action["action"], action["actor"]) for action in body["actions"]] == [("halt", "dashboard")]


async def test_a_damaged_journal_is_named_and_nothing_else_breaks(desk: Desk) -> None:
    (desk.home / "journal.db").write_bytes(b"not a database" * 100)
    async with desk.logged_in() as client:
        body = (await client.get("/api/journal")).json()
        assert (await client.get("/api/health")).status_code == 200
    assert body["readable"] is False
    assert "journal.db" in body["detail"]


async def write_journal(path: Path) -> None:
    journal = SqliteJournal.open(path, path.with_name("trader.lock"))
    change = StateChange(TradingState.HALTED, "dashboard", "spreads look wrong", 1_000)
    journal.append(OperatorRecord("halt", "dashboard", "spreads look wrong", 1_000))
    await journal.append_durable(StateRecord(change))
    await journal.close()
