"""YAML as configurations are written: plain values, each key once, ``on`` and ``off`` as words."""

import re
from collections.abc import Hashable

import yaml

from alphatrader.domain.errors import ConfigError

_BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
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


# As in YAML 1.2, only these are booleans: `mode: on` means the word.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def read_sections(text: str, source: str) -> dict[Hashable, object]:
    """Return the tree of sections; empty for an empty text. ``source`` is the name in messages. Raises ConfigError."""
    try:
        # A SafeLoader: it builds plain values only.
        content = yaml.load(text, Loader=_Loader)  # noqa: S506
    except ConfigError as error:
        raise ConfigError(f"{source}, {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise ConfigError(f"{source}{where}: not valid YAML ({problem}): correct the line") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: the top must be sections like 'gateway:', was a {type(content).__name__}")
    return content
