"""How market makers quote an option of a known value: spread, increments, sizes, pauses and lags.

Bid <= value <= ask always: so no combination that the values do not allow can be had at the quotes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.draws import Floats, Keys, mixed, normal, uniform
from alphatrader.sim.market.option_products import SpreadShape, Steps

Ticks = NDArray[np.int64]

_SIZE_TICKS = 4
"""Displayed sizes change every two seconds."""
_LAG_BLOCK, _LAG_MOST = 40, 8
"""A quote may lag once in twenty seconds, by up to four."""
_WORTHLESS, _UNQUOTED_SHARE = 0.0005, 0.08
_SALT_LAG, _SALT_BID, _SALT_ASK, _SALT_ROW, _SALT_UNQUOTED = 11, 12, 13, 14, 15


class Quoted(NamedTuple):
    """Best bid and offer by contract (and instant), dollars and contracts; price 0 with size 0 = side absent."""

    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats


def stepped(price: Floats, steps: Steps, *, up: bool) -> Floats:
    """Return prices moved to the increments, down or up, in whole cents."""
    cents = price * 100.0
    step = np.full(price.shape, float(steps[0][1]) * 100.0)
    for start, width in steps[1:]:
        step[price >= float(start)] = float(width) * 100.0
    if up:
        return np.asarray(np.ceil(cents / step - 1e-9) * step)
    return np.asarray(np.floor(cents / step + 1e-9) * step)


def step_at(price: Floats, steps: Steps) -> Floats:
    """Return the increment at prices, in cents."""
    step = np.full(price.shape, float(steps[0][1]) * 100.0)
    for start, width in steps[1:]:
        step[price >= float(start) - 1e-9] = float(width) * 100.0
    return step


def half_spread(shape: SpreadShape, value: Floats, intrinsic: Floats, years: Floats, widening: Floats) -> Floats:
    """Return half the spread in dollars, before it is moved to the increments."""
    width = shape.fixed + shape.root * np.sqrt(value) + shape.part * value + shape.inside * intrinsic
    return np.asarray(width * (1.0 + 0.7 * np.sqrt(years)) * widening)


def lagging(keys: Keys, ticks: Ticks, lag_share: float) -> Ticks:
    """Return the instants that quotes are of: mostly ``ticks`` themselves, sometimes up to four seconds before."""
    block, place = ticks // _LAG_BLOCK, ticks % _LAG_BLOCK
    draw = mixed(mixed(keys, _SALT_LAG), block)
    # Mean length is half of the most; so many blocks must hold a lag that its share of time comes out.
    holds = uniform(draw, 1) < lag_share * _LAG_BLOCK / (0.5 * _LAG_MOST)
    start = (uniform(draw, 2) * (_LAG_BLOCK - _LAG_MOST)).astype(np.int64)
    length = 1 + (uniform(draw, 3) * _LAG_MOST).astype(np.int64)
    behind = holds & (place > start) & (place <= start + length)
    return np.asarray(np.where(behind, block * _LAG_BLOCK + start, ticks), dtype=np.int64)


def quoted(value: Floats, half: Floats, steps: Steps, size: Floats, keys: Keys, ticks: Ticks) -> Quoted:
    """Return quotes around values."""
    bid = np.maximum(stepped(value - half, steps, up=False), 0.0)
    ask = stepped(value + half, steps, up=True)
    ask = np.maximum(ask, bid + step_at(bid / 100.0, steps))
    block = ticks // _SIZE_TICKS
    bid_size = np.maximum(np.rint(size * np.exp(0.5 * normal(mixed(keys, _SALT_BID), block))), 1.0)
    ask_size = np.maximum(np.rint(size * np.exp(0.5 * normal(mixed(keys, _SALT_ASK), block))), 1.0)
    # Nobody need offer what is worth nothing: at times a far strike has no quote at all.
    absent = (value < _WORTHLESS) & (uniform(mixed(keys, _SALT_UNQUOTED), ticks // _LAG_BLOCK) < _UNQUOTED_SHARE)
    return Quoted(
        bid=bid / 100.0,
        bid_size=np.where(bid > 0.0, bid_size, 0.0),
        ask=np.where(absent, 0.0, ask / 100.0),
        ask_size=np.where(absent, 0.0, ask_size),
    )


def usual_size(keys: Keys, base: float) -> Floats:
    """Return the usual displayed size of contracts at the money: each has its own."""
    return np.asarray(base * np.exp(0.6 * normal(keys, _SALT_ROW)))


def size_factor(value: Floats, intrinsic: Floats, spot: Floats) -> Floats:
    """Return how much larger the size is: larger for cheap options, smaller deep in the money."""
    return np.asarray((1.0 + 2.5 * np.exp(-value / 0.08)) / (1.0 + intrinsic / (0.02 * spot)))
