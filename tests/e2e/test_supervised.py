"""Real processes killed, frozen, cut off and stopped: what is left goes on, and stops stay at the broker."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.paper_runs import REPOSITORY, PaperRun, alive, paper_run
from tests.e2e.test_crashes import protected_position, working_stops

LONG_HOLD = "engine: {strategies: {zero_dte: {max_hold_s: 100000, stop_loss_fraction: 0.9, take_profit_fraction: 5}}}\n"
"""Terms at which nothing ends a trade while a test looks at it."""

pytestmark = pytest.mark.timeout(300)


def state_of(run: PaperRun) -> str:
    return str((run.view() or {}).get("trading_state"))


def stop_and_check(run: PaperRun, number: signal.Signals = signal.SIGINT) -> None:
    """Stop the run as a person does; nothing of it may be left."""
    pids = [run.pid_of(name) for name in ("trader", "gateway", "redis")]
    assert run.process is not None
    run.process.send_signal(number)
    assert run.finish() == 0, run.text()
    assert not [pid for pid in pids if alive(pid)]
    assert not (run.home / "supervisor.json").exists()
    assert not (run.home / "trader.json").exists()


@pytest.mark.slow
def test_a_killed_trader_is_started_again_halted_and_its_stop_rests_at_the_broker(tmp_path: Path) -> None:
    with paper_run(tmp_path, extra=LONG_HOLD) as run:
        run.start("--speed", "20", "--seed", "42")
        held = run.wait_for("a protected position", lambda: protected_position(run), 120)
        before = run.gateway({"op": "status"})
        killed = run.send("trader", signal.SIGKILL)
        assert working_stops(run), "the stop rests at the broker while no trader lives"
        run.wait_for_line(r"! trader\s+the trader was killed by SIGKILL: it is started again, HALTED, in 1 s")
        run.wait_for_line(r"✓ trader\s+the trader runs again")
        run.wait_for_line(r"HALTED: restarted by the supervisor: the trader was killed by SIGKILL \(supervisor\)")
        run.wait_for_line("reconciled: 1 open positions")
        assert run.pid_of("trader") != killed
        position = run.wait_for("the position", lambda: protected_position(run))
        assert position["con_id"] == held["con_id"]
        after = run.gateway({"op": "status"})
        assert {o["order_ref"] for o in after["open_orders"]} == {o["order_ref"] for o in before["open_orders"]}
        assert len(re.findall("did not end cleanly", run.text())) == 1
        assert state_of(run) == "HALTED"
        done = run.command("resume", "--home", str(run.home), "--reason", "looked at it", "--confirm", "RESUME")
        assert done.stdout == "trading state ACTIVE\n", done.stderr
        stop_and_check(run)
        summary = run.summary()
        assert summary["clean"], run.text()
        assert summary["positions_match"]
        assert run.command("replay", str(run.home)).returncode == 0
        starts = sorted((run.home / "events").iterdir())
        assert [(start / "summary.json").exists() for start in starts] == [False, True]
        assert json.loads((starts[1] / "summary.json").read_text()) == summary


@pytest.mark.slow
def test_an_older_halt_keeps_its_reason_through_a_restart(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        assert run.command("halt", "--home", str(run.home), "--reason", "lunch").returncode == 0
        run.send("trader", signal.SIGKILL)
        run.wait_for_line(r"the trader runs again(?s:.*)decisions are live")
        view = run.wait_for("the view", run.view)
        assert view["trading_state"] == "HALTED"
        assert view["state_reason"].startswith("lunch")
        stop_and_check(run)


@pytest.mark.slow
def test_a_killed_gateway_comes_back_on_its_ports_with_its_market(tmp_path: Path) -> None:
    with paper_run(tmp_path, extra=LONG_HOLD) as run:
        run.start("--speed", "20", "--seed", "42")
        run.wait_for("a protected position", lambda: protected_position(run), 120)
        before, clock = run.gateway({"op": "status"}), run.gateway({"op": "clock"})
        ports = json.loads((run.home / "exchange" / "sim.json").read_text())
        run.send("gateway", signal.SIGKILL)
        run.wait_for_line(
            "the simulated gateway was killed by SIGKILL: it is started again on the same ports, with its market "
            r"where it was, in 1 s"
        )
        run.wait_for_line(r"✓ gateway\s+the simulated gateway runs again")
        again = run.wait_for("the gateway", lambda: run.gateway({"op": "clock"}))
        assert abs(again["market_ns"] - clock["market_ns"]) < 300 * 10**9
        assert again["session_date"] == clock["session_date"]
        now = json.loads((run.home / "exchange" / "sim.json").read_text())
        for name in ("port", "control_port", "alphavantage_port", "seed"):
            assert now[name] == ports[name]
        run.wait_for_line(r"the simulated gateway runs again(?s:.*)✓ broker\s+connected(?s:.*)reconciled: 1 open")
        after = run.gateway({"op": "status"})
        assert {o["order_ref"] for o in after["open_orders"]} == {o["order_ref"] for o in before["open_orders"]}
        assert "TWS" not in run.text().replace("TWS protocol", "")
        assert state_of(run) == "ACTIVE"
        stop_and_check(run)
        assert run.summary()["clean"], run.text()


@pytest.mark.slow
def test_a_frozen_trader_is_told_of_killed_and_started_again_halted(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        frozen = run.send("trader", signal.SIGSTOP)
        # While it hangs, a command says that it was sent and may have been carried out: never that nobody is there.
        done = run.command("halt", "--home", str(run.home), "--reason", "it hangs")
        assert done.returncode == 4
        assert "may have been carried out" in done.stderr
        run.wait_for_line("the trader did not answer for 30 s and was killed: it is started again, HALTED", 60)
        run.wait_for_line(r"HALTED: restarted by the supervisor: the trader did not answer for 30 s")
        assert not alive(frozen)
        run.wait_for("the halt", lambda: state_of(run) == "HALTED")
        stop_and_check(run)


@pytest.mark.slow
def test_a_supervisor_that_is_killed_takes_the_trader_down_cleanly_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with paper_run(tmp_path, extra=LONG_HOLD) as run:
        run.start("--speed", "20", "--seed", "42")
        held = run.wait_for("a protected position", lambda: protected_position(run), 120)
        pids = {name: run.pid_of(name) for name in ("gateway", "redis")}
        trader = run.send("trader", signal.SIGSTOP)  # a slow one: the next run meets it
        run.kill_supervisor()
        run.start("--resume", "--speed", "20")
        run.wait_for_line(rf"Another trader \(pid {trader}\) holds .*; waiting up to 30 s for it")
        os.kill(trader, signal.SIGCONT)
        run.wait_for_line(r"its supervisor is gone: stops stay at the broker")
        run.wait_for_line(r"1 unfinished intents(?s:.*)reconciled: 1 open positions")
        assert "valkey-server adopted" in run.text()
        assert re.search(r"20x time, adopted", run.text())
        assert {name: run.pid_of(name) for name in pids} == pids
        assert "did not end cleanly" not in run.text(), "the orphan wrote its own summary"
        position = run.wait_for("the position", lambda: protected_position(run))
        assert position["con_id"] == held["con_id"]
        assert state_of(run) == "ACTIVE", "a person started it"
        stop_and_check(run)


def test_ctrl_c_stops_trader_gateway_and_redis_in_this_order(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        stop_and_check(run)
        stopped = run.logged("supervisor", "process_stopped")
        assert [line["process"] for line in stopped] == ["trader", "gateway", "redis"]
        assert not any(line["killed"] for line in stopped)
        assert "stopped by SIGINT" in run.text()


@pytest.mark.slow
@pytest.mark.parametrize("whom", ["supervisor", "trader", "both"])
def test_a_closed_terminal_costs_its_lines_alone(tmp_path: Path, whom: str) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10")
        run.wait_for_line("decisions are live")
        assert run.process is not None
        if whom in {"supervisor", "both"}:
            run.process.send_signal(signal.SIGHUP)
        if whom in {"trader", "both"}:
            run.send("trader", signal.SIGHUP)
        if whom in {"trader", "both"}:
            run.wait_for("the loss in the log", lambda: run.logged("trader", "terminal_lost"))
            before = run.text()
            assert run.command("halt", "--home", str(run.home), "--reason", "unseen").returncode == 0
            run.wait_for("the line in the log", lambda: unseen(run))
            assert run.text() == before
        if whom in {"supervisor", "both"}:
            run.wait_for("the loss in the log", lambda: run.logged("supervisor", "terminal_lost"))
        assert run.view() is not None, "it trades on"
        stop_and_check(run, signal.SIGTERM)


def unseen(run: PaperRun) -> list[dict[str, Any]]:
    return [line for line in run.logged("trader", "told") if "HALTED: unseen" in line["text"]]


@pytest.mark.slow
def test_a_broken_pipe_costs_its_lines_alone(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        reader, writer = os.pipe()
        run.process = subprocess.Popen(
            run.command_line("--speed", "10"), stdout=writer, stderr=writer, cwd=REPOSITORY, env=run.environment()
        )
        os.close(writer)
        told = b""
        deadline = time.monotonic() + 60
        while b"connected to" not in told and time.monotonic() < deadline:
            told += os.read(reader, 65_536)
        os.close(reader)  # as `| head` does
        run.wait_for(
            "live decisions", lambda: any("decisions are live" in x["text"] for x in run.logged("trader", "told"))
        )
        assert run.logged("trader", "terminal_lost")
        assert run.view() is not None
        stop_and_check(run)
        assert run.summary()["clean"]


@pytest.mark.slow
def test_a_latin_1_terminal_costs_no_more_than_characters(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "10", "--duration", "15", PYTHONIOENCODING="latin-1", LC_ALL="C")
        assert run.finish() == 0
        text = run.output.read_text(encoding="latin-1")
        assert re.search(r"\? warm-up", text)
        assert "decisions are live" in text
        assert "Traceback" not in text
        assert run.summary()["clean"]


def test_a_refused_start_leaves_the_last_runs_word(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "20", "--duration", "12")
        assert run.finish() == 0, run.text()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            run.config.write_text(run.config.read_text().replace("scenario: none", f"scenario: none, port: {port}"))
            refused = run.command("run", "--config", str(run.config), "--mode", "paper", "--headless", "--resume")
        assert refused.returncode not in (0, 1), refused.stderr
        assert refused.stderr.count("error:") == 1
        assert str(port) in refused.stderr
        assert "Traceback" not in refused.stderr
        status = run.command("status", "--home", str(run.home))
        assert "did not end cleanly" not in status.stdout
        assert "the duration of 12 s is over" in status.stdout


@pytest.mark.slow
def test_the_speed_of_a_resumed_run_is_that_which_was_said_last(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.start("--speed", "30", "--duration", "12")
        assert run.finish() == 0
        run.start("--resume", "--duration", "12")
        assert run.finish() == 0
        assert "resumed: 30x time, as before" in run.text()
        run.config.write_text(run.config.read_text().replace("scenario: none", "scenario: none, speed: 15"))
        run.start("--resume", "--duration", "12")
        assert run.finish() == 0
        assert "resumed: 15x time, as the configuration says; it was 30x" in run.text()
        run.start("--resume", "--speed", "40", "--duration", "12")
        assert run.finish() == 0
        assert "resumed: 40x time, as the command line says; it was 15x" in run.text()
        assert run.summary()["speed"] == 40


@pytest.mark.slow
def test_a_quiet_terminal_shows_that_all_is_well(tmp_path: Path) -> None:
    extra = 'trader: {quiet_line_s: 5}\nengine: {strategies: {zero_dte: {mode: "off"}}}\n'
    with paper_run(tmp_path, extra=extra) as run:
        run.start("--speed", "1")
        line = run.wait_for_line(r"\d\d:\d\d:\d\d · quiet\s+SPY \d+\.\d\d; ACTIVE; P&L \+0\.00 USD after fees")
        assert line
        assert re.search(r"strategy\s+zero_dte off", run.text())
        stop_and_check(run)


@pytest.mark.slow
def test_the_page_is_owned_too_and_its_link_stays_out_of_the_logs(tmp_path: Path) -> None:
    with paper_run(tmp_path) as run:
        run.config.write_text(run.config.read_text().replace("dashboard: {enabled: false}", "dashboard: {port: 0}"))
        command = [word for word in run.command_line("--speed", "10") if word != "--headless"]
        with run.output.open("ab") as output:
            run.process = subprocess.Popen(command, stdout=output, stderr=output, cwd=REPOSITORY, env=run.environment())
        link = run.wait_for_line(r"✓ dashboard http://127\.0\.0\.1:\d+/login\?token=\S+ \(the link logs in once\)")
        assert link
        run.wait_for_line("decisions are live")
        killed = run.send("dashboard", signal.SIGKILL)
        run.wait_for_line(r"! dashboard the page was killed by SIGKILL: it is started again in 1 s")
        run.wait_for_line(r"✓ dashboard the page runs again")
        assert run.pid_of("dashboard") != killed
        assert state_of(run) == "ACTIVE", "nothing else cares"
        tokens = re.findall(r"token=(\S+)", run.text())
        assert len(set(tokens)) == 2
        logs = "".join(path.read_text() for path in (run.home / "logs").iterdir())
        assert not [token for token in tokens if token in logs]
        stop_and_check(run)
        order = [line["process"] for line in run.logged("supervisor", "process_stopped")]
        assert order == ["trader", "dashboard", "gateway", "redis"]
        assert not (run.home / "dashboard.json").exists()
