"""Measures of an option chain: smile, term structure, spreads, open interest, volume; pure functions over columns."""

import numpy as np

from alphatrader.sim.calibration.samples import ChainSample, Flags, Floats

TERMS = ((0.5, 2.5), (2.5, 9.5), (9.5, 35.0), (35.0, 100.0))
"""Calendar days to settlement, from and to."""
SMILE_AT = np.array([-3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
"""Log strike to forward in standard deviations to settlement."""
PREMIUMS = (0.05, 0.10, 0.25, 0.50, 1.00, 2.00, 5.00, 10.00, 25.00)
PROFILE_EDGES = np.arange(-10, 11) / 100.0
"""Log strike to spot."""
_NEAR_DAYS = 60.0
_YEAR_DAYS = 365.0
_MAX_HOLE = 0.03
"""An expiry whose strikes around the forward are further apart, of the forward, has no smile worth the name."""


def forward_and_atm(sample: ChainSample, days: float) -> tuple[float, float] | None:
    """Return an expiry's forward (put-call parity where call and put are nearest) and its IV there; None if unknown."""
    strike, iv, forward = _out_of_the_money(sample, days)
    above = int(np.searchsorted(strike, forward))
    if not 2 <= above <= len(strike) - 2 or strike[above] - strike[above - 1] > _MAX_HOLE * forward:
        return None
    return forward, float(np.interp(forward, strike, iv))


def smile(sample: ChainSample, term: tuple[float, float]) -> Floats:
    """Return IV over at-the-money IV at ``SMILE_AT``, the mean of the term's expiries; NaN where none reaches."""
    found = []
    for days in np.unique(sample.days[(sample.days >= term[0]) & (sample.days < term[1])]):
        known = forward_and_atm(sample, days)
        if known is None:
            continue
        strike, iv, forward = _out_of_the_money(sample, days)
        at = np.log(strike / forward) / (known[1] * np.sqrt(days / _YEAR_DAYS))
        found.append(np.interp(SMILE_AT, at, iv / known[1], left=np.nan, right=np.nan))
    if not found:
        return np.full(len(SMILE_AT), np.nan)
    return nan_mean(np.array(found))


def term_structure(sample: ChainSample) -> tuple[Floats, Floats]:
    """Return days to settlement and at-the-money IV of each expiry where it is known."""
    points = [(days, known[1]) for days in np.unique(sample.days) if (known := forward_and_atm(sample, days))]
    return np.array([days for days, _ in points]), np.array([iv for _, iv in points])


def spread_by_premium(sample: ChainSample) -> Floats:
    """Return the median bid-ask spread in dollars between successive ``PREMIUMS`` (the mid); NaN where there is none.

    Counted are contracts within 60 days, with a bid, struck within 10% of spot.
    """
    mid = (sample.bid + sample.ask) / 2.0
    near = _near(sample) & (sample.bid > 0.0) & (sample.ask > sample.bid)
    bucket = np.digitize(mid, PREMIUMS)
    return np.array([_median((sample.ask - sample.bid)[near & (bucket == n)]) for n in range(1, len(PREMIUMS))])


def profile(sample: ChainSample, weights: Floats, *, calls: bool, most_days: float = _NEAR_DAYS) -> Floats:
    """Return how a weight (open interest, volume) is spread over ``PROFILE_EDGES``, for calls or puts; sums to 1."""
    rows = (sample.is_call == calls) & (sample.days <= most_days)
    total, _ = np.histogram(np.log(sample.strike / sample.spot)[rows], bins=PROFILE_EDGES, weights=weights[rows])
    return np.asarray(total / max(float(total.sum()), 1.0), dtype=np.float64)


def round_strike_ratio(sample: ChainSample, multiple: int, weights: Floats) -> float:
    """Return the mean weight at strikes divisible by ``multiple`` over that at whole-dollar strikes not divisible by 5.

    Counted are contracts within 60 days, struck within 10% of spot, of expiries with strikes of both kinds.
    """
    near = _near(sample) & (sample.strike == np.floor(sample.strike))
    plain = near & (sample.strike % 5 != 0)
    both = np.isin(sample.days, sample.days[plain])
    rounded = near & both & (sample.strike % multiple == 0)
    return float(weights[rounded].mean() / max(float(weights[plain].mean()), 1e-9))


def put_call_ratio(sample: ChainSample, weights: Floats) -> float:
    """Return the puts' weight over the calls'."""
    return float(weights[~sample.is_call].sum() / max(float(weights[sample.is_call].sum()), 1.0))


def share_within(sample: ChainSample, weights: Floats, days: float) -> float:
    """Return the share of a weight in expiries of at most so many days, of all within 60."""
    near = sample.days <= _NEAR_DAYS
    return float(weights[near & (sample.days <= days)].sum() / max(float(weights[near].sum()), 1.0))


def nan_mean(rows: Floats) -> Floats:
    """Return the mean over the first axis, leaving NaN out; NaN where nothing is left."""
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _near(sample: ChainSample) -> Flags:
    moneyness = np.log(sample.strike / sample.spot)
    return np.asarray((sample.days <= _NEAR_DAYS) & (np.abs(moneyness) <= 0.1), dtype=np.bool_)


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _out_of_the_money(sample: ChainSample, days: float) -> tuple[Floats, Floats, float]:
    """Return strikes (rising) and IVs of an expiry's puts below and calls above the forward, and the forward."""
    rows = sample.days == days
    strike, mid = sample.strike[rows], ((sample.bid + sample.ask) / 2.0)[rows]
    calls = sample.is_call[rows]
    shared = np.intersect1d(strike[calls], strike[~calls])
    if not len(shared):
        return shared, shared, sample.spot
    difference = np.interp(shared, *_ordered(strike[calls], mid[calls]))
    difference -= np.interp(shared, *_ordered(strike[~calls], mid[~calls]))
    nearest = int(np.argmin(np.abs(difference)))
    forward = float(shared[nearest] + difference[nearest])
    chosen = (sample.iv[rows] > 0.0) & (sample.bid[rows] > 0.0) & (calls == (strike > forward))
    return *_ordered(strike[chosen], sample.iv[rows][chosen]), forward


def _ordered(at: Floats, values: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(at, kind="stable")
    return at[order], values[order]
