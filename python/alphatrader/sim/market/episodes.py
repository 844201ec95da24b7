"""Episodes: minutes in which somebody trades one way.

Most are *informed*: the flow is one-sided from their first second, sizes grow, the price follows a little later and
gives only part of the move back. The others are *liquidity bursts*: the same look for a shorter time, and the price
returns. Nothing here knows who might be watching.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.spec import Scenario

STEP_S = 0.1
_INFORMED_SHARE = 0.72
_REVERSAL_S = (60.0, 180.0)


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, in seconds since the open. ``move_sd`` is its move in standard deviations of its length."""

    start_s: float
    end_s: float
    direction: int
    strength: float
    informed: bool
    move_sd: float
    reversal: float
    reversal_s: float


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """The episodes of a session and what they mean at each 100 ms step.

    ``bias``: push on the sign of trades, in probits; ``intensity``: factor on the rate of trades; ``growth``: 0..1, how
    far sizes have grown; ``drift_sd``: price drift of the step, in standard deviations of one step's noise.
    """

    episodes: tuple[Episode, ...]
    bias: NDArray[np.float64]
    intensity: NDArray[np.float64]
    growth: NDArray[np.float64]
    drift_sd: NDArray[np.float64]

    def joined(self, share: float, own: "FlowPlan", own_share: float) -> "FlowPlan":
        """Return the market's plan and an underlying's own as one, each with its share; the drift is the market's."""
        return FlowPlan(
            self.episodes + own.episodes,
            share * self.bias + own_share * own.bias,
            self.intensity * own.intensity,
            np.maximum(self.growth, own.growth),
            self.drift_sd,
        )


def plan_flow(generator: np.random.Generator, steps: int, scenario: Scenario, gap_factor: float = 1.0) -> FlowPlan:
    """Draw the session's episodes, ``gap_factor`` times as rare as the scenario's, and lay them out over its steps."""
    episodes = tuple(_draw(generator, steps * STEP_S, scenario, gap_factor))
    bias, growth, drift_sd = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    intensity = np.ones(steps)
    for episode in episodes:
        first, last = int(episode.start_s / STEP_S), min(int(episode.end_s / STEP_S), steps)
        count = last - first
        if count <= 0:
            continue
        progress = (np.arange(count) + 0.5) / count
        bias[first:last] += episode.direction * (0.45 + 0.75 * episode.strength)
        intensity[first:last] *= 1.0 + 0.9 * episode.strength
        growth[first:last] = np.maximum(growth[first:last], episode.strength * np.minimum(1.0, 0.3 + progress))
        # The price lags the flow: the drift ramps up over the first quarter.
        ramp = np.minimum(1.0, progress / 0.25)
        total = episode.direction * episode.move_sd * np.sqrt(count)
        drift_sd[first:last] += total * ramp / ramp.sum()
        back = min(last + int(episode.reversal_s / STEP_S), steps)
        if back > last:
            drift_sd[last:back] -= total * episode.reversal / (episode.reversal_s / STEP_S)
    return FlowPlan(episodes, bias, intensity, growth, drift_sd)


def _draw(generator: np.random.Generator, session_s: float, scenario: Scenario, gap_factor: float) -> list[Episode]:
    episodes = []
    gap_s = gap_factor * scenario.episode_gap_s
    start_s = 30.0 + generator.exponential(gap_s)
    while start_s < session_s - 60.0:
        informed = bool(generator.random() < _INFORMED_SHARE)
        length_s = generator.uniform(60.0, 240.0) if informed else generator.uniform(30.0, 90.0)
        strength = generator.uniform(0.5, 1.0)
        scale = 1.0 if informed else 0.5
        episodes.append(
            Episode(
                start_s=start_s,
                end_s=min(start_s + length_s, session_s),
                direction=1 if generator.random() < 0.5 + scenario.lean else -1,
                strength=strength,
                informed=informed,
                move_sd=scale * scenario.episode_move * strength * generator.uniform(0.8, 1.2),
                reversal=generator.uniform(0.2, 0.4) if informed else generator.uniform(0.85, 1.0),
                reversal_s=generator.uniform(*_REVERSAL_S),
            )
        )
        start_s += length_s + 30.0 + generator.exponential(gap_s)
    return episodes
