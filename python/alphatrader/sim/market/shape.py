"""The shape of a trading day: how volatility and volume are spread over the session, and variance as a clock."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = 2000
NIGHT_SHARE = 0.35
"""Part of a day's variance that falls between the close and the next open."""
_NIGHT = NIGHT_SHARE / (1.0 - NIGHT_SHARE)
PRE_MARKET_VARIANCE, AFTER_HOURS_VARIANCE, GAP_VARIANCE = 0.50 * _NIGHT, 0.15 * _NIGHT, 0.35 * _NIGHT
"""What the parts of a night are worth, where the session between open and close is 1."""


def volatility_shape(fraction: Floats) -> Floats:
    """Relative volatility at a fraction of the session: high at the open, low at noon; its mean square is 1."""
    return _raw_volatility(fraction) / _volatility_norm()


def volume_shape(fraction: Floats) -> Floats:
    """Relative volume at a fraction of the session: the U of the day; its mean is 1."""
    return _raw_volume(fraction) / _volume_norm()


def extended_volatility(before: int, after: int) -> tuple[Floats, Floats]:
    """Return the standard deviation of each step before the open and after the close, the session's being 1.

    The pre-market wakes towards the open, and at 08:30 when figures are published; after the close it falls asleep.
    """
    fraction = (np.arange(before) + 0.5) / before
    figures = 4.5 / 5.5  # 08:30, of the time from 04:00 to 09:30
    morning = 0.5 + 1.2 * np.exp((fraction - 1.0) / 0.15) + 1.0 * np.exp(-np.abs(fraction - figures) / 0.02)
    evening = 0.4 + 1.3 * np.exp(-(np.arange(after) + 0.5) / after / 0.12)
    return (
        np.asarray(morning * np.sqrt(PRE_MARKET_VARIANCE / (morning**2).sum())),
        np.asarray(evening * np.sqrt(AFTER_HOURS_VARIANCE / (evening**2).sum())),
    )


def extended_volume(before: int, after: int) -> tuple[Floats, Floats]:
    """Return the rate of trades at each step before the open and after the close, the session's mean being 1."""
    fraction = (np.arange(before) + 0.5) / before
    morning = 0.006 + 0.09 * np.exp((fraction - 1.0) / 0.10)
    evening = 0.006 + 0.10 * np.exp(-(np.arange(after) + 0.5) / after / 0.06)
    return np.asarray(morning), np.asarray(evening)


def _raw_volatility(fraction: Floats) -> Floats:
    return 0.80 + 0.85 * np.exp(-fraction / 0.07) + 0.40 * np.exp((fraction - 1.0) / 0.08)


def _raw_volume(fraction: Floats) -> Floats:
    return 0.62 + 1.75 * np.exp(-fraction / 0.06) + 2.20 * np.exp((fraction - 1.0) / 0.05)


@lru_cache(maxsize=1)
def _volatility_norm() -> float:
    return float(np.sqrt(np.mean(_raw_volatility(_midpoints()) ** 2)))


@lru_cache(maxsize=1)
def _volume_norm() -> float:
    return float(np.mean(_raw_volume(_midpoints())))


@lru_cache(maxsize=1)
def _midpoints() -> Floats:
    return (np.arange(_GRID) + 0.5) / _GRID


@lru_cache(maxsize=1)
def _cumulative_variance() -> Floats:
    return np.concatenate(([0.0], np.cumsum(volatility_shape(_midpoints()) ** 2) / _GRID))


@lru_cache(maxsize=1)
def _cumulative_volume() -> Floats:
    return np.concatenate(([0.0], np.cumsum(volume_shape(_midpoints())) / _GRID))


def _interpolate(table: Floats, fraction: float) -> float:
    position = min(max(fraction, 0.0), 1.0) * _GRID
    index = min(int(position), _GRID - 1)
    low = float(table[index])
    return low + (position - index) * (float(table[index + 1]) - low)


def variance_left(fraction: float) -> float:
    """Return the part of a session's variance that is still to come: 1 at the open, 0 at the close."""
    return max(0.0, 1.0 - _interpolate(_cumulative_variance(), fraction))


def volume_done(fraction: float) -> float:
    """Return the part of a session's volume that has been traded: 0 at the open, 1 at the close."""
    return _interpolate(_cumulative_volume(), fraction)
