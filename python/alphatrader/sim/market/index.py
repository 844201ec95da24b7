"""Indices: values calculated from another underlying, published by the second. Nobody can trade them.

SPX and XSP follow SPY's price with a small noise; the official values come from SPY's auctions, so that an index option
settles on what its basket traded at. VIX is the variance that the option surface expects over 30 days.
"""

import numpy as np

from alphatrader import calendar
from alphatrader.sim.market.hours import LATE_NS
from alphatrader.sim.market.path import QUOTE_NS, Cross, DayPath, Floats, Indices, Prints
from alphatrader.sim.market.profiles import Profile, stream
from alphatrader.sim.market.shape import NIGHT_SHARE
from alphatrader.sim.market.synthetic import LEVERAGE

_BASIS = 0.0035
"""An index stands above ten times its fund by about the fund's fees and dividends."""
_NOISE_BP = 0.15
_SESSIONS_A_YEAR = 252.0
_SESSIONS_A_MONTH = 21
_REVERSION_SESSIONS = 8.0
"""Today's busy or quiet market is expected to return to normal over about this many sessions, as options have it."""
_BUSY_S = 3_600
_PRICE_BETA = 5.0
"""Relative change of VIX for each unit of log return of the S&P 500."""
_STRIP_PREMIUM = 1.08
"""A strip of options over all strikes costs more than those at the money: the skew."""
_INTERVALS_A_SECOND = calendar.NS // QUOTE_NS
_VENUE = "CBOE"


def index_path(profile: Profile, basket: DayPath, seed: int, previous_close: float | None) -> DayPath:
    """Calculate an index over a day from the path of its basket; ``previous_close`` None on the first day."""
    date = calendar.date_of(basket.open_ns)
    generator = stream(seed, profile.symbol, f"index {date}")
    if profile.index_ratio:
        scale = profile.index_ratio * (1.0 + _BASIS * float(stream(seed, profile.basket, "basis").uniform(0.6, 1.2)))
        middle = (basket.bid_cents.astype(np.float64) + basket.ask_cents) / 2.0
        seconds = len(middle) // _INTERVALS_A_SECOND + 1
        noise = np.repeat(_NOISE_BP * 1e-4 * generator.standard_normal(seconds), _INTERVALS_A_SECOND)[: len(middle)]
        cents = np.rint(middle * scale * (1.0 + noise))
        crosses = _official(basket, scale)
        published_to_ns = basket.close_ns
        before = basket.previous_close * scale
    else:
        cents = _volatility_cents(generator, basket)
        crosses = ()
        published_to_ns = basket.close_ns + LATE_NS
        before = float(_vix(basket.day_sigma, np.ones(1))[0])
    values = cents.astype(np.int32)
    prints = _prints(profile, basket, values, crosses, published_to_ns)
    return DayPath(
        symbol=profile.symbol,
        start_ns=basket.start_ns,
        open_ns=basket.open_ns,
        close_ns=basket.close_ns,
        previous_close=round(before, 2) if previous_close is None else previous_close,
        day_sigma=basket.day_sigma,
        bid_cents=values,
        ask_cents=values,
        book=None,
        prints=prints,
        variance_factor=basket.variance_factor,
        crosses=crosses,
        halts=basket.halts,
    )


def _official(basket: DayPath, scale: float) -> tuple[Cross, ...]:
    """Return the special opening quotation and the official close: the basket's auctions, not what was calculated."""
    return tuple(
        Cross(cross.ts_ns, cross.kind, round(cross.price * scale, 2), 0)
        for cross in basket.crosses
        if cross.kind != "reopen"
    )


def _vix(day_sigma: float, factor: Floats) -> Floats:
    """Return the annualised volatility, in points, that options expect over a month at a variance factor."""
    a_session = day_sigma**2 / (1.0 - NIGHT_SHARE)
    ahead = np.exp(-np.arange(_SESSIONS_A_MONTH) / _REVERSION_SESSIONS).mean()
    return np.asarray(100.0 * _STRIP_PREMIUM * np.sqrt(_SESSIONS_A_YEAR * a_session * (1.0 + (factor - 1.0) * ahead)))


def _volatility_cents(generator: np.random.Generator, basket: DayPath) -> Floats:
    """Lay the volatility index over the day: it stands still outside of regular hours.

    A month's variance follows the busyness of the last hour, and answers to the price more than today's alone does.
    """
    first, last = ((at_ns - basket.first_ns) // QUOTE_NS for at_ns in (basket.open_ns, basket.close_ns))
    middle = (basket.bid_cents + basket.ask_cents)[first:last:_INTERVALS_A_SECOND] / 2.0
    moved = np.log(middle / middle[0])
    busy = np.log(basket.variance_factor) + LEVERAGE * moved
    padded = np.concatenate((np.full(_BUSY_S - 1, busy[0]), busy))
    total = np.cumsum(np.concatenate(([0.0], padded)))
    busy = (total[_BUSY_S:] - total[:-_BUSY_S]) / _BUSY_S
    value = _vix(basket.day_sigma, np.exp(busy)) * np.exp(-_PRICE_BETA * moved)
    value *= 1.0 + 0.0002 * generator.standard_normal(len(value))
    inside = np.repeat(value, _INTERVALS_A_SECOND)
    cents = np.full(len(basket.bid_cents), 100.0 * value[0])
    cents[first:last] = 100.0 * inside[: last - first]
    cents[last:] = 100.0 * value[-1]
    return np.asarray(np.rint(cents))


def _prints(
    profile: Profile,
    basket: DayPath,
    cents: np.ndarray[tuple[int], np.dtype[np.int32]],
    crosses: tuple[Cross, ...],
    until_ns: int,
) -> Prints:
    """Publish the value every few seconds, and the official values when they are known: prints without size."""
    step_ns = profile.publish_s * calendar.NS
    ts_ns: Indices = np.arange(basket.open_ns + step_ns, until_ns, step_ns, dtype=np.int64)
    price = cents[np.minimum((ts_ns - basket.first_ns) // QUOTE_NS, len(cents) - 1)] / 100.0
    at = np.searchsorted(ts_ns, [cross.ts_ns for cross in crosses])
    ts_ns = np.insert(ts_ns, at, [cross.ts_ns for cross in crosses])
    price = np.insert(price, at, [cross.price for cross in crosses])
    count = len(ts_ns)
    return Prints(
        ts_ns=ts_ns,
        price=price,
        size=np.zeros(count, dtype=np.int32),
        venue=np.zeros(count, dtype=np.int8),
        condition=np.zeros(count, dtype=np.int16),
        venue_names=(_VENUE,),
        condition_texts=("",),
        volume=np.zeros(count, dtype=np.int64),
    )
