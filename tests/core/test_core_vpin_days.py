"""VPIN of every real day against a plain computation in NumPy and in Python's integers."""

import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from alphatrader._core import VpinSeries, vpin

pytestmark = pytest.mark.data
SPY_DAYS = ("20131007", "20131008", "20131009", "20131010")
IBM_DAYS = ("20131007", "20131008")
WINDOW = 50


def read_zip(path: Path, columns: dict[int, str]) -> dict[str, NDArray[np.int64]]:
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read(archive.namelist()[0]))
    frame = pl.read_csv(content, has_header=False, infer_schema=False)
    return {name: frame[:, at].cast(pl.Int64).to_numpy() for at, name in columns.items()}


def read_trades(path: Path) -> dict[str, NDArray[np.int64]]:
    return read_zip(path, {0: "ms", 1: "price", 2: "size"})


def last_nonzero(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The newest value that is not 0, at each row; 0 before the first."""
    at = np.maximum.accumulate(np.where(values != 0, np.arange(values.size), 0))
    return values[at]


def tick_sides(price: NDArray[np.int64]) -> NDArray[np.int64]:
    return last_nonzero(np.sign(np.diff(price, prepend=price[0])))


def check(series: VpinSeries, size: NDArray[np.int64], side: NDArray[np.int64], bucket: int) -> None:
    """Signed volume at each edge by a search in the running volume, all in integers; ranks by sorting."""
    volume, signed = np.cumsum(size), np.cumsum(size * side)
    edges = np.arange(1, int(volume[-1]) // bucket + 1) * bucket
    at = np.searchsorted(volume, edges)
    in_buckets = np.diff(signed[at] - (volume[at] - edges) * side[at], prepend=0)
    np.testing.assert_array_equal(series.buy_volume, (bucket + in_buckets) / 2)
    running = np.concatenate(([0], np.cumsum(np.abs(in_buckets))))
    levels = (running[WINDOW:] - running[:-WINDOW]) / (WINDOW * bucket)
    np.testing.assert_array_equal(series.level[WINDOW - 1 :], levels)
    assert np.isnan(series.level[: WINDOW - 1]).all()
    ranks = [np.searchsorted(np.sort(levels[: i + 1]), level, "right") / (i + 1) for i, level in enumerate(levels)]
    np.testing.assert_array_equal(series.cdf[WINDOW - 1 :], ranks)
    assert series.unclassified_volume == size[side == 0].sum()
    assert series.total_volume == volume[-1]


@pytest.mark.parametrize("day", SPY_DAYS)
def test_spy_by_the_tick_rule(shared_data: Path, day: str) -> None:
    trades = read_trades(shared_data / f"spy_ticks_2013-10/{day}_tick_trade.zip")
    assert (trades["size"] > 0).all()
    bucket = int(trades["size"].sum() / 300)
    price, size = trades["price"] / 10_000, trades["size"].astype(float)
    series = vpin(trades["ms"] * 1_000_000, price, size, bucket_volume=bucket, window=WINDOW)
    check(series, trades["size"], tick_sides(trades["price"]), bucket)


@pytest.mark.parametrize("day", IBM_DAYS)
def test_ibm_by_its_real_quotes(shared_data: Path, day: str) -> None:
    folder = shared_data / "ibm_ticks_2013-10"
    trades = read_trades(folder / f"{day}_tick_trade.zip")
    quotes = read_zip(folder / f"{day}_tick_quote.zip", {0: "ms", 1: "bid", 3: "ask"})
    # A row quotes one side and has 0 for the other: the newest of each, before the trade's millisecond.
    before = np.searchsorted(quotes["ms"], trades["ms"], "left") - 1
    bid, ask = (np.where(before < 0, 0, last_nonzero(quotes[name])[before]) for name in ("bid", "ask"))
    twice_mid = bid + ask
    by_quote = np.where((bid > 0) & (bid < ask), np.sign(2 * trades["price"] - twice_mid), 0)
    side = np.where(by_quote != 0, by_quote, tick_sides(trades["price"]))
    bucket = int(trades["size"].sum() / 200)
    # In units of 1/10000 dollar, which floats hold exactly: no mid is rounded on either way.
    series = vpin(
        trades["ms"] * 1_000_000,
        trades["price"],
        trades["size"],
        bid=bid,
        ask=ask,
        scheme="quote",
        bucket_volume=bucket,
        window=WINDOW,
    )
    check(series, trades["size"], side, bucket)
    assert (by_quote != 0).mean() > 0.5
