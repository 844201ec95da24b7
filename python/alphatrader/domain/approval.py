"""The proof that the gate said yes: the broker port accepts nothing else, so the gate can't be forgotten."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_GATE_KEY = object()


@dataclass(frozen=True, slots=True)
class RiskApproved(Generic[T]):
    """A value that passed the gate. Made by :func:`approve`, which only :mod:`alphatrader.risk.gate` calls."""

    value: T
    checks: tuple[str, ...]
    _key: object

    def __post_init__(self) -> None:
        if self._key is not _GATE_KEY:
            raise TypeError("RiskApproved was made outside the risk gate; call RiskGate.check_* to get one.")


def approve(value: T, checks: tuple[str, ...]) -> RiskApproved[T]:
    """Seal a value. For the gate alone."""
    return RiskApproved(value, checks, _GATE_KEY)
