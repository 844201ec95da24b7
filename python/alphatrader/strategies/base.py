"""What a strategy sees and what it may say. A strategy is a pure function of its view."""

from dataclasses import dataclass
from typing import Protocol

from alphatrader._core import Snapshot
from alphatrader.analytics.exposures import ExposureState
from alphatrader.analytics.toxicity import Toxicity
from alphatrader.domain.contracts import Right
from alphatrader.domain.signals import Direction, Reason


@dataclass(frozen=True, slots=True)
class MarketView:
    """One underlying at the moment of a decision. Times in engine nanoseconds."""

    symbol: str
    now_ns: int
    session_date: str
    session_open_ns: int
    session_close_ns: int
    snapshot: Snapshot
    toxicity: Toxicity
    exposure: ExposureState | None


@dataclass(frozen=True, slots=True)
class Idea:
    """A direction with its reasons and the terms on which the strategy wants to trade it."""

    strategy: str
    symbol: str
    direction: Direction
    right: Right
    score: float
    reasons: tuple[Reason, ...]
    expiry: str
    """``YYYYMMDD``."""
    target_delta: float
    stop_loss_fraction: float
    take_profit_fraction: float
    max_hold_s: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a strategy thinks now: the idea if it qualifies, or the code of why not."""

    score: float
    direction: Direction | None
    idea: Idea | None
    code: str
    """``ok``, or what is missing: ``no_data``, ``outside_hours``, ``score_low``."""


class Strategy(Protocol):
    """A strategy; add one by a file and a line in the registry."""

    name: str

    def assess(self, view: MarketView) -> Assessment:
        """Judge the view. Must not keep state that the event stream does not determine."""
        ...
