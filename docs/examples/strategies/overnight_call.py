"""An example of a strategy of one's own: buy a call that expires later, keep it over the night, leave the next morning.

Not a way to make money: it shows what a strategy's file holds, and what it may say. Set ``engine.strategies_dir`` to
this folder and name it under ``engine.strategies``.
"""

from collections.abc import Sequence

from pydantic import Field

from alphatrader import calendar
from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, LatestExit, StopTerms, TargetStep
from alphatrader.domain.signals import Reason
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan, WatchView

_NS = 1_000_000_000


class OvernightCallSettings(StrategySettings):
    """Its block in the configuration."""

    enter_last_s: float = Field(3_600, gt=0)
    """Entries are possible in so many seconds before the close."""
    leave_at: str = Field("09:45", pattern=r"^\d{2}:\d{2}$")
    """New York time of the next session."""
    stop_loss_fraction: float = Field(0.5, gt=0, lt=1)
    take_profit_fraction: float = Field(1.0, gt=0)


class OvernightCall(Strategy[OvernightCallSettings]):
    """See the module."""

    settings_type = OvernightCallSettings

    def watch(self, view: WatchView) -> Sequence[WatchPlan]:
        """Want calls of the first expiry after today."""
        later = [expiry for expiry in view.expiries if expiry > view.today]
        return [WatchPlan(expiry, strikes=6, rights=(Right.CALL,)) for expiry in later[:1]]

    def assess(self, features: FeatureVector) -> Assessment:
        """Want a call near the close, once a day, while the day is up."""
        to_close_s = (features.session_close_ns - features.now_ns) / _NS
        if not 60 < to_close_s < self.settings.enter_last_s:
            return Assessment(0.0, None, None, "outside_hours")
        change = features.value("distance_to_vwap")
        if change is None:
            return Assessment(0.0, None, None, "no_data")
        if change <= 0:
            return Assessment(0.0, "bullish", None, "score_low")
        tomorrow = calendar.sessions_after(features.session_date, 1)[0]
        plan = ExitPlan(
            stop=StopTerms(loss_fraction=self.settings.stop_loss_fraction),
            targets=(TargetStep(gain_fraction=self.settings.take_profit_fraction),),
            latest=LatestExit(kind="overnight_until", date=tomorrow.date, clock=self.settings.leave_at),
        )
        reason = Reason("distance_to_vwap", change, 1.0, f"{change * 1e4:+.1f} bp above the day's VWAP")
        idea = Idea(
            strategy=self.name,
            symbol=features.symbol,
            direction="bullish",
            right=Right.CALL,
            score=1.0,
            reasons=(reason,),
            expiry=tomorrow.date.replace("-", ""),
            target_delta=0.5,
            exit_plan=plan,
        )
        return Assessment(1.0, "bullish", idea, "ok")
