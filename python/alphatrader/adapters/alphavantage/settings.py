"""Settings of the Alpha Vantage client and its feed. Frozen; unknown keys are refused."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AlphaVantageSettings(_Settings):
    """Where the service is and how often it may be asked. Durations are wall time."""

    base_url: str = Field("https://www.alphavantage.co", pattern=r"^https?://[^/\s]+.*$")
    api_key: SecretStr = SecretStr("")
    """Empty: the feed is off."""
    entitlement: Literal["", "realtime", "delayed"] = "realtime"
    """Of quotes and indicators; the option chain has its own premium plan."""
    requests_per_minute: int = Field(75, ge=1)
    """Requests are spread evenly, since the service also refuses bursts."""
    timeout_s: float = Field(10, gt=0)
    """Of one attempt."""
    deadline_s: float = Field(25, gt=0)
    """Of a request with all its attempts."""
    attempts: int = Field(3, ge=1, le=10)
    max_body_bytes: int = Field(64 * 1024 * 1024, ge=1_024)
    """A whole SPY chain with greeks is about 5 MB."""
    chain_function: Literal["REALTIME_OPTIONS", "HISTORICAL_OPTIONS"] = "REALTIME_OPTIONS"
    indicator_interval: Literal["1min", "5min", "15min", "30min", "60min", "daily"] = "1min"


class FeedIntervals(_Settings):
    """How often each kind is polled, in market seconds, but never closer together than ``floor_s`` wall seconds."""

    chain_s: float = Field(10, gt=0)
    news_s: float = Field(300, gt=0)
    technicals_s: float = Field(60, gt=0)
    floor_s: float = Field(1, gt=0)
    limited_pause_s: float = Field(60, gt=0)
    """First pause (wall) after the service said that we ask too much; doubled each time, up to an hour."""
