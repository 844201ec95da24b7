"""Faults of the service, for the next requests."""

from typing import Literal, get_args

from alphatrader.domain.errors import ConfigError

FaultKind = Literal[
    "limit",
    "daily_limit",
    "placeholder",
    "premium",
    "bad_key",
    "garbage",
    "cut",
    "previous_day",
    "stale",
    "delayed",
    "error_500",
    "hang",
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
"""``limit``, ``daily_limit``, ``premium`` and ``bad_key``: a notice instead of data; ``placeholder``: invented option
rows; ``garbage``: a body that is no JSON; ``cut``: a body that ends in its middle; ``previous_day``: the chain of the
day before in place of today's; ``stale``: the body that the same question had before, once more; ``delayed``: data of a
quarter of an hour ago; ``error_500``: a server error; ``hang``: no answer until the client gives up."""


class AlphaVantageFaults:
    """What goes wrong with the coming requests. Shared by the server and whoever injects faults; one event loop."""

    def __init__(self) -> None:
        self._kind: FaultKind | None = None
        self._left = 0

    def set_fault(self, kind: str, count: int = 1) -> None:
        """Let the next ``count`` requests fail in this way (0 ends the fault). Raises ConfigError for another kind."""
        known = next((fault for fault in FAULT_KINDS if fault == kind), None)
        if known is None:
            raise ConfigError(f"no Alpha Vantage fault {kind!r}; there are {', '.join(FAULT_KINDS)}")
        if count < 0:
            raise ConfigError(f"a fault's count must not be negative (was {count})")
        self._kind, self._left = known, count

    def clear(self) -> None:
        """End the fault."""
        self._kind, self._left = None, 0

    def take(self) -> FaultKind | None:
        """Return the fault that is due for this request, and count it."""
        if not self._left:
            return None
        self._left -= 1
        return self._kind
