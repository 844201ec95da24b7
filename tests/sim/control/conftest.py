"""A gateway over a scripted market; the control channel is asked over its socket."""

from tests.sim.gateway.conftest import bench, library, running_gateway

__all__ = ["bench", "library", "running_gateway"]
