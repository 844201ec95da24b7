"""What can be chosen of the exchange: kind of account, latencies, refusals at random, liquidation."""

import math
import random
from typing import Literal

from msgspec import Struct

_NS_PER_MS = 1_000_000


class Latency(Struct, frozen=True):
    """A delay in market time: ``median_ms``, spread lognormally by ``sigma`` (0 = always the median)."""

    median_ms: float = 0.0
    sigma: float = 0.0

    def draw_ns(self, rng: random.Random) -> int:
        """Return one delay in nanoseconds."""
        if self.median_ms <= 0:
            return 0
        return int(self.median_ms * _NS_PER_MS * math.exp(self.sigma * rng.gauss(0.0, 1.0)))


class ExchangeSettings(Struct, frozen=True):
    """Choices of one exchange.

    Latencies count in market time, so a run depends on its seed alone: ``acknowledgement`` is how long an order takes
    to reach the market, ``cancellation`` how long a cancel takes to work (the order trades on meanwhile), ``report``
    how long the news of a fill is under way. ``rejection_rates`` are (error code, share of new orders refused with it).
    Draws depend on ``seed`` and the order's number alone, so that a restart does not change them.
    """

    account_type: Literal["margin", "cash"] = "margin"
    seed: int = 7
    acknowledgement: Latency = Latency()
    cancellation: Latency = Latency()
    report: Latency = Latency()
    rejection_rates: tuple[tuple[int, float], ...] = ()
    liquidate: bool = False
    """Whether the broker closes positions when maintenance margin is not met."""

    def rng(self, purpose: str, number: int) -> random.Random:
        """Return the generator of one decision."""
        return random.Random(f"{self.seed}/{purpose}/{number}")  # noqa: S311 - a simulation, seeded
