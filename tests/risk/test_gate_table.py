"""The table of docs/risk.md is that by which the gate works."""

import shutil
import subprocess
import sys
from pathlib import Path

from alphatrader.risk.checks import CHECKS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "risk.md"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "gate_table.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_page_is_up_to_date() -> None:
    checked = run("--check")
    assert checked.returncode == 0, checked.stderr


def test_every_check_and_code_stands_in_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for check in CHECKS:
        assert f"| {check.name} | {check.demands} |" in text
        assert ", ".join(f"`{code}`" for code in check.codes) in text


def test_a_page_that_is_out_of_date_is_told_and_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "risk.md"
    shutil.copy(PAGE, page)
    page.write_text(page.read_text(encoding="utf-8").replace("| cooldown |", "| rest |"), encoding="utf-8")
    stale = page.read_text(encoding="utf-8")
    checked = run("--check", "--page", str(page))
    assert checked.returncode == 1
    assert "write it anew with .venv/bin/python tools/gate_table.py" in checked.stderr
    assert page.read_text(encoding="utf-8") == stale, "a check changes nothing"
    assert run("--page", str(page)).returncode == 0
    assert page.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_a_page_without_a_place_for_the_table_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "risk.md"
    page.write_text("# Risk\n", encoding="utf-8")
    refused = run("--page", str(page))
    assert refused.returncode == 1
    assert "no place for the table" in refused.stderr
    assert page.read_text(encoding="utf-8") == "# Risk\n"
