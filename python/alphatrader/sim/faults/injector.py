"""Carries out faults on a running gateway: finds the effect of a kind."""

from random import Random
from typing import Any

import msgspec
import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.alphavantage.faults import AlphaVantageFaults
from alphatrader.sim.faults import kinds
from alphatrader.sim.faults.effects.exchange import ExchangeEffects
from alphatrader.sim.faults.effects.farms import FarmEffects
from alphatrader.sim.faults.effects.link import LinkEffects
from alphatrader.sim.faults.effects.orders import OrderEffects
from alphatrader.sim.faults.effects.stage import Door, Effects, Stage
from alphatrader.sim.faults.effects.streams import StreamEffects
from alphatrader.sim.faults.effects.traffic import TrafficEffects
from alphatrader.sim.faults.effects.wire import WireEffects
from alphatrader.sim.gateway.gateway import Gateway

log = structlog.get_logger("alphatrader.sim.faults")


def read_fault(raw: Any) -> kinds.AnyFault:
    """Check a fault written in JSON or YAML. Raises ConfigError, which names the field."""
    try:
        fault: kinds.AnyFault = msgspec.convert(raw, kinds.AnyFault)
    except msgspec.ValidationError as error:
        raise ConfigError(f"not a fault: {error}") from None
    return fault


class FaultInjector:
    """Applies faults. ``seed`` decides what chance decides: the same seed, the same strikes."""

    def __init__(self, gateway: Gateway, door: Door, alphavantage: AlphaVantageFaults, seed: int) -> None:
        self._stage = stage = Stage(gateway, door, Random(f"faults {seed}"))  # noqa: S311 - chance, not secrecy
        self._board = gateway.faults
        self._alphavantage = alphavantage
        self._link = LinkEffects(stage)
        self._effects: Effects = {
            **self._link.effects,
            **FarmEffects(stage).effects,
            **StreamEffects(stage).effects,
            **OrderEffects(stage).effects,
            **ExchangeEffects(stage).effects,
            **TrafficEffects(stage).effects,
            **WireEffects(stage).effects,
            kinds.AlphaVantage: lambda fault: alphavantage.set_fault(fault.what, fault.count),
            kinds.Clear: lambda _: self.clear(),
        }

    def apply(self, fault: kinds.AnyFault) -> None:
        """Carry out a fault now. Raises ConfigError for a symbol that is not listed."""
        log.warning("SIMULATED fault", fault=msgspec.to_builtins(fault))
        self._effects[type(fault)](fault)

    def clear(self) -> None:
        """End all faults that last."""
        self._board.clear()
        self._alphavantage.clear()
        self._link.log_in()
