"""What a step works with: a gateway in this process, and a client in its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator
from tests.conformance.clients import Client, Process
from tests.conformance.market import ConformanceMarket
from tests.conformance.table import SHORT, Step

NEVER_S = 20.0
"""How long a step waits for what must happen."""

_conns = count(1)


class Bench:
    """A running gateway, one client library, and what steps need all the time."""

    def __init__(self, step: Step, process: Process, sim: Simulator, market: Any, stack: AsyncExitStack) -> None:
        self.step = step
        self.process = process
        self.sim = sim
        self.market = market
        self._stack = stack

    @property
    def gateway(self) -> Any:
        """The gateway under test."""
        return self.sim.gateway

    @property
    def old(self) -> bool:
        """Whether the client is ibapi 9.81, which speaks version 157."""
        return self.process.name == SHORT["ibapi_9_81"]

    @property
    def official(self) -> bool:
        """Whether the client shows plain messages; ib_insync and ib_async show what they made of them."""
        return "ibapi" in self.process.name

    def per_client(self, truth: Any, **others: Any) -> Any:
        """Return what this client shows: the truth, or what is given for it by its short name."""
        return next((value for name, value in others.items() if SHORT[name] == self.process.name), truth)

    async def connect(self, client_id: int = 1, **options: Any) -> Client:
        """Connect; the connection ends with the step."""
        client = Client(self.process, f"c{next(_conns)}")
        client.greeting = await client.connect(port=self.sim.port, client_id=client_id, **options)
        self._stack.push_async_callback(client.disconnect)
        return client

    async def until(self, look: Callable[[], Any], what: str = "", within_s: float = NEVER_S) -> Any:
        """Wait until something holds; ``look`` may be a coroutine function. Return what it returned."""
        seen: Any = None
        try:
            async with asyncio.timeout(within_s):
                while True:
                    seen = look()
                    if isinstance(seen, Awaitable):
                        seen = await seen
                    if seen:
                        return seen
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pytest.fail(f"never happened: {what or look} (last seen: {seen!r})")

    async def order(self, client: Client, order_id: int, what: str, holds: Callable[[Any], Any]) -> Any:
        """Wait until an order is as wanted; return it."""
        seen: Any = None

        async def look() -> bool:
            nonlocal seen
            seen = await client.order(order_id=order_id)
            return bool(holds(seen))

        try:
            async with asyncio.timeout(NEVER_S):
                while not await look():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            errors = await client.errors()
            pytest.fail(f"order {order_id} never was {what}: {seen!r}; errors {errors[3:]!r}")
        return seen

    async def status(self, client: Client, order_id: int, *wanted: str) -> Any:
        """Wait until an order has one of some states."""
        return await self.order(client, order_id, " or ".join(wanted), lambda seen: seen["status"] in wanted)

    async def code(self, client: Client, req_id: int | None, code: int) -> None:
        """Wait for an error; ``req_id`` None = whatever it is about."""

        async def look() -> bool:
            return any(row[1] == code and req_id in {None, row[0]} for row in await client.errors())

        seen: Any = None
        try:
            async with asyncio.timeout(NEVER_S):
                while not await look():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            seen = await client.errors()
            pytest.fail(f"error {code} for {req_id} never came; seen: {seen!r}")

    async def rounds(self, number: int = 4) -> None:
        """Let the gateway make some rounds."""
        await asyncio.sleep(0.012 * number)

    def inject(self, kind: str, **fields: Any) -> None:
        """Inject a fault."""
        self.sim.apply_fault(read_fault({"kind": kind, **fields}))

    def live(self) -> list[Any]:
        """Return the orders that the exchange holds as live."""
        return self.gateway.exchange.registry.live()


@asynccontextmanager
async def running(
    step: Step, process: Process, state_dir: Path, behaviours: dict[str, Any], market: Any = None
) -> AsyncIterator[Bench]:
    """Run a gateway for a step, or for a part of it."""
    chosen = {"session_date": "2026-11-16", **step.settings} if step.full else step.settings
    settings = SimSettings(state_dir=state_dir, behaviours=behaviours, **chosen)
    market = None if step.full else market or ConformanceMarket(step.start_ns)
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(open_simulator(settings, market))
        async with AsyncExitStack() as connections:
            yield Bench(step, process, sim, sim.market, connections)
