"""Clients of the control channel, for a bot's own tests: one that blocks, and one for asyncio.

with ControlClient(port) as control:
control.fault("server_outage", for_s=5, data_lost=True)
control.advance(to="15:59:30")
assert not control.status().positions
"""

import asyncio
import socket
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from alphatrader.domain.errors import LinkError
from alphatrader.sim.control import requests
from alphatrader.sim.control.answers import BehavioursAnswer, ClockAnswer, Done, PlacedAnswer, StatusAnswer
from alphatrader.sim.control.lines import announced_port, fault_request, read, written
from alphatrader.sim.faults.kinds import Fault

_T = TypeVar("_T")
_HOST = "127.0.0.1"


class ControlClient:
    """Blocks until each answer has come. Raises RefusedError, and LinkError if nobody listens or answers.

    A simulator in the same thread's event loop cannot answer it: use :class:`AsyncControlClient` there.
    """

    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        try:
            self._socket = socket.create_connection((_HOST, port), timeout_s)
        except OSError as error:
            raise LinkError(f"no control channel answers on {_HOST}:{port} ({error}); is the simulator up?") from error
        self._file = self._socket.makefile("rwb")

    @classmethod
    def of(cls, state_dir: Path, timeout_s: float = 60.0) -> Self:
        """Connect to the simulator that runs on a state directory."""
        return cls(announced_port(state_dir), timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._file.close()
        self._socket.close()

    def ask(self, request: requests.ControlRequest | dict[str, Any], kind: type[_T]) -> _T:
        """Send any request; return its answer as ``kind``."""
        try:
            self._file.write(written(request))
            self._file.flush()
            return read(self._file.readline(), kind)
        except OSError as error:
            raise LinkError(f"the SIMULATED gateway's control channel does not answer ({error})") from error

    def clock(self) -> ClockAnswer:
        """Return market time, its speed, the session."""
        return self.ask(requests.Clock(), ClockAnswer)

    def status(self) -> StatusAnswer:
        """Return account, live orders and clients as the exchange has them."""
        return self.ask(requests.Status(), StatusAnswer)

    def fault(self, fault: Fault | str, **fields: Any) -> None:
        """Inject a fault: a value of ``faults.kinds``, or the name of a kind with its fields."""
        self.ask(fault_request(fault, fields), Done)

    def clear(self) -> None:
        """End all faults."""
        self.fault("clear")

    def login(self) -> None:
        """Log the gateway in again."""
        self.ask(requests.Login(), Done)

    def pause(self) -> ClockAnswer:
        """Let market time stand still."""
        return self.ask(requests.Pause(), ClockAnswer)

    def resume(self) -> ClockAnswer:
        """Let market time go on."""
        return self.ask(requests.Resume(), ClockAnswer)

    def set_speed(self, speed: float) -> ClockAnswer:
        """Set how many market seconds pass in a wall second."""
        return self.ask(requests.Speed(speed), ClockAnswer)

    def advance(self, seconds: float | None = None, to: str | None = None, date: str | None = None) -> ClockAnswer:
        """Run the market ahead by seconds, or to a time of day in New York, of this session or of a date."""
        return self.ask(requests.Advance(seconds, to, date), ClockAnswer)

    def scenario(self, name: str, **parameters: bool | float | str) -> None:
        """Begin a scenario now; ``none`` drops all steps still to come."""
        self.ask(requests.RunScenario(name, parameters), Done)

    def order(
        self,
        side: Literal["BUY", "SELL"],
        quantity: int,
        *,
        con_id: int = 0,
        local_symbol: str = "",
        order_type: str = "LMT",
        limit_price: Decimal | float | None = None,
        aux_price: Decimal | float | None = None,
        tif: str = "DAY",
    ) -> PlacedAnswer:
        """Place an order by hand, as at the terminal."""
        prices = [None if price is None else Decimal(str(price)) for price in (limit_price, aux_price)]
        placed = requests.PlaceByHand(side, quantity, con_id, local_symbol, order_type, prices[0], prices[1], tif)
        return self.ask(placed, PlacedAnswer)

    def cancel(self, perm_id: int) -> None:
        """Cancel a live order, as at the terminal."""
        self.ask(requests.CancelByHand(perm_id), Done)

    def exercise(self, con_id: int, quantity: int, *, lapse: bool = False, override: bool = False) -> None:
        """Wish to exercise a held option at the end of the day, or to let it lapse."""
        self.ask(requests.Exercise(con_id, quantity, lapse, override), Done)

    def behaviours(self) -> dict[str, bool | int | float | str]:
        """Return the behaviours in force."""
        return self.ask(requests.ListBehaviours(), BehavioursAnswer).behaviours

    def shutdown(self) -> None:
        """End the simulator."""
        self.ask(requests.Shutdown(), Done)


class AsyncControlClient:
    """The same for asyncio: ``async with AsyncControlClient(port) as control``. One request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        try:
            self._reader, self._writer = await asyncio.open_connection(_HOST, self._port)
        except OSError as error:
            raise LinkError(
                f"no control channel answers on {_HOST}:{self._port} ({error}); is the simulator up?"
            ) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._writer is not None
        self._writer.close()

    async def ask(self, request: requests.ControlRequest | dict[str, Any], kind: type[_T]) -> _T:
        """Send any request; return its answer as ``kind``."""
        assert self._reader is not None
        assert self._writer is not None
        async with self._turn:
            self._writer.write(written(request))
            await self._writer.drain()
            return read(await self._reader.readline(), kind)

    async def clock(self) -> ClockAnswer:
        """Return market time, its speed, the session."""
        return await self.ask(requests.Clock(), ClockAnswer)

    async def status(self) -> StatusAnswer:
        """Return account, live orders and clients as the exchange has them."""
        return await self.ask(requests.Status(), StatusAnswer)

    async def fault(self, fault: Fault | str, **fields: Any) -> None:
        """Inject a fault: a value of ``faults.kinds``, or the name of a kind with its fields."""
        await self.ask(fault_request(fault, fields), Done)

    async def clear(self) -> None:
        """End all faults."""
        await self.fault("clear")

    async def login(self) -> None:
        """Log the gateway in again."""
        await self.ask(requests.Login(), Done)

    async def pause(self) -> ClockAnswer:
        """Let market time stand still."""
        return await self.ask(requests.Pause(), ClockAnswer)

    async def resume(self) -> ClockAnswer:
        """Let market time go on."""
        return await self.ask(requests.Resume(), ClockAnswer)

    async def set_speed(self, speed: float) -> ClockAnswer:
        """Set how many market seconds pass in a wall second."""
        return await self.ask(requests.Speed(speed), ClockAnswer)

    async def advance(
        self, seconds: float | None = None, to: str | None = None, date: str | None = None
    ) -> ClockAnswer:
        """Run the market ahead by seconds, or to a time of day in New York, of this session or of a date."""
        return await self.ask(requests.Advance(seconds, to, date), ClockAnswer)

    async def scenario(self, name: str, **parameters: bool | float | str) -> None:
        """Begin a scenario now; ``none`` drops all steps still to come."""
        await self.ask(requests.RunScenario(name, parameters), Done)

    async def order(self, placed: requests.PlaceByHand) -> PlacedAnswer:
        """Place an order by hand, as at the terminal."""
        return await self.ask(placed, PlacedAnswer)

    async def cancel(self, perm_id: int) -> None:
        """Cancel a live order, as at the terminal."""
        await self.ask(requests.CancelByHand(perm_id), Done)

    async def exercise(self, con_id: int, quantity: int, *, lapse: bool = False, override: bool = False) -> None:
        """Wish to exercise a held option at the end of the day, or to let it lapse."""
        await self.ask(requests.Exercise(con_id, quantity, lapse, override), Done)

    async def behaviours(self) -> dict[str, bool | int | float | str]:
        """Return the behaviours in force."""
        return (await self.ask(requests.ListBehaviours(), BehavioursAnswer)).behaviours

    async def shutdown(self) -> None:
        """End the simulator."""
        await self.ask(requests.Shutdown(), Done)
