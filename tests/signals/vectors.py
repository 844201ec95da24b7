"""Feature vectors of a real market state: what each source has told can be left out, or come later."""

from tests.doubles.chain_bodies import chain_body

from alphatrader._core import Market
from alphatrader.analytics.exposures import ExposureState, compute_exposure
from alphatrader.analytics.settings import ToxicityWeights
from alphatrader.analytics.toxicity import ToxicityMeter
from alphatrader.calendar import session_for, to_ns
from alphatrader.signals.features import FeatureVector

S = 1_000_000_000
DATE = "2025-11-24"
SESSION = session_for(DATE)
START_NS = to_ns(DATE, "11:00")
LENGTH_S = 400
END_NS = START_NS + LENGTH_S * S
SOURCES = ("quote", "trade", "depth", "chain", "news", "indicator")


def market(sources: tuple[str, ...] = SOURCES, *, drift: float = 0.004, seconds: int = LENGTH_S) -> Market:
    """Buyers lift offers while the price rises by ``drift`` dollars a second, or sellers hit bids while it falls."""
    made = Market()
    made.add_instrument(1, 0.01, vpin_bucket_volume=10_000, vpin_window=5)
    sign = 1 if drift >= 0 else -1
    price = 650.0
    for second in range(seconds):
        ts_ns = START_NS + (second + 1) * S
        price = round(price + drift + (0.01 if second % 2 else -0.01), 4)
        tick = round(price, 2)
        if "quote" in sources:
            sizes = (500 + 10 * (second % 7), 200)
            bid_size, ask_size = sizes if sign > 0 else sizes[::-1]
            made.quote(ts_ns, 1, round(tick - 0.01, 2), bid_size, round(tick + 0.01, 2), ask_size)
        if "trade" in sources:
            made.trade(ts_ns, 1, round(tick + sign * 0.01, 2), 2_000 + 1_000 * (second % 3), "ARCA", "")
    if "depth" in sources:
        for side, step in ((1, -1), (0, 1)):
            for row in range(5):
                size = 600 if (side == 1) == (sign > 0) else 300
                made.depth(END_NS, 1, 0, side, row, round(650 + step * 0.01 * (row + 1), 2), size, "ARCA")
    return made


def exposure(*, calls: int = 1_000, puts: int = 4_000, ts_ns: int = END_NS - 5 * S) -> ExposureState:
    """Of a small chain: with more puts than calls dealers are short gamma."""
    return compute_exposure("SPY", "alphavantage", chain_body(DATE, calls=calls, puts=puts), 650.0, ts_ns)


def vector(
    sources: tuple[str, ...] = SOURCES,
    *,
    drift: float = 0.004,
    seconds: int = LENGTH_S,
    at_ns: int = END_NS + 2 * S,
    state: ExposureState | None = None,
) -> FeatureVector:
    """The features of SPY at an instant."""
    snapshot = market(sources, drift=drift, seconds=seconds).snapshot(1)
    chain = state or exposure()
    return FeatureVector(
        symbol="SPY",
        now_ns=at_ns,
        session_date=DATE,
        session_open_ns=SESSION.open_ns,
        session_close_ns=SESSION.close_ns,
        snapshot=snapshot,
        toxicity=ToxicityMeter(ToxicityWeights()).update(snapshot),
        exposure=chain if "chain" in sources else None,
        sentiment=(END_NS - 60 * S, 0.35, 12) if "news" in sources else None,
        technicals={"RSI": (END_NS - 30 * S, {"RSI": 61.5}), "MACD": (END_NS - 90 * S, {"MACD": 0.1})}
        if "indicator" in sources
        else {},
    )


def without(*left_out: str) -> tuple[str, ...]:
    return tuple(source for source in SOURCES if source not in left_out)
