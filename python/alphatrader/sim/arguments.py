"""The simulator's command line, written from :class:`SimSettings`: one option a field, so that none is forgotten."""

import argparse
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pydantic
import yaml
from pydantic.fields import FieldInfo

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.settings import SimSettings

_ALIASES = {"behaviours": "--behaviour"}
"""A second name, where an option that is given several times reads better in the singular."""


def make_parser(prog: str, description: str, defaults: Mapping[str, object]) -> argparse.ArgumentParser:
    """Make the parser; ``defaults`` stand in for the settings' own and are shown in the help."""
    parser = argparse.ArgumentParser(prog=prog, usage=f"{prog} [options]", description=description, allow_abbrev=False)
    for name, field in SimSettings.model_fields.items():
        default = defaults.get(name, field.get_default(call_default_factory=True))
        required = field.is_required() and name not in defaults
        _add_option(parser, name, field, default, required=required)
    return parser


def read_settings(
    parser: argparse.ArgumentParser, arguments: Sequence[str], defaults: Mapping[str, object]
) -> SimSettings:
    """Read a command line. Raises ConfigError with one line; argparse itself ends the process for unknown options."""
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    values: dict[str, Any] = {**defaults, **given}
    try:
        return SimSettings(**values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        option = "--" + str(first["loc"][0]).replace("_", "-")
        raise ConfigError(f"the simulator refuses {option}: {first['msg']}, was {first['input']!r}") from None


def _add_option(
    parser: argparse.ArgumentParser, name: str, field: FieldInfo, default: object, *, required: bool
) -> None:
    options = ["--" + name.replace("_", "-")]
    if name in _ALIASES:
        options.append(_ALIASES[name])
    text = field.description or ""
    kind = typing.get_origin(field.annotation) or field.annotation
    if kind is bool:
        parser.add_argument(*options, action=argparse.BooleanOptionalAction, default=None, help=text)
    elif kind is dict:
        parser.add_argument(*options, action=_Pairs, metavar="NAME=VALUE", help=f"{text}; may be given several times")
    else:
        shown = "" if default in (None, "", ()) or required else f" [default: {_shown(default)}]"
        parser.add_argument(*options, type=_reader(kind), required=required, metavar="X", help=text + shown)


def _reader(kind: object) -> Any:
    return (lambda text: tuple(part.strip() for part in text.split(","))) if kind is tuple else str


def _shown(default: object) -> str:
    return (",".join(map(str, default)) if isinstance(default, tuple) else str(default)).replace("%", "%%")


class _Pairs(argparse.Action):
    """Collects NAME=VALUE; values are read as YAML reads them, so that 5 is a number and true is true."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        name, separator, text = str(values).partition("=")
        if not separator or not name:
            parser.error(f"{option_string} takes NAME=VALUE (was {values!r})")
        pairs: dict[object, object] = dict(getattr(namespace, self.dest) or {})
        pairs[name] = yaml.safe_load(text)
        setattr(namespace, self.dest, pairs)
