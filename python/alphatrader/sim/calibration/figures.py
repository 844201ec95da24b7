"""The figures by which the simulated market is judged: one number a day or chain, and where the simulated one must lie.

Bounds come from the real samples, widened for what has changed since: those tapes are of 2013, before odd lots were
reported and with half of today's orders sent off the exchanges.
"""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple

import numpy as np

from alphatrader.sim.calibration import chain_measures as chains
from alphatrader.sim.calibration import tape_measures as tapes
from alphatrader.sim.calibration.samples import ChainSample, Sample, TapeSample

_WEEK, _MONTH = chains.TERMS[1], chains.TERMS[2]


class Figure(NamedTuple, Generic[Sample]):
    """A number of a sample, how many decimals it is worth, and the bounds of the simulated market's mean."""

    name: str
    of: Callable[[Sample], float]
    decimals: int
    low: float
    high: float


def _kind(kind: str) -> Callable[[TapeSample], float]:
    return lambda sample: 100.0 * tapes.kind_shares(sample)[kind]


def _sign(lag: int) -> Callable[[TapeSample], float]:
    return lambda sample: float(tapes.sign_autocorrelation(sample)[tapes.SIGN_LAGS.index(lag)])


def _prints_a_second(sample: TapeSample) -> float:
    return len(sample.ts_ns) / (sample.close_ns - sample.open_ns) * tapes.NS


def _effective_over_quoted(sample: TapeSample) -> float:
    effective, quoted = tapes.effective_spread(sample)
    return effective / quoted


def _share_of_volume(first: int, last: int) -> Callable[[TapeSample], float]:
    return lambda sample: float(tapes.volume_by_bucket(sample, 13)[first:last].mean())


def _at_once(sample: TapeSample) -> float:
    return 100.0 - 100.0 * float(tapes.gap_survival(sample)[0])


def _early_volatility(sample: TapeSample) -> float:
    by_bucket = tapes.volatility_by_bucket(sample, 13) ** 2
    return float(np.sqrt(by_bucket[:2].mean() / by_bucket[5:9].mean()))


TAPE_FIGURES: tuple[Figure[TapeSample], ...] = (
    Figure("prints a second", _prints_a_second, 1, 1.0, 25.0),
    Figure("quoted spread, bps of the mid", tapes.mean_spread_bps, 2, 0.1, 2.5),
    Figure("% of the time one tick wide", lambda s: 100.0 * float(tapes.spread_shares(s)[0]), 0, 50.0, 100.0),
    Figure("effective over quoted spread", _effective_over_quoted, 2, 0.6, 1.15),
    Figure("% of prints inside the quote", lambda s: 100.0 * float(tapes.place_shares(s)[0]), 1, 1.0, 40.0),
    Figure("% of prints outside the quote", lambda s: 100.0 * float(tapes.place_shares(s)[2]), 1, 0.0, 6.0),
    Figure("% odd lots (not reported in 2013)", _kind("odd lots"), 1, 20.0, 65.0),
    Figure("% of prints of 100 shares", _kind("of 100 shares"), 1, 20.0, 80.0),
    Figure("% blocks (10,000 shares or more)", _kind("blocks"), 3, 0.005, 0.3),
    Figure("% sweeps (condition F)", _kind("sweeps"), 1, 5.0, 60.0),
    Figure("% off the exchanges", _kind("off exchange"), 1, 0.0, 50.0),
    Figure("volume, first half hour over mean", _share_of_volume(0, 1), 2, 1.3, 3.0),
    Figure("volume, 12:00-14:00 over mean", _share_of_volume(5, 9), 2, 0.4, 1.0),
    Figure("volume, last half hour over mean", _share_of_volume(12, 13), 2, 1.2, 3.0),
    Figure("volatility, first hour over 12:00-14:00", _early_volatility, 2, 1.0, 4.0),
    Figure("sign autocorrelation of orders, lag 1", _sign(1), 2, 0.25, 0.85),
    Figure("sign autocorrelation of orders, lag 10", _sign(10), 2, 0.0, 0.5),
    Figure(
        "autocorrelation of absolute 1-min returns, lags 1-10",
        lambda s: float(tapes.absolute_return_autocorrelation(s, 10).mean()),
        2,
        0.02,
        0.4,
    ),
    Figure("% of 1-min returns beyond 3 sd", lambda s: 100.0 * tapes.tail_share(s), 1, 0.4, 10.0),
    Figure("variance at 1 s over 5 min", lambda s: float(tapes.variance_by_scale(s)[0]), 2, 0.45, 1.7),
    Figure("% of prints in the millisecond of the last", _at_once, 1, 3.0, 65.0),
    Figure("1-min flow against its return, correlation", tapes.flow_correlation, 2, 0.3, 0.75),
    Figure("1-min flow against the next return", lambda s: tapes.flow_correlation(s, 1), 2, -0.15, 0.3),
)  # fmt: skip
"""Figures of a day of prints. Flow: signed over total exchange volume, signs by the tick rule."""


def _smile(term: tuple[float, float], at: float) -> Callable[[ChainSample], float]:
    return lambda sample: float(chains.smile(sample, term)[int(np.flatnonzero(at == chains.SMILE_AT)[0])])


def _spread(premium: float) -> Callable[[ChainSample], float]:
    return lambda sample: float(chains.spread_by_premium(sample)[chains.PREMIUMS.index(premium)])


def _round(multiple: int) -> Callable[[ChainSample], float]:
    return lambda sample: chains.round_strike_ratio(sample, multiple, sample.open_interest)


def _middle(*, calls: bool) -> Callable[[ChainSample], float]:
    """Return where the middle contract of the open interest is struck, in per cent from spot."""

    def of(sample: ChainSample) -> float:
        cumulative = np.cumsum(chains.profile(sample, sample.open_interest, calls=calls))
        return 100.0 * float(np.interp(0.5, cumulative, chains.PROFILE_EDGES[1:]))

    return of


def _within(days: float, *, of: str) -> Callable[[ChainSample], float]:
    return lambda sample: 100.0 * chains.share_within(sample, getattr(sample, of), days)


def _month_iv(sample: ChainSample) -> float:
    days, iv = chains.term_structure(sample)
    return 100.0 * float(np.interp(30.0, days, iv)) if len(days) else float("nan")


CHAIN_FIGURES: tuple[Figure[ChainSample], ...] = (
    Figure("at-the-money IV at 30 days, %", _month_iv, 1, 8.0, 35.0),
    Figure("a week: IV 2 sd below over at the money", _smile(_WEEK, -2.0), 2, 1.2, 1.7),
    Figure("a week: IV 1 sd below over at the money", _smile(_WEEK, -1.0), 2, 1.08, 1.4),
    Figure("a week: IV 1 sd above over at the money", _smile(_WEEK, 1.0), 2, 0.75, 1.0),
    Figure("a month: IV 2 sd below over at the money", _smile(_MONTH, -2.0), 2, 1.25, 1.75),
    Figure("a month: IV 1 sd below over at the money", _smile(_MONTH, -1.0), 2, 1.1, 1.4),
    Figure("a month: IV 1 sd above over at the money", _smile(_MONTH, 1.0), 2, 0.7, 0.97),
    Figure("median spread of options of $0.10-0.25", _spread(0.10), 3, 0.01, 0.03),
    Figure("median spread of options of $1-2", _spread(1.00), 3, 0.01, 0.06),
    Figure("median spread of options of $2-5", _spread(2.00), 3, 0.01, 0.10),
    Figure("median spread of options of $5-10", _spread(5.00), 3, 0.02, 0.60),
    Figure("open interest, put over call", lambda s: chains.put_call_ratio(s, s.open_interest), 2, 1.1, 4.5),
    Figure("volume, put over call", lambda s: chains.put_call_ratio(s, s.volume), 2, 0.7, 2.5),
    Figure("middle of the calls' open interest, % from spot", _middle(calls=True), 1, -1.0, 4.0),
    Figure("middle of the puts' open interest, % from spot", _middle(calls=False), 1, -6.5, -1.0),
    Figure("open interest, strikes of 5 over plain ones", _round(5), 1, 1.8, 7.0),
    Figure("open interest, strikes of 10 over plain ones", _round(10), 1, 2.0, 8.5),
    Figure("% of open interest within 8 days", _within(8.5, of="open_interest"), 0, 5.0, 60.0),
    Figure("% of volume within 8 days", _within(8.5, of="volume"), 0, 35.0, 90.0),
)  # fmt: skip
"""Figures of a chain, without the day's own expiry."""


def mean_of(figure: Figure[Sample], samples: Sequence[Sample]) -> float:
    """Return the mean of a figure over samples, leaving out those that do not have it (NaN)."""
    return float(chains.nan_mean(np.array([[figure.of(sample)] for sample in samples]))[0])
