"""The trading state: what the system may do, over restarts and for every operator surface."""

from enum import StrEnum

from msgspec import Struct


class TradingState(StrEnum):
    """ACTIVE: all; REDUCING: only orders that shrink a position; HALTED: as REDUCING, working entries cancelled."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class StateChange(Struct, frozen=True):
    """A journaled change of the trading state."""

    state: TradingState
    actor: str
    reason: str
    ts_ns: int
