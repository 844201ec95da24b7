import subprocess
import sys

import pytest
from typer.testing import CliRunner

from alphatrader import __version__, cli
from alphatrader.commands import operator_actions as operator
from alphatrader.domain.errors import ConfigError, DataError, LinkError

COMMANDS = (
    "run",
    "sim",
    "replay",
    "status",
    "halt",
    "resume",
    "flatten",
    "approve",
    "exposure",
    "vpin",
    "sample",
    "doctor",
)
HEAVY = (
    "pyarrow",
    "numpy",
    "pandas",
    "matplotlib",
    "ib_insync",
    "redis",
    "aiohttp",
    "litestar",
    "pydantic",
    "rich.table",
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alphatrader.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_help_lists_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout
    assert "..." not in result.stdout.split("Commands:")[1]  # each line says all that it means to


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    result = CliRunner().invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert f"usage: alphatrader {command}" in result.output.lower()


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys; import alphatrader.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"


def test_version() -> None:
    assert run("--version").stdout.strip() == f"alphatrader {__version__}"


def test_an_unknown_command_or_option_is_a_usage_error() -> None:
    assert run("nonsense").returncode == 2
    assert run("doctor", "--nonsense").returncode == 2
    assert run("run", "--mode", "papr").returncode == 2


def ended_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_known_error_is_one_line_and_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_with(DataError("the file is bad: mend it"), monkeypatch) == 3
    assert capsys.readouterr().err == "error: the file is bad: mend it\n"


def test_each_fault_of_a_configuration_has_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended_with(ConfigError("a\nb"), monkeypatch) == 2
    assert capsys.readouterr().err == "error: a\nerror: b\n"


def test_a_known_error_inside_a_task_group_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = BaseExceptionGroup("tasks", [BaseExceptionGroup("inner", [LinkError("gone"), LinkError("gone too")])])
    assert ended_with(group, monkeypatch) == 4
    assert capsys.readouterr().err == "error: gone\n"


def test_a_bug_beside_a_known_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise BaseExceptionGroup("tasks", [LinkError("gone"), KeyError("bug")])

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(BaseExceptionGroup):
        cli.main()


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended_with(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("command", "word"), [("resume", "RESUME"), ("flatten", "FLATTEN")])
def test_what_adds_or_ends_risk_asks_for_a_word(command: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(operator, "resume_command", lambda **_: done.append("resume"))
    monkeypatch.setattr(operator, "flatten_command", lambda **_: done.append("flatten"))
    monkeypatch.setattr(operator, "flatten_plan", lambda **_: ["sell 2 SPY 0DTE 651C"])
    arguments = [command, "--reason", "test"]
    refused = CliRunner().invoke(cli.app, arguments, input="no\n")
    assert isinstance(refused.exception, ConfigError)
    assert done == []
    assert CliRunner().invoke(cli.app, arguments, input=f"{word}\n").exit_code == 0
    assert CliRunner().invoke(cli.app, [*arguments, "--confirm", word]).exit_code == 0
    assert done == [command, command]


def test_halt_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(operator, "halt_command", lambda **given: done.append(given["reason"]))
    assert CliRunner().invoke(cli.app, ["halt"]).exit_code == 0
    assert done == ["halted by the operator"]
