"""The technical indicator functions: parameters, and the body in the service's key names."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.alphavantage import answers, indicators
from alphatrader.sim.alphavantage.bars import DAILY, INTERVALS, Series, series
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import MarketTables

Floats = NDArray[np.float64]
Query = Mapping[str, str]

_PRICES = ("open", "high", "low", "close")


class _BadParameterError(ValueError):
    """A parameter is missing or out of range: the service answers with its 'Invalid API call'."""


class _Answer(NamedTuple):
    """Meta data after the interval, and the value columns by name."""

    meta: Mapping[str, object]
    columns: dict[str, Floats]


def technical(market: MarketTables, past: Past, function: str, query: Query, now_ns: int) -> bytes:
    """Answer RSI, MACD, BBANDS or ATR for a listed symbol."""
    symbol = query.get("symbol", "").upper()
    interval = query.get("interval", "")
    if interval not in INTERVALS or market.underlying(symbol) is None:
        return answers.bad_call(function)
    bars = series(market, past, symbol, interval, now_ns)
    title, compute = FUNCTIONS[function]
    try:
        answer = compute(bars, query)
    except _BadParameterError:
        return answers.bad_call(function)
    refreshed = bars.keys[-1] if interval == DAILY else f"{bars.keys[-1]}:00"
    meta = {
        "1: Symbol": symbol,
        "2: Indicator": title,
        "3: Last Refreshed": refreshed,
        "4: Interval": interval,
        **answer.meta,
    }
    return answers.encode({"Meta Data": meta, f"Technical Analysis: {function}": _rows(bars, answer.columns)})


def _rows(bars: Series, columns: dict[str, Floats]) -> dict[str, dict[str, str]]:
    """Write the values newest first, leaving out those that do not exist yet."""
    names = tuple(columns)
    table = np.stack(tuple(columns.values()), axis=1)
    return {
        bars.keys[index]: {name: f"{value:.4f}" for name, value in zip(names, table[index].tolist(), strict=True)}
        for index in range(len(bars.keys) - 1, -1, -1)
        if not np.isnan(table[index]).any()
    }


def _rsi(bars: Series, query: Query) -> _Answer:
    period, kind = _whole(query, "time_period"), _series_type(query)
    meta = {"5: Time Period": period, "6: Series Type": kind, "7: Time Zone": "US/Eastern Time"}
    return _Answer(meta, {"RSI": indicators.rsi(_price(bars, kind), period)})


def _macd(bars: Series, query: Query) -> _Answer:
    kind = _series_type(query)
    fast, slow = _whole(query, "fastperiod", "12"), _whole(query, "slowperiod", "26")
    signal = _whole(query, "signalperiod", "9")
    line, signal_line, histogram = indicators.macd(_price(bars, kind), fast, slow, signal)
    meta = {
        "5.1: Fast Period": fast,
        "5.2: Slow Period": slow,
        "5.3: Signal Period": signal,
        "6: Series Type": kind,
        "7: Time Zone": "US/Eastern",
    }
    return _Answer(meta, {"MACD": line, "MACD_Signal": signal_line, "MACD_Hist": histogram})


def _bbands(bars: Series, query: Query) -> _Answer:
    period, kind = _whole(query, "time_period"), _series_type(query)
    up, down = _whole(query, "nbdevup", "2"), _whole(query, "nbdevdn", "2")
    if query.get("matype", "0") != "0":
        raise _BadParameterError("matype")  # only the simple mean is simulated
    upper, middle, lower = indicators.bollinger(_price(bars, kind), period, up, down)
    meta = {
        "5: Time Period": period,
        "6.1: Deviation multiplier for upper band": up,
        "6.2: Deviation multiplier for lower band": down,
        "6.3: MA Type": 0,
        "7: Series Type": kind,
        "8: Time Zone": "US/Eastern Time",
    }
    return _Answer(meta, {"Real Upper Band": upper, "Real Middle Band": middle, "Real Lower Band": lower})


def _atr(bars: Series, query: Query) -> _Answer:
    period = _whole(query, "time_period")
    value = indicators.atr(_price(bars, "high"), _price(bars, "low"), _price(bars, "close"), period)
    return _Answer({"5: Time Period": period, "6: Time Zone": "US/Eastern Time"}, {"ATR": value})


FUNCTIONS: dict[str, tuple[str, Callable[[Series, Query], _Answer]]] = {
    "RSI": ("Relative Strength Index (RSI)", _rsi),
    "MACD": ("Moving Average Convergence/Divergence (MACD)", _macd),
    "BBANDS": ("Bollinger Bands (BBANDS)", _bbands),
    "ATR": ("Average True Range (ATR)", _atr),
}


def _whole(query: Query, name: str, default: str = "") -> int:
    text = query.get(name, default)
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:4]) <= 500 or len(text) > 3:
        raise _BadParameterError(name)
    return int(text)


def _series_type(query: Query) -> str:
    kind = query.get("series_type", "")
    if kind not in _PRICES:
        raise _BadParameterError("series_type")
    return kind


def _price(bars: Series, kind: str) -> Floats:
    return np.array([getattr(bar, kind) for bar in bars.bars], dtype=np.float64)
