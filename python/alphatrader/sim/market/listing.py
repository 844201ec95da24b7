"""What the simulated exchange lists: underlyings, and option series with their open interest."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from alphatrader import calendar
from alphatrader.sim.market.profiles import Profile
from alphatrader.sim.market.types import ListedContract

_STRIKE_RANGE = 0.06
_FIRST_OPTION_ID = 500_000_000
"""Contract ids of options lie in [500 million, 1.5 billion): inside 31 bits, clear of the underlyings'."""
_OPTION_IDS = 1_000_000_000

_TENOR_INTEREST = (5_500.0, 3_200.0, 2_200.0, 4_500.0, 12_000.0)
"""Mean open interest near the money for each expiry, nearest first."""
_CALL_CENTRE, _CALL_WIDTH = 0.012, 0.020
_PUT_CENTRE, _PUT_WIDTH = -0.016, 0.026
"""Where open interest sits, in log strike to spot: calls above it, puts below, so that dealer gamma changes sign."""


def underlying_contract(profile: Profile) -> ListedContract:
    """Describe an underlying."""
    return ListedContract(
        con_id=profile.con_id,
        symbol=profile.symbol,
        sec_type=profile.sec_type,
        exchange=profile.primary_exchange if profile.is_index else "SMART",
        primary_exchange="" if profile.is_index else profile.primary_exchange,
        currency="USD",
        local_symbol=profile.symbol,
        trading_class=profile.symbol,
        min_tick=Decimal("0.01"),
        long_name=profile.long_name,
        stock_type=profile.stock_type,
    )


def expiries_of(session_date: str) -> list[str]:
    """Return the listed expiries (``YYYYMMDD``): today, the next two sessions, about two weeks, a monthly."""
    today = dt.date.fromisoformat(session_date)
    near = [calendar.session_for(session_date), *calendar.sessions_after(session_date, 2)]
    friday = today + dt.timedelta(days=12)
    friday += dt.timedelta(days=(4 - friday.weekday()) % 7)
    dates = [session.date for session in near]
    dates.append(calendar.latest_session(friday).date)
    dates.append(_monthly_after(today + dt.timedelta(days=21)))
    return [date.replace("-", "") for date in sorted(set(dates))]


def _monthly_after(day: dt.date) -> str:
    """Return the next standard monthly expiry on or after a day: the third Friday, or the session before it."""
    first = day.replace(day=1)
    while True:
        third_friday = first + dt.timedelta(days=(4 - first.weekday()) % 7 + 14)
        session = calendar.latest_session(third_friday)
        if session.date >= day.isoformat():
            return session.date
        first = (first + dt.timedelta(days=32)).replace(day=1)


def list_options(profile: Profile, session_date: str, reference_price: float) -> list[ListedContract]:
    """List strikes $1 apart within 6% of the reference price, calls and puts, for every expiry."""
    low = round(reference_price * (1.0 - _STRIKE_RANGE))
    high = round(reference_price * (1.0 + _STRIKE_RANGE))
    taken: set[int] = set()
    return [
        _option(profile, expiry, strike, right, taken)
        for expiry in expiries_of(session_date)
        for strike in range(low, high + 1)
        for right in ("C", "P")
    ]


def _option(profile: Profile, expiry: str, strike: int, right: str, taken: set[int]) -> ListedContract:
    local_symbol = f"{profile.symbol:<6}{expiry[2:]}{right}{strike * 1000:08d}"
    con_id = _contract_id(local_symbol)
    while con_id in taken:  # a rare clash of hashes; the listing order is fixed, so this stays deterministic
        con_id += 1
    taken.add(con_id)
    return ListedContract(
        con_id=con_id,
        symbol=profile.symbol,
        sec_type="OPT",
        exchange="SMART",
        primary_exchange="",
        currency="USD",
        local_symbol=local_symbol,
        trading_class=profile.symbol,
        min_tick=Decimal("0.01"),
        long_name=profile.long_name,
        multiplier=100,
        expiry=expiry,
        strike=Decimal(strike),
        right="C" if right == "C" else "P",
        underlying_con_id=profile.con_id,
    )


def _contract_id(local_symbol: str) -> int:
    digest = hashlib.blake2b(local_symbol.encode(), digest_size=8).digest()
    return _FIRST_OPTION_ID + int.from_bytes(digest, "big") % _OPTION_IDS


def draw_open_interest(
    generator: np.random.Generator, options: Sequence[ListedContract], reference_price: float
) -> NDArray[np.int64]:
    """Draw open interest by contract: bells of calls above and puts below the price, heavy on round strikes."""
    expiries = sorted({option.expiry for option in options})
    tenor = np.array([_TENOR_INTEREST[expiries.index(option.expiry)] for option in options])
    strike = np.array([int(option.strike) for option in options])
    is_call = np.array([option.right == "C" for option in options])
    distance = np.log(strike / reference_price)
    centre = np.where(is_call, _CALL_CENTRE, _PUT_CENTRE)
    width = np.where(is_call, _CALL_WIDTH, _PUT_WIDTH)
    bell = np.exp(-0.5 * ((distance - centre) / width) ** 2) + 0.03
    round_number = np.select([strike % 50 == 0, strike % 10 == 0, strike % 5 == 0], [5.0, 3.2, 2.0], 0.8)
    skew = np.where(is_call, 1.0, 1.15)
    noise = np.exp(0.45 * generator.standard_normal(len(options)))
    return np.asarray(np.rint(tenor * bell * round_number * skew * noise), dtype=np.int64)
