"""Regimes within a day and news that reprices the market: what multiplies volatility, adds drift, stirs flow.

Calm, ordinary, trending and volatile spells follow one another like a Markov chain; from day to day the last one goes
on. News comes as a Poisson process: the price jumps within seconds, then volatility and flow calm down again over
minutes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.spec import Scenario

Floats = NDArray[np.float64]

CALM, ORDINARY, TRENDING, VOLATILE = range(4)
_VOLATILITY = np.array([0.75, 1.0, 0.95, 1.5])
_WEIGHT = np.array([0.35, 0.35, 0.15, 0.15])
_MEAN_S = np.array([2_700.0, 2_700.0, 2_000.0, 1_500.0])
_TREND_SD = 0.9
"""Move of a trending spell, in standard deviations of its length."""

_JUMP_LEAST_SD, _JUMP_MORE_SD = 0.12, 0.15
"""Size of a jump in standard deviations of a session: the least, and the scale of a half normal on top."""
_AFTERSHOCK, _AFTERSHOCK_S = 0.7, 480.0
"""Log volatility added by a jump, and how fast that decays."""
_RUSH, _RUSH_S = 1.3, 90.0
"""Log rate of trades added by a jump."""


class Spell(NamedTuple):
    """One regime, in seconds since the open; ``direction`` is 0 unless it trends."""

    start_s: float
    end_s: float
    kind: int
    direction: int


class Jump(NamedTuple):
    """News: when, how far in standard deviations of the session, and how many seconds the price takes."""

    start_s: float
    move_sd: float
    length_s: float


def draw_spells(generator: np.random.Generator, session_s: float, scenario: Scenario, first: int) -> tuple[Spell, ...]:
    """Draw the regimes of a session; ``first`` is the one the day before ended in."""
    weight = _weights(scenario)
    spells: list[Spell] = []
    start_s, kind = 0.0, first
    while start_s < session_s:
        length_s = 600.0 + float(generator.exponential(_MEAN_S[kind] - 600.0))
        way = 1 if generator.random() < 0.5 + scenario.lean else -1
        spells.append(Spell(start_s, min(start_s + length_s, session_s), kind, way if kind == TRENDING else 0))
        start_s += length_s
        others = np.where(np.arange(len(weight)) == kind, 0.0, weight)
        kind = int(np.searchsorted(np.cumsum(others / others.sum()), generator.random()))
    return tuple(spells)


def draw_jumps(generator: np.random.Generator, session_s: float, a_day: float, lean: float) -> tuple[Jump, ...]:
    """Draw the news of a session; none in its first and last five minutes."""
    count = int(generator.poisson(a_day))
    starts = np.sort(generator.uniform(300.0, session_s - 300.0, count))
    size = _JUMP_LEAST_SD + _JUMP_MORE_SD * np.abs(generator.standard_normal(count))
    sign = np.where(generator.random(count) < 0.5 + lean, 1.0, -1.0)
    length_s = generator.uniform(0.5, 3.0, count)
    return tuple(Jump(*row) for row in zip(starts.tolist(), (sign * size).tolist(), length_s.tolist(), strict=True))


def spell_log_volatility(spells: Sequence[Spell], seconds: int, scenario: Scenario) -> Floats:
    """Return the log volatility that the regimes add, by second; blended over a minute where they change."""
    weight = _weights(scenario)
    ordinary = np.sqrt((weight * _VOLATILITY**2).sum())
    level = np.zeros(seconds)
    for spell in spells:
        level[int(spell.start_s) : int(np.ceil(spell.end_s))] = np.log(_VOLATILITY[spell.kind] / ordinary)
    padded = np.concatenate((np.full(30, level[0]), level, np.full(29, level[-1])))
    total = np.cumsum(np.concatenate(([0.0], padded)))
    return np.asarray((total[60:] - total[:-60]) / 60.0)


def trend_sd(spells: Sequence[Spell], seconds: int, steps_a_second: int) -> Floats:
    """Return the drift of trending spells by second, for each of its steps in standard deviations of one step."""
    drift = np.zeros(seconds)
    for spell in spells:
        if spell.direction:
            count = max(1.0, (spell.end_s - spell.start_s) * steps_a_second)
            drift[int(spell.start_s) : int(np.ceil(spell.end_s))] = spell.direction * _TREND_SD / np.sqrt(count)
    return drift


def jump_moves(jumps: Sequence[Jump], steps: int, step_s: float) -> Floats:
    """Return what the jumps add at each step, in standard deviations of the session: fast first, then slower."""
    moves = np.zeros(steps)
    for jump in jumps:
        first, count = int(jump.start_s / step_s), max(1, round(jump.length_s / step_s))
        shape = np.exp(-3.0 * np.arange(count) / count)
        last = min(first + count, steps)
        moves[first:last] += (jump.move_sd * shape / shape.sum())[: last - first]
    return moves


def aftershock(jumps: Sequence[Jump], seconds: int) -> tuple[Floats, Floats]:
    """Return what jumps add to log volatility and to the log rate of trades, by second."""
    return _decays(jumps, seconds, _AFTERSHOCK, _AFTERSHOCK_S), _decays(jumps, seconds, _RUSH, _RUSH_S)


def _decays(jumps: Sequence[Jump], seconds: int, height: float, scale_s: float) -> Floats:
    added = np.zeros(seconds)
    for jump in jumps:
        first = int(jump.start_s)
        added[first:] += height * np.exp(-np.arange(seconds - first) / scale_s)
    return added


def _weights(scenario: Scenario) -> Floats:
    factor = np.array([1.0 / scenario.restlessness, 1.0, 1.0, scenario.restlessness])
    weight = _WEIGHT * factor
    return np.asarray(weight / weight.sum())
