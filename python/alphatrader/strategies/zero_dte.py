"""0DTE: follow one-sided flow with a single long option that expires today.

Score = weighted mean of four signed inputs in -1..1: normalised order flow imbalance (Cont, Kukanov, Stoikov) over
60 s, net aggressor volume over 60 s, the 60-s return in standard deviations, and the book imbalance. Where dealers
are long gamma they lean against moves, so the score is damped; it is damped a little, too, the lower VPIN stands in its
own day, for one-sided flow means more when it is informed. The score is a rule of thumb, not a probability.
"""

from math import sqrt

from alphatrader.domain.contracts import Right
from alphatrader.domain.signals import Direction, Reason
from alphatrader.settings import ZeroDteSettings
from alphatrader.strategies.base import Assessment, Idea, MarketView

_SECONDS_PER_YEAR = 252 * 390 * 60
_NS = 1_000_000_000

_Four = tuple[float, float, float, float]
"""Flow, aggressor volume, momentum, book."""


class ZeroDte:
    """The strategy; see the module's text."""

    name = "zero_dte"

    def __init__(self, settings: ZeroDteSettings) -> None:
        self._settings = settings
        self._weights = (settings.flow_weight, settings.volume_weight, settings.momentum_weight, settings.book_weight)

    def assess(self, view: MarketView) -> Assessment:
        """Judge one underlying."""
        settings = self._settings
        since_open_s = (view.now_ns - view.session_open_ns) / _NS
        to_close_s = (view.session_close_ns - view.now_ns) / _NS
        if since_open_s < settings.no_entry_first_s or to_close_s < settings.no_entry_last_s:
            return Assessment(0.0, None, None, "outside_hours")
        inputs = self._inputs(view)
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
        vpin_cdf = view.snapshot.vpin_cdf
        if vpin_cdf is None:
            return Assessment(0.0, direction, None, "no_data")
        gamma = self._gamma_damping(view)
        floor = settings.quiet_vpin_damping
        vpin = Reason("vpin", floor + (1 - floor) * vpin_cdf, 0.0, f"VPIN at the {vpin_cdf:.0%} quantile of its day")
        score = min(1.0, abs(raw) * gamma.value * vpin.value)
        if score < settings.min_score:
            return Assessment(score, direction, None, "score_low")
        idea = Idea(
            strategy=self.name,
            symbol=view.symbol,
            direction=direction,
            right=Right.CALL if direction == "bullish" else Right.PUT,
            score=score,
            reasons=(*self._reasons(view, inputs, contributions), gamma, vpin),
            expiry=view.session_date.replace("-", ""),
            target_delta=settings.target_delta,
            stop_loss_fraction=settings.stop_loss_fraction,
            take_profit_fraction=settings.take_profit_fraction,
            max_hold_s=settings.max_hold_s,
        )
        return Assessment(score, direction, idea, "ok")

    def _inputs(self, view: MarketView) -> _Four | None:
        """Return the four inputs, each -1..1; None if one is not known: no data, no opinion."""
        snapshot = view.snapshot
        flow, book = snapshot.ofi_60s_normalised, snapshot.obi_weighted
        change, volatility = snapshot.return_60s, snapshot.volatility_300s
        if flow is None or change is None or not volatility or snapshot.volume_60s <= 0:
            return None
        sigma_60s = volatility * sqrt(60 / _SECONDS_PER_YEAR)
        momentum = _clip(change / (self._settings.momentum_scale_sigmas * sigma_60s))
        volume = _clip(snapshot.signed_volume_60s / snapshot.volume_60s)
        return flow, volume, momentum, book or 0.0

    def _reasons(self, view: MarketView, inputs: _Four, contributions: _Four) -> tuple[Reason, ...]:
        """Put the four inputs into words; only an idea is worth that."""
        flow, volume, _, book = inputs
        names = ("order_flow_imbalance", "aggressor_volume", "momentum", "book_imbalance")
        texts = (
            f"order flow imbalance {flow:+.2f} over 60 s",
            f"net aggressor volume {volume:+.0%} over 60 s",
            f"60-s return {(view.snapshot.return_60s or 0.0) * 1e4:+.1f} bp",
            f"book imbalance {book:+.2f}",
        )
        return tuple(map(Reason, names, inputs, contributions, texts))

    def _gamma_damping(self, view: MarketView) -> Reason:
        if view.exposure is None:
            return Reason("dealer_gamma", 1.0, 0.0, "dealer gamma not known")
        gex_musd = view.exposure.view.gex_usd_per_pct / 1e6
        if view.exposure.dealers_long_gamma:
            text = f"dealers long gamma ({gex_musd:+,.0f} M$ per 1%): score damped"
            return Reason("dealer_gamma", self._settings.long_gamma_damping, 0.0, text)
        text = f"dealers short gamma ({gex_musd:+,.0f} M$ per 1%): moves feed themselves"
        return Reason("dealer_gamma", 1.0, 0.0, text)


def _clip(value: float) -> float:
    return max(-1.0, min(1.0, value))
