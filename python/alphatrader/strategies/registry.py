"""Finds strategies by name: a file of the user's folder, an installed package's entry point, or a file of this package.

``<strategies_dir>/<name>.py``, the entry point ``<name>`` of the group ``alphatrader.strategies``, or
``alphatrader.strategies.<name>``. A name that is found in two places is refused: nobody could tell which one trades.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from alphatrader.domain.errors import ConfigError
from alphatrader.strategies.base import Strategy, StrategySettings

ENTRY_POINT_GROUP = "alphatrader.strategies"
_OWN_FOLDER = Path(__file__).parent
_NO_STRATEGIES = frozenset({"__init__", "base", "registry"})

StrategyType = type[Strategy[Any]]


def strategy_names(folder: Path | None = None) -> list[str]:
    """Return every name that can be configured."""
    names = {path.stem for path in _OWN_FOLDER.glob("*.py")} - _NO_STRATEGIES
    names |= {point.name for point in entry_points(group=ENTRY_POINT_GROUP)}
    if folder is not None and folder.is_dir():
        names |= {path.stem for path in folder.glob("*.py") if path.stem.isidentifier()}
    return sorted(names)


def settings_model(name: str, folder: Path | None = None) -> type[StrategySettings]:
    """Return the settings model of a strategy. Raises ConfigError."""
    return find_strategy(name, folder).settings_type


def build_strategy(name: str, settings: StrategySettings, folder: Path | None = None) -> Strategy[Any]:
    """Make a strategy by its name and block. Raises ConfigError, also for whatever its constructor raises."""
    found = find_strategy(name, folder)
    try:
        return found(name, settings)
    except Exception as error:
        raise ConfigError(f"the strategy {name!r} cannot be made ({_line(error)}): mend {found.__name__}") from error


def find_strategy(name: str, folder: Path | None = None) -> StrategyType:
    """Return the class of a strategy. Raises ConfigError if there is none, or more than one."""
    found: dict[str, StrategyType] = {}
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"engine.strategies_dir names {folder}, which is no folder: create it or correct the path")
    if folder is not None and (path := folder / f"{name}.py").is_file():
        found[str(path)] = _of_file(path.resolve(), path.stat().st_mtime_ns)
    for point in entry_points(group=ENTRY_POINT_GROUP, name=name):
        found[f"the entry point {point.value}"] = _of_entry_point(name, point.value)
    if name not in _NO_STRATEGIES and name.isidentifier() and (_OWN_FOLDER / f"{name}.py").is_file():
        found[f"alphatrader.strategies.{name}"] = _of_module(importlib.import_module(f"alphatrader.strategies.{name}"))
    if not found:
        known = ", ".join(strategy_names(folder))
        raise ConfigError(
            f"there is no strategy {name!r} (known: {known}): correct the name, or put {name}.py into the folder that "
            "engine.strategies_dir names"
        )
    if len(found) > 1:
        raise ConfigError(f"the strategy {name!r} is found twice ({' and '.join(found)}): rename one of them")
    return next(iter(found.values()))


def source_digests(names: Iterable[str], folder: Path | None = None) -> dict[str, str]:
    """Return the digest of each strategy's source. Raises ConfigError."""
    return {name: source_digest(name, folder) for name in names}


def source_digest(name: str, folder: Path | None = None) -> str:
    """Return the start of the SHA-256 of a strategy's source: what a replay compares. Raises ConfigError."""
    source = Path(inspect.getfile(find_strategy(name, folder)))
    return hashlib.sha256(source.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=64)
def _of_file(path: Path, changed_ns: int) -> StrategyType:
    """Load a file of the user's; again if it has changed meanwhile."""
    spec = importlib.util.spec_from_file_location(f"alphatrader_user_strategies.{path.stem}_{changed_ns}", path)
    assert spec is not None, "the path ends in .py"
    assert spec.loader is not None, "a file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pydantic looks annotations up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file raises is a fault of the configuration
        del sys.modules[spec.name]
        raise ConfigError(f"the strategy {path} cannot be loaded ({_line(error)}): mend it") from error
    return _of_module(module)


def _of_entry_point(name: str, target: str) -> StrategyType:
    module_name, _, attribute = target.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), attribute)
    except Exception as error:
        raise ConfigError(
            f"the strategy {name!r} cannot be loaded from its entry point {target} ({_line(error)}): "
            "reinstall its package"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ConfigError(f"the entry point {target} of the strategy {name!r} is not a Strategy: correct the package")
    return found


def _of_module(module: ModuleType) -> StrategyType:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise ConfigError(
            f"{module.__file__} defines {len(found)} strategies: a strategy's file has one class derived from Strategy"
        )
    return found[0]


def _line(error: Exception) -> str:
    """Return an error's kind and words in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
