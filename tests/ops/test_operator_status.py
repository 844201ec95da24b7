"""``alphatrader status`` without a running trader: the newest start's end, not an older one's."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dashboard.views import make_view

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.commands import operator_actions, status_text
from alphatrader.commands.operator_actions import flatten_plan
from alphatrader.commands.status_text import status_command
from alphatrader.domain.records import RunRecord, SummaryRecord
from alphatrader.home import Home, HomeLabel
from alphatrader.ops.run_summary import LatencySummary, PositionSummary, RunSummary


def summary_of(run_id: str, positions: list[PositionSummary]) -> str:
    summary = RunSummary(
        run_id=run_id,
        mode="paper",
        market="SIMULATED MARKET (seed 7)",
        seed=7,
        speed=10.0,
        session_date="2026-11-20",
        wall_s=60.0,
        events=1,
        signals=1,
        signals_accepted=1,
        blocked={},
        orders=3,
        fills=1,
        realised_pnl_usd=Decimal("12.00"),
        unrealised_pnl_usd=Decimal(0),
        fees_usd=Decimal("2.50"),
        net_pnl_usd=Decimal("9.50"),
        latency=LatencySummary(None, None, None, None, 0),
        open_orders=2 * len(positions),
        positions=positions,
        positions_match=True,
        outputs_sha256="0" * 64,
        clean=True,
        stopped_because="stopped by SIGINT",
    )
    return msgspec.json.encode(summary).decode()


async def journal_with(path: Path, *records: RunRecord | SummaryRecord) -> Home:
    home = Home(path)
    home.write_label(HomeLabel("paper", True, 7, 10.0, "", "2026-11-20T12:00:00+00:00"))
    journal = SqliteJournal.open(home.journal, home.lock)
    try:
        for record in records:
            await journal.append_durable(record)
    finally:
        await journal.close()
    return home


def start(run_id: str) -> RunRecord:
    return RunRecord(run_id, 1, "paper", "build", "{}", 1)


async def test_a_crash_after_a_clean_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = await journal_with(tmp_path / "h", start("a"), SummaryRecord("a", True, summary_of("a", []), 2), start("b"))
    # The command runs a loop of its own, as at the terminal.
    import asyncio  # noqa: PLC0415

    await asyncio.to_thread(status_command, home=home.path, as_json=False)
    assert "did not end cleanly" in capsys.readouterr().out


async def test_the_last_result_and_what_was_left_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    left = [PositionSummary(con_id=1, ours=8, gateway=8)]
    home = await journal_with(tmp_path / "h", start("a"), SummaryRecord("a", True, summary_of("a", left), 2))
    await asyncio.to_thread(status_command, home=home.path, as_json=False)
    told = capsys.readouterr().out
    assert "stopped by SIGINT; net P&L +9.50 USD after fees" in told
    assert "1 positions, 2 orders" in told
    assert "did not end cleanly" not in told


def test_what_has_no_quote_has_no_known_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    view = make_view()
    position = msgspec.structs.replace(view.positions[0], mark=None, unrealised_usd=Decimal("-856.00"))
    view = msgspec.structs.replace(
        view, positions=(position,), unrealised_known=False, unrealised_usd=Decimal("-856.00")
    )
    monkeypatch.setattr(status_text, "ask_view", lambda _place: view)
    monkeypatch.setattr(operator_actions, "ask_view", lambda _place: view)
    Home(tmp_path / "h").write_label(HomeLabel("paper", True, 7, 10.0, "", ""))
    status_command(home=tmp_path / "h", as_json=False)
    told = capsys.readouterr().out
    assert "open not known (-856.00 if what has no quote is lost)" in " ".join(told.split())
    assert "None" not in told
    assert "no usable bid" in flatten_plan(home=tmp_path / "h")[0]


def test_a_signal_that_waited_for_a_person_has_one_row_and_waiting_is_no_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make_view()
    waits = msgspec.structs.replace(view.signals[0], signal_id="r.s1", accepted=False, code="awaiting_approval")
    other = msgspec.structs.replace(waits, signal_id="r.s2")
    expired = msgspec.structs.replace(waits, code="approval_expired")
    seen = msgspec.structs.replace(view, signals=(other, expired, waits))
    monkeypatch.setattr(status_text, "ask_view", lambda place: seen)
    Home(tmp_path / "h").write_label(HomeLabel("paper", True, 7, 10.0, "", ""))
    status_command(home=tmp_path / "h", as_json=False)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("signal ")]
    assert [row.partition(": ")[2].partition(" - ")[0] for row in rows] == ["waits", "refused (approval_expired)"]
