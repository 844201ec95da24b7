"""The desk of a fault scenario: a scripted market behind the simulated gateway, and traders that come and go."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from tests.faults.trader import Trader
from tests.sim.both_ways import WAYS

from alphatrader.domain.orders import Leg
from alphatrader.execution.trade import Trade
from alphatrader.sim.exchange.orders import Order
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import Simulator, open_simulator


class Scene:
    """Market and gateway, which outlive every trader, and what the gateway knows to be true."""

    def __init__(self, sim: Simulator, market: ScriptedMarket, home: Path) -> None:
        self.sim, self.market, self.home = sim, market, home
        self._later_s = 0.0

    def trader(self, **options: Any) -> AbstractAsyncContextManager[Trader]:
        """A start of the trader on the one journal."""
        return Trader(self.home, self.sim.port, self.next_start_ns(), **options).running()

    def next_start_ns(self) -> int:
        """Each start is some minutes after the last, so that its clock does not run backwards."""
        start_ns = self.sim.clock.now_ns() + int(self._later_s * 1e9)
        self._later_s += 360
        return start_ns

    def fault(self, fault: kinds.AnyFault) -> None:
        self.sim.apply_fault(fault)

    def hide_ask(self, ask: float = 2.40) -> None:
        """The ask goes away, but the trader still sees the old quote: an entry will rest."""
        self.fault(kinds.Mute(con_id=CALL_CON_ID, stream="quote"))
        self.market.set_quote(CALL_CON_ID, 1.98, ask, 10)

    def show(self, bid: float, ask: float, size: float = 10) -> None:
        self.market.set_quote(CALL_CON_ID, bid, ask, size)

    def crash(self, bid: float, ask: float) -> None:
        """The market falls through the stop: quotes and prints, as a stop wants to see them."""
        self.show(bid, ask)
        for _ in range(2):
            self.market.trade(CALL_CON_ID, bid, 1, "CBOE")

    # ------------------------------------------------------------------------------------------ the truth

    @property
    def orders(self) -> list[Order]:
        registry = self.sim.gateway.exchange.registry
        return [*registry.live(), *registry.closed()]

    @property
    def live(self) -> list[Order]:
        return list(self.sim.gateway.exchange.registry.live())

    @property
    def position(self) -> int:
        held = self.sim.gateway.exchange.account.positions.get(CALL_CON_ID)
        return held.quantity if held else 0

    @property
    def executions(self) -> int:
        return len(self.sim.gateway.exchange.executions)

    def live_leg(self, leg: Leg) -> list[Order]:
        return [order for order in self.live if order.order_ref.endswith(f":{leg.value}")]

    def check(self, trader: Trader) -> None:
        """The invariants of every scenario, whatever happened in it."""
        counts = Counter(order.order_ref for order in self.orders)
        assert max(counts.values(), default=1) == 1, f"an order was sent twice: {counts}"
        assert trader.book.ledger.position(CALL_CON_ID).quantity == self.position, trader.story()
        ledger = trader.book.ledger
        assert ledger.execution_count + ledger.foreign_execution_count == self.executions
        assert self.position >= 0, "more was sold than bought"
        exits = [order for order in self.live if order.side == "SELL"]
        assert all(order.remaining <= self.position for order in exits) or not self.position, trader.story()
        if not self.position:
            assert not [o for o in exits if not o.held_by_parent], "a naked exit is left at the broker"

    async def protected(self, trader: Trader, trade: Trade) -> None:
        """Position and stop agree, at the gateway and in the trader's eyes."""
        await trader.until(trade.stop_resting, "a working stop")
        (stop,) = self.live_leg(Leg.STOP)
        assert stop.remaining == self.position == trade.open_quantity


@pytest.fixture(params=WAYS.values(), ids=WAYS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    """Market and gateway, both ways; a test may choose the gateway's behaviours itself by an indirect parameter."""
    market = ScriptedMarket()
    settings = SimSettings(state_dir=tmp_path / "exchange", behaviours=request.param)
    async with open_simulator(settings, market) as sim:
        yield Scene(sim, market, tmp_path / "home")
