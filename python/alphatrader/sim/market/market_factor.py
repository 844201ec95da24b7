"""What moves all underlyings at once: one shock a step, the market's regimes, news, and episodes of one-sided flow."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alphatrader import calendar
from alphatrader.sim.market.episodes import FlowPlan, plan_flow
from alphatrader.sim.market.hours import Span
from alphatrader.sim.market.path import STEP_NS, Floats
from alphatrader.sim.market.profiles import stream
from alphatrader.sim.market.regimes import (
    ORDINARY,
    Spell,
    aftershock,
    draw_jumps,
    draw_spells,
    jump_moves,
    spell_log_volatility,
    trend_sd,
)
from alphatrader.sim.market.shape import extended_volatility, volatility_shape
from alphatrader.sim.market.spec import Event, Scenario

MARKET = "*market*"
"""Name of the market's own random streams."""
STEPS_A_SECOND = calendar.NS // STEP_NS
_STEPS_A_MINUTE = 60 * STEPS_A_SECOND
_PERSISTENCE, _SHOCK = 0.97, 0.08
_SPREAD = float(_SHOCK / np.sqrt(1.0 - _PERSISTENCE**2))


class Mood(NamedTuple):
    """What of the market goes on from one day to the next: the regime, and log volatility against its mean."""

    regime: int = ORDINARY
    log_volatility: float | None = None


class Happening(NamedTuple):
    """An event of the scenario, placed: the steps of its move, and the step at which trading goes on after a pause."""

    event: Event
    first: int
    last: int
    resume: int


@dataclass(frozen=True, slots=True)
class MarketDay:
    """One day of the market. Arrays have an entry for each 100 ms step of the day, extended hours included.

    ``shape``: standard deviation of a step against that of the session (its squares add up to 1 over regular hours);
    ``shock``: standard normals; ``log_volatility``: on top of the shape; ``drift_sd``: drift in standard deviations of
    the step; ``moves_sd``: jumps in standard deviations of the session; ``rush``: log rate of trades that news adds.
    ``regular``: the steps of regular hours. ``plan`` covers these alone. ``gap``: standard normal shock of the night.
    """

    span: Span
    regular: slice
    shape: Floats
    shock: Floats
    log_volatility: Floats
    drift_sd: Floats
    moves_sd: Floats
    rush: Floats
    plan: FlowPlan
    spells: tuple[Spell, ...]
    happening: Happening | None
    gap: float
    mood: Mood

    @property
    def steps(self) -> int:
        """Steps of the whole day."""
        return len(self.shock)

    def whole_day(self, regular: Floats) -> Floats:
        """Lay values of regular hours into the whole day, zero outside."""
        day = np.zeros(self.steps)
        day[self.regular] = regular
        return day


def draw_market_day(span: Span, seed: int, scenario: Scenario, mood: Mood, *, first_day: bool) -> MarketDay:
    """Draw the market of one day. ``mood`` is the end of the day before; events befall the first day alone."""
    steps, regular = (span.end_ns - span.start_ns) // STEP_NS, regular_steps(span)
    count = regular.stop - regular.start
    seconds = count // STEPS_A_SECOND

    def of(purpose: str) -> np.random.Generator:
        return stream(seed, MARKET, f"{purpose} {span.date}")

    generator = of("regimes")
    spells = draw_spells(generator, seconds, scenario, mood.regime)
    jumps = draw_jumps(of("news"), seconds, scenario.jumps_a_day, scenario.lean)
    shake, rush = aftershock(jumps, seconds)
    by_second = spell_log_volatility(spells, seconds, scenario) + shake
    clustering = draw_log_volatility(of("volatility"), steps, mood.log_volatility)
    log_volatility = clustering.copy()
    log_volatility[regular] += np.repeat(by_second, STEPS_A_SECOND)

    plan = plan_flow(of("episodes"), count, scenario)
    drift_sd, moves_sd, rush_by_step = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    drift_sd[regular] = plan.drift_sd + np.repeat(trend_sd(spells, seconds, STEPS_A_SECOND), STEPS_A_SECOND)
    moves_sd[regular] = jump_moves(jumps, count, 1.0 / STEPS_A_SECOND)
    rush_by_step[regular] = np.repeat(rush, STEPS_A_SECOND)
    shape = _shape(regular, steps)
    if scenario.drift_sd:
        moves_sd[regular] += scenario.drift_sd * shape[regular] ** 2
    event = scenario.event if first_day else None
    happening = None if event is None else _place(of("event"), event, regular)
    return MarketDay(
        span=span,
        regular=regular,
        shape=shape,
        shock=of("prices").standard_normal(steps),
        log_volatility=log_volatility,
        drift_sd=drift_sd,
        moves_sd=moves_sd,
        rush=rush_by_step,
        plan=plan,
        spells=spells,
        happening=happening,
        gap=float(of("gap").standard_normal()),
        mood=Mood(spells[-1].kind, float(clustering[-1] + _SPREAD**2)),
    )


def regular_steps(span: Span) -> slice:
    """Return the steps of regular hours within the day's."""
    return slice((span.open_ns - span.start_ns) // STEP_NS, (span.close_ns - span.start_ns) // STEP_NS)


def draw_log_volatility(generator: np.random.Generator, steps: int, start: float | None = None) -> Floats:
    """Clustering: an autoregressive log volatility by the minute, centred so that the mean variance stays the same."""
    minutes = steps // _STEPS_A_MINUTE + 2
    draws = generator.standard_normal(minutes)
    level = np.empty(minutes)
    level[0] = _SPREAD * draws[0] if start is None else start + _SHOCK * draws[0]
    for minute in range(1, minutes):
        level[minute] = _PERSISTENCE * level[minute - 1] + _SHOCK * draws[minute]
    by_step = np.interp(np.arange(steps), np.arange(minutes) * _STEPS_A_MINUTE, level)
    return np.asarray(by_step - _SPREAD**2)


def _place(generator: np.random.Generator, event: Event, regular: slice) -> Happening:
    count = regular.stop - regular.start
    first = regular.start + int(generator.uniform(*event.between) * count)
    last = first + int(event.minutes * _STEPS_A_MINUTE)
    return Happening(event, first, last, last + event.pause_s * STEPS_A_SECOND)


def _shape(regular: slice, steps: int) -> Floats:
    count = regular.stop - regular.start
    shape = np.empty(steps)
    shape[regular] = volatility_shape((np.arange(count) + 0.5) / count) / np.sqrt(count)
    before, after = extended_volatility(regular.start, steps - regular.stop)
    shape[: regular.start], shape[regular.stop :] = before, after
    return shape
