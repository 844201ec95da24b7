"""A strategy as a user writes one: a file of its own, here obeying the test. It wants a call whenever it is armed."""

from collections.abc import Sequence

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan, WatchView


class ArmedSettings(StrategySettings):
    """Its block."""

    armed: bool = False
    max_hold_s: float = 100_000.0
    stop_loss_fraction: float = 0.25
    take_profit_fraction: float = 0.4
    target_delta: float = 0.5
    expiry_index: int = 0
    """Which of the listed expiries, 0 = the first that is not over."""
    overnight_until: str = ""
    """``YYYY-MM-DD HH:MM``; empty = not held over night by plan."""


class Armed(Strategy[ArmedSettings]):
    """See the module."""

    settings_type = ArmedSettings

    def __init__(self, name: str, settings: ArmedSettings) -> None:
        super().__init__(name, settings)
        self.armed = settings.armed
        self.on_symbols: frozenset[str] | None = None
        """None = on all of its underlyings."""
        self.max_hold_s = settings.max_hold_s
        self.exit_plan: ExitPlan | None = None
        """Instead of the one that its settings stand for."""
        self.expiry = ""

    def watch(self, view: WatchView) -> Sequence[WatchPlan]:
        """Want the strikes around spot of its expiry."""
        ahead = [expiry for expiry in view.expiries if expiry >= view.today]
        if len(ahead) <= self.settings.expiry_index:
            return ()
        self.expiry = ahead[self.settings.expiry_index]
        return (WatchPlan(self.expiry, 12),)

    def assess(self, features: FeatureVector) -> Assessment:
        """Say yes when armed."""
        if not self.armed or (self.on_symbols is not None and features.symbol not in self.on_symbols):
            return Assessment(0.0, None, None, "score_low")
        idea = Idea(
            strategy=self.name,
            symbol=features.symbol,
            direction="bullish",
            right=Right.CALL,
            score=0.9,
            reasons=(),
            expiry=self.expiry or features.session_date.replace("-", ""),
            target_delta=self.settings.target_delta,
            exit_plan=self.exit_plan or self._plan(),
        )
        return Assessment(0.9, "bullish", idea, "ok")

    def _plan(self) -> ExitPlan:
        date, _, clock = self.settings.overnight_until.partition(" ")
        return ExitPlan(
            stop=StopTerms(loss_fraction=self.settings.stop_loss_fraction),
            targets=(TargetStep(gain_fraction=self.settings.take_profit_fraction),),
            max_hold_s=self.max_hold_s,
            latest=LatestExit(kind="overnight_until", date=date, clock=clock) if date else None,
        )
