"""Where the gateway of a run is, and whose signals exclude each other."""

from pathlib import Path
from typing import Any

import pytest

from alphatrader.control.simulator import MarketClock, SimulatedGateway
from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.run_options import TraderOptions
from alphatrader.trader.lasting import Lasting
from alphatrader.trader.stop import StopWish
from alphatrader.trader.timekeeper import SimulatedTime, WallTime

GATEWAY = SimulatedGateway(4711, 4712, 4713)
CLOCK = MarketClock(1, 10.0, False, 7, "2026-11-20", 0, 0, "SIMULATED MARKET (seed 7)")


def lasting(home: Path, timekeeper: Any, **config: Any) -> Lasting:
    settings = AppConfig.model_validate(config)
    options = TraderOptions(home=home, mode=settings.mode)
    return Lasting(settings, options, Home(home), None, None, None, timekeeper, StopWish())  # type: ignore[arg-type]


def test_a_simulated_gateway_is_ours(tmp_path: Path) -> None:
    found = lasting(tmp_path, SimulatedTime(GATEWAY, CLOCK, None))  # type: ignore[arg-type]
    assert found.gateway is GATEWAY
    endpoint = found.endpoint()
    assert (endpoint.port, endpoint.simulated, endpoint.account) == (4711, True, "")
    assert found.claim_scope() == str(tmp_path.resolve())


@pytest.mark.parametrize(
    ("config", "port", "account", "scope"),
    [
        ({}, 7497, "", "paper:default"),
        ({"gateway": {"account": "DU1", "application": "ib_gateway"}}, 4002, "DU1", "paper:DU1"),
        ({"mode": "live", "live": {"account": "U1"}}, 7496, "U1", "live:U1"),
    ],
)
def test_the_brokers_gateway_is_where_the_configuration_says(
    tmp_path: Path, config: dict[str, Any], port: int, account: str, scope: str
) -> None:
    config["gateway"] = {"kind": "ibkr", **config.get("gateway", {})}
    found = lasting(tmp_path, WallTime(600, None), **config)  # type: ignore[arg-type]
    assert found.gateway is None
    endpoint = found.endpoint()
    assert (endpoint.port, endpoint.account, endpoint.simulated) == (port, account, False)
    assert found.claim_scope() == scope
