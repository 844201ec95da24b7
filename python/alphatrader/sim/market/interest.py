"""Open interest: where it stands on the first day, and how the day's flow moves it overnight.

Calibrated to chains of SPY, QQQ and SPX of 2023-25. Series that exist for two weeks hold little, near the price;
Fridays hold more and monthlies most, with puts far below the price (a mean of 10-14% for monthlies), two to three puts
a call. Round strikes stand out: near the price they hold about three times what others hold.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alphatrader.sim.market.draws import keys_of, normal, root_key, uniform
from alphatrader.sim.market.expiries import Kind, kind_of, sessions_until
from alphatrader.sim.market.option_products import OptionProduct
from alphatrader.sim.market.types import ListedContract

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class _Profile(NamedTuple):
    """How a kind of expiry holds its interest, in log strike to price: bells near it, tails away from it."""

    puts_a_call: float
    call_centre: float
    call_width: float
    call_tail: float
    put_centre: float
    put_width: float
    put_tail: float
    tail_share: float
    tens: float
    fives: float
    """How many times the interest of other strikes stands on multiples of ten and of five."""
    walls: int


_PROFILES: dict[Kind, _Profile] = {
    "daily": _Profile(1.5, 0.004, 0.012, 0.020, -0.014, 0.018, 0.045, 0.40, 1.8, 1.35, 1),
    "friday": _Profile(2.6, 0.006, 0.022, 0.035, -0.040, 0.035, 0.100, 0.60, 3.0, 2.3, 2),
    "monthly": _Profile(2.9, 0.008, 0.035, 0.050, -0.060, 0.050, 0.120, 0.65, 3.8, 2.9, 3),
}
_DAILY_TOTALS = np.array([230e3, 125e3, 75e3, 52e3, 38e3, 26e3, 15e3, 8e3])
_FRIDAY_TOTAL, _MONTHLY_TOTAL = 520e3, 1.9e6
"""Contracts of SPY by expiry: about half of what stood there in 2023."""
_WALL = 3.5
_NOISE = 0.75
_REVERSION = 0.25
_SALT_NOISE, _SALT_WALL, _SALT_NIGHT = 31, 32, 33


class InterestFactors(NamedTuple):
    """What a scenario does to open interest.

    ``pinned`` times as much stands on the round strike next to the price in the nearest expiry; ``walls`` says how much
    of the walls there is, ``puts`` multiplies the puts.
    """

    pinned: float = 1.0
    walls: float = 1.0
    puts: float = 1.0


ORDINARY_INTEREST = InterestFactors()


def usual_interest(
    product: OptionProduct,
    options: Sequence[ListedContract],
    session_date: str,
    reference_price: float,
    seed: int,
    factors: InterestFactors = ORDINARY_INTEREST,
) -> Counts:
    """Return the interest that would stand around a price, by contract."""
    ids = np.array([option.con_id for option in options], dtype=np.int64)
    keys = keys_of(root_key(seed, product.symbol, "interest"), ids)
    strike = np.array([float(option.strike) for option in options])
    is_call = np.array([option.right == "C" for option in options])
    expected = np.zeros(len(options))
    series: dict[tuple[str, str], list[int]] = {}
    for row, option in enumerate(options):
        series.setdefault((option.trading_class, option.expiry), []).append(row)
    nearest = min(expiry for _, expiry in series)
    unit = _unit(product, reference_price)
    for (name, expiry), members in series.items():
        rows = np.array(members)
        profile = _PROFILES[kind_of(expiry)]
        weight = _weights(profile, strike[rows], is_call[rows], reference_price, unit, factors.puts)
        weight *= np.exp(_NOISE * normal(keys[rows], _SALT_NOISE))
        weight *= _wall_factors(profile, strike[rows], unit, uniform(keys[rows], _SALT_WALL), factors.walls)
        if expiry == nearest and factors.pinned != 1.0:
            pin = round(reference_price / (5.0 * unit)) * 5.0 * unit
            weight[np.argmin(np.abs(strike[rows] - pin)) // 2 * 2 :][:2] *= factors.pinned
        total = _total(expiry, sessions_until(session_date, expiry), name) * product.activity
        expected[rows] = total * weight / max(float(weight.sum()), 1e-12)
    return np.asarray(np.rint(expected), dtype=np.int64)


def overnight(
    before: Counts, usual: Counts, volume: Floats, options: Sequence[ListedContract], seed: int, session_date: str
) -> Counts:
    """Return the interest of the morning after: it moves towards the usual, never by more than was traded."""
    ids = np.array([option.con_id for option in options], dtype=np.int64)
    keys = keys_of(root_key(seed, "night", session_date), ids)
    opened = _REVERSION * (usual - before) + 0.22 * volume * normal(keys, _SALT_NIGHT)
    return np.maximum(before + np.rint(np.clip(opened, -volume, volume)).astype(np.int64), 0)


def _unit(product: OptionProduct, price: float) -> float:
    """Return what counts as one in round numbers: $1 for shares, $10 where the strikes of an index stand $5 apart."""
    return 10.0 if price > 2_000.0 else 1.0


def _weights(
    profile: _Profile, strike: Floats, is_call: NDArray[np.bool_], price: float, unit: float, puts: float
) -> Floats:
    distance = np.log(strike / price)
    bells = []
    for centre, width, tail, way in (
        (profile.call_centre, profile.call_width, profile.call_tail, 1.0),
        (profile.put_centre, profile.put_width, profile.put_tail, -1.0),
    ):
        near = np.exp(-0.5 * ((distance - centre) / width) ** 2) / (width * 2.5066)
        out = way * distance
        far = np.where(out > 0.0, np.exp(-out / tail), np.exp(6.0 * np.minimum(out, 0.0) / tail)) / tail
        bells.append((1.0 - profile.tail_share) * near + profile.tail_share * far)
    count = strike / unit
    round_number = np.select(
        [count % 50 == 0, count % 10 == 0, count % 5 == 0], [1.4 * profile.tens, profile.tens, profile.fives], 1.0
    )
    return np.asarray(np.where(is_call, bells[0], bells[1] * profile.puts_a_call * puts) * round_number)


def _wall_factors(profile: _Profile, strike: Floats, unit: float, draw: Floats, factor: float) -> Floats:
    """Return the factors of the few round strikes where somebody large stands: those with the highest draws."""
    round_draw = np.where(strike % (5.0 * unit) == 0, draw, 0.0)
    result = np.ones(len(strike))
    result[np.argsort(round_draw, kind="stable")[-2 * profile.walls :]] = 1.0 + (_WALL - 1.0) * factor
    return result


def _total(expiry: str, sessions: int, name: str) -> float:
    """Return what all contracts of an expiry hold together, at the activity of SPY."""
    kind = kind_of(expiry)
    if kind == "daily":
        return float(_DAILY_TOTALS[min(sessions, len(_DAILY_TOTALS) - 1)])
    if kind == "friday":
        return float(_FRIDAY_TOTAL * np.exp(-max(sessions - 8, 0) / 12.0))
    # SPX has most of its interest in the monthlies that settle on the opening prices.
    return float(_MONTHLY_TOTAL * (2.0 if name == "SPX" else 1.0) * np.exp(-max(sessions - 25, 0) / 60.0))
