"""Prints of a synthetic session: when, which side, how large, where and under which sale conditions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market import book as books
from alphatrader.sim.market.path import QUOTE_NS, STEP_NS, Floats, Prints
from alphatrader.sim.market.profiles import IEX, VENUES

CONDITIONS = ("", "I", "F", "F I")
"""No condition, odd lot, intermarket sweep, both."""

_ODD_LOTS = np.array([1, 1, 1, 2, 3, 5, 5, 7, 10, 10, 12, 15, 20, 25, 30, 33, 39, 50, 50, 60, 75, 80, 90, 99])
_SIGN_PERSISTENCE = 0.42
_SWEEP_LEGS = np.array([2, 2, 2, 3, 3, 4, 5])
_MIDPOINT_SHARE = 0.04

Signs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tape:
    """What drives the prints at each 100 ms step.

    ``rate``: expected events; ``buy_probit``: push towards buying; ``size_factor`` and ``growth``: how large trades are
    for the time of day and in an episode; ``direction``: the episode's side (0 none).
    """

    rate: Floats
    buy_probit: Floats
    size_factor: Floats
    growth: Floats
    direction: Signs


def draw_prints(
    generator: np.random.Generator,
    tape: Tape,
    bid_cents: NDArray[np.int32],
    ask_cents: NDArray[np.int32],
    arrangement: books.Arrangement,
    open_ns: int,
    lot: int,
) -> tuple[Prints, Signs]:
    """Draw the session's prints and, beside them, the side of each aggressor (+1 buy, -1 sell)."""
    counts = generator.poisson(tape.rate)
    step = np.repeat(np.arange(len(counts)), counts)
    offset_us = generator.integers(0, STEP_NS // 1000 - 1, len(step))
    ts_ns = np.sort(open_ns + step * STEP_NS + offset_us * 1000)
    sign = _draw_signs(generator, tape.buy_probit[step])
    size = _draw_sizes(generator, tape, step, sign)

    # A sweep takes several venues within a millisecond, each of its prints flagged F.
    growth = tape.growth[step]
    with_flow = sign == tape.direction[step]
    sweeps = generator.random(len(step)) < 0.02 + 0.08 * growth * with_flow
    legs = np.where(sweeps, _SWEEP_LEGS[generator.integers(0, len(_SWEEP_LEGS), len(step))], 1)
    parent = np.repeat(np.arange(len(step)), legs)
    leg = np.arange(len(parent)) - np.repeat(np.cumsum(legs) - legs, legs)
    ts_ns = np.minimum(ts_ns[parent] + leg * 150_000, open_ns + (step[parent] + 1) * STEP_NS - 1000)
    order = np.argsort(ts_ns, kind="stable")
    parent, leg, ts_ns = parent[order], leg[order], ts_ns[order]
    sign, swept = sign[parent], sweeps[parent]
    size = np.where(swept & (size[parent] < 100), 100, size[parent])

    interval = (ts_ns - open_ns) // QUOTE_NS
    side = (sign > 0).astype(np.int64)
    level = np.where(swept, leg // 2, 0)
    price = np.where(side == 1, ask_cents[interval] + level, bid_cents[interval] - level) / 100.0
    venue = np.where(
        swept,
        books.venue_at_row(arrangement, interval, side, leg),
        books.venue_at_best(arrangement, generator, interval, side),
    )
    midpoint = ~swept & (generator.random(len(parent)) < _MIDPOINT_SHARE)
    price = np.where(midpoint, (bid_cents[interval] + ask_cents[interval]) / 200.0, price)
    venue = np.where(midpoint, IEX, venue)
    condition = (size < lot) + 2 * swept
    return (
        Prints(
            ts_ns=ts_ns,
            price=price,
            size=size.astype(np.int32),
            venue=venue.astype(np.int8),
            condition=condition.astype(np.int16),
            venue_names=VENUES,
            condition_texts=CONDITIONS,
            volume=np.cumsum(size, dtype=np.int64),
        ),
        np.where(midpoint, 0, sign),
    )


def _draw_signs(generator: np.random.Generator, probit: Floats) -> Signs:
    """Draw aggressor sides: each follows its push, or repeats the trade before it."""
    count = len(probit)
    buy = 1.0 / (1.0 + np.exp(-1.702 * probit))  # logistic approximation of the normal distribution function
    own = np.where(generator.random(count) < buy, 1, -1)
    index = np.where(generator.random(count) < _SIGN_PERSISTENCE, 0, np.arange(count))
    return np.asarray(own[np.maximum.accumulate(index)], dtype=np.int64)


def _draw_sizes(generator: np.random.Generator, tape: Tape, step: Signs, sign: Signs) -> Signs:
    """Draw sizes: odd lots, hundreds, multiples, and now and then a block; larger with an episode's flow."""
    count = len(step)
    kind = generator.random(count)
    growth = tape.growth[step] * (sign == tape.direction[step])
    odd = kind < 0.42 * (1.0 - 0.6 * growth)
    lots = np.ones(count)
    multiple = kind > 0.80 - 0.15 * growth
    lots[multiple] = 1 + generator.geometric(0.38, int(multiple.sum()))
    large = kind > 0.975 - 0.02 * growth
    lots[large] = 8.0 * np.exp(0.7 * generator.standard_normal(int(large.sum())))
    block = kind > 0.9995 - 0.0007 * growth
    lots[block] = 100.0 * np.exp(0.5 * np.abs(generator.standard_normal(int(block.sum()))))
    lots *= tape.size_factor[step] * (1.0 + 1.3 * growth)
    whole = np.maximum(1, np.floor(lots + generator.random(count)))
    odd_size = _ODD_LOTS[generator.integers(0, len(_ODD_LOTS), count)]
    return np.where(odd, odd_size, whole * 100).astype(np.int64)
