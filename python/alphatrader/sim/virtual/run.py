"""Running bots against the simulator in virtual time."""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator
from alphatrader.sim.virtual.library_clock import library_clock
from alphatrader.sim.virtual.loop import VirtualLoop
from alphatrader.sim.virtual.network import NetworkTemper

_Result = TypeVar("_Result")

STEP_S = 0.1
"""Virtual seconds between two rounds of the simulator's loop, unless told: the market's own step at speed 1."""


@dataclass(frozen=True, slots=True)
class VirtualRun(Generic[_Result]):
    """What a run gave: the bot's result, the hash of all bytes both ways with their instants, and their number."""

    result: _Result
    event_hash: str
    deliveries: int
    virtual_s: float


@dataclass(frozen=True, slots=True)
class VirtualSimulator:
    """A simulator on a loop of virtual time, which stands while nothing runs on it."""

    simulator: Simulator
    loop: VirtualLoop

    @property
    def port(self) -> int:
        """Port of the TWS protocol in the loop's network."""
        return self.simulator.port

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Run a coroutine to its end; the simulator runs beside it."""
        return self.loop.run_until_complete(work)

    def pass_time(self, for_s: float) -> None:
        """Let virtual seconds pass."""
        self.run(asyncio.sleep(for_s))


@contextlib.contextmanager
def virtual_simulator(
    settings: SimSettings | None = None,
    *,
    market: SimulatedMarket | None = None,
    libraries: Sequence[str] = (),
    temper: NetworkTemper | None = None,
    step_s: float = STEP_S,
) -> Iterator[VirtualSimulator]:
    """Run a simulator in virtual time; its loop is the thread's until the context ends.

    So scripts in the blocking style of ib_insync (``ib.connect``, ``ib.sleep``) run in it too: each wait lets time
    pass. ``settings.speed`` is market seconds a virtual second; ``libraries`` are the client libraries in use
    (``ib_insync``, ``ib_async``), which then read the market's clock. Without ``settings`` the simulator has seed 7 and
    a state directory that vanishes. Raises what ``open_simulator`` raises, at the end also the simulator's own failure.
    """
    with contextlib.ExitStack() as stack:
        vanishing = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alphatrader-virtual-")))
        chosen = settings or SimSettings(state_dir=vanishing)
        loop = VirtualLoop(chosen.seed, temper)
        stack.callback(loop.close)
        # The libraries ask for the thread's loop, not for the running one.
        asyncio.set_event_loop(loop)
        stack.callback(asyncio.set_event_loop, None)
        stack.callback(_end_tasks, loop)

        opened: asyncio.Future[Simulator] = loop.create_future()
        ended = asyncio.Event()
        host = loop.create_task(_host(chosen, market, step_s, opened, ended))
        simulator = loop.run_until_complete(opened)
        for library in libraries:
            stack.enter_context(library_clock(library, simulator.clock.now_ns))
        try:
            yield VirtualSimulator(simulator, loop)
        finally:
            ended.set()
            loop.run_until_complete(host)


def run_virtual(
    bot: Callable[[Simulator], Awaitable[_Result]],
    settings: SimSettings | None = None,
    *,
    market: SimulatedMarket | None = None,
    libraries: Sequence[str] = (),
    temper: NetworkTemper | None = None,
    step_s: float = STEP_S,
) -> VirtualRun[_Result]:
    """Run ``bot(simulator)`` to its end, with a simulator of its own (:func:`virtual_simulator`).

    The bot connects to ``simulator.port`` as to a socket. Raises what the bot raises, and NothingToWaitForError when it
    waits for something that cannot come.
    """

    async def whole(simulator: Simulator) -> _Result:
        return await bot(simulator)

    with virtual_simulator(settings, market=market, libraries=libraries, temper=temper, step_s=step_s) as virtual:
        result = virtual.run(whole(virtual.simulator))
        network = virtual.loop.network
        return VirtualRun(result, network.event_hash, network.deliveries, virtual.loop.time())


async def _host(
    settings: SimSettings,
    market: SimulatedMarket | None,
    step_s: float,
    opened: asyncio.Future[Simulator],
    ended: asyncio.Event,
) -> None:
    """Keep the simulator open from one task, as its task group demands."""
    try:
        async with open_simulator(settings, market, step_s=step_s) as simulator:
            opened.set_result(simulator)
            await ended.wait()
    except Exception as error:
        if not opened.done():
            opened.set_exception(error)
            return
        raise


def _end_tasks(loop: VirtualLoop) -> None:
    """Cancel what the bot left behind, as ``asyncio.run`` does."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
