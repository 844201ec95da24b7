"""What strategies go by: named values of one underlying at one moment, each with its unit, its source and its age.

A :class:`FeatureVector` is made once for a symbol and decision, from the snapshot of the market state, the chain's
exposure, news and indicators. Values are read when asked for, so a strategy pays for those that it scores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Literal

from msgspec import Struct

from alphatrader._core import Snapshot
from alphatrader.analytics.exposures import ExposureState
from alphatrader.analytics.toxicity import Toxicity

Source = Literal["quote", "trade", "depth", "chain", "news", "indicator"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One value, None where an input is missing; ``age_ns`` (event time) is that of the newest content behind it."""

    name: str
    value: float | None
    unit: str
    source: Source
    age_ns: int | None


class FeatureVector(Struct, frozen=True):
    """One underlying at the moment of a decision, the same for every strategy. Times in engine nanoseconds."""

    symbol: str
    now_ns: int
    session_date: str
    """``YYYY-MM-DD``, New York."""
    session_open_ns: int
    session_close_ns: int
    snapshot: Snapshot
    toxicity: Toxicity
    exposure: ExposureState | None
    sentiment: tuple[int, float, int] | None = None
    """(ts_ns, score, articles)."""
    technicals: dict[str, tuple[int, dict[str, float]]] | None = None
    """name -> (ts_ns, values)."""

    def value(self, name: str) -> float | None:
        """Return a value by its name. Raises KeyError for a name that :data:`FEATURES` does not have."""
        return _READERS[name](self)

    def age_ns(self, name: str) -> int | None:
        """Return the age of what stands behind a value; None if there has been nothing yet."""
        newest_ns = self._newest_ns(FEATURES[name])
        return self.now_ns - newest_ns if newest_ns else None

    def describe(self) -> tuple[Feature, ...]:
        """Return every feature: for why-cards, records and pages."""
        return tuple(
            Feature(name, spec.read(self), spec.unit, spec.source, self.age_ns(name)) for name, spec in FEATURES.items()
        )

    def _newest_ns(self, spec: "FeatureSpec") -> int:
        snapshot = self.snapshot
        match spec.source:
            case "quote":
                return snapshot.quote_ts_ns
            case "trade":
                return snapshot.trade_ts_ns
            case "depth":
                return snapshot.depth_ts_ns
            case "chain":
                return self.exposure.ts_ns if self.exposure else 0
            case "news":
                return self.sentiment[0] if self.sentiment else 0
            case "indicator":
                reading = (self.technicals or {}).get(spec.indicator)
                return reading[0] if reading else 0


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """How a value is named, measured and read."""

    unit: str
    source: Source
    read: Callable[[FeatureVector], float | None]
    indicator: str = ""
    """Of the source ``indicator``: which one."""


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _distance_to_vwap(vector: FeatureVector) -> float | None:
    mid, vwap = vector.snapshot.mid, vector.snapshot.vwap
    return log(mid / vwap) if mid is not None and vwap else None


def _distance_to_zero_gamma(vector: FeatureVector) -> float | None:
    mid = vector.snapshot.mid
    flip = vector.exposure.view.zero_gamma_flip if vector.exposure else None
    return log(mid / flip) if mid is not None and flip else None


def _distance_to_nearest_wall(vector: FeatureVector) -> float | None:
    mid = vector.snapshot.mid
    if mid is None or vector.exposure is None:
        return None
    walls = [wall for wall in (vector.exposure.view.call_wall, vector.exposure.view.put_wall) if wall]
    return min((log(wall / mid) for wall in walls), key=abs, default=None)


def _put_call_flow(vector: FeatureVector) -> float | None:
    """Volume of puts over that of calls, as (puts - calls) / (puts + calls)."""
    if vector.exposure is None:
        return None
    rows = vector.exposure.view.by_strike
    calls = sum(row.call_volume or 0.0 for row in rows)
    puts = sum(row.put_volume or 0.0 for row in rows)
    return _share(puts - calls, puts + calls)


def _rsi(vector: FeatureVector) -> float | None:
    reading = (vector.technicals or {}).get("RSI")
    return reading[1].get("RSI") if reading else None


def _gex(vector: FeatureVector) -> float | None:
    return vector.exposure.view.gex_usd_per_pct if vector.exposure else None


FEATURES: dict[str, FeatureSpec] = {
    "spot": FeatureSpec("USD", "quote", lambda v: v.snapshot.mid),
    "return_60s": FeatureSpec("log return", "trade", lambda v: v.snapshot.return_60s),
    "return_300s": FeatureSpec("log return", "trade", lambda v: v.snapshot.return_300s),
    "distance_to_vwap": FeatureSpec("log return", "trade", _distance_to_vwap),
    "volatility_300s": FeatureSpec("per year", "trade", lambda v: v.snapshot.volatility_300s),
    "order_book_imbalance": FeatureSpec("-1..1", "depth", lambda v: v.snapshot.obi_weighted),
    "order_flow_imbalance": FeatureSpec("-1..1", "quote", lambda v: v.snapshot.ofi_60s_normalised),
    "signed_volume_share": FeatureSpec(
        "-1..1", "trade", lambda v: _share(v.snapshot.signed_volume_60s, v.snapshot.volume_60s)
    ),
    "vpin": FeatureSpec("0..1", "trade", lambda v: v.snapshot.vpin),
    "vpin_cdf": FeatureSpec("quantile of its day", "trade", lambda v: v.snapshot.vpin_cdf),
    "toxicity": FeatureSpec("0..1", "trade", lambda v: v.toxicity.score),
    "odd_lot_share": FeatureSpec("share of prints", "trade", lambda v: v.snapshot.odd_lot_share),
    "gex_usd_per_pct": FeatureSpec("USD per 1%", "chain", _gex),
    "distance_to_zero_gamma": FeatureSpec("log return", "chain", _distance_to_zero_gamma),
    "distance_to_nearest_wall": FeatureSpec("log return", "chain", _distance_to_nearest_wall),
    "put_call_flow": FeatureSpec("-1..1", "chain", _put_call_flow),
    "sentiment": FeatureSpec("-1..1", "news", lambda v: v.sentiment[1] if v.sentiment else None),
    "rsi": FeatureSpec("0..100", "indicator", _rsi, "RSI"),
}
"""Every feature by name. Exposures follow the naive sign convention: dealers long calls, short puts."""

_READERS = {name: spec.read for name, spec in FEATURES.items()}
