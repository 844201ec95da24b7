"""kill -9 at every numbered step around write, send, acknowledge, fill and exit; the gateway outlives it; a restart.

Whatever the step: no order is sent twice, the position is the gateway's, and a position has its stop.
"""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tests.faults.conftest import Scene
from tests.faults.crash_child import POINTS
from tests.faults.trader import SETTINGS

from alphatrader.domain.orders import Leg
from alphatrader.execution.settings import ExecutionSettings

TESTS = Path(__file__).resolve().parents[1]
RUN_CHILD = (
    "import runpy, sys, types; package = types.ModuleType('tests'); "
    f"package.__path__ = [{str(TESTS)!r}]; sys.modules['tests'] = package; "
    "runpy.run_module('tests.faults.crash_child', run_name='__main__')"
)
"""Dependencies may bring a package ``tests`` of their own."""
AS_DELIVERED = SETTINGS.model_copy(update={"execution": ExecutionSettings()})
FAST = {4, 13}
"""One of each kind; the others run with the slow tests."""


async def crash(scene: Scene, point: int) -> None:
    """Run a trader that kills itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", RUN_CHILD),
        *(str(scene.sim.port), str(scene.home), str(scene.next_start_ns()), str(point)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == -signal.SIGKILL, output.decode()[-3000:]
    await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "point",
    [pytest.param(n, id=name, marks=[] if n in FAST else pytest.mark.slow) for n, name in enumerate(POINTS, start=1)],
)
async def test_a_trader_killed_at_any_point_restarts_without_a_double_order(scene: Scene, point: int) -> None:
    await crash(scene, point)
    sent_before = {order.order_ref: order.perm_id for order in scene.orders}
    if 4 <= point <= 10:
        (stop,) = scene.live_leg(Leg.STOP)
        assert stop.remaining == scene.position == 4, "the stop rests at the broker while no trader lives"
    async with scene.trader(settings=AS_DELIVERED) as trader:
        for _ in range(4):
            trader.jump(11)
            await trader.settle()
        await trader.until(lambda: "order_unknown" not in trader.blocks(), "every order is settled")
        scene.check(trader)
        after = {order.order_ref: order.perm_id for order in scene.orders}
        assert after.items() >= sent_before.items()
        if point < 10:
            assert after == sent_before, "a restart sends nothing"
        if scene.position:
            await scene.protected(trader, trader.book.open_trades[0])
        else:
            assert not trader.book.open_trades
            assert not scene.live
        if point <= 3:
            assert scene.executions == 0
        if point >= 10:
            assert scene.position == 0, "what a person had asked for is finished"
            assert trader.engine.state.trading_state.value == "HALTED"
        assert all(order_id not in trader.book.orders for order_id in range(trader.book._next_order_id, 100))
