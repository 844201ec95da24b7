"""Starts at a gateway that has no past to tell: what is held is worked all the same."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.doubles.terminal import RecordingTerminal
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS, Trader

from alphatrader.calendar import session_for
from alphatrader.domain.exit_plans import ExitPlan, StopTerms
from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.sim.scripted import SESSION_DATE
from alphatrader.trader import opening
from alphatrader.trader.stop import StopWish

AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})


class WithoutPast(Trader):
    """A start as the product makes it; the broker's history farm is away, and nobody says so."""

    async def _begin(self) -> None:
        self.runner.hold_live_rows()
        self.adapter.history = self._never  # type: ignore[method-assign]
        await self.adapter.connect()
        lasting: Any = SimpleNamespace(
            config=SimpleNamespace(engine=self.engine.state.settings), terminal=RecordingTerminal(), stop=StopWish()
        )
        self.opening = asyncio.create_task(
            opening.Opening(lasting, session_for(SESSION_DATE), self.adapter, self.runner).go_live()
        )

    async def _never(self, *_: object) -> int:
        await asyncio.Event().wait()
        return 0


async def test_a_position_is_worked_though_the_past_of_the_session_does_not_come(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_PAST_WALL_S", 0.2)
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trader.strategy.exit_plan = ExitPlan(stop=StopTerms(loss_fraction=0.25), max_hold_s=120)
        trade = await trader.enter()
        await trader.until(lambda: trade.stop_resting() and trade.entered, "a protected position")
    start = WithoutPast(scene.home, scene.sim.port, scene.next_start_ns(), settings=AS_DELIVERED)
    async with start.running() as trader:
        (trade,) = trader.book.open_trades
        await trader.until(lambda: trade.closed_ns, "its longest hold is over")
        assert "held 120 s" in trade.exit_reason
        assert scene.position == 0
        assert not scene.live_leg(Leg.STOP)
        await trader.until(start.opening.done, "live without the past")
        scene.check(trader)
