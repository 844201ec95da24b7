"""What a command line says about a run: that of ``alphatrader run``, and that of the trader which it starts."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alphatrader.adapters.ibkr.settings import Mode


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What ``alphatrader run`` was told; it ends after ``days`` sessions, or ``duration_s`` wall seconds."""

    mode: Mode
    speed: float
    seed: int
    duration_s: float | None
    days: int | None
    tape: Path | None
    headless: bool
    resume: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderOptions:
    """What the trader's process is told."""

    home: Path
    mode: Mode
    config: Path | None = None
    duration_s: float | None = None
    elapsed_s: float = 0.0
    """How much of the duration has passed before this process."""
    days: int | None = None
    halted: str = ""
    """Why it comes up HALTED; empty: in the state that the journal says."""
    confirmed_account: str = ""
    """The account that a person typed to allow live trading."""
    lifeline: int | None = None
    """A pipe whose other end the supervisor holds: it ends with the supervisor."""

    def to_arguments(self) -> list[str]:
        """Return the command line that says the same."""
        values = {
            "--home": str(self.home),
            "--mode": self.mode,
            "--config": None if self.config is None else str(self.config),
            "--duration": self.duration_s,
            "--elapsed": self.elapsed_s or None,
            "--days": self.days,
            "--halted": self.halted or None,
            "--confirmed-account": self.confirmed_account or None,
            "--lifeline": self.lifeline,
        }
        return [f"{name}={value}" for name, value in values.items() if value is not None]


def read_trader_options(arguments: Sequence[str] | None = None) -> TraderOptions:
    """Read the trader's command line; argparse itself ends the process for what it does not know."""
    parser = argparse.ArgumentParser(
        prog="python -m alphatrader.trader", description="The trader of a home; `alphatrader run` starts it.",
        allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--home", type=Path, required=True, help="directory of the run; its gateway must be up")
    parser.add_argument("--mode", choices=("paper", "live"), required=True, help="what to trade with")
    parser.add_argument("--config", type=Path, help="the configuration")
    parser.add_argument("--duration", type=float, dest="duration_s", help="close and stop after so many seconds")
    parser.add_argument("--elapsed", type=float, dest="elapsed_s", default=0.0, help="of them, passed already")
    parser.add_argument("--days", type=int, help="end after so many sessions")
    parser.add_argument("--halted", default="", help="come up HALTED, for this reason")
    parser.add_argument("--confirmed-account", default="", help="live: the account that a person typed")
    parser.add_argument("--lifeline", type=int, help="a pipe that ends when the supervisor does")
    return TraderOptions(**vars(parser.parse_args(arguments)))
