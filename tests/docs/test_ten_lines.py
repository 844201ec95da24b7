"""The ten lines of the simulator's page trade, unchanged but for the port."""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_ten_lines_trade(tmp_path: Path) -> None:
    script = (ROOT / "docs/examples/ten_lines.py").read_text()
    assert "7497" in script
    assert script.split('"""')[2].count("\n") <= 18
    command = [sys.executable, "-m", "alphatrader.sim", "--state-dir", str(tmp_path), "--seed", "7", "--speed", "60"]
    # The snapshot's end comes at once: eleven seconds of a real gateway's habit are not what is tested.
    with subprocess.Popen([*command, "--behaviour", "snapshot_end_s=0.0"], stdout=subprocess.DEVNULL) as simulator:
        try:
            facts = tmp_path / "sim.json"
            deadline_s = time.monotonic() + 90
            while not facts.exists() and time.monotonic() < deadline_s:
                assert simulator.poll() is None
                time.sleep(0.1)
            port = json.loads(facts.read_bytes())["port"]
            run = subprocess.run(
                [sys.executable, "-c", script.replace("7497", str(port))],
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
        finally:
            simulator.terminate()
    assert run.returncode == 0, run.stderr
    status, price, *symbol = run.stdout.split()
    assert status == "Filled"
    assert float(price) > 0
    assert symbol[0] == "SPY"
