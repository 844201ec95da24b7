"""An adapter's place at a simulated gateway over a market that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.doubles.sink import RecordingSink

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.domain.events import OrderReported
from alphatrader.sim.scripted import ScriptedMarket
from alphatrader.sim.simulator import Simulator


class Desk:
    def __init__(self, sim: Simulator, market: ScriptedMarket, library: str) -> None:
        self.sim, self.market, self.library = sim, market, library
        self.sink = RecordingSink()

    @asynccontextmanager
    async def adapter(self) -> AsyncIterator[IbkrAdapter]:
        settings = IbkrSettings(
            library=self.library,
            reconnect_initial_s=0.02,
            reconnect_max_s=0.1,
            snapshot_timeout_s=0.5,
        )
        adapter = IbkrAdapter(Endpoint(port=self.sim.port), settings, self.sink, self.sink)
        async with asyncio.TaskGroup() as group:
            group.create_task(adapter.run())
            await adapter.connect()
            yield adapter
            await adapter.close()

    def rows(self, kind: str, instrument_id: int) -> list[tuple]:
        return [row for row in self.sink.rows if row[:2] == (kind, instrument_id)]

    def statuses(self, order_id: int) -> list[str]:
        return [e.order.status for e in self.sink.of(OrderReported) if e.order.order_id == order_id]

    def last(self, order_id: int) -> OrderReported | None:
        """What was last said of an order."""
        said = [event for event in self.sink.of(OrderReported) if event.order.order_id == order_id]
        return said[-1] if said else None
