"""``python -m alphatrader.sim``: the simulated market and gateway on loopback, without a configuration file."""

import sys

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.arguments import make_parser, read_settings
from alphatrader.sim.main import main
from alphatrader.sim.settings import SimSettings


def parse_arguments(arguments: list[str]) -> SimSettings:
    """Read the command line. Raises ConfigError."""
    return read_settings(make_parser("python -m alphatrader.sim", str(__doc__), {}), arguments, {})


if __name__ == "__main__":
    try:
        parsed = parse_arguments(sys.argv[1:])
    except ConfigError as problem:
        print(f"alphatrader sim: {problem}", file=sys.stderr)
        sys.exit(problem.exit_code)
    sys.exit(main(parsed))
