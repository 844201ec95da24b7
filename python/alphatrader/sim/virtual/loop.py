"""An asyncio event loop whose time is a number: when nothing is ready, it jumps to the next timer.

Callbacks run in the order in which asyncio queues them, so a run depends on what the program does and on nothing else.
Connections go through a :class:`MemoryNetwork`; the calls that would reach the outside world raise.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.virtual.network import MemoryNetwork, MemoryServer, NetworkTemper


class NothingToWaitForError(AlphaTraderError):
    """The program waits, but no timer and no connection can ever wake it."""


class NotInVirtualTimeError(AlphaTraderError):
    """The program asks for something that only the outside world has."""


class _VirtualSelector:
    """Stands where asyncio waits for sockets: it lets the time pass instead."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        """Pass ``timeout`` seconds. None means that nothing will ever happen."""
        if timeout is None:
            raise NothingToWaitForError(
                "every task waits and no timer is set: in virtual time nothing outside can wake them; "
                "await something that the simulator or a timer ends"
            )
        if timeout > 0:
            self._loop.pass_time(timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop. ``network`` connects what runs on it; ``seed`` and ``temper`` say how that network behaves."""

    def __init__(self, seed: int = 0, temper: NetworkTemper | None = None) -> None:
        super().__init__()
        self._virtual_s = 0.0
        self._selector = _VirtualSelector(self)
        self.network = MemoryNetwork(self, seed, temper or NetworkTemper())

    # -------------------------------------------------------------------------------------------------------- time

    def time(self) -> float:
        """Return virtual seconds since the loop was made."""
        return self._virtual_s

    def pass_time(self, timeout_s: float) -> None:
        """Jump to the next timer, or by ``timeout_s`` where asyncio wants to look up earlier."""
        # Exactly the timer's own instant: a sum of differences would drift from it.
        next_s = self._scheduled[0].when() if self._scheduled else None  # type: ignore[attr-defined]
        target_s = self._virtual_s + timeout_s
        self._virtual_s = next_s if next_s is not None and abs(next_s - target_s) < 1e-6 else target_s

    def _process_events(self, event_list: list[Any]) -> None:
        assert not event_list

    def _write_to_self(self) -> None:
        """Wake-ups from threads have nobody to wake: there are none."""

    # ----------------------------------------------------------------------------------------------------- network

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.Protocol], host: Any = None, port: Any = None, **options: Any
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Connect to a server of this loop. Raises ConnectionRefusedError."""
        _refuse(options, "ssl", "sock")
        return self.network.connect(protocol_factory, str(host), int(port))

    async def create_server(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.Protocol], host: Any = None, port: Any = 0, **options: Any
    ) -> MemoryServer:
        """Listen on this loop's network; port 0 = any free one. Raises OSError if it is taken."""
        _refuse(options, "ssl", "sock")
        return self.network.listen(protocol_factory, str(host), int(port or 0))

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Call ``func`` at once, in this thread: a thread's end would come at no certain instant."""
        del executor
        future: asyncio.Future[Any] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as an executor does: the future carries it
            future.set_exception(error)
        return future

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:  # type: ignore[override]
        """Signals come at no certain instant: they keep their default action."""
        del sig, callback, args

    def remove_signal_handler(self, sig: int) -> bool:
        """There was none."""
        del sig
        return False


def _refuse(options: dict[str, Any], *names: str) -> None:
    for name in names:
        if options.get(name) is not None:
            raise NotInVirtualTimeError(f"in virtual time connections are made in memory: leave {name} out")
