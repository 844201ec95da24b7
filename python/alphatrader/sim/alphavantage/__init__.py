"""A simulated Alpha Vantage: the real service's HTTP schema over the simulated market's data."""

from alphatrader.sim.alphavantage.faults import FAULT_KINDS, AlphaVantageFaults, FaultKind
from alphatrader.sim.alphavantage.server import NowClock, serve_alphavantage

__all__ = ["FAULT_KINDS", "AlphaVantageFaults", "FaultKind", "NowClock", "serve_alphavantage"]
