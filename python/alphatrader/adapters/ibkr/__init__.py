"""Interactive Brokers over the TWS API, by ib_insync 0.9.86 or ib_async 2.1.0."""

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings

__all__ = ["Endpoint", "IbkrAdapter", "IbkrSettings"]
