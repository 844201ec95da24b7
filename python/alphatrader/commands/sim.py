"""``alphatrader sim``: the simulated market and gateway as a process of its own."""

from pathlib import Path
from typing import Annotated

import typer

from alphatrader.commands.options import ConfigOption


def sim(
    *,
    config: ConfigOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same market.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.1, max=1000, help="Market seconds a second.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="TWS protocol; 0 = any free port.")] = None,
    alphavantage_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Alpha Vantage's HTTP schema; 0 = any free port.")
    ] = None,
    control_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Fault injection; 0 = any free port.")
    ] = None,
    tape: Annotated[Path | None, typer.Option(metavar="FILE", help="Drive the market with these real prints.")] = None,
    scenario: Annotated[str | None, typer.Option(help="Which scripted faults happen.")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the exchange keeps its state [default: var/sim/gateway].")
    ] = None,
) -> None:
    """Serve a SIMULATED market over the TWS protocol and Alpha Vantage's HTTP schema, on loopback, until stopped."""
    from alphatrader.ops.simulation import sim_command  # noqa: PLC0415 - help must not load the simulator

    sim_command(
        config_path=config,
        seed=seed,
        speed=speed,
        port=port,
        alphavantage_port=alphavantage_port,
        control_port=control_port,
        tape=tape,
        scenario=scenario,
        state_dir=state_dir,
    )
