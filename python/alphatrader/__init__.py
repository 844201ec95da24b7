"""AlphaTrader Pro: a self-hosted system that trades short-dated US options on Interactive Brokers."""

__version__ = "0.1.0"
