"""The trader's process: each fault is one line that begins with "error:", and its own exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alphatrader.home import Home, HomeLabel


def trader(folder: Path, config: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "config.yaml").write_text(config)
    home = Home(folder / "home")
    home.write_label(HomeLabel("paper", True, 7, 1.0, "", ""))
    command = [
        sys.executable,
        "-m",
        "alphatrader.trader",
        "--home",
        str(home.path),
        "--config",
        str(folder / "config.yaml"),
    ]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


@pytest.mark.parametrize(
    ("config", "arguments", "status", "words"),
    [
        ("gateway: {port: 1}\n", ("--mode", "paper"), 2, "unknown key 'gateway.port'"),
        ("gateway: {kind: ibkr}\n", ("--mode", "live"), 2, "live.account is empty"),
        (
            "gateway: {kind: ibkr}\nlive: {account: U1, required_paper_sessions: 0}\n",
            ("--mode", "live"), 2, "live trading was not confirmed for this account",
        ),
        (
            "gateway: {kind: ibkr}\nlive: {account: U1, required_paper_sessions: 0}\n",
            ("--mode", "live", "--confirmed-account", "U2"), 2, "live trading was not confirmed for this account",
        ),
        (
            "gateway: {kind: ibkr}\nlive: {account: U1}\n",
            ("--mode", "live", "--confirmed-account", "U1"), 2, "live trading needs 5 clean paper sessions",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_one_line(tmp_path: Path, config: str, arguments: tuple[str, ...], status: int, words: str) -> None:
    done = trader(tmp_path, f"paths: {{state_dir: {tmp_path / 'var'}}}\n{config}", *arguments)
    assert done.returncode == status
    assert done.stderr.startswith("error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_it_waits_for_a_gateway_that_is_not_there(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "alphatrader.trader",
        "--mode",
        "paper",
        "--home",
        str(tmp_path / "home"),
        "--duration",
        "1",
    ]
    Home(tmp_path / "home").write_label(HomeLabel("paper", True, 7, 1.0, "", ""))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "ALPHATRADER_CONFIG": ""}
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        process.wait(20)
    assert "no simulated gateway runs" in first
    assert process.returncode == 0
