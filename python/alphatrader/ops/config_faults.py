"""What is wrong with a configuration, in the operator's words: a line a fault, with where, what and what to write."""

import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config_sections import AppConfig
from alphatrader.strategies.registry import settings_model

_STRATEGIES = ("engine", "strategies")
"""Its blocks are of models that only their names tell."""

_LIKE = 0.6
"""How much of a key must be right for another to be named: far from all of them, a guess would mislead."""

Location = tuple[object, ...]


def faults_of(error: ValidationError, content: object = None) -> list[str]:
    """Return a line for each fault that pydantic found in ``content``, the tree of sections."""
    return [_describe(dict(item), content) for item in error.errors(include_url=False)]


def unknown_strategies(content: object) -> list[str]:
    """Remove strategies that cannot be found or loaded from a tree of sections; return a line for each."""
    blocks = _inside(content, _STRATEGIES)
    if not isinstance(blocks, dict):
        return []
    faults: list[str] = []
    for name in list(blocks):
        try:
            settings_model(name, _folder(content))
        except ConfigError as error:
            faults.append(f"engine.strategies.{name}: {error}")
            del blocks[name]
    return faults


def _describe(item: Mapping[str, object], content: object) -> str:
    location = item["loc"] if isinstance(item["loc"], tuple) else ()
    path = ".".join(map(str, location))
    if item["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(str(location[-1]), _keys_at(location[:-1], content), n=1, cutoff=_LIKE)
        hint = f": did you mean '{'.'.join([*map(str, location[:-1]), nearest[0]])}'?" if nearest else ""
        return f"unknown key '{path}'{hint}"
    if item["type"] == "model_type":
        return f"{path}: must be a section with keys of its own, was {item.get('input')!r}: write them or remove it"
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    shown = "" if isinstance(item.get("input"), dict | BaseModel) else f", was {_shown(location, content, item)}"
    return f"{path}: {message}{shown}" if path else message


def _shown(location: Location, content: object, item: Mapping[str, object]) -> str:
    annotation = _annotation_at(location, content)
    return "a secret" if SecretStr in _options(annotation) else repr(item.get("input"))[:80]


def _keys_at(location: Location, content: object) -> list[str]:
    return [
        name
        for option in _options(_annotation_at(location, content))
        if _is_model(option)
        for name in option.model_fields
    ]


def _annotation_at(location: Location, content: object) -> object:
    """Return the type of what stands at a location of the configuration, or None if nothing can stand there."""
    annotation: object = AppConfig
    for depth, part in enumerate(location):
        if location[:depth] == _STRATEGIES:
            annotation = _strategy_model(str(part), content)
            continue
        for option in _options(annotation):
            if _is_model(option) and part in option.model_fields:
                annotation = option.model_fields[str(part)].annotation
                break
            if typing.get_origin(option) in (dict, list, tuple):
                annotation = typing.get_args(option)[-1 if typing.get_origin(option) is dict else 0]
                break
        else:
            return None
    return annotation


def _strategy_model(name: str, content: object) -> type[BaseModel] | None:
    try:
        return settings_model(name, _folder(content))
    except ConfigError:
        return None


def _folder(content: object) -> Path | None:
    """Return the folder with strategies of the operator's own, as far as it can be read before anything is checked."""
    folder = _inside(content, ("engine", "strategies_dir"))
    return Path(folder) if isinstance(folder, str) else None


def _inside(content: object, path: tuple[str, ...]) -> object:
    for part in path:
        content = content.get(part) if isinstance(content, dict) else None
    return content


def _options(annotation: object) -> list[typing.Any]:
    """Return the types that an annotation allows, without what pydantic adds to them."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _options(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [part for option in typing.get_args(annotation) for part in _options(option)]
    return [annotation]


def _is_model(annotation: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
