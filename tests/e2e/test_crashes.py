"""A killed trader, a killed Redis, a second trader: nothing is doubled, nothing is lost, one clear line each."""

import os
import signal
from pathlib import Path

import pytest
from tests.e2e.paper_runs import PaperRun, paper_run


def protected_position(run: PaperRun) -> dict[str, object] | None:
    view = run.view()
    if not view or not view["positions"]:
        return None
    position = view["positions"][0]
    return position if position["stop_resting"] else None


def working_stops(run: PaperRun) -> list[dict[str, object]]:
    orders = run.gateway({"op": "status"})["open_orders"]
    return [order for order in orders if order["order_ref"].endswith(":stop")]


@pytest.mark.slow
def test_kill_9_with_an_open_position_then_resume(tmp_path: Path) -> None:
    with paper_run(tmp_path, extra="engine: {strategies: {zero_dte: {max_hold_s: 100000}}}\n") as run:
        run.start("--speed", "20", "--seed", "42")
        run.wait_for("a protected position", lambda: protected_position(run), 120)
        run.kill_supervisor_and_trader()
        before = run.gateway({"op": "status"})
        assert working_stops(run), "the stop rests at the broker while no trader lives"
        held = {p["con_id"]: p["quantity"] for p in before["positions"]}
        run.start("--resume", "--duration", "15")
        run.wait_for_line("restored: 1 unfinished intents")
        run.wait_for_line("reconciled: 1 open positions")
        position = run.wait_for("the position", lambda: protected_position(run))
        assert {position["con_id"]: position["quantity"]} == held
        after = run.gateway({"op": "status"})
        assert {o["order_ref"] for o in after["open_orders"]} == {o["order_ref"] for o in before["open_orders"]}
        assert run.finish() == 0, run.text()
        summary = run.summary()
        assert summary["clean"], run.text()
        assert summary["open_orders"] == 0
        assert summary["positions_match"]
        assert run.command("replay", str(run.home)).returncode == 0


@pytest.mark.slow
def test_redis_killed_in_mid_session_pauses_entries_and_comes_back(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "5", "--duration", "40")
        run.wait_for_line("decisions are live")
        os.kill(int((run.home / "redis" / "redis.pid").read_text()), signal.SIGKILL)
        run.wait_for_line(r"! redis\s+.*entries wait")
        run.wait_for_line(r"Redis answers(?s:.*)entries wait(?s:.*)Redis answers")
        view = run.wait_for("entries", run.view)
        assert not any("Redis" in reason for reason in view["entries_paused"])
        assert run.finish() == 0, run.text()
        assert run.summary()["clean"]


def test_a_second_trader_on_the_same_journal_is_refused_in_one_line(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        second = run.command("run", "--config", str(run.config), "--mode", "paper", "--headless", "--resume")
        assert second.returncode == 5, second.stdout + second.stderr
        assert second.stderr.count("error:") == 1
        assert str(run.process.pid if run.process else "") in second.stderr
        assert "Traceback" not in second.stderr
