"""Facts about the underlyings that can be simulated, and the venues they trade on."""

import zlib
from dataclasses import dataclass

import numpy as np

from alphatrader.domain.errors import ConfigError

VENUES = ("ARCA", "NASDAQ", "BATS", "NYSE", "EDGX", "IEX")
IEX = VENUES.index("IEX")


@dataclass(frozen=True, slots=True)
class Profile:
    """An underlying: its identity at the broker, its price region in dollars and how busily it trades."""

    symbol: str
    con_id: int
    long_name: str
    primary_exchange: str
    price_low: float
    price_high: float
    prints_per_s: float
    annual_volatility: tuple[float, float]
    """Range of the volatility between open and close, annualised over 252 sessions; nights come on top."""


_PROFILES = {
    profile.symbol: profile
    for profile in (
        Profile("SPY", 756733, "SPDR S&P 500 ETF TRUST", "ARCA", 635.0, 665.0, 4.6, (0.125, 0.160)),
        Profile("QQQ", 320227571, "INVESCO QQQ TRUST SERIES 1", "NASDAQ", 580.0, 610.0, 4.2, (0.150, 0.190)),
        Profile("IWM", 9579970, "ISHARES RUSSELL 2000 ETF", "ARCA", 232.0, 248.0, 3.4, (0.160, 0.200)),
    )
}


def profile_of(symbol: str) -> Profile:
    """Return the profile of a symbol. Raises ConfigError for one that cannot be simulated."""
    profile = _PROFILES.get(symbol)
    if profile is None:
        raise ConfigError(f"cannot simulate {symbol!r}: unknown symbol; known are {', '.join(_PROFILES)}")
    return profile


def price_level(profile: Profile, session_date: str, generator: np.random.Generator) -> float:
    """Return a plausible previous close in dollars, scaled down by 12% a year for dates before 2025."""
    years = max(0, 2025 - int(session_date[:4]))
    level = generator.uniform(profile.price_low, profile.price_high) * 0.88**years
    return round(float(level), 2)


def round_lot(session_date: str, price: float) -> int:
    """Return the round lot in shares: by price tier since 2025-11-03, 100 before (SEC rule 600(b)(93))."""
    if session_date < "2025-11-03" or price <= 250.0:
        return 100
    return 40 if price <= 1000.0 else 10


def stream(seed: int, symbol: str, purpose: str) -> np.random.Generator:
    """Return the random stream of one purpose, so that a change in one part never shifts the draws of another."""
    words = [seed, zlib.crc32(symbol.encode()), zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
