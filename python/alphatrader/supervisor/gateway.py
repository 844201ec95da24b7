"""The gateway of a run: the simulated one, started or adopted, or the broker's at its address."""

import asyncio
from dataclasses import dataclass

from alphatrader.adapters.ibkr.settings import Endpoint
from alphatrader.control.sim_link import ask_simulator
from alphatrader.domain.errors import LinkError
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.home import Home
from alphatrader.ops.run_options import RunOptions
from alphatrader.supervisor.processes import Child, start_child, stop_child

_HOST = "127.0.0.1"
_SHUTDOWN_WAIT_S = 3.0


@dataclass(frozen=True, slots=True)
class GatewayLink:
    """A running simulated gateway and the market's clock when it was asked."""

    child: Child
    port: int
    control_port: int
    alphavantage_port: int
    market_ns: int
    speed: float
    seed: int
    session_date: str
    label: str


async def start_gateway(config: AppConfig, options: RunOptions, home: Home) -> GatewayLink | None:
    """Start the simulated gateway, or adopt the one that a killed trader left; None with the broker's gateway.

    Raises LinkError.
    """
    if config.gateway.kind != "simulated":
        return None
    simulator = config.simulator.model_copy(update={"seed": options.seed, "speed": options.speed})
    arguments = ["alphatrader.sim", "--state-dir", str(home.exchange.resolve()), *simulator.to_arguments()]
    arguments += ["--symbols", ",".join(config.engine.symbols)]
    if options.tape is not None:
        arguments += ["--tape", str(options.tape.resolve())]
    child = await start_child(
        "the simulated gateway", arguments, home.exchange / "sim.json", home.logs / "gateway.out", timeout_s=60.0
    )
    body = child.announcement
    clock = await ask_simulator(_HOST, body["control_port"], {"op": "clock"})
    return GatewayLink(
        child=child,
        port=body["port"],
        control_port=body["control_port"],
        alphavantage_port=body["alphavantage_port"],
        market_ns=clock["market_ns"],
        speed=clock["speed"],
        seed=clock["seed"],
        session_date=clock["session_date"],
        label=clock["label"],
    )


async def stop_gateway(link: GatewayLink) -> None:
    """End the simulated gateway cleanly: its exchange state stays on disk."""
    try:
        await ask_simulator(_HOST, link.control_port, {"op": "shutdown"})
    except LinkError:
        await stop_child(link.child)
        return
    for _ in range(int(_SHUTDOWN_WAIT_S / 0.05)):
        if not link.child.alive:
            return
        await asyncio.sleep(0.05)
    await stop_child(link.child)


def broker_endpoint(config: AppConfig, link: GatewayLink | None) -> Endpoint:
    """Return where the gateway of this run is: the simulated one, or the broker's of the mode."""
    if link is None:
        return config.endpoint()
    return Endpoint(host=_HOST, port=link.port, client_id=config.gateway.client_ids.trader)
