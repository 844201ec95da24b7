"""What a strategy is: its settings, what it wants to watch, and what it thinks of an underlying.

A strategy is one file: a settings model, derived from :class:`StrategySettings`, and a class, derived from
:class:`Strategy`. It is found by its file's name (``alphatrader.strategies.registry``) and configured by the block of
that name. The engine asks nothing else of it: when to enter, what to hold how long, which stop and when to leave are
data in its answers, carried out by the keeper of the trade and journaled with the intent.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from msgspec import Struct
from pydantic import Field

from alphatrader.calendar import expiry_date
from alphatrader.domain.contracts import Right
from alphatrader.domain.errors import DataError
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.signals import Denial, Direction, Reason
from alphatrader.settings import Settings
from alphatrader.signals.features import FeatureVector

StrategyMode = Literal["off", "shadow", "approve", "on"]


class StrategySettings(Settings):
    """What every strategy's block has; a strategy's own model adds its parameters."""

    mode: StrategyMode = "on"
    """``off``; ``shadow``: decides live and is journaled with the outcome it would have had, without orders;
    ``approve``: each signal waits for ``alphatrader approve``; ``on``."""
    symbols: tuple[str, ...] = ()
    """Its underlyings; empty = all of ``engine.symbols``."""
    budget_share: float = Field(1.0, gt=0, le=1)
    """The part of the risk budget and of the premium cap that one of its trades may use."""


SettingsT = TypeVar("SettingsT", bound=StrategySettings)


@dataclass(frozen=True, slots=True)
class WatchView:
    """What a strategy may go by when it says which options it wants quoted. Expiries are ``YYYYMMDD``, ascending."""

    symbol: str
    session_date: str
    """``YYYY-MM-DD``."""
    spot: float
    expiries: tuple[str, ...]

    @property
    def today(self) -> str:
        """The session's date as an expiry."""
        return self.session_date.replace("-", "")


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """Options that a strategy wants quoted: of one expiry, the strikes nearest to spot."""

    expiry: str
    strikes: int
    """How many strikes, the nearest first."""
    rights: tuple[Right, ...] = (Right.CALL, Right.PUT)


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
    """0..1, of a put without its sign."""
    exit_plan: ExitPlan

    def fault(self, strategy: str, symbol: str) -> Denial | None:
        """Return why nothing can be made of it as the answer of a strategy that was asked about a symbol."""
        if (self.strategy, self.symbol) != (strategy, symbol):
            # Mode and budget are those of the block: under another's name they would be evaded.
            text = f"{strategy} was asked about {symbol} and answered as {self.strategy} about {self.symbol}"
            return Denial("bad_idea", text)
        try:
            expiry_date(self.expiry)
        except (DataError, TypeError) as error:
            return Denial("bad_idea", f"its contract cannot be looked for: {error}")
        if not 0 < self.target_delta <= 1:
            text = f"target_delta is {self.target_delta}, not over 0 and at most 1 (of a put, too, without its sign)"
            return Denial("bad_idea", text)
        plan = self.exit_plan
        fault = plan.fault() if isinstance(plan, ExitPlan) else f"its exit plan is a {type(plan).__name__}"
        return Denial("bad_plan", fault) if fault else None


class Assessment(Struct, frozen=True):
    """What a strategy thinks now: the idea if it qualifies, or the code of why not."""

    score: float
    direction: Direction | None
    idea: Idea | None
    code: str
    """``ok``, or what is missing: ``no_data``, ``outside_hours``, ``score_low``, or a code of the strategy's own.
    A score that is no number counts as none: ``bad_score``."""


class Strategy(ABC, Generic[SettingsT]):
    """A strategy. Must not keep state that the event stream does not determine."""

    settings_type: ClassVar[type[StrategySettings]] = StrategySettings

    def __init__(self, name: str, settings: SettingsT) -> None:
        self.name = name
        self.settings = settings

    @abstractmethod
    def watch(self, view: WatchView) -> Sequence[WatchPlan]:
        """Say which options are to be quoted; what is held is quoted in any case."""

    @abstractmethod
    def assess(self, features: FeatureVector) -> Assessment:
        """Judge one underlying at one moment."""
