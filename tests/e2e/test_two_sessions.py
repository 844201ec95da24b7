"""Two simulated sessions in one process: what is held over the night keeps its stop, and is closed on day two."""

import json
from pathlib import Path

import pytest
from tests.e2e.paper_runs import PaperRun, paper_run

from alphatrader.adapters.journal import JournalReader

STRATEGY = '''
"""Buys one call that expires on the next session, near the close, and leaves it there the next morning."""

from alphatrader import calendar
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms
from alphatrader.domain.signals import Reason
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan


class HoldOver(Strategy[StrategySettings]):
    """Wants the same whatever happens."""

    settings_type = StrategySettings

    def watch(self, view):
        """Want puts of the first expiry after today: in the market of the seed they outlive the night."""
        later = [expiry for expiry in view.expiries if expiry > view.today]
        return [WatchPlan(expiry, strikes=4, rights=(Right.PUT,)) for expiry in later[:1]]

    def assess(self, features):
        """Want a put in the last ten minutes of a session."""
        if not 60 < (features.session_close_ns - features.now_ns) / 1e9 < 600:
            return Assessment(0.0, None, None, "outside_hours")
        tomorrow = calendar.sessions_after(features.session_date, 1)[0]
        plan = ExitPlan(
            stop=StopTerms(loss_fraction=0.9),
            latest=LatestExit(kind="overnight_until", date=tomorrow.date, clock="10:15"),
        )
        idea = Idea(
            strategy=self.name, symbol=features.symbol, direction="bearish", right=Right.PUT, score=1.0,
            reasons=(Reason("always", 1.0, 1.0, "as every evening"),), expiry=tomorrow.date.replace("-", ""),
            target_delta=0.5, exit_plan=plan,
        )
        return Assessment(1.0, "bearish", idea, "ok")
'''


def starts_of(run: PaperRun) -> list[Path]:
    return sorted((run.home / "events").iterdir())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_position_is_held_over_the_night_and_closed_on_day_two(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "hold_over.py").write_text(STRATEGY)
    extra = (
        f"engine: {{strategies_dir: {tmp_path / 'mine'}, strategies: {{hold_over: {{budget_share: 0.8}}}}, "
        "risk: {risk_budget_usd: 2000}}\n"
    )
    with paper_run(tmp_path, extra=extra) as run:
        run.config.write_text(run.config.read_text().replace("scenario: none", "scenario: none, start_fraction: 0.96"))
        run.start("--speed", "30", "--seed", "42")
        run.wait_for_line(r"✓ fill\s+BUY \d+ SPY", 120)
        first = run.wait_for("the position", lambda: (run.view() or {}).get("positions"))[0]
        run.wait_for_line(
            r"the session of \S+ is over(?s:.*)left open\s+\d+ SPY .*: its stop rests at the broker; held", 120
        )
        run.wait_for_line(r"the simulated market passes the night", 30)
        run.wait_for_line(r"passes the night(?s:.*)reconciled: 1 open positions, 1 open orders", 120)
        second = run.wait_for("the position", lambda: (run.view() or {}).get("positions"))[0]
        assert (second["con_id"], second["quantity"]) == (first["con_id"], first["quantity"])
        assert second["strategy"] == "hold_over"
        run.wait_for("its stop", lambda: run.view()["positions"][0]["stop_resting"])
        run.wait_for_line(r"✓ fill\s+SELL \d+ SPY(?s:.*)exit\s+SPY .*: closed after", 240)
        view = run.wait_for("the view", run.view)
        assert view["positions"] == []
        assert view["session_date"] > "2026"
        assert run.process is not None
        run.process.send_signal(2)
        assert run.finish() == 0, run.text()

        one, two = (json.loads((start / "summary.json").read_text()) for start in starts_of(run))
        assert one["session_date"] < two["session_date"] == view["session_date"]
        assert [summary["clean"] for summary in (one, two)] == [True, True], run.text()
        assert [summary["positions_match"] for summary in (one, two)] == [True, True]
        assert [(p["ours"], p["gateway"]) for p in one["positions"]] == [(first["quantity"],) * 2]
        assert (two["positions"], two["open_orders"]) == ([], 0)
        assert run.summary() == two
        assert all((start / "closed").exists() for start in starts_of(run))

        journal = JournalReader(run.home / "journal.db")
        bought_and_sold = [(fill.execution.side, fill.execution.con_id) for fill in journal.fills()]
        assert {con_id for _, con_id in bought_and_sold} == {first["con_id"]}, "one contract, bought once, sold once"
        assert len(journal.runs()) == 2
        assert len({run_record.epoch for run_record in journal.runs()}) == 1, "one process"
        assert journal.unfinished_runs() == []
        done = run.command("replay", str(run.home), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert [verdict["identical"] for verdict in json.loads(done.stdout)] == [True, True]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_number_of_days_ends_the_run_after_so_many_sessions(tmp_path: Path) -> None:
    extra = "engine: {strategies: {zero_dte: {mode: shadow}}}\n"
    with paper_run(tmp_path, extra=extra) as run:
        run.config.write_text(run.config.read_text().replace("scenario: none", "scenario: none, start_fraction: 0.99"))
        run.start("--speed", "30", "--days", "2")
        run.wait_for_line(r"passes the night(?s:.*)decisions are live", 180)
        # The market is moved on by somebody else: the trader's clock follows.
        run.gateway({"op": "advance", "to": "15:58"}, timeout_s=120)
        assert run.finish(90) == 0, run.text()
        one, two = (json.loads((start / "summary.json").read_text()) for start in starts_of(run))
        assert one["session_date"] < two["session_date"]
        assert two["stopped_because"] == f"the session of {two['session_date']} is over"
        assert run.text().count("left open") == 2
        assert "shadow" in run.text()
