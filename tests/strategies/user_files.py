"""Strategies as users write them, as text."""

import importlib.metadata
from pathlib import Path
from textwrap import dedent

import pytest

HEAD = """
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan
"""
PATIENT = """
class PatientSettings(StrategySettings):
    patience_s: float = 30.0


class Patient(Strategy[PatientSettings]):
    settings_type = PatientSettings

    def watch(self, view):
        return (WatchPlan(view.today, 8),)

    def assess(self, features):
        return Assessment(0.0, None, None, "patient")
"""


def write(folder: Path, name: str, body: str, head: str = HEAD) -> Path:
    path = folder / f"{name}.py"
    path.write_text(dedent(head) + dedent(body), encoding="utf-8")
    return path


def install(place: Path, monkeypatch: pytest.MonkeyPatch, *, name: str, value: str, module: str, body: str) -> None:
    """Install a package that offers a strategy: a module, and the metadata that an installer would write."""
    (place / f"{module}.py").write_text(dedent(HEAD) + dedent(body), encoding="utf-8")
    info = place / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[alphatrader.strategies]\n{name} = {value}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(place)
    assert importlib.metadata.version(module) == "1.0"
