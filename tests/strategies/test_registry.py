"""Strategies are found by name: in the package, in a folder, by an entry point; never twice. Faults are one line."""

import os
from pathlib import Path

import pytest
from tests.doubles.strategies_dir import STRATEGIES_DIR
from tests.strategies.user_files import PATIENT, install, write

from alphatrader.domain.errors import ConfigError
from alphatrader.strategies.base import Strategy, StrategySettings
from alphatrader.strategies.registry import (
    build_strategy,
    find_strategy,
    settings_model,
    source_digest,
    strategy_names,
)
from alphatrader.strategies.zero_dte import ZeroDte, ZeroDteSettings


def fault(name: str, folder: Path | None = None) -> str:
    """The words with which a name is refused: always one line."""
    with pytest.raises(ConfigError) as caught:
        build_strategy(name, StrategySettings(), folder)
    text = str(caught.value)
    assert "\n" not in text
    return text


# ------------------------------------------------------------------------------------------ places


def test_the_package_has_its_own() -> None:
    assert find_strategy("zero_dte") is ZeroDte
    assert settings_model("zero_dte") is ZeroDteSettings
    assert "zero_dte" in strategy_names()


@pytest.mark.parametrize("name", ["base", "registry", "__init__"])
def test_the_packages_machinery_is_no_strategy(name: str) -> None:
    assert name not in strategy_names()
    assert f"there is no strategy {name!r}" in fault(name)


def test_a_folder_of_the_users_is_searched() -> None:
    assert {"armed", "zero_dte"} <= set(strategy_names(STRATEGIES_DIR))
    made = build_strategy("armed", settings_model("armed", STRATEGIES_DIR)(), STRATEGIES_DIR)
    assert isinstance(made, Strategy)
    assert (made.name, type(made).__name__) == ("armed", "Armed")


def test_a_file_may_bear_the_name_of_the_machinery(tmp_path: Path) -> None:
    write(tmp_path, "base", PATIENT)
    assert find_strategy("base", tmp_path).__name__ == "Patient"


def test_an_installed_package_offers_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = {"name": "patient", "value": "waiting_room:Patient", "module": "waiting_room"}
    install(tmp_path, monkeypatch, **place, body=PATIENT)
    assert "patient" in strategy_names()
    assert settings_model("patient")().model_dump()["patience_s"] == 30.0
    assert build_strategy("patient", settings_model("patient")()).name == "patient"
    assert len(source_digest("patient")) == 12


# ------------------------------------------------------------------------------------------ faults


def test_a_name_that_is_nowhere_is_told_with_those_that_are(tmp_path: Path) -> None:
    write(tmp_path, "patient", PATIENT)
    text = fault("pateint", tmp_path)
    assert "there is no strategy 'pateint' (known: " in text
    assert "patient, zero_dte" in text
    with pytest.raises(ConfigError, match="no strategy 'pateint'"):
        settings_model("pateint", tmp_path)
    with pytest.raises(ConfigError, match="no strategy 'pateint'"):
        source_digest("pateint", tmp_path)


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    assert f"engine.strategies_dir names {tmp_path / 'nowhere'}" in fault("zero_dte", tmp_path / "nowhere")


def test_a_name_in_the_folder_and_in_the_package_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "zero_dte", PATIENT)
    text = fault("zero_dte", tmp_path)
    assert "is found twice" in text
    assert str(path) in text
    assert "alphatrader.strategies.zero_dte" in text


def test_a_name_in_the_folder_and_in_an_installed_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = {"name": "restless", "value": "station:Patient", "module": "station"}
    install(tmp_path, monkeypatch, **place, body=PATIENT)
    folder = tmp_path / "mine"
    folder.mkdir()
    write(folder, "restless", PATIENT)
    assert "found twice" in fault("restless", folder)
    assert find_strategy("restless").__module__ == "station", "without the folder there is one"


def test_a_syntax_error_is_one_line_that_names_the_file_and_the_line(tmp_path: Path) -> None:
    path = write(tmp_path, "broken", "def assess(:\n", head="x = 1\n")
    text = fault("broken", tmp_path)
    assert text.startswith(f"the strategy {path} cannot be loaded (SyntaxError: ")
    assert "line 2" in text


def test_whatever_a_file_raises_is_one_line(tmp_path: Path) -> None:
    write(tmp_path, "missing", "import no_such_module\n", head="")
    assert "ModuleNotFoundError" in fault("missing", tmp_path)
    write(tmp_path, "loud", "raise RuntimeError('several\\n\\nlines')\n", head="")
    assert "(RuntimeError: several lines)" in fault("loud", tmp_path)
    write(tmp_path, "model", "class Odd(StrategySettings):\n    unannotated = 5\n")
    assert "PydanticUserError" in fault("model", tmp_path)


def test_a_fault_is_told_again_until_it_is_mended(tmp_path: Path) -> None:
    path = write(tmp_path, "learning", "1 / 0\n", head="")
    for _ in range(2):
        assert "ZeroDivisionError" in fault("learning", tmp_path)
    write(tmp_path, "learning", PATIENT)
    os.utime(path, ns=(1, 1))
    assert find_strategy("learning", tmp_path).__name__ == "Patient"


def test_a_file_with_two_strategies_or_none_is_refused(tmp_path: Path) -> None:
    both = PATIENT + "\n\nclass Second(Patient):\n    pass\n"
    path = write(tmp_path, "both", both)
    assert fault("both", tmp_path).startswith(f"{path} defines 2 strategies")
    write(tmp_path, "none", "")
    assert "defines 0 strategies" in fault("none", tmp_path), "what it imports does not count"


def test_a_strategy_that_lacks_an_answer_is_told(tmp_path: Path) -> None:
    write(tmp_path, "mute", "class Mute(Strategy[StrategySettings]):\n    def watch(self, view):\n        return ()\n")
    text = fault("mute", tmp_path)
    assert "the strategy 'mute' cannot be made (TypeError" in text
    assert "assess" in text


def test_a_constructor_that_fails_is_told(tmp_path: Path) -> None:
    write(
        tmp_path,
        "proud",
        PATIENT + "\n    def __init__(self, name, settings):\n        raise ValueError('not today')\n",
    )
    assert "cannot be made (ValueError: not today): mend Patient" in fault("proud", tmp_path)


@pytest.mark.parametrize(
    ("module", "target", "words"),
    [
        ("offer_1", "gone_module:Patient", "ModuleNotFoundError"),
        ("offer_2", "offer_2:Absent", "AttributeError"),
        ("offer_3", "offer_3", "cannot be loaded"),
        ("offer_4", "offer_4:PatientSettings", "is not a Strategy"),
        ("offer_5", "offer_5:ExitPlan", "is not a Strategy"),
    ],
)
def test_an_entry_point_that_leads_nowhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, target: str, words: str
) -> None:
    install(tmp_path, monkeypatch, name="offered", value=target, module=module, body=PATIENT)
    assert words in fault("offered")


# ------------------------------------------------------------------------------------------ changes


def test_a_changed_file_is_loaded_anew_and_an_unchanged_one_is_not(tmp_path: Path) -> None:
    path = write(tmp_path, "patient", PATIENT)
    first, digest = find_strategy("patient", tmp_path), source_digest("patient", tmp_path)
    assert find_strategy("patient", tmp_path) is first
    assert settings_model("patient", tmp_path)().model_dump()["patience_s"] == 30.0
    write(tmp_path, "patient", PATIENT.replace("30.0", "45.0"))
    os.utime(path, ns=(2, 2))
    assert find_strategy("patient", tmp_path) is not first
    assert settings_model("patient", tmp_path)().model_dump()["patience_s"] == 45.0
    assert source_digest("patient", tmp_path) != digest


def test_two_folders_may_hold_files_of_one_name(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, seconds in ((one, "1.0"), (other, "2.0")):
        folder.mkdir()
        os.utime(write(folder, "patient", PATIENT.replace("30.0", seconds)), ns=(3, 3))
    assert settings_model("patient", one)().model_dump()["patience_s"] == 1.0
    assert settings_model("patient", other)().model_dump()["patience_s"] == 2.0
    assert find_strategy("patient", one) is find_strategy("patient", one)


def test_a_block_is_read_by_the_model_of_its_file(tmp_path: Path) -> None:
    write(tmp_path, "patient", PATIENT)
    model = settings_model("patient", tmp_path)
    assert model.model_validate({"patience_s": 5}).model_dump()["patience_s"] == 5.0
    with pytest.raises(ValueError, match="patiense_s"):
        model.model_validate({"patiense_s": 5})
