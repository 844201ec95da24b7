"""The examples of docs/simulator.md run as they stand."""

import contextlib
import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

# At the head, as a user has it: it asks for an event loop when it is imported, and an earlier test may have left none.
import ib_insync  # noqa: F401
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def blocks() -> list[str]:
    return [match["code"] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def printed(code: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, str(PAGE), "exec"), {"__name__": "example"})
    return out.getvalue().splitlines()[-1]


def test_the_virtual_run_prints_the_same_two_words_at_every_run(blocks: list[str]) -> None:
    [code] = [block for block in blocks if "run_virtual" in block]
    code = code.replace("sleep(3600)", "sleep(120)")
    assert "sleep(120)" in code
    first = printed(code)
    assert re.fullmatch(r"Filled [0-9a-f]{64}", first)
    assert printed(code) == first


async def test_the_embedded_simulator_runs(blocks: list[str], tmp_path: Path) -> None:
    [code] = [block for block in blocks if "open_simulator" in block]
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(code, str(PAGE), "exec"), names)
    await names["test_my_bot_survives"](tmp_path)  # type: ignore[operator]


def test_the_control_client_speaks_to_a_running_simulator(blocks: list[str], tmp_path: Path) -> None:
    [code] = [block for block in blocks if "ControlClient" in block]
    state = tmp_path / "var/sim/gateway"
    command = [sys.executable, "-m", "alphatrader.sim", "--state-dir", str(state), "--session-date", "2026-11-16"]
    environment = {**os.environ, "PYTHONPATH": str(PAGE.parents[1] / "python")}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as simulator:
        try:
            deadline_s = time.monotonic() + 90
            while not (state / "sim.json").exists() and time.monotonic() < deadline_s:
                assert simulator.poll() is None
                time.sleep(0.1)
            run = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
            )
        finally:
            simulator.terminate()
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() in {"()", "[]"}
