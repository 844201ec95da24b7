"""Scenario files: what happens when, in YAML.

A file is a list of steps, or ``{parameters: {...}, steps: [...]}``. A step says when by one of ``at_s`` (wall seconds
after the first client has started, or after the scenario was called for), ``at`` (market time in New York,
``"15:59:30"``) and ``after_open_s``; it may repeat (``every_s``, ``times``). It says what by one of ``fault``,
``include`` (another scenario, from that moment on) and ``random`` (faults drawn from a list). ``$name`` as a value
stands for a parameter.
"""

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

import msgspec
import yaml

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.faults.kinds import AnyFault

SCENARIO_DIRECTORIES = (Path("config/scenarios"), Path(__file__).parents[4] / "config" / "scenarios")
"""Below the working directory, else those of the checkout that this package belongs to."""
MAX_DEPTH = 5
"""Includes within includes."""
MAX_TIMES = 100_000

Parameter = bool | int | float | str
Parameters = Mapping[str, Parameter]


class Moment(msgspec.Struct, frozen=True):
    """When a step is due: one of the three is set. ``each_session``: on every day of the market."""

    at_s: float | None = None
    at: time | None = None
    after_open_s: float | None = None
    each_session: bool = False


class RandomFaults(msgspec.Struct, frozen=True):
    """``per_minute`` faults a wall minute on average, drawn from ``faults`` for ``for_s`` seconds (0 = for ever)."""

    per_minute: float
    faults: tuple[AnyFault, ...]
    for_s: float = 0.0


class Step(msgspec.Struct, frozen=True):
    """One step, ready to run. ``action`` is a fault, faults at random, or a scenario that begins then."""

    moment: Moment
    action: "AnyFault | RandomFaults | Timeline"
    every_s: float = 0.0
    times: int = 1


class Timeline(msgspec.Struct, frozen=True):
    """A scenario, checked and with its parameters filled in."""

    name: str
    steps: tuple[Step, ...]


NO_SCENARIO = Timeline("none", ())


class _RawRandom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    per_minute: float
    faults: list[dict[str, Any]]
    for_s: float = 0.0


class _RawStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at_s: float | None = None
    at: str | None = None
    after_open_s: float | None = None
    each_session: bool = False
    every_s: float = 0.0
    times: int = 1
    fault: dict[str, Any] | None = None
    include: str | None = None
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    random: _RawRandom | None = None


class _RawScenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    steps: list[dict[str, Any]]
    parameters: dict[str, Parameter] = msgspec.field(default_factory=dict)


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


def load_timeline(path: Path | None, parameters: Parameters | None = None, depth: int = 0) -> Timeline:
    """Read a scenario file. Raises ConfigError, which names file and step."""
    if path is None:
        return NO_SCENARIO
    if depth > MAX_DEPTH:
        raise ConfigError(f"the scenario {path} is included by itself, or more than {MAX_DEPTH} deep")
    raw = _read(path)
    unknown = sorted(set(parameters or {}) - set(raw.parameters))
    if unknown:
        has = ", ".join(sorted(raw.parameters)) or "none"
        raise ConfigError(f"the scenario {path} has no parameter {', '.join(unknown)} (it has: {has})")
    values = {**raw.parameters, **(parameters or {})}
    steps: list[Step] = []
    for number, step in enumerate(raw.steps, start=1):
        try:
            steps.append(_step(msgspec.convert(_filled(step, values), _RawStep), depth))
        except (ConfigError, msgspec.ValidationError) as error:
            raise ConfigError(f"the scenario {path}, step {number}: {error}") from None
    return Timeline(path.stem, tuple(steps))


def _read(path: Path) -> _RawScenario:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return msgspec.convert({"steps": raw} if isinstance(raw, list) else raw, _RawScenario)
    except OSError as error:
        raise ConfigError(f"the scenario {path} cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"the scenario {path} is not a list of steps, nor parameters and steps ({reason})") from error


def _filled(value: Any, parameters: Parameters) -> Any:
    """Put parameters in the place of ``$name``. Raises ConfigError for a name that has no value."""
    if isinstance(value, dict):
        return {key: _filled(inner, parameters) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, parameters) for inner in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    if value[1:] not in parameters:
        raise ConfigError(f"{value} is no parameter of the scenario")
    return parameters[value[1:]]


def _step(raw: _RawStep, depth: int) -> Step:
    whens = [raw.at_s is not None, raw.at is not None, raw.after_open_s is not None]
    if sum(whens) != 1:
        raise ConfigError("a step says when by one of at_s, at and after_open_s")
    if (raw.at_s or 0.0) < 0:
        raise ConfigError(f"at_s must not be negative (was {raw.at_s})")
    if raw.each_session and raw.at_s is not None:
        raise ConfigError("each_session goes with at or after_open_s")
    if not 1 <= raw.times <= MAX_TIMES or (raw.times > 1 and raw.every_s <= 0):
        raise ConfigError(f"times is 1 to {MAX_TIMES}, and beyond 1 needs every_s above 0")
    moment = Moment(raw.at_s, None if raw.at is None else read_time_of_day(raw.at), raw.after_open_s, raw.each_session)
    return Step(moment, _action(raw, depth), raw.every_s, raw.times)


def _action(raw: _RawStep, depth: int) -> "AnyFault | RandomFaults | Timeline":
    if sum(action is not None for action in (raw.fault, raw.include, raw.random)) != 1:
        raise ConfigError("a step says what by one of fault, include and random")
    if raw.parameters and raw.include is None:
        raise ConfigError("parameters go with include")
    if raw.fault is not None:
        return read_fault(raw.fault)
    if raw.include is not None:
        return load_timeline(find_scenario(raw.include), raw.parameters, depth + 1)
    assert raw.random is not None
    if raw.random.per_minute <= 0 or not raw.random.faults:
        raise ConfigError("random needs per_minute above 0 and at least one fault")
    return RandomFaults(raw.random.per_minute, tuple(map(read_fault, raw.random.faults)), raw.random.for_s)


def read_time_of_day(text: str) -> time:
    """Read a time of day in New York. Raises ConfigError."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"a time of day in New York is written as 15:59:30 (was {text!r})") from None
