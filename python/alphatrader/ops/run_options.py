"""What the command line says about a run."""

from dataclasses import dataclass
from pathlib import Path

from alphatrader.ops.config_sections import Mode


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says about a run."""

    mode: Mode
    speed: float
    seed: int
    duration_s: float | None
    tape: Path | None
    headless: bool
    resume: bool
