"""0DTE: follow one-sided flow with a single long option that expires today.

Score = weighted mean of four signed inputs in -1..1: normalised order flow imbalance (Cont, Kukanov, Stoikov) over
60 s, net aggressor volume over 60 s, the 60-s return in standard deviations, and the book imbalance. Where dealers
are long gamma they lean against moves, so the score is damped; it is damped a little, too, the lower VPIN stands in its
own day, for one-sided flow means more when it is informed. The score is a rule of thumb, not a probability.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Self

from pydantic import Field, model_validator

from alphatrader.domain.contracts import Right
from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep
from alphatrader.domain.signals import Direction, Reason
from alphatrader.settings import Fraction
from alphatrader.signals.features import FeatureVector
from alphatrader.strategies.base import Assessment, Idea, Strategy, StrategySettings, WatchPlan, WatchView

_SECONDS_PER_YEAR = 252 * 390 * 60
_NS = 1_000_000_000

_Four = tuple[float, float, float, float]
"""Flow, aggressor volume, momentum, book."""


class ZeroDteSettings(StrategySettings):
    """The strategy's block."""

    min_score: Fraction = 0.45
    """0..1; below it there is no signal."""
    flow_weight: float = Field(0.35, ge=0)
    volume_weight: float = Field(0.25, ge=0)
    momentum_weight: float = Field(0.30, ge=0)
    book_weight: float = Field(0.10, ge=0)
    momentum_scale_sigmas: float = Field(1.0, gt=0)
    """A 60-s return of so many standard deviations counts as full momentum."""
    quiet_vpin_damping: float = Field(0.90, gt=0, le=1)
    """Score multiplier at the lowest VPIN of the day so far; it rises to 1 at the highest."""
    long_gamma_damping: Fraction = 0.85
    """Score multiplier where dealers are long gamma (they lean against moves)."""
    target_delta: Fraction = 0.45
    strikes_each_side: int = Field(6, ge=1, le=20)
    """Strikes on each side of spot whose options are quoted."""
    no_entry_first_s: float = Field(900, ge=0)
    no_entry_last_s: float = Field(2_700, ge=0)
    max_hold_s: float = Field(180, gt=0)
    stop_loss_fraction: Fraction = 0.25
    take_profit_fraction: float = Field(0.40, gt=0)

    @model_validator(mode="after")
    def _some_weight(self) -> Self:
        if not self.flow_weight + self.volume_weight + self.momentum_weight + self.book_weight:
            raise ValueError("all four weights are 0: give at least one of them a weight")
        return self


class ZeroDte(Strategy[ZeroDteSettings]):
    """The strategy; see the module's text."""

    settings_type = ZeroDteSettings

    def __init__(self, name: str, settings: ZeroDteSettings) -> None:
        super().__init__(name, settings)
        self._weights = (settings.flow_weight, settings.volume_weight, settings.momentum_weight, settings.book_weight)
        self._exit_plan = ExitPlan(
            stop=StopTerms(loss_fraction=settings.stop_loss_fraction),
            targets=(TargetStep(gain_fraction=settings.take_profit_fraction),),
            max_hold_s=settings.max_hold_s,
        )

    def watch(self, view: WatchView) -> Sequence[WatchPlan]:
        """Want both rights of the strikes around spot that expire today, where there are any."""
        if view.today not in view.expiries:
            return ()
        return (WatchPlan(view.today, 2 * self.settings.strikes_each_side),)

    def assess(self, features: FeatureVector) -> Assessment:
        """Judge one underlying."""
        settings = self.settings
        since_open_s = (features.now_ns - features.session_open_ns) / _NS
        to_close_s = (features.session_close_ns - features.now_ns) / _NS
        if since_open_s < settings.no_entry_first_s or to_close_s < settings.no_entry_last_s:
            return Assessment(0.0, None, None, "outside_hours")
        inputs = self._inputs(features)
        if inputs is None:
            return Assessment(0.0, None, None, "no_data")
        flow_weight, volume_weight, momentum_weight, book_weight = self._weights
        total = flow_weight + volume_weight + momentum_weight + book_weight
        flow, volume, momentum, book = inputs
        contributions = (
            flow * flow_weight / total,
            volume * volume_weight / total,
            momentum * momentum_weight / total,
            book * book_weight / total,
        )
        raw = sum(contributions)
        direction: Direction = "bullish" if raw > 0 else "bearish"
        vpin_cdf = features.value("vpin_cdf")
        if vpin_cdf is None:
            return Assessment(0.0, direction, None, "no_data")
        gamma = self._gamma_damping(features)
        floor = settings.quiet_vpin_damping
        vpin = Reason("vpin", floor + (1 - floor) * vpin_cdf, 0.0, f"VPIN at the {vpin_cdf:.0%} quantile of its day")
        score = min(1.0, abs(raw) * gamma.value * vpin.value)
        if score < settings.min_score:
            return Assessment(score, direction, None, "score_low")
        idea = Idea(
            strategy=self.name,
            symbol=features.symbol,
            direction=direction,
            right=Right.CALL if direction == "bullish" else Right.PUT,
            score=score,
            reasons=(*self._reasons(features, inputs, contributions), gamma, vpin),
            expiry=features.session_date.replace("-", ""),
            target_delta=settings.target_delta,
            exit_plan=self._exit_plan,
        )
        return Assessment(score, direction, idea, "ok")

    def _inputs(self, features: FeatureVector) -> _Four | None:
        """Return the four inputs, each -1..1; None without flow, volume or momentum. No book counts as an even one."""
        flow, book = features.value("order_flow_imbalance"), features.value("order_book_imbalance")
        change, volatility = features.value("return_60s"), features.value("volatility_300s")
        volume = features.value("signed_volume_share")
        if flow is None or change is None or not volatility or volume is None:
            return None
        sigma_60s = volatility * sqrt(60 / _SECONDS_PER_YEAR)
        momentum = _clip(change / (self.settings.momentum_scale_sigmas * sigma_60s))
        return flow, _clip(volume), momentum, book or 0.0

    def _reasons(self, features: FeatureVector, inputs: _Four, contributions: _Four) -> tuple[Reason, ...]:
        """Put the four inputs into words; only an idea is worth that."""
        flow, volume, _, book = inputs
        change = features.value("return_60s") or 0.0
        names = ("order_flow_imbalance", "aggressor_volume", "momentum", "book_imbalance")
        texts = (
            f"order flow imbalance {flow:+.2f} over 60 s",
            f"net aggressor volume {volume:+.0%} over 60 s",
            f"60-s return {change * 1e4:+.1f} bp",
            f"book imbalance {book:+.2f}",
        )
        return tuple(map(Reason, names, inputs, contributions, texts))

    def _gamma_damping(self, features: FeatureVector) -> Reason:
        gex_usd_per_pct = features.value("gex_usd_per_pct")
        if gex_usd_per_pct is None:
            return Reason("dealer_gamma", 1.0, 0.0, "dealer gamma not known")
        gex_musd = gex_usd_per_pct / 1e6
        if gex_musd > 0:
            text = f"dealers long gamma ({gex_musd:+,.0f} M$ per 1%): score damped"
            return Reason("dealer_gamma", self.settings.long_gamma_damping, 0.0, text)
        text = f"dealers short gamma ({gex_musd:+,.0f} M$ per 1%): moves feed themselves"
        return Reason("dealer_gamma", 1.0, 0.0, text)


def _clip(value: float) -> float:
    return max(-1.0, min(1.0, value))
