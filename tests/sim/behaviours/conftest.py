"""A gateway over a scripted market with chosen behaviours."""

from tests.sim.gateway.conftest import library

__all__ = ["library"]
