"""What a simulated behaviour is: a claim about real gateways, how it is known, and what may be chosen instead."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct

from alphatrader.domain.errors import ConfigError

Value = bool | int | float | str


class Evidence(StrEnum):
    """How a behaviour of real gateways is known."""

    PROVEN = "P"
    """Seen with unmodified clients against a prototype."""
    SOURCE = "S"
    """Read in a client's source."""
    LIVE = "L"
    """Captured from a live paper gateway."""
    DOCUMENTED = "D"
    """In the broker's documentation."""
    ISSUE = "I"
    """Reported in a public issue."""
    MEMORY = "M"
    """From memory: what relies on it is tested both ways."""


class Behaviour(Struct, frozen=True):
    """One simulated behaviour.

    ``choices`` are all values it may take, the default first; a behaviour with a single value cannot be chosen.
    """

    name: str
    evidence: Evidence
    summary: str
    choices: tuple[Value, ...] = (True,)
    source: str = ""

    @property
    def default(self) -> Value:
        """The value that real gateways are believed to show."""
        return self.choices[0]


class Behaviours(Mapping[str, Value]):
    """The values in force. Behaves as a mapping from name to value; unknown names are a ConfigError."""

    def __init__(self, table: Mapping[str, Behaviour], chosen: Mapping[str, Value] | None = None) -> None:
        self._table = table
        self._chosen = {name: self._check(name, value) for name, value in (chosen or {}).items()}

    def __getitem__(self, name: str) -> Value:
        if name not in self._table:
            raise KeyError(name)
        return self._chosen.get(name, self._table[name].default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def on(self, name: str) -> bool:
        """Return a behaviour that is or is not shown."""
        return bool(self[name])

    def number(self, name: str) -> float:
        """Return a behaviour that is a number."""
        return float(self[name])

    def text(self, name: str) -> str:
        """Return a behaviour that is a word."""
        return str(self[name])

    def _check(self, name: str, value: Value) -> Value:
        behaviour = self._table.get(name)
        if behaviour is None:
            raise ConfigError(f"no simulated behaviour is named {name!r}; see docs/simulator-behaviours.md")
        if value not in behaviour.choices:
            allowed = ", ".join(repr(choice) for choice in behaviour.choices)
            raise ConfigError(f"the simulated behaviour {name} is one of {allowed} (was {value!r})")
        return value
