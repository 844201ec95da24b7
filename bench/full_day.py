"""A whole trading day, 04:00 to 20:00 New York, with a client on 100 option lines, a book and orders: time and memory.

    PYTHONPATH=python python -m bench.full_day
    PYTHONPATH=python python -m bench.full_day --lines 20 --hours 2

It runs in virtual time and shows the CPU time of simulator and clients, since other work may run beside it. ``--speed``
is market seconds a virtual second, as it would be over sockets: L1 lines are conflated by that second's clock. Demand:
under two minutes, memory flat.
"""

import argparse
import asyncio
import gc
import logging
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import ib_insync
import structlog
from bench.gateway_load import Counter, subscribe

from alphatrader import calendar
from alphatrader.sim.main import collect_seldom
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator
from alphatrader.sim.virtual import virtual_simulator
from alphatrader.sim.wire.fields import message

DEMAND_S = 120.0
STEP_S = 0.008
"""Of the simulator's loop, as over sockets."""


def resident_mb() -> float:
    """Memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class Day:
    """The clients of the day: one subscribes, the other buys or sells ten shares each minute, while it may."""

    def __init__(self, simulator: Simulator, lines: int, symbol: str) -> None:
        self._simulator = simulator
        self._minute_s = 60 / simulator.settings.speed
        self._lines = lines
        self._symbol = symbol
        self._orders = 0
        self._ib = ib_insync.IB()

    async def begin(self) -> Counter:
        """Connect and subscribe."""
        loop = asyncio.get_running_loop()
        _, self.client = await loop.create_connection(Counter, "127.0.0.1", self._simulator.port)
        await subscribe(self.client, self._lines, self._symbol)
        self.client.keep = None
        stock = (0, self._symbol, "STK", "", 0, "", "", "SMART", "", "USD", "", "")
        self.client.transport.write(message(1, 11, 1, *stock, 0, "233", 0, 0, ""))
        self.client.transport.write(message(10, 5, 2, *stock, 20, 1, ""))
        await self._ib.connectAsync("127.0.0.1", self._simulator.port, clientId=2)
        [self._stock] = await self._ib.qualifyContractsAsync(ib_insync.Stock(self._symbol, "SMART", "USD"))
        return self.client

    async def hour(self) -> int:
        """Live through an hour; return the frames it brought."""
        before = self.client.frames
        for _ in range(60):
            await asyncio.sleep(self._minute_s)
            self._orders += 1
            side = "BUY" if self._orders % 2 else "SELL"
            self._ib.placeOrder(self._stock, ib_insync.MarketOrder(side, 10, tif="DAY"))
        return self.client.frames - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--symbol", default="SPY")
    parser.add_argument("--speed", type=float, default=300.0)
    parser.add_argument("--hours", type=int, default=16)
    parser.add_argument("--start-at", default="04:00")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.getLogger("ib_insync").setLevel(logging.CRITICAL)  # it logs each order that is held or refused at night
    with TemporaryDirectory() as place:
        settings = SimSettings(
            state_dir=Path(place),
            session_date="2026-11-16",
            symbols=(options.symbol,),
            speed=options.speed,
            start_at=options.start_at,
        )
        began_s = time.process_time()
        with virtual_simulator(settings, libraries=("ib_insync",), step_s=STEP_S) as virtual:
            day = Day(virtual.simulator, options.lines, options.symbol)
            collect_seldom()  # as the simulator's own process does
            virtual.run(day.begin())
            print(f"market built and {options.lines} lines open after {time.process_time() - began_s:.1f} s CPU")
            first_mb = 0.0
            for _ in range(options.hours):
                hour_began_s = time.process_time()
                frames = virtual.run(day.hour())
                gc.collect()
                first_mb = first_mb or resident_mb()
                now = calendar.to_text(virtual.simulator.clock.now_ns())
                took_s = time.process_time() - hour_began_s
                print(f"{now}  {frames:>9,} messages  {took_s:5.1f} s CPU  {resident_mb():6.0f} MB", flush=True)
                last_mb = resident_mb()
        took_s = time.process_time() - began_s
    met = "met" if took_s <= DEMAND_S else "missed"
    demand = f"demand {DEMAND_S:.0f} s: {met}"
    print(f"{options.hours} hours in {took_s:.0f} s CPU ({demand}); memory {last_mb - first_mb:+.0f} MB")


if __name__ == "__main__":
    main()
