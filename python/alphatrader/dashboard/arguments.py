"""The command line of the page's process: an option for each setting, and where the run is."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from alphatrader.dashboard.places import RunPlaces
from alphatrader.dashboard.settings import DashboardSettings
from alphatrader.domain.errors import ConfigError

REDIS_URL_VARIABLE = "ALPHATRADER_REDIS_URL"
_OPTIONS = {
    "host": "address to listen on",
    "port": "port to listen on; 0 = any free one",
    "allow_remote": "allow a host that other machines reach",
    "public_url": "the address in the browser, where a proxy stands in front",
    "stale_after_ms": "a view older than this is shown as stale",
    "session_hours": "after so long a browser must log in again",
}
"""Settings with an option; ``enabled`` has none, for a page that is started is wanted."""


def to_arguments(settings: DashboardSettings) -> list[str]:
    """Return the options that say what the settings say."""
    arguments: list[str] = []
    for name in _OPTIONS:
        value = getattr(settings, name)
        if value is True:
            arguments.append(_option(name))
        elif value is not None and value is not False:
            arguments += [_option(name), str(value)]
    return arguments


def read_arguments(
    arguments: Sequence[str] | None, environment: Mapping[str, str]
) -> tuple[DashboardSettings, RunPlaces]:
    """Read a command line. Raises ConfigError in one line; argparse itself ends the process for unknown options."""
    given = vars(_parser().parse_args(arguments))
    # By the environment too: a URL may hold a password, and every user can read a command line.
    redis_url = given["redis_url"] or environment.get(REDIS_URL_VARIABLE) or None
    values = {name: given[name] for name in _OPTIONS if given[name] is not None}
    try:
        settings = DashboardSettings.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False, include_input=False)
        )
        raise ConfigError(f"the dashboard's options are wrong ({faults}); nothing was started") from None
    return settings, RunPlaces(given["home"], redis_url, given["control_socket"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m alphatrader.dashboard", description="The operator's page of a run."
    )
    parser.add_argument("--home", type=Path, required=True, help="directory of the run: its journal and sockets")
    parser.add_argument("--redis-url", help=f"default: ${REDIS_URL_VARIABLE}, else the private server of the home")
    parser.add_argument("--control-socket", type=Path, help="the trader's socket (home/control.sock)")
    for name, text in _OPTIONS.items():
        field = DashboardSettings.model_fields[name]
        if field.annotation is bool:
            parser.add_argument(_option(name), action="store_true", default=None, help=text)
        else:
            shown = "" if field.default is None else f" ({field.default})"
            parser.add_argument(_option(name), metavar="X", help=text + shown)
    return parser


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
