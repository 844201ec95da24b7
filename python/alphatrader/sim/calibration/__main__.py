"""The command ``python -m alphatrader.sim.calibration``."""

import argparse
import os
import sys
from pathlib import Path

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.calibration.gather import Samples, gather_real, gather_simulated
from alphatrader.sim.calibration.plots import draw_all
from alphatrader.sim.calibration.table import put_into, to_markdown


def main(arguments: list[str] | None = None) -> int:
    """Write plots, and with ``--document`` the table, else print it. Returns the exit code."""
    parser = argparse.ArgumentParser("python -m alphatrader.sim.calibration", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the real data")
    parser.add_argument("--out", type=Path, default=Path("docs/img"), help="folder of the plots")
    parser.add_argument("--document", type=Path, help="Markdown file with the two markers")
    parser.add_argument("--date", default="2026-11-19", help="session to simulate, YYYY-MM-DD")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4], help="one simulated session each")
    options = parser.parse_args(arguments)
    try:
        real, simulated = gather_real(options.data), gather_simulated(options.date, tuple(options.seeds))
        samples = Samples({**real.tapes, **simulated.tapes}, {**real.chains, **simulated.chains})
        draw_all(samples, options.out)
        folder = os.path.relpath(options.out, options.document.parent) if options.document else str(options.out)
        markdown = to_markdown(samples, folder)
        if options.document:
            put_into(options.document, markdown)
        else:
            sys.stdout.write(markdown + "\n")
    except AlphaTraderError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
