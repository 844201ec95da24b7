"""Which home a run has, and what a resumed one takes from the run before it."""

from pathlib import Path
from typing import Any

import pytest

from alphatrader.commands import operator_actions
from alphatrader.commands.operator_actions import find_home
from alphatrader.control.announcements import write_announcement
from alphatrader.domain.errors import ConfigError
from alphatrader.home import Home
from alphatrader.ops.config import parse_config
from alphatrader.ops.run_options import RunOptions
from alphatrader.supervisor.homes import prepare_home, resumed_options


def options(**changes: Any) -> RunOptions:
    values = {"mode": "paper", "speed": 10.0, "seed": 7, "duration_s": None, "days": None, "tape": None}
    return RunOptions(**(values | {"headless": True, "resume": False} | changes))  # type: ignore[arg-type]


def config(folder: Path, text: str = "") -> Any:
    return parse_config(f"paths: {{state_dir: {folder}}}\n{text}", {})


def traded(home: Home) -> Home:
    home.start("r1").path.mkdir()
    return home


def test_a_simulated_run_has_a_new_home_and_a_resumed_one_the_newest_that_traded(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no run to resume"):
        prepare_home(config(tmp_path), options(resume=True))
    first = traded(prepare_home(config(tmp_path), options(seed=42, speed=60.0)))
    assert (first.label().seed, first.label().speed, first.label().simulated) == (42, 60.0, True)
    refused = prepare_home(config(tmp_path), options())
    assert refused != first
    assert prepare_home(config(tmp_path), options(resume=True)) == first


def test_a_command_means_the_run_that_goes_on_and_only_else_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (traded(prepare_home(config(tmp_path), options())) for _ in range(3))
    monkeypatch.setattr(operator_actions, "load_config", lambda: config(tmp_path))
    assert find_home(None) == third
    write_announcement(first.supervisor_announcement, {})
    assert find_home(None) == first, "the others have ended: a halt in their journals would stop nobody"
    assert not capsys.readouterr().err
    write_announcement(second.supervisor_announcement, {})
    assert find_home(None) == second
    assert capsys.readouterr().err == f"note: {first.path} runs too: --home names it\n"
    assert find_home(third.path) == third
    assert not capsys.readouterr().err


def test_the_brokers_homes_last(tmp_path: Path) -> None:
    broker = config(tmp_path, "gateway: {kind: ibkr}\n")
    home = prepare_home(broker, options())
    assert home.path == tmp_path / "paper"
    assert prepare_home(broker, options()) == home
    assert not home.label().simulated


@pytest.mark.parametrize(
    ("text", "said", "speed", "note"),
    [
        ("", None, 60.0, "resumed: 60x time, as before"),
        ("simulator: {speed: 5}\n", None, 5.0, "resumed: 5x time, as the configuration says; it was 60x"),
        ("simulator: {speed: 60}\n", None, 60.0, "resumed: 60x time, as the configuration says"),
        ("simulator: {speed: 5}\n", 2.5, 2.5, "resumed: 2.5x time, as the command line says; it was 60x"),
    ],
)
def test_the_speed_is_that_which_was_said_last_and_it_is_told(
    tmp_path: Path, text: str, said: float | None, speed: float, note: str
) -> None:
    home = prepare_home(config(tmp_path), options(seed=42, speed=60.0))
    notes: list[str] = []
    found = resumed_options(
        config(tmp_path, text), options(speed=said or 10.0), home, notes, speed=said, seed=None, tape=None
    )
    assert (found.speed, notes) == (speed, [note])
    assert found.seed == 42, "the market is the earlier run's"
    assert home.label().speed == speed


def test_seed_and_tape_are_the_earlier_runs_unless_the_command_line_says_otherwise(tmp_path: Path) -> None:
    tape = tmp_path / "day.zip"
    home = prepare_home(config(tmp_path), options(tape=tape))
    found = resumed_options(config(tmp_path), options(), home, [], speed=None, seed=None, tape=None)
    assert found.tape == tape.resolve()
    other = resumed_options(
        config(tmp_path), options(seed=8, tape=tmp_path / "b"), home, [], speed=None, seed=8, tape=tmp_path / "b"
    )
    assert (other.seed, other.tape) == (8, tmp_path / "b")
