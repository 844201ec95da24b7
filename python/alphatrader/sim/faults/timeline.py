"""A scenario file: faults at fixed wall seconds after the first client has started."""

from pathlib import Path
from typing import Any

import msgspec
import structlog
import yaml

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.injector import FaultInjector, read_fault
from alphatrader.sim.faults.kinds import AnyFault

log = structlog.get_logger("alphatrader.sim.faults")


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at_s: float
    fault: dict[str, Any]


class Timeline:
    """Steps still to come, in order of time."""

    def __init__(self, steps: list[tuple[float, AnyFault]]) -> None:
        self._steps = sorted(steps, key=lambda step: step[0])

    @property
    def left(self) -> int:
        """How many steps are still to come."""
        return len(self._steps)

    def run_due(self, first_start_s: float | None, now_s: float, injector: FaultInjector) -> None:
        """Carry out the steps whose time has come; ``first_start_s`` is None before the first client."""
        if first_start_s is None or not self._steps:
            return
        elapsed_s = now_s - first_start_s
        while self._steps and self._steps[0][0] <= elapsed_s:
            _, fault = self._steps.pop(0)
            try:
                injector.apply(fault)
            except ConfigError as error:
                # The symbols of a scenario may not all be listed in this run; the rest of it still makes sense.
                log.warning("SIMULATED scenario step left out", reason=str(error))


SCENARIO_DIRECTORIES = (Path("config/scenarios"), Path(__file__).parents[4] / "config" / "scenarios")
"""Below the working directory, else those of the checkout that this package belongs to."""


def find_scenario(name: str) -> Path | None:
    """Return the file of a scenario: a path, or a name of those in ``config/scenarios``; ``none`` = no faults.

    Raises ConfigError.
    """
    if name in {"", "none"}:
        return None
    for candidate in (Path(name), *(directory / f"{name}.yaml" for directory in SCENARIO_DIRECTORIES)):
        if candidate.is_file():
            return candidate
    known = sorted({path.stem for directory in SCENARIO_DIRECTORIES for path in directory.glob("*.yaml")})
    raise ConfigError(f"there is no scenario {name!r}: give a file, or one of {', '.join(['none', *known])}")


def load_timeline(path: Path | None) -> Timeline:
    """Read a scenario file: a YAML list of ``{at_s: seconds, fault: {kind: ...}}``. Raises ConfigError."""
    if path is None:
        return Timeline([])
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        steps = msgspec.convert(raw, list[_Step])
    except OSError as error:
        raise ConfigError(f"the scenario {path} cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"the scenario {path} is not a list of {{at_s, fault}} ({reason})") from error
    timeline: list[tuple[float, AnyFault]] = []
    for number, step in enumerate(steps, start=1):
        try:
            timeline.append((step.at_s, read_fault(step.fault)))
        except ConfigError as error:
            raise ConfigError(f"the scenario {path}, step {number}: {error}") from None
    return Timeline(timeline)
