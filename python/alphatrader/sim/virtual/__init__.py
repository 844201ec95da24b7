"""Virtual time: simulator and clients in one process, as fast as the machine computes, and repeatable.

    run_virtual(bot, settings)
      └─ VirtualLoop           asyncio, but waiting costs nothing: time jumps to the next timer
           ├─ MemoryNetwork    connections between bot and gateway without sockets, each byte hashed with its instant
           ├─ open_simulator   market, exchange, gateway: the same code as behind real sockets
           └─ bot              any asyncio client; ``library_clock`` lends ib_insync and ib_async the market's clock

Equal seeds give equal event hashes. What would break that is refused: threads run inline, real sockets raise.
"""

from alphatrader.sim.virtual.library_clock import library_clock
from alphatrader.sim.virtual.loop import NothingToWaitForError, NotInVirtualTimeError, VirtualLoop
from alphatrader.sim.virtual.network import MemoryNetwork, NetworkTemper
from alphatrader.sim.virtual.run import VirtualRun, VirtualSimulator, run_virtual, virtual_simulator

__all__ = [
    "MemoryNetwork",
    "NetworkTemper",
    "NotInVirtualTimeError",
    "NothingToWaitForError",
    "VirtualLoop",
    "VirtualRun",
    "VirtualSimulator",
    "library_clock",
    "run_virtual",
    "virtual_simulator",
]
