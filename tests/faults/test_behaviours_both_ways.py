"""A whole trade, an outage and a restart under every behaviour of real gateways that can be chosen.

All other tests run with the first choice of each; here the trader meets the others, one at a time.
"""

import pytest
from tests.faults.conftest import Scene

from alphatrader.domain.orders import Leg
from alphatrader.sim.behaviours import TABLE, Value
from alphatrader.sim.faults import kinds

OTHERS: list[dict[str, Value]] = [{row.name: choice} for row in TABLE.values() for choice in row.choices[1:]]


def name_of(chosen: dict[str, Value]) -> str:
    (pair,) = chosen.items()
    return f"{pair[0]}={pair[1]}"


@pytest.mark.parametrize("scene", OTHERS, indirect=True, ids=name_of)
async def test_a_trade_lives_through_an_outage_and_ends_right(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        await scene.protected(trader, trade)
        scene.fault(kinds.ServerOutage(for_s=0.1, data_lost=True))
        await trader.until(lambda: "link_down" in trader.blocks(), "the outage")
        await trader.until(lambda: not trader.blocks() & {"link_down", "not_reconciled"}, "its end")
        await scene.protected(trader, trade)
        scene.check(trader)
    async with scene.trader() as trader:
        (trade,) = trader.book.trades.values()
        await trader.until(lambda: trader.leg(trade, Leg.TARGET).working, "taken up again")
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "sold")
        assert scene.position == 0
        assert not scene.live
        assert len(scene.orders) == 3
        scene.check(trader)
