"""Faults beside the gateway, and the end of all faults."""

from typing import ClassVar

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault


class AlphaVantage(Fault, frozen=True, tag="alphavantage"):
    """Let the next ``count`` requests to the Alpha Vantage server fail.

    ``limit``, ``daily_limit``, ``premium``, ``bad_key``: a notice instead of data; ``placeholder``: invented rows;
    ``previous_day``: the chain of the day before; ``stale``: the last body once more; ``delayed``: a quarter of an hour
    old; ``garbage``, ``cut``: no JSON; ``error_500``; ``hang``: no answer.
    """

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "a notice, invented rows, a server error or nothing, in place of data"

    what: str
    count: int = 1


class Clear(Fault, frozen=True, tag="clear"):
    """End all faults that last; what they held back comes now."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "all is well again"
