"""Parameters of the market state and its measures."""

from pydantic import Field

from alphatrader.settings import Settings


class MarketStateSettings(Settings):
    """Parameters of the per-symbol market state."""

    vpin_bucket_volume: int = Field(10_000, ge=50)
    """Shares a bucket; ADV/50 is the usual choice for a whole-day window."""
    vpin_window: int = Field(50, ge=2)


class ToxicityWeights(Settings):
    """Weights of the toxicity score: VPIN, trade patterns, volatility of the book imbalance."""

    vpin: float = Field(0.70, ge=0)
    patterns: float = Field(0.25, ge=0)
    imbalance_volatility: float = Field(0.05, ge=0)
