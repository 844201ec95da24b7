"""Latency from tick to signal to order: wall time, in a bounded set of samples. Means something at speed 1 only."""

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Median and 99th percentile in milliseconds; None without samples."""

    count: int
    p50_ms: float | None
    p99_ms: float | None


class LatencyMeter:
    """Collects durations in nanoseconds."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._samples: deque[int] = deque(maxlen=capacity)

    def add(self, duration_ns: int) -> None:
        """Take one sample."""
        self._samples.append(duration_ns)

    def percentiles(self) -> Percentiles:
        """Nearest-rank percentiles of the newest samples."""
        ordered = sorted(self._samples)
        if not ordered:
            return Percentiles(0, None, None)

        def rank(quantile: float) -> float:
            return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))] / 1e6

        return Percentiles(len(ordered), rank(0.50), rank(0.99))
