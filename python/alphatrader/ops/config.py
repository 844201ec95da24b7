"""The configuration: ``config/config.yaml``, with ``${ENV}`` and ``${ENV:-default}`` substituted in its values.

Every key has a default, so the file may be partial or absent. An unknown key ends the start: a typo in a limit must
never mean "no limit". All that is wrong is reported at once, a line each, as :class:`ConfigError`.
"""

import difflib
import os
import re
import types
import typing
from collections.abc import Hashable, Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, SecretStr, ValidationError

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config_sections import AppConfig, Mode

DEFAULT_PATH = Path("config/config.yaml")
PATH_VARIABLE = "ALPHATRADER_CONFIG"

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{(?P<bad>[^}]*)\}?")


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML lets a second key of one name win silently; of two limits nobody knows which one holds."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise ConfigError(f"line {line}: the key '{key}' appears twice in one section: remove one of them")
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_config(path: Path | None = None, environment: Mapping[str, str] | None = None) -> AppConfig:
    """Load and check the configuration.

    Without ``path`` it is ``$ALPHATRADER_CONFIG``, else ``config/config.yaml`` below the working directory, else the
    built-in defaults. Raises ConfigError whose message has a line for each fault.
    """
    environment = os.environ if environment is None else environment
    if path is None and environment.get(PATH_VARIABLE):
        path = Path(environment[PATH_VARIABLE])
    if path is None:
        if not DEFAULT_PATH.exists():
            return AppConfig()
        path = DEFAULT_PATH
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"the configuration {path} does not exist: create it or name another with --config") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration {path} cannot be read ({error}): check its permissions") from None
    return parse_config(text, environment, source=str(path))


def parse_config(text: str, environment: Mapping[str, str], *, source: str = "config") -> AppConfig:
    """Check the YAML ``text``; ``source`` is the name in messages. Raises ConfigError."""
    try:
        # A SafeLoader: it builds plain values only.
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506
    except ConfigError as error:
        raise ConfigError(f"{source}, {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"{source}{where}: not valid YAML ({problem}): correct the line") from None
    if content is None:
        return AppConfig()
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: the top must be sections like 'gateway:', was a {type(content).__name__}")
    faults: list[str] = []
    substituted = _substitute(content, environment, (), faults)
    if faults:
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in faults))
    try:
        return AppConfig.model_validate(substituted)
    except ValidationError as error:
        lines = [f"{source}: {_describe(dict(item))}" for item in error.errors(include_url=False)]
        raise ConfigError("\n".join(lines)) from None


def with_mode(config: AppConfig, mode: Mode) -> AppConfig:
    """Return the configuration for another mode, checked again. Raises ConfigError."""
    if config.mode == mode:
        return config
    try:
        # Sections are passed as they are: dumped, their secrets would become asterisks.
        return AppConfig.model_validate(
            {**{name: getattr(config, name) for name in AppConfig.model_fields}, "mode": mode}
        )
    except ValidationError as error:
        raise ConfigError("\n".join(_describe(dict(item)) for item in error.errors(include_url=False))) from None


def secret_values(config: BaseModel) -> tuple[str, ...]:
    """Return every secret in the configuration in plain text, for the log redaction only."""
    found: list[str] = []
    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, SecretStr):
            found.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            found.extend(secret_values(value))
    return tuple(secret for secret in found if secret)


def _substitute(value: object, environment: Mapping[str, str], path: tuple[str, ...], faults: list[str]) -> object:
    """Replace variables in every string of a parsed YAML tree. Values only: a variable can never add a key."""
    if isinstance(value, dict):
        return {str(key): _substitute(item, environment, (*path, str(key)), faults) for key, item in value.items()}
    if isinstance(value, list):
        return [_substitute(item, environment, (*path, str(i)), faults) for i, item in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return value

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        name, default = match["name"], match["default"]
        if name is None:
            faults.append(f"{'.'.join(path)}: '{match[0]}' is not a variable: write ${{NAME}} or ${{NAME:-default}}")
            return ""
        current = environment.get(name, "")
        if current or default is not None:
            # As in a shell, `:-` also covers a variable that is set but empty.
            return current or (default or "")
        if name not in environment:
            where = ".".join(path)
            faults.append(f"{where}: the environment variable {name} is not set: set it or write ${{{name}:-}}")
        return current

    return _VARIABLE.sub(replace, value)


def _describe(item: dict[str, object]) -> str:
    """Turn a pydantic error into one line: where, what was wrong, what to write."""
    location = tuple(item["loc"]) if isinstance(item["loc"], tuple) else ()
    path = ".".join(str(part) for part in location)
    if item["type"] == "extra_forbidden":
        valid = _keys_at(location[:-1])
        nearest = difflib.get_close_matches(str(location[-1]), valid, n=1, cutoff=0.0)
        hint = f": did you mean '{'.'.join([*map(str, location[:-1]), nearest[0]])}'?" if nearest else ""
        return f"unknown key '{path}'{hint}"
    if item["type"] == "model_type":
        return f"{path}: must be a section with keys of its own, was {item.get('input')!r}: write them or remove it"
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    shown = "" if isinstance(item.get("input"), dict) else f", was {_shown(location, item.get('input'))}"
    return f"{path}: {message}{shown}" if path else message


def _shown(location: tuple[object, ...], value: object) -> str:
    annotation = _annotation_at(location)
    return "a secret" if annotation is not None and SecretStr in _flatten(annotation) else repr(value)[:80]


def _keys_at(location: tuple[object, ...]) -> list[str]:
    annotation = _annotation_at(location)
    if annotation is None:
        return []
    return [name for part in _flatten(annotation) if _is_model(part) for name in part.model_fields]


def _annotation_at(location: tuple[object, ...]) -> object:
    """Return the annotation of the field at a location of :class:`AppConfig`, or None if there is no such field."""
    annotation: object = AppConfig
    for part in location:
        for candidate in _flatten(annotation):
            if _is_model(candidate) and part in candidate.model_fields:
                annotation = candidate.model_fields[str(part)].annotation
                break
        else:
            return None
    return annotation


def _flatten(annotation: object) -> list[typing.Any]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [part for option in typing.get_args(annotation) for part in _flatten(option)]
    return [annotation]


def _is_model(annotation: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
