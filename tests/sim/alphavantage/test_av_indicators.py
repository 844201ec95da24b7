"""The indicators against hand-made cases and a published library's results on real SPY days."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from alphatrader.sim.alphavantage import indicators

DATA = Path(__file__).parents[4] / "shared/data/indicators"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/indicators")


def column(name: str) -> NDArray[np.float64]:
    with (DATA / "quotes_default.csv").open() as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


def published(file: str, name: str) -> NDArray[np.float64]:
    rows = json.loads((DATA / f"{file}.standard.json").read_text())
    return np.array([np.nan if row[name] is None else row[name] for row in rows])


@needs_data
@pytest.mark.data
def test_indicators_match_published_results() -> None:
    close = column("close")
    line, signal, histogram = indicators.macd(close, 12, 26, 9)
    upper, middle, lower = indicators.bollinger(close, 20, 2.0, 2.0)
    for ours, file, name in (
        (indicators.rsi(close, 14), "rsi", "rsi"),
        (line, "macd", "macd"),
        (signal, "macd", "signal"),
        (histogram, "macd", "histogram"),
        (upper, "bb", "upperBand"),
        (middle, "bb", "sma"),
        (lower, "bb", "lowerBand"),
        (indicators.atr(column("high"), column("low"), close, 14), "atr", "atr"),
    ):
        theirs = published(file, name)
        assert np.array_equal(np.isnan(ours), np.isnan(theirs)), name
        assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True), name


def test_rsi_at_the_extremes() -> None:
    rising = np.arange(1.0, 40.0)
    assert indicators.rsi(rising, 14)[-1] == 100.0
    assert indicators.rsi(rising[::-1], 14)[-1] == 0.0
    assert indicators.rsi(np.full(40, 5.0), 14)[-1] == 50.0


def test_too_few_prices_give_no_values() -> None:
    few = np.arange(1.0, 6.0)
    assert np.isnan(indicators.rsi(few, 14)).all()
    assert np.isnan(indicators.bollinger(few, 20, 2.0, 2.0)[1]).all()
    assert np.isnan(indicators.macd(few, 12, 26, 9)[0]).all()
    assert np.isnan(indicators.atr(few, few, few, 14)).all()
