"""``python -m alphatrader.sim``: the simulated market and gateway on loopback."""

import argparse
import sys
from pathlib import Path

import pydantic

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.timeline import find_scenario
from alphatrader.sim.main import main
from alphatrader.sim.settings import SimSettings


def parse_arguments(arguments: list[str]) -> SimSettings:
    """Read the command line. Raises ConfigError."""
    parser = argparse.ArgumentParser(prog="python -m alphatrader.sim", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="where the exchange keeps its state")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same market")
    parser.add_argument("--speed", type=float, default=1.0, help="market seconds a wall second")
    parser.add_argument("--session-date", help="YYYY-MM-DD; default: the latest full session")
    parser.add_argument("--symbols", default="SPY", help="underlyings, separated by commas")
    parser.add_argument("--start-fraction", type=float, default=0.5, help="how much of the session has passed")
    parser.add_argument("--market-scenario", default="regular", help="temper of the market")
    parser.add_argument("--tape", type=Path, help="drive the market with these real prints")
    parser.add_argument("--scenario", default="none", help="scripted faults: a file, or a name in config/scenarios")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="TWS protocol; 0 = any free port")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--alphavantage-port", type=int, default=0)
    values = vars(parser.parse_args(arguments))
    values["symbols"] = tuple(symbol.strip() for symbol in values["symbols"].split(","))
    values["scenario"] = find_scenario(values["scenario"])
    try:
        return SimSettings(**values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = "--" + str(first["loc"][0]).replace("_", "-")
        raise ConfigError(f"{name}: {first['msg']} (was {first['input']!r})") from None


if __name__ == "__main__":
    try:
        parsed = parse_arguments(sys.argv[1:])
    except ConfigError as problem:
        print(f"alphatrader sim: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
    sys.exit(main(parsed))
