"""Exposure of a 10,000-contract chain against polars and plain NumPy over the same buffers, in the same run.

Run with ``just bench bench/test_core_exposure.py``; compare only figures of one run. Ours also finds the walls, max
pain and both zero gammas, which the peers leave out: ``totals`` is the like-for-like row, ``complete`` all of it.
"""

import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from alphatrader._core import Chain, Exposure, exposure

CONTRACTS = 10_000
SPOT = 650.0
MULTIPLIER = 100.0
AS_OF = dt.datetime(2026, 3, 2, 15, tzinfo=dt.UTC)
AS_OF_NS = int(AS_OF.timestamp()) * 10**9


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    """Calls and puts of 200 strikes and 25 expiries with greeks of one volatility smile."""
    strikes, expiries = CONTRACTS // 50, 25
    rng = np.random.default_rng(7)
    strike = np.tile(np.repeat(np.linspace(500, 800, strikes), 2), expiries)
    right = np.tile([1, -1], strikes * expiries).astype(np.int8)
    days = np.repeat(np.arange(1, expiries + 1), strikes * 2)
    iv = 0.15 + 0.4 * np.log(strike / SPOT) ** 2
    deviation = iv * np.sqrt(days / 365)
    d1 = np.log(SPOT / strike) / deviation + deviation / 2
    density = np.exp(-(d1**2) / 2) / math.sqrt(2 * math.pi)
    cdf = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in d1])
    return pl.DataFrame(
        {
            "expiry": [AS_OF.date() + dt.timedelta(days=int(d)) for d in days],
            "right": right,
            "strike": strike,
            "open_interest": rng.integers(5, 20_000, strike.size).astype(float),
            "volume": rng.integers(0, 5_000, strike.size).astype(float),
            "iv": iv,
            "delta": np.where(right == 1, cdf, cdf - 1),
            "gamma": density / (SPOT * deviation),
        }
    )


@pytest.fixture(scope="module")
def chain(frame: pl.DataFrame) -> Chain:
    return Chain.from_arrow(frame, spot=SPOT)


def by_polars(frame: pl.DataFrame) -> pl.DataFrame:
    shares = pl.col("open_interest") * MULTIPLIER
    return (
        frame.lazy()
        .filter(pl.col("open_interest") >= 5)
        .with_columns(
            gex=pl.col("right") * pl.col("gamma") * shares * (SPOT**2 * 0.01), dex=pl.col("delta") * shares * SPOT
        )
        .group_by("strike")
        .agg(
            pl.col("gex").filter(pl.col("right") == 1).sum().alias("call_gex"),
            pl.col("gex").filter(pl.col("right") == -1).sum().alias("put_gex"),
            pl.col("gex").sum().alias("net_gex"),
            pl.col("dex").sum().alias("dex_usd"),
        )
        .sort("strike")
        .collect()
    )


def by_numpy(columns: dict[str, Any]) -> tuple[Any, Any, Any]:
    used = columns["open_interest"] >= 5
    strike, right = columns["strike"][used], columns["right"][used]
    shares = columns["open_interest"][used] * MULTIPLIER
    strikes, slot = np.unique(strike, return_inverse=True)
    gex = np.bincount(slot, right * columns["gamma"][used] * shares * (SPOT**2 * 0.01))
    dex = np.bincount(slot, columns["delta"][used] * shares * SPOT)
    return strikes, gex, dex


def check(result: Exposure, frame: pl.DataFrame) -> None:
    ours, theirs = pl.DataFrame(result.by_strike()), by_polars(frame)
    assert ours["strike"].equals(theirs["strike"])
    for name in ("call_gex", "put_gex", "net_gex", "dex_usd"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-3)


@pytest.mark.benchmark(group="exposure of 10,000 contracts")
def test_ours_totals(benchmark: BenchmarkFixture, chain: Chain, frame: pl.DataFrame) -> None:
    check(benchmark(exposure, chain, SPOT, as_of_ns=AS_OF_NS, grid_points=0), frame)


@pytest.mark.benchmark(group="exposure of 10,000 contracts")
def test_ours_complete(benchmark: BenchmarkFixture, chain: Chain, frame: pl.DataFrame) -> None:
    result = benchmark(exposure, chain, SPOT, as_of_ns=AS_OF_NS)
    check(result, frame)
    assert result.rows_used == CONTRACTS


@pytest.mark.benchmark(group="exposure of 10,000 contracts")
def test_ours_complete_from_arrow(benchmark: BenchmarkFixture, frame: pl.DataFrame) -> None:
    batch = pa.Table.from_batches(frame.to_arrow().combine_chunks().to_batches()).to_batches()[0]
    check(benchmark(exposure, batch, SPOT, as_of_ns=AS_OF_NS), frame)


@pytest.mark.benchmark(group="exposure of 10,000 contracts")
def test_peer_polars_totals(benchmark: BenchmarkFixture, frame: pl.DataFrame) -> None:
    assert benchmark(by_polars, frame).height == CONTRACTS // 50


@pytest.mark.benchmark(group="exposure of 10,000 contracts")
def test_peer_numpy_totals(benchmark: BenchmarkFixture, frame: pl.DataFrame) -> None:
    columns = {name: frame[name].to_numpy() for name in ("strike", "right", "open_interest", "gamma", "delta")}
    strikes, gex, dex = benchmark(by_numpy, columns)
    theirs = by_polars(frame)
    np.testing.assert_allclose(gex, theirs["net_gex"], rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(dex, theirs["dex_usd"], rtol=1e-9, atol=1e-3)
    assert strikes.size == theirs.height
