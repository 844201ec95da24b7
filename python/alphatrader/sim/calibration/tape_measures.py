"""Measures of a day's prints and quotes: pure functions over columns, the same for real and simulated days.

Stylised facts and their measures: Cont, "Empirical properties of asset returns" (Quantitative Finance 1, 2001);
Lillo and Farmer, "The long memory of the efficient market" (2004), for the signs of trades.
"""

from collections.abc import Sequence

import numpy as np

from alphatrader.sim.calibration.samples import Flags, Floats, Ints, TapeSample

NS = 1_000_000_000
ODD_LOT, BLOCK = 100.0, 10_000.0
"""Shares: below the first an odd lot, from the second on a block."""
SIGN_LAGS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
GAPS_MS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
SIZES = (1.0, 2.0, 10.0, 50.0, 100.0, 101.0, 200.0, 300.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 50_000.0)
SCALES_S = (1, 2, 5, 10, 30, 60, 120, 300)


def spread_shares(sample: TapeSample, tick: float = 0.01, most: int = 6) -> Floats:
    """Return the share of the session's quoted time at each spread of 1, 2, ... ``most`` (or more) ticks."""
    ticks, weight = _quoted_time(sample, tick)
    shares = [weight[ticks == n].sum() for n in range(1, most)] + [weight[ticks >= most].sum()]
    return np.array(shares, dtype=np.float64) / float(weight.sum())


def mean_spread_bps(sample: TapeSample) -> float:
    """Return the time-weighted mean spread in basis points of the mid."""
    ticks, weight = _quoted_time(sample, 0.01)
    mid = (sample.bid + sample.ask) / 2.0
    good = _good(sample)
    return float(np.average(ticks * 0.01 / mid[good] * 1e4, weights=weight))


def effective_spread(sample: TapeSample) -> tuple[float, float]:
    """Return the share-weighted effective spread 2|price - mid| and the quoted spread beside it, in cents.

    NaN where the quotes are not exact to the print.
    """
    if not sample.quotes_by_tick:
        return float("nan"), float("nan")
    bid, ask, known = quotes_before(sample, sample.ts_ns)
    mid = (bid + ask) / 2.0
    weight = sample.size[known]
    effective = 200.0 * np.abs(sample.price - mid)[known]
    return float(np.average(effective, weights=weight)), float(np.average(100.0 * (ask - bid)[known], weights=weight))


def place_shares(sample: TapeSample) -> Floats:
    """Return the share of prints inside the quote, at it, and outside of it; NaN as in :func:`effective_spread`."""
    if not sample.quotes_by_tick:
        return np.full(3, np.nan)
    bid, ask, known = quotes_before(sample, sample.ts_ns)
    price, bid, ask = sample.price[known], bid[known], ask[known]
    outside = (price < bid - 1e-6) | (price > ask + 1e-6)
    inside = (price > bid + 1e-6) & (price < ask - 1e-6)
    return np.array([inside.mean(), 1.0 - inside.mean() - outside.mean(), outside.mean()])


def size_survival(sample: TapeSample) -> Floats:
    """Return the share of prints of at least each of ``SIZES`` shares."""
    ordered = np.sort(sample.size)
    return 1.0 - np.searchsorted(ordered, SIZES, side="left") / len(ordered)


def kind_shares(sample: TapeSample) -> dict[str, float]:
    """Return the share of prints that are odd lots, of 100 shares exactly, blocks, sweeps and off the exchanges."""
    size = sample.size
    return {
        "odd lots": float((size < ODD_LOT).mean()),
        "of 100 shares": float((size == ODD_LOT).mean()),
        "blocks": float((size >= BLOCK).mean()),
        "sweeps": float(sample.sweep.mean()),
        "off exchange": float(1.0 - sample.lit.mean()),
    }


def volume_by_bucket(sample: TapeSample, buckets: int = 26) -> Floats:
    """Return the volume of each equal part of the session over the mean part's: its mean is 1."""
    edges = np.linspace(sample.open_ns, sample.close_ns, buckets + 1)
    volume, _ = np.histogram(sample.ts_ns, bins=edges, weights=sample.size)
    return np.asarray(volume / volume.mean(), dtype=np.float64)


def volatility_by_bucket(sample: TapeSample, buckets: int = 26, step_s: int = 60) -> Floats:
    """Return the root mean square return of each part of the session over that of the whole: its mean square is 1."""
    squared = mid_returns(sample, step_s) ** 2
    bucket = np.minimum(np.arange(len(squared)) * buckets // len(squared), buckets - 1)
    by_bucket = np.bincount(bucket, squared, buckets) / np.bincount(bucket, minlength=buckets)
    return np.asarray(np.sqrt(by_bucket / by_bucket.mean()), dtype=np.float64)


def tick_signs(price: Floats) -> Ints:
    """Tell buys (+1) from sells (-1) by the tick rule: by the last change of price; 0 before the first."""
    moved = np.concatenate(([0.0], np.sign(np.diff(price))))
    index = np.maximum.accumulate(np.where(moved != 0.0, np.arange(len(price)), 0))
    return moved[index].astype(np.int64)


def sign_autocorrelation(sample: TapeSample) -> Floats:
    """Return the autocorrelation of the signs of orders at ``SIGN_LAGS`` (tick rule).

    Exchange prints of one millisecond count as one order: a large one is many prints, whose agreement says nothing.
    """
    signs = tick_signs(sample.price[sample.lit])
    ms = sample.ts_ns[sample.lit] // 1_000_000
    newest = np.append(ms[1:] != ms[:-1], True)
    return autocorrelation(signs[newest].astype(np.float64), SIGN_LAGS)


def absolute_return_autocorrelation(sample: TapeSample, lags: int = 30, step_s: int = 60) -> Floats:
    """Return the autocorrelation of absolute returns at lags 1..``lags`` of ``step_s`` seconds."""
    return autocorrelation(np.abs(mid_returns(sample, step_s)), range(1, lags + 1))


def autocorrelation(values: Floats, lags: Sequence[int]) -> Floats:
    """Return the autocorrelation of a series at some lags; 0 where it is too short or does not vary."""
    centred = values - values.mean()
    variance = float((centred**2).mean())
    if not variance:
        return np.zeros(len(lags))
    return np.array(
        [float((centred[lag:] * centred[:-lag]).mean()) / variance if lag < len(values) else 0.0 for lag in lags]
    )


def gap_survival(sample: TapeSample) -> Floats:
    """Return the share of times between prints, in whole milliseconds, above each of ``GAPS_MS``."""
    gaps = np.sort(np.diff(sample.ts_ns // 1_000_000))
    return 1.0 - np.searchsorted(gaps, GAPS_MS, side="right") / len(gaps)


def variance_by_scale(sample: TapeSample) -> Floats:
    """Return the variance of mid returns a second at ``SCALES_S`` over that at the longest: 1 for a random walk."""
    variance = np.array([float((mid_returns(sample, scale) ** 2).mean()) / scale for scale in SCALES_S])
    return np.asarray(variance / variance[-1], dtype=np.float64)


def tail_share(sample: TapeSample, step_s: int = 60, deviations: float = 3.0) -> float:
    """Return the share of returns beyond some standard deviations, as the median size tells them: 0.27% if normal.

    Unlike the kurtosis it does not hang on whether one day had a jump.
    """
    size = np.abs(mid_returns(sample, step_s))
    return float((size > deviations * np.median(size) / 0.6745).mean())


def flow_correlation(sample: TapeSample, ahead: int = 0, step_s: int = 60) -> float:
    """Correlate signed exchange volume over total volume with the return of the same step, or of one ``ahead``."""
    lit = sample.lit
    count = (sample.close_ns - sample.open_ns) // (step_s * NS)
    step = np.minimum((sample.ts_ns[lit] - sample.open_ns) // (step_s * NS), count - 1)
    signed = np.bincount(step, tick_signs(sample.price[lit]) * sample.size[lit], count)
    imbalance = signed / np.maximum(np.bincount(step, sample.size[lit], count), 1.0)
    returns = mid_returns(sample, step_s)
    both = min(len(imbalance), len(returns)) - ahead
    return float(np.corrcoef(imbalance[:both], returns[ahead : ahead + both])[0, 1])


def mid_returns(sample: TapeSample, step_s: int) -> Floats:
    """Return the log returns of the mid over whole steps of the session; times before the first quote take that one."""
    edges = np.arange(sample.open_ns, sample.close_ns + 1, step_s * NS)
    good = _good(sample)
    mid = ((sample.bid + sample.ask) / 2.0)[good]
    at = np.searchsorted(sample.quote_ts_ns[good], edges, side="right") - 1
    return np.diff(np.log(mid[np.maximum(at, 0)]))


def quotes_before(sample: TapeSample, ts_ns: Ints) -> tuple[Floats, Floats, Flags]:
    """Return bid and ask just before each instant (a quote of that instant comes later), and whether there were any."""
    at = np.searchsorted(sample.quote_ts_ns, ts_ns, side="left") - 1
    known = (at >= 0) & _good(sample)[np.maximum(at, 0)]
    at = np.maximum(at, 0)
    return sample.bid[at], sample.ask[at], known


def _good(sample: TapeSample) -> Flags:
    return (sample.bid > 0.0) & (sample.ask > sample.bid)


def _quoted_time(sample: TapeSample, tick: float) -> tuple[Ints, Floats]:
    """Return each two-sided, uncrossed quote's spread in ticks, and for how long it held within the session."""
    bounds = np.append(sample.quote_ts_ns, sample.close_ns)
    bounds = np.clip(bounds, sample.open_ns, sample.close_ns)
    good = _good(sample)
    ticks = np.rint((sample.ask - sample.bid)[good] / tick).astype(np.int64)
    return ticks, np.diff(bounds)[good].astype(np.float64)
