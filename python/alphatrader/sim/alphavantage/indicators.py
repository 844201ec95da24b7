"""RSI, MACD, Bollinger bands and ATR, in the textbook definitions that the service follows.

Each function takes prices oldest first and returns values aligned with them: NaN where there is none yet.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rsi(price: Floats, period: int) -> Floats:
    """Relative strength index with Wilder's smoothing (1978)."""
    change = np.diff(price)
    gain = _smoothed(np.maximum(change, 0.0), period)
    loss = _smoothed(np.maximum(-change, 0.0), period)
    total = gain + loss
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total > 0.0, 100.0 * gain / total, np.where(np.isnan(total), np.nan, 50.0))
    return np.concatenate(([np.nan], value))


def macd(price: Floats, fast: int, slow: int, signal: int) -> tuple[Floats, Floats, Floats]:
    """MACD line, signal line and histogram (Appel)."""
    line = _ema(price, fast) - _ema(price, slow)
    signal_line = _ema(line, signal)
    return line, signal_line, line - signal_line


def bollinger(price: Floats, period: int, up: float, down: float) -> tuple[Floats, Floats, Floats]:
    """Upper, middle and lower band: simple mean and population standard deviation."""
    if len(price) < period:
        empty = np.full(len(price), np.nan)
        return empty, empty, empty
    windows = np.lib.stride_tricks.sliding_window_view(price, period)
    lead = np.full(period - 1, np.nan)
    middle = np.concatenate((lead, windows.mean(axis=1)))
    spread = np.concatenate((lead, windows.std(axis=1)))
    return middle + up * spread, middle, middle - down * spread


def atr(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Average true range with Wilder's smoothing."""
    before = close[:-1]
    true_range = np.maximum(high[1:] - low[1:], np.maximum(np.abs(high[1:] - before), np.abs(low[1:] - before)))
    return np.concatenate(([np.nan], _smoothed(true_range, period)))


def _smoothed(values: Floats, period: int) -> Floats:
    """Wilder's average: the mean of the first period, then each value weighs 1/period."""
    return _recursive(values, period, 1.0 / period)


def _ema(values: Floats, period: int) -> Floats:
    """Exponential average that starts from the mean of its first full period."""
    return _recursive(values, period, 2.0 / (period + 1.0))


def _recursive(values: Floats, period: int, weight: float) -> Floats:
    result = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < period:
        return result
    first = int(known[0])
    level = float(values[first : first + period].mean())
    result[first + period - 1] = level
    for index in range(first + period, len(values)):
        level += weight * (float(values[index]) - level)
        result[index] = level
    return result
