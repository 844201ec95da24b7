"""Whole sessions over real sockets: they trade, end flat, agree with the gateway, and replay byte for byte."""

import json
import re
from pathlib import Path

import pytest
from tests.e2e.paper_runs import REPOSITORY, PaperRun, paper_run

TAPE = REPOSITORY.parent / "shared/data/spy_ticks_2013-10/20131010_tick_trade.zip"


def check_summary(run: PaperRun) -> dict[str, object]:
    summary = run.summary()
    assert summary["clean"], run.text()
    assert summary["open_orders"] == 0
    assert summary["positions_match"]
    assert summary["positions"] == []
    assert summary["fills"] >= 2, f"no round trip: {summary}\n{run.text()[-3000:]}"
    assert float(summary["fees_usd"]) > 0
    return summary


def check_replay(run: PaperRun, summary: dict[str, object]) -> None:
    done = run.command("replay", str(run.home), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (verdict,) = json.loads(done.stdout)
    assert verdict["identical"]
    assert verdict["outputs"] > 0
    assert verdict["digest"] == summary["outputs_sha256"]


@pytest.mark.parametrize("seed", [42, pytest.param(7, marks=pytest.mark.slow)])
def test_a_session_trades_ends_flat_and_replays(tmp_path: Path, seed: int) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "60", "--seed", str(seed), "--duration", "30")
        assert run.finish() == 0, run.text()
        check_replay(run, check_summary(run))


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not TAPE.exists(), reason=f"real prints are absent: {TAPE.name} of the shared data")
def test_a_session_on_real_prints_replays(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "20", "--tape", str(TAPE), "--duration", "30")
        assert run.finish() == 0, run.text()
        summary = run.summary()
        assert summary["session_date"] == "2013-10-10"
        assert "real SPY prints" in str(summary["market"])
        assert summary["open_orders"] == 0
        done = run.command("replay", str(run.home), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert json.loads(done.stdout)[0]["digest"] == summary["outputs_sha256"]


@pytest.mark.slow
def test_a_feed_stall_halts_entries_and_recovers(tmp_path: Path) -> None:
    scenario = tmp_path / "stall.yaml"
    scenario.write_text("- at_s: 8\n  fault: {kind: mute, symbol: SPY, stream: all, for_s: 6}\n")
    with paper_run(tmp_path / "run", scenario=str(scenario)) as run:
        run.start("--speed", "1", "--duration", "25")
        run.wait_for_line(r"SPY quotes silent for .* entries paused")
        paused = run.wait_for("a pause", lambda: (run.view() or {}).get("entries_paused"))
        assert any("silent" in reason for reason in paused)
        run.wait_for_line(r"SPY quotes are back after")
        assert run.finish() == 0
        assert run.summary()["clean"]


def test_ctrl_c_stops_cleanly_and_says_what_is_left(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        assert run.process is not None
        run.process.send_signal(2)
        assert run.finish() == 0
        assert "stopped by SIGINT" in run.text()
        assert re.search(r"left open\s", run.text())


@pytest.mark.slow
def test_halt_from_the_command_line_survives_a_restart(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        done = run.command("halt", "--home", str(run.home), "--reason", "lunch")
        assert done.returncode == 0, done.stderr
        assert "HALTED" in done.stdout
        run.kill_supervisor_and_trader()
        run.start("--resume", "--duration", "15")
        run.wait_for("the halt", lambda: (run.view() or {}).get("trading_state") == "HALTED")
        assert run.finish() == 0, run.text()
        assert run.summary()["signals"] == 0
