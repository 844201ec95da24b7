"""Executions that the exchange corrects or takes back: position and cash follow the last word on each."""

from decimal import Decimal

import pytest
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS

from alphatrader.execution.settings import ExecutionSettings
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import CALL_CON_ID

AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})


async def test_a_corrected_price_is_the_same_execution(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        scene.fault(kinds.CorrectExecution(price=Decimal("1.90")))
        await trader.until(
            lambda: any(e.price == Decimal("1.90") for e in trader.book.ledger.executions()), "the correction"
        )
        assert trader.book.ledger.execution_count == 1
        assert trade.open_quantity == scene.position == 4
        await scene.protected(trader, trade)


@pytest.mark.parametrize("scene", [{"bust_reported": True}, {"bust_reported": False}], indirect=True, ids=str)
async def test_a_busted_entry_leaves_neither_position_nor_exits(scene: Scene) -> None:
    async with scene.trader(settings=AS_DELIVERED) as trader:
        trade = await trader.hold()
        scene.fault(kinds.BustExecution())
        await trader.until(lambda: scene.position == 0, "taken back")
        for seconds in (31, 11, 31):
            trader.jump(seconds)
            await trader.settle()
        await trader.until(lambda: not scene.live, "no exit is left without a position")
        assert trader.book.ledger.position(CALL_CON_ID).quantity == 0
        assert trade.open_quantity == 0
