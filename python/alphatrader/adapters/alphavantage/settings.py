"""Settings of the Alpha Vantage client and its feed: the configuration's section ``alphavantage``."""

from typing import Literal, Self

from pydantic import Field, SecretStr

from alphatrader.settings import Settings

_SIMULATED_KEY = "SIMULATED"
_SIMULATED_REQUESTS_PER_MINUTE = 1_200
_SIMULATED_FLOOR_S = 0.25


class AlphaVantageSettings(Settings):
    """Where the service is and how often it may be asked. Durations are wall time, but for the intervals."""

    api_key: SecretStr = SecretStr("")
    """Empty: the feed is off, except in simulation."""
    base_url: str = Field("https://www.alphavantage.co", pattern=r"^https?://[^/\s]+.*$")
    entitlement: Literal["", "realtime", "delayed"] = "realtime"
    """Of quotes and indicators; the option chain has its own premium plan."""
    requests_per_minute: int = Field(75, ge=1)
    """Requests are spread evenly, since the service also refuses bursts."""

    chain_interval_s: float = Field(10, gt=0)
    """Market seconds between fetches of an option chain."""
    news_interval_s: float = Field(300, gt=0)
    technicals_interval_s: float = Field(60, gt=0)
    min_interval_wall_s: float = Field(1, gt=0)
    """No kind is fetched more often, however fast the market's time is."""
    limit_pause_s: float = Field(60, gt=0)
    """First pause after the service said that we ask too much; doubled each time, up to an hour."""

    timeout_s: float = Field(10, gt=0)
    """Of one attempt."""
    deadline_s: float = Field(25, gt=0)
    """Of a request with all its attempts."""
    attempts: int = Field(3, ge=1, le=10)
    max_body_bytes: int = Field(64 * 1024 * 1024, ge=1_024)
    """A whole SPY chain with greeks is about 5 MB."""
    chain_function: Literal["REALTIME_OPTIONS", "HISTORICAL_OPTIONS"] = "REALTIME_OPTIONS"
    indicator_interval: Literal["1min", "5min", "15min", "30min", "60min", "daily"] = "1min"

    def for_simulator(self, port: int) -> Self:
        """Return the same settings for the simulated service, which grants more and listens on this machine."""
        return self.model_copy(
            update={
                "base_url": f"http://127.0.0.1:{port}",
                "api_key": SecretStr(_SIMULATED_KEY),
                "requests_per_minute": _SIMULATED_REQUESTS_PER_MINUTE,
                # In fast simulated time a chain a wall second would be minutes old.
                "min_interval_wall_s": _SIMULATED_FLOOR_S,
            }
        )
