"""Chains and quotes of the simulated options beside recorded ones of the same products.

The SPY chain is held to its bounds by the report (``tests/sim/calibration``); here are the other products, each against
its own files, and what the report does not measure: spreads by the time of day and the size of prints.
"""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.sim.market.option_chains import still_chain

from alphatrader.sim.calibration import chain_measures as measures
from alphatrader.sim.calibration.recorded import read_chain_sample
from alphatrader.sim.calibration.samples import ChainSample
from alphatrader.sim.calibration.simulated import record_chain
from alphatrader.sim.market import MarketSpec, build_market
from alphatrader.sim.market.backdrop import backdrop_of
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.option_flow import MEAN_SIZE, OptionFlow

DATA = Path(__file__).parents[4] / "shared/data"
FILES = {
    "SPX": ("spx_quotedata_2023-09-14", "SPX_2023-05-26"),
    "XSP": ("xsp_quotedata_2023-09-14",),
    "QQQ": ("QQQ_2024-03-22", "QQQ_2023-05-26"),
}
SMILE_TOLERANCE = 0.17
"""Of the volatility at the money: two recorded days of one product differ by as much."""

needs_chains = pytest.mark.skipif(not (DATA / "cboe_chains").exists(), reason="needs ../shared/data/cboe_chains")
needs_goog = pytest.mark.skipif(
    not (DATA / "goog_chains_2015-12").exists(), reason="needs ../shared/data/goog_chains_2015-12"
)


def market_of(symbol: str) -> SessionMarket:
    market = build_market(MarketSpec(seed=1, session_date="2026-11-19", symbols=(symbol,), start_fraction=0.9))
    assert isinstance(market, SessionMarket)
    return market


@pytest.fixture(scope="module", params=sorted(FILES))
def pair(request: pytest.FixtureRequest) -> tuple[ChainSample, list[ChainSample]]:
    symbol = request.param
    real = [read_chain_sample(DATA / "cboe_chains" / f"{name}.csv.gz") for name in FILES[symbol]]
    return record_chain(market_of(symbol), symbol, "simulated"), real


@needs_chains
@pytest.mark.data
@pytest.mark.parametrize("term", [(2.5, 9.5), (9.5, 35.0)], ids=["week", "month"])
def test_smiles(pair: tuple[ChainSample, list[ChainSample]], term: tuple[float, float]) -> None:
    simulated, real = pair
    inside = np.abs(measures.SMILE_AT) <= 2.0
    found = measures.smile(simulated, term)[inside]
    recorded = np.array([measures.smile(sample, term)[inside] for sample in real])
    assert (found >= recorded.min(axis=0) - SMILE_TOLERANCE).all()
    assert (found <= recorded.max(axis=0) + SMILE_TOLERANCE).all()


@needs_chains
@pytest.mark.data
def test_spreads_by_premium(pair: tuple[ChainSample, list[ChainSample]]) -> None:
    """Up to premiums of $5; the files are of the evening, when dearer options are hardly quoted any more."""
    simulated, real = pair
    cheap = slice(0, 6)
    found = measures.spread_by_premium(simulated)[cheap]
    recorded = np.array([measures.spread_by_premium(sample)[cheap] for sample in real])
    assert (found >= 0.45 * recorded.min(axis=0)).all()
    assert (found <= 2.0 * recorded.max(axis=0)).all()


@needs_chains
@pytest.mark.data
def test_open_interest_and_volume(pair: tuple[ChainSample, list[ChainSample]]) -> None:
    simulated, real = pair

    def between(of: str, measure: str, slack: float) -> None:
        value = getattr(measures, measure)
        found = value(simulated, getattr(simulated, of))
        recorded = [value(sample, getattr(sample, of)) for sample in real]
        assert min(recorded) / slack <= found <= max(recorded) * slack, (of, measure, found, recorded)

    between("open_interest", "put_call_ratio", 2.5)
    between("volume", "put_call_ratio", 3.5)
    for calls in (True, False):
        middles = []
        for sample in (simulated, *real):
            share = np.cumsum(measures.profile(sample, sample.open_interest, calls=calls))
            middles.append(float(np.interp(0.5, share, measures.PROFILE_EDGES[1:])))
        assert min(middles[1:]) - 0.03 <= middles[0] <= max(middles[1:]) + 0.03


def goog_rows(kind: str) -> list[list[str]]:
    rows = []
    with zipfile.ZipFile(DATA / f"goog_chains_2015-12/option_minute/20151224_{kind}_american.zip") as archive:
        for name in archive.namelist():
            rows += [line.split(",") for line in archive.read(name).decode().splitlines()]
    return rows


@needs_goog
@pytest.mark.data
def test_spreads_over_the_morning() -> None:
    """How much wider options of $3 to $10 are quoted in the first quarter of an hour than around noon."""
    quotes = np.array([[float(r[0]), float(r[4]), float(r[9])] for r in goog_rows("quote") if r[4] and r[9]])
    hour, bid, ask = quotes[:, 0] / 3.6e6, quotes[:, 1] / 1e4, quotes[:, 2] / 1e4
    middle = (bid + ask) / 2.0

    def median(low: float, high: float) -> float:
        return float(np.median((ask - bid)[(hour >= low) & (hour < high) & (middle > 3.0) & (middle < 10.0)]))

    recorded = median(9.5, 9.75) / median(10.5, 12.5)
    widening = backdrop_of(market_of("SPY").day.underlyings[756733].path).widening
    simulated = float(np.median(widening[60:1_800]) / np.median(widening[7_200:21_600]))
    assert recorded / 1.6 < simulated < recorded * 1.6


@needs_goog
@pytest.mark.data
def test_sizes_of_prints() -> None:
    """Recorded are sums by contract and minute, of a quiet day on which most are of a single print."""
    recorded = np.array([float(row[5]) for row in goog_rows("trade")])
    chain = still_chain("AAPL")
    simulated = OptionFlow(chain).prints(chain.all_rows, 30, 330, priced=False).size
    for level in (0.25, 0.5, 0.75, 0.9):
        real, found = np.quantile(recorded, level), np.quantile(simulated, level)
        assert real / 2.5 <= found <= real * 2.5 + 2.0, (level, real, found)
    assert 0.4 < MEAN_SIZE / recorded.mean() < 1.6
