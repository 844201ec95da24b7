"""Toxicity: 0.70 VPIN + 0.25 trade patterns + 0.05 volatility of the book imbalance, each part published alone.

Patterns: shares of odd lots, sweeps and blocks in the last minute. Venue scores are not part of it: the broker does
not tell venues before execution. A part that is not known makes the whole unknown, never smaller.
"""

from math import sqrt

from msgspec import Struct

from alphatrader._core import Snapshot
from alphatrader.analytics.settings import ToxicityWeights

_SWEEPS_FULL, _BLOCKS_FULL = 10.0, 5.0
_HALF_LIFE_NS = 30e9


class Toxicity(Struct, frozen=True):
    """The score and its parts, all 0..1; None where an input is missing."""

    score: float | None
    vpin: float | None
    patterns: float | None
    imbalance_volatility: float | None


class ToxicityMeter:
    """Keeps the running deviation of the book imbalance of one symbol."""

    def __init__(self, weights: ToxicityWeights) -> None:
        self._weights = weights
        self._mean = 0.0
        self._variance = 0.0
        self._last_ns = 0

    def update(self, snapshot: Snapshot) -> Toxicity:
        """Take the newest snapshot and return the score."""
        imbalance = self._imbalance_volatility(snapshot)
        patterns = None
        if snapshot.odd_lot_share is not None:
            sweeps = min(1.0, snapshot.sweep_count_60s / _SWEEPS_FULL)
            blocks = min(1.0, snapshot.block_count_60s / _BLOCKS_FULL)
            patterns = (snapshot.odd_lot_share + sweeps + blocks) / 3
        if snapshot.vpin is None or patterns is None or imbalance is None:
            return Toxicity(None, snapshot.vpin, patterns, imbalance)
        weights = self._weights
        total = weights.vpin + weights.patterns + weights.imbalance_volatility
        score = (
            weights.vpin * snapshot.vpin + weights.patterns * patterns + weights.imbalance_volatility * imbalance
        ) / total
        return Toxicity(score, snapshot.vpin, patterns, imbalance)

    def _imbalance_volatility(self, snapshot: Snapshot) -> float | None:
        value = snapshot.obi_weighted
        if value is None:
            return None
        if snapshot.depth_ts_ns > self._last_ns:
            elapsed = snapshot.depth_ts_ns - self._last_ns if self._last_ns else _HALF_LIFE_NS
            keep = 0.5 ** (elapsed / _HALF_LIFE_NS)
            deviation = value - self._mean
            self._mean = value - keep * deviation
            self._variance = keep * (self._variance + (1 - keep) * deviation * deviation)
            self._last_ns = snapshot.depth_ts_ns
        return min(1.0, sqrt(self._variance))
