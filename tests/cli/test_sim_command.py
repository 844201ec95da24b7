import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from alphatrader.ops.doctor_links import greet_gateway


def test_the_simulator_serves_its_protocol_and_stops_on_a_signal(tmp_path: Path) -> None:
    state = tmp_path / "gateway"
    command = [
        sys.executable,
        "-m",
        "alphatrader.cli",
        "sim",
        "--state-dir",
        str(state),
        "--scenario",
        "none",
        "--speed",
        "2",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        announcement = state / "sim.json"
        deadline = time.monotonic() + 60
        while not announcement.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert announcement.exists(), process.communicate(timeout=5)[0]
        port = json.loads(announcement.read_text())["port"]
        version, _ = greet_gateway("127.0.0.1", port, 5.0)
        assert version == 176
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert output.startswith("SIMULATED MARKET (seed 7, 2x time)")


def test_a_symbol_that_cannot_be_simulated_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("engine: {symbols: [spy]}")
    command = [sys.executable, "-m", "alphatrader.cli", "sim", "--config", str(tmp_path / "c.yaml")]
    ended = subprocess.run(
        [*command, "--state-dir", str(tmp_path / "s")], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the simulator refuses symbols:")
    assert ended.stderr.count("\n") == 1
