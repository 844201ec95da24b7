"""The configuration: ``config/config.yaml``, with ``${ENV}`` and ``${ENV:-default}`` substituted in its values.

Every key has a default, so the file may be partial or absent. An unknown key ends the start: a typo in a limit must
never mean "no limit". All that is wrong is reported at once, a line each, as :class:`ConfigError`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config_faults import faults_of, unknown_strategies
from alphatrader.ops.config_sections import AppConfig, Mode
from alphatrader.ops.moved_keys import take_moved
from alphatrader.ops.yaml_text import read_sections

DEFAULT_PATH = Path("config/config.yaml")
PATH_VARIABLE = "ALPHATRADER_CONFIG"

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{(?P<bad>[^}]*)\}?")


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
    faults: list[str] = []
    substituted = _substitute(read_sections(text, source), environment, (), faults)
    if faults:
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in faults))
    faults = take_moved(substituted) + unknown_strategies(substituted)
    config: AppConfig | None = None
    try:
        config = AppConfig.model_validate(substituted)
    except ValidationError as error:
        faults += faults_of(error, substituted)
    if faults or config is None:
        raise ConfigError("\n".join(f"{source}: {fault}" for fault in faults))
    return config


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
        raise ConfigError("\n".join(faults_of(error))) from None


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
