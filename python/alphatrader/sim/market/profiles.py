"""Facts about the underlyings that can be simulated, and the venues they trade on."""

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from alphatrader.domain.errors import ConfigError

VENUES = ("ARCA", "NASDAQ", "BATS", "NYSE", "EDGX", "IEX")
"""Exchanges that show a book; an index into this is how books and prints name them."""
DARK_VENUE = "FINRA"
"""Where trades off the exchanges are reported."""
PRINT_VENUES = (*VENUES, DARK_VENUE)
DARK = len(VENUES)


@dataclass(frozen=True, slots=True)
class Profile:
    """An underlying: its identity at the broker, its price region in dollars, how it moves and how busily it trades.

    ``annual_volatility`` is the range of the volatility between open and close over 252 sessions; nights come on top.
    ``market_share`` is the correlation of its returns with the market's (of SPY and QQQ: the product of theirs);
    ``own_gap_factor`` how much rarer than the market's the episodes of its own are (0 = it has none);
    ``own_jumps_a_day`` news of its own. An index has no trades: it is ``index_ratio`` times the price of ``basket``, or
    (ratio 0) the volatility index of it, and is published every ``publish_s`` seconds.
    """

    symbol: str
    con_id: int
    long_name: str
    primary_exchange: str
    price_low: float = 0.0
    price_high: float = 0.0
    prints_per_s: float = 0.0
    annual_volatility: tuple[float, float] = (0.0, 0.0)
    market_share: float = 1.0
    own_gap_factor: float = 0.0
    own_jumps_a_day: float = 0.0
    stock_type: Literal["ETF", "COMMON", ""] = "ETF"
    sec_type: Literal["STK", "IND"] = "STK"
    basket: str = ""
    index_ratio: float = 0.0
    publish_s: int = 1
    has_options: bool = True
    options_late: bool = True
    """Whether its options trade a quarter of an hour past the close of the stock market."""

    @property
    def is_index(self) -> bool:
        """Whether it is a calculated value that nobody can trade."""
        return self.sec_type == "IND"

    @property
    def plan(self) -> Literal["cta", "utp"]:
        """Whose tape its prints are on, and so whose letters they carry: UTP if it is listed at Nasdaq, else CTS."""
        return "utp" if self.primary_exchange == "NASDAQ" else "cta"


PROFILES = {
    profile.symbol: profile
    for profile in (
        Profile("SPY", 756733, "SPDR S&P 500 ETF TRUST", "ARCA", 635.0, 665.0, 6.2, (0.125, 0.160), 0.985),
        Profile(
            "QQQ", 320227571, "INVESCO QQQ TRUST SERIES 1", "NASDAQ", 580.0, 610.0, 5.6, (0.150, 0.190), 0.94, 6.0
        ),
        Profile("IWM", 9579970, "ISHARES RUSSELL 2000 ETF", "ARCA", 232.0, 248.0, 4.4, (0.160, 0.200), 0.89, 5.0),
        Profile(
            "AAPL", 265598, "APPLE INC", "NASDAQ", 255.0, 285.0, 5.0, (0.190, 0.260), 0.72, 2.0, 0.25,
            stock_type="COMMON", options_late=False,
        ),
        Profile(
            "SPX", 416904, "S&P 500 Stock Index", "CBOE",
            stock_type="", sec_type="IND", basket="SPY", index_ratio=10.0,
        ),
        Profile(
            "XSP", 137851301, "S&P 500 Mini Index", "CBOE",
            stock_type="", sec_type="IND", basket="SPY", index_ratio=1.0,
        ),
        Profile(
            "VIX", 13455763, "CBOE Volatility Index", "CBOE",
            stock_type="", sec_type="IND", basket="SPY", publish_s=15, has_options=False,
        ),
    )
}  # fmt: skip


def profile_of(symbol: str) -> Profile:
    """Return the profile of a symbol. Raises ConfigError for one that cannot be simulated."""
    profile = PROFILES.get(symbol)
    if profile is None:
        raise ConfigError(f"cannot simulate {symbol!r}: unknown symbol; known are {', '.join(PROFILES)}")
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
    """Return the random stream of one purpose, so that a change in one part never shifts the draws of another.

    A purpose that recurs with every session carries the session's date: ``"prices 2026-11-20"``.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(stream_words(seed, symbol, purpose))))


def stream_words(seed: int, symbol: str, purpose: str) -> list[int]:
    """Return the words that seed the stream of one purpose."""
    return [seed, zlib.crc32(symbol.encode()), zlib.crc32(purpose.encode())]
