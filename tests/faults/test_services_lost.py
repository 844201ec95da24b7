"""Journal, Redis and the right to send: without any of them nothing new is sent, and what rests at the broker stays."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from redis.asyncio import Redis
from tests.doubles.full_disk import FullDisk, on_full_disk
from tests.faults.conftest import Scene

from alphatrader.adapters.journal import take_epoch
from alphatrader.adapters.redis import RedisSignalStore
from alphatrader.domain import events as ev
from alphatrader.domain.errors import FencedError
from alphatrader.domain.orders import Leg
from alphatrader.execution.tracking import OrderState


@pytest.fixture(autouse=True)
def room_on_disk() -> None:
    FullDisk.full = False


async def test_nothing_is_sent_that_could_not_be_journaled(scene: Scene) -> None:
    async with scene.trader(connect=on_full_disk) as trader:
        await trader.settle()
        FullDisk.full = True
        trade = await trader.enter()
        await trader.until(lambda: trade.closed_ns, "the intent is given up")
        assert {o.state for o in trade.orders.values()} == {OrderState.NOT_SENT}
        assert scene.orders == []
        await trader.until(lambda: "journal_down" in trader.blocks(), "entries wait")
        FullDisk.full = False
        await trader.until(lambda: "journal_down" not in trader.blocks(), "room again")
        trader.jump(400)
        again = await trader.hold()
        assert again.intent.intent_id != trade.intent.intent_id
        scene.check(trader)


async def test_a_full_disk_leaves_the_stop_and_lets_nothing_else_out(scene: Scene) -> None:
    async with scene.trader(connect=on_full_disk) as trader:
        trade = await trader.hold()
        FullDisk.full = True
        trader.operator("halt")
        await trader.until(lambda: "journal_down" in trader.blocks(), "entries wait")
        await scene.protected(trader, trade)
        scene.check(trader)
        FullDisk.full = False
        await trader.until(lambda: "journal_down" not in trader.blocks())
    async with scene.trader() as second:
        assert second.engine.state.trading_state.value == "HALTED", "what waited for the disk was written"


async def test_a_trader_whose_right_was_taken_sends_nothing_and_ends(scene: Scene) -> None:
    async def session() -> None:
        async with scene.trader() as trader:
            await asyncio.to_thread(take_epoch, scene.home / "journal.db", "kill switch")
            await trader.enter()
            await asyncio.sleep(5)

    with pytest.raises(BaseExceptionGroup) as caught:
        await session()
    assert caught.group_contains(FencedError)
    assert scene.orders == []


async def test_a_fenced_trader_cannot_even_close(scene: Scene) -> None:
    """The kill switch retires stops and flattens by itself: a second seller would make a short."""

    async def session() -> None:
        async with scene.trader() as trader:
            trade = await trader.hold()
            for order in scene.live:
                scene.sim.gateway.exchange.cancel(order)
            await asyncio.to_thread(take_epoch, scene.home / "journal.db", "kill switch")
            await trader.until(lambda: all(o.dead for o in trade.orders.values()))
            trader.operator("flatten")
            await asyncio.sleep(5)

    with pytest.raises(BaseExceptionGroup) as caught:
        await session()
    assert caught.group_contains(FencedError)
    assert len(scene.orders) == 3
    assert scene.position == 4


async def test_a_fenced_trader_changes_no_order(scene: Scene) -> None:
    async def session() -> None:
        async with scene.trader() as trader:
            await trader.hold()
            await asyncio.to_thread(take_epoch, scene.home / "journal.db", "kill switch")
            trader.operator("flatten")
            await asyncio.sleep(5)

    with pytest.raises(BaseExceptionGroup) as caught:
        await session()
    assert caught.group_contains(FencedError)
    assert {o.limit_price for o in scene.live_leg(Leg.TARGET)} == {Decimal("2.80")}
    assert scene.position == 4


async def test_an_exit_is_repriced_even_while_the_disk_is_full(scene: Scene) -> None:
    async with scene.trader(connect=on_full_disk) as trader:
        trade = await trader.hold()
        FullDisk.full = True
        trader.operator("flatten")
        await trader.until(lambda: trade.closed_ns, "the target is moved and fills")
        assert scene.position == 0
        scene.check(trader)
        FullDisk.full = False


async def test_a_claim_that_redis_does_not_answer_is_refused(scene: Scene, tmp_path: Path) -> None:
    dead = Redis(unix_socket_path=str(tmp_path / "nobody.sock"))
    async with scene.trader(store=RedisSignalStore(dead)) as trader:
        trader.strategy.armed = True
        await trader.until(lambda: trader.heard(ev.ClaimAnswered), "an answer")
        assert not trader.heard(ev.ClaimAnswered)[0].granted
        assert trader.engine.entries.refusals.blocked["claim_refused"] >= 1
        await trader.settle()
        assert trader.intents() == []
        assert scene.orders == []
    await dead.aclose()


async def test_redis_known_to_be_down_asks_for_no_claim(scene: Scene) -> None:
    async with scene.trader() as trader:
        trader.runner.post(ev.StoreChanged(ts_ns=trader.runner.now_ns(), up=False, reason="gone"))
        trader.strategy.armed = True
        await trader.settle()
        assert trader.heard(ev.ClaimAnswered) == []
        assert "store_down" in trader.blocks()
