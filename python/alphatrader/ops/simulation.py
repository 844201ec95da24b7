"""``alphatrader sim``: the simulated market and gateway, by the configuration and what the command line says."""

import asyncio
from pathlib import Path

import pydantic

from alphatrader.domain.errors import ConfigError
from alphatrader.ops.config import load_config
from alphatrader.sim.faults.timeline import find_scenario
from alphatrader.sim.main import run_simulator
from alphatrader.sim.settings import SimSettings


def sim_command(
    *,
    config_path: Path | None,
    seed: int | None,
    speed: float | None,
    port: int | None,
    alphavantage_port: int | None,
    control_port: int | None,
    tape: Path | None,
    scenario: str | None,
    state_dir: Path | None,
) -> None:
    """Serve until SIGINT or SIGTERM. Raises AlphaTraderError with one clear line."""
    config = load_config(config_path)
    defaults = config.simulator
    where = state_dir or config.paths.state_dir / "sim" / "gateway"
    try:
        settings = SimSettings(
            state_dir=where,
            port=defaults.gateway_port if port is None else port,
            control_port=defaults.control_port if control_port is None else control_port,
            alphavantage_port=defaults.alphavantage_port if alphavantage_port is None else alphavantage_port,
            seed=defaults.seed if seed is None else seed,
            speed=defaults.speed if speed is None else speed,
            symbols=config.engine.symbols,
            tape=tape,
            scenario=find_scenario(defaults.scenario if scenario is None else scenario),
            start_fraction=defaults.start_fraction,
        )
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"the simulator refuses {first['loc'][0]}: {first['msg']}, was {first['input']!r}") from None
    print(f"SIMULATED MARKET (seed {settings.seed}, {settings.speed:g}x time): its ports are in {where / 'sim.json'}")
    asyncio.run(run_simulator(settings))
