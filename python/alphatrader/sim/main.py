"""The simulator as a process: signals, exit codes, one clear line where it cannot start."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator

__all__ = ["SimSettings", "main", "run_simulator"]


def collect_seldom() -> None:
    """Let the garbage collector look seldom: updates come by the million and hold no cycles (a tenth of the time)."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def run_simulator(settings: SimSettings, announce: Callable[[Simulator], None] | None = None) -> None:
    """Serve until SIGINT, SIGTERM or ``shutdown``; ``announce`` is called once it listens.

    Raises AlphaTraderError where it cannot start or go on.
    """
    async with open_simulator(settings) as simulator:
        collect_seldom()
        if announce is not None:
            announce(simulator)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, simulator.stopped.set)
        try:
            await simulator.stopped.wait()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def main(settings: SimSettings) -> int:
    """Run it; return the exit status. An error is one line on standard error."""
    try:
        asyncio.run(run_simulator(settings))
    except AlphaTraderError as error:
        print(f"alphatrader sim: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:  # before the signal handler was in place
        return 130
    return 0
