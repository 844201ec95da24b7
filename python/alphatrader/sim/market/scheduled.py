"""Events that are known beforehand: the options that span one are dearer by the variance it will bring."""

import re
from dataclasses import dataclass

from alphatrader import calendar
from alphatrader.domain.errors import ConfigError, DataError

_MOST_SESSIONS = 50.0
_FORM = re.compile(r"([^@/=]+)(?:/([A-Z.]+))?@(\d{4}-\d\d-\d\d)T(\d\d:\d\d)=(\d+(?:\.\d+)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """An event at a New York time (FOMC at 14:00, CPI at 08:30, earnings at 16:05) and the variance expected of it.

    ``sessions``: its variance in units of an ordinary session's; a meeting of the Fed is about 1, a quarter's earnings
    of a large company about 10. ``symbols`` empty: it concerns all. Raises ConfigError.
    """

    name: str
    date: str
    clock: str
    sessions: float
    symbols: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.sessions <= _MOST_SESSIONS:
            raise ConfigError(
                f"event {self.name!r}: its variance must be above 0 and at most {_MOST_SESSIONS:g} sessions "
                f"(was {self.sessions})"
            )
        try:
            calendar.to_ns(self.date, self.clock)
        except DataError as error:
            raise ConfigError(f"event {self.name!r}: {error}") from error

    @classmethod
    def parse(cls, text: str) -> "ScheduledEvent":
        """Read ``NAME@YYYY-MM-DDTHH:MM=SESSIONS``, for a single symbol ``NAME/SYMBOL@...``. Raises ConfigError."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ConfigError(f"event {text!r}: write it as FOMC@2026-12-09T14:00=1.0 or earnings/AAPL@...=10")
        name, symbol, date, clock, sessions = found.groups()
        return cls(name, date, clock, float(sessions), (symbol,) if symbol else ())

    @property
    def at_ns(self) -> int:
        """The instant of the event."""
        return calendar.to_ns(self.date, self.clock)

    def concerns(self, symbol: str) -> bool:
        """Return whether options on a symbol are dearer for it."""
        return not self.symbols or symbol in self.symbols
