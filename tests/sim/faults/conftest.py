"""A gateway over a scripted market, a client of each library, and faults put upon them."""

from typing import Any

import pytest
from tests.sim.gateway.conftest import Bench, bench, library, running_gateway

from alphatrader.sim.faults.injector import read_fault

__all__ = ["bench", "library", "running_gateway"]


class Live(Bench):
    """A connected client (``ib``), the call it trades (``contract``), and the codes that arrived (``codes``)."""

    def fault(self, kind: str, **fields: Any) -> None:
        """Inject a fault, as it would be written in YAML."""
        self.sim.apply_fault(read_fault({"kind": kind, **fields}))

    def buy(self, price: float = 2.00, quantity: int = 1, **fields: Any) -> Any:
        """Place a limit order for the call; at 2.00 it fills."""
        order = self.library.LimitOrder("BUY", quantity, price, tif="DAY", **fields)
        return self.ib.placeOrder(self.contract, order)

    async def resting(self, price: float = 1.50, **fields: Any) -> Any:
        """Place an order that rests."""
        trade = self.buy(price, **fields)
        await self.status(trade, "Submitted")
        return trade

    async def status(self, trade: Any, status: str) -> None:
        """Wait for a status."""
        await self.until(lambda: trade.orderStatus.status == status, f"{status} (was {trade.orderStatus.status})")

    async def code(self, code: int, req_id: int | None = None) -> None:
        """Wait for a code."""
        await self.until(
            lambda: any(known == code and req_id in {None, number} for number, known in self.codes),
            f"code {code}, there were {self.codes}",
        )

    async def ticker(self, contract: Any = None) -> Any:
        """Subscribe to SPY or another contract; wait for its bid."""
        ticker = self.ib.reqMktData(contract or await self.stock(self.ib), "", False, False)
        await self.until(lambda: ticker.bid > 0)
        return ticker

    @property
    def exchange(self) -> Any:
        """The truth."""
        return self.sim.gateway.exchange

    def raw(self, ib: Any = None) -> list[list[str]]:
        """Return the messages that the client decodes from now on, field by field."""
        seen: list[list[str]] = []
        decoder = (ib or self.ib).client.decoder
        interpret = decoder.interpret
        decoder.interpret = lambda fields: (seen.append(list(fields)), interpret(fields))[1]
        return seen


@pytest.fixture
async def live(bench: Bench) -> Live:
    """A connected client that knows the call."""
    live = Live(**vars(bench))
    live.ib = await live.connect()
    live.contract = await live.call(live.ib)
    live.codes = []
    live.ib.errorEvent += lambda req_id, code, text, contract: live.codes.append((req_id, code))
    return live
