"""A trader killed near the close, its strategy switched off: what it held is kept over night and sold as planned."""

import json
import signal
from pathlib import Path

import pytest
from tests.e2e.paper_runs import paper_run
from tests.e2e.test_two_sessions import STRATEGY

from alphatrader.adapters.journal import JournalReader


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_a_trade_outlives_its_trader_its_strategy_and_the_night(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "hold_over.py").write_text(STRATEGY)
    block = "hold_over: {budget_share: 0.8}"
    extra = (
        f"engine: {{strategies_dir: {tmp_path / 'mine'}, strategies: {{{block}}}, risk: {{risk_budget_usd: 2000}}}}\n"
    )
    with paper_run(tmp_path, extra=extra) as run:
        run.config.write_text(run.config.read_text().replace("scenario: none", "scenario: none, start_fraction: 0.96"))
        run.start("--speed", "10", "--seed", "42")
        run.wait_for_line(r"✓ fill\s+BUY \d+ SPY", 120)
        run.wait_for("its stop", lambda: (run.view() or {})["positions"][0]["stop_resting"])
        run.config.write_text(run.config.read_text().replace(block, 'zero_dte: {mode: "off"}'))
        run.send("trader", signal.SIGKILL)
        run.wait_for_line(r"HALTED: restarted by the supervisor", 60)
        run.wait_for_line(r"passes the night(?s:.*)reconciled: 1 open positions, 1 open orders", 300)
        (position,) = run.wait_for("the position", lambda: (run.view() or {}).get("positions"))
        assert position["strategy"] == "hold_over"
        run.gateway({"op": "advance", "to": "10:14"}, timeout_s=120)
        run.wait_for_line(r"✓ fill\s+SELL \d+ SPY(?s:.*)exit\s+SPY .*: closed after", 240)
        view = run.wait_for("the view", run.view)
        assert (view["positions"], view["trading_state"]) == ([], "HALTED")
        assert run.process is not None
        run.process.send_signal(signal.SIGINT)
        assert run.finish() == 0, run.text()

        fills = JournalReader(run.home / "journal.db").fills()
        assert len({fill.execution.con_id for fill in fills}) == 1
        signed = [f.execution.quantity * (1 if f.execution.side == "BUY" else -1) for f in fills]
        assert sum(signed) == 0
        assert (run.summary()["positions"], run.summary()["clean"]) == ([], True)
        done = run.command("replay", str(run.home), "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        # The start that was killed, the one after it, and the next day's.
        assert [verdict["identical"] for verdict in json.loads(done.stdout)] == [True, True, True]
