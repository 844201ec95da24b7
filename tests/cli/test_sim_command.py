import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.doctor_links import greet_gateway
from alphatrader.sim.arguments import make_parser, read_settings
from alphatrader.sim.section import SimulatorSettings
from alphatrader.sim.settings import SimSettings


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
        "--port=0",
        "--control-port=0",
        "--alphavantage-port=0",
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
    assert "SIMULATED MARKET (seed 7)   2x time" in output.splitlines()[0]
    assert f"TWS protocol on 127.0.0.1:{port}, account DUSIM0001" in output


def test_a_symbol_that_cannot_be_simulated_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("engine: {symbols: [spy]}")
    command = [sys.executable, "-m", "alphatrader.cli", "sim", "--config", str(tmp_path / "c.yaml")]
    ended = subprocess.run(
        [*command, "--state-dir", str(tmp_path / "s")], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the simulator refuses --symbols:")
    assert ended.stderr.count("\n") == 1


def test_options_are_the_fields_of_the_settings_with_their_defaults(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("simulator: {seed: 11}")
    command = [sys.executable, "-m", "alphatrader.cli", "sim", "--config", str(tmp_path / "c.yaml"), "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    text = " ".join(shown.split())
    for name in SimSettings.model_fields:
        assert f"--{name.replace('_', '-')}" in text, name
    assert "same seed, same market [default: 11]" in text
    assert "port of the TWS protocol; 0 = any free one [default: 7497]" in text


def test_pairs_are_read_as_values_and_a_wrong_one_gets_one_line(capsys) -> None:
    parser = make_parser("sim", "", {})
    behaviour = ["--behaviour", "snapshot_end_s=0.0", "--behaviour", "executions_current_day=false"]
    settings = read_settings(parser, ["--state-dir", "x", *behaviour], {})
    assert settings.behaviours == {"snapshot_end_s": 0.0, "executions_current_day": False}
    with pytest.raises(SystemExit):
        read_settings(parser, ["--state-dir", "x", "--behaviour", "snapshot_end_s"], {})
    assert "takes NAME=VALUE (was 'snapshot_end_s')" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=r"the simulator refuses --speed: .* was '0'"):
        read_settings(parser, ["--state-dir", "x", "--speed", "0"], {})


def test_the_section_of_the_configuration_can_be_said_on_the_command_line() -> None:
    section = SimulatorSettings(seed=3, speed=2.5, start_fraction=0.25, scenario="halted", port=1, control_port=2)
    settings = read_settings(make_parser("sim", "", {}), ["--state-dir", "x", *section.to_arguments()], {})
    assert {name: getattr(settings, name) for name in SimulatorSettings.model_fields} == section.model_dump()


def test_alone_it_keeps_real_time_and_no_fault_happens() -> None:
    settings = read_settings(make_parser("sim", "", {}), ["--state-dir", "x"], {})
    assert (settings.speed, settings.scenario) == (1.0, "none")
