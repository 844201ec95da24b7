"""Streams that die while the link is well, gateways that wait for a human, and bytes that come in pieces."""

import pytest
from tests.faults.conftest import Scene
from tests.faults.trader import SETTINGS

from alphatrader.domain import events as ev
from alphatrader.engine.settings import FeedLimits
from alphatrader.sim.faults import kinds
from alphatrader.sim.scripted import SPY_CON_ID

ALERT = SETTINGS.model_copy(
    update={
        "feeds": FeedLimits(
            quote_max_age_ms=5_000,
            trade_max_age_ms=1e12,
            depth_max_age_ms=1e12,
            option_quote_max_age_ms=1e12,
            chain_max_age_s=1e9,
            loop_lag_max_ms=60_000,
        )
    }
)
"""Quotes of the underlying must be fresh; its clock jumps, so nothing else may be."""


@pytest.mark.parametrize(
    "fault",
    [kinds.FarmOutage(for_s=0.05, streams="stay_dead"), kinds.KillStreams(), kinds.CompetingSession(for_s=0.3)],
    ids=["2103-2104", "without a word", "10197"],
)
async def test_a_mute_stream_stops_entries_until_it_speaks_again(scene: Scene, fault: kinds.AnyFault) -> None:
    async with scene.trader(settings=ALERT) as trader:
        scene.market.set_quote(SPY_CON_ID, 650.00, 650.02, 400)
        await trader.settle()
        scene.fault(fault)
        trader.jump(8)
        await trader.until(lambda: any("silent" in text for text in trader.notices), "the silence is noticed")
        assert trader.blocks(), "no entry on old quotes"
        trader.strategy.armed = True
        await trader.settle()
        assert trader.intents() == []
        trader.strategy.armed = False
        for number in range(40):
            scene.market.set_quote(SPY_CON_ID, 650.00, 650.02, 401 + number)
            trader.jump(1)
            await trader.settle(0.05)
            if any("quotes are back" in text for text in trader.notices):
                break
        assert any("quotes are back" in text for text in trader.notices), trader.story()


async def test_a_gateway_that_waits_for_a_human_is_waited_for(scene: Scene) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        snapshots = len(trader.heard(ev.SnapshotReceived))
        scene.fault(kinds.LoggedOut())
        await trader.until(lambda: "link_down" in trader.blocks(), "the loss")
        trader.strategy.armed = True
        await trader.settle(0.5)
        assert len(trader.intents()) == 1
        trader.strategy.armed = False
        scene.fault(kinds.Login())
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > snapshots, "a human came", timeout_s=20)
        await scene.protected(trader, trade)
        assert len(scene.orders) == 3
        scene.check(trader)


@pytest.mark.parametrize("seed", range(4))
async def test_bytes_that_come_late_and_in_pieces_change_nothing(scene: Scene, seed: int) -> None:
    scene.sim._faults._stage.random.seed(seed)
    scene.fault(kinds.Wire("split", share=0.5, by_s=0.02))
    scene.fault(kinds.Wire("delay", share=0.3, by_s=0.03))
    async with scene.trader() as trader:
        trade = await trader.hold()
        await scene.protected(trader, trade)
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "sold")
        assert scene.position == 0
        scene.check(trader)


async def test_frames_that_come_twice_change_nothing(scene: Scene) -> None:
    async with scene.trader() as trader:
        scene.fault(kinds.Wire("duplicate"))
        trade = await trader.hold()
        await scene.protected(trader, trade)
        scene.check(trader)


@pytest.mark.parametrize("do", ["cut", "length"])
async def test_a_connection_whose_frames_are_torn_is_made_anew(scene: Scene, do: str) -> None:
    async with scene.trader() as trader:
        trade = await trader.hold()
        snapshots = len(trader.heard(ev.SnapshotReceived))
        scene.fault(kinds.Wire(do, count=1))  # type: ignore[arg-type]
        scene.show(2.00, 2.02)
        await trader.until(lambda: len(trader.heard(ev.SnapshotReceived)) > snapshots, "a new reconciliation")
        await scene.protected(trader, trade)
        assert len(scene.orders) == 3
        scene.check(trader)


async def test_a_burst_that_the_gateway_cuts_off_leaves_no_order_in_doubt(scene: Scene) -> None:
    scene.fault(kinds.RefuseRequests("orders", code=100, count=3))
    async with scene.trader() as trader:
        trade = await trader.enter()
        for _ in range(4):
            trader.jump(11)
            await trader.settle()
        await trader.until(lambda: trade.closed_ns, "settled")
        assert scene.orders == []
        assert len(trader.intents()) == 1
        scene.check(trader)
