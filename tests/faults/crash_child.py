"""A trader that kills itself with SIGKILL at a numbered point. Arguments: port, home, start (ns), point.

The hooks stand around the ports, so what is killed is the product as it is.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.trader import Trader

from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg
from alphatrader.domain.records import IntentRecord, IntentStage

POINTS = (
    "1 before INTENDED is written",
    "2 INTENDED is durable, nothing sent",
    "3 the entry alone is sent",
    "4 all is sent, nobody has said so",
    "5 all is sent and noted",
    "6 the entry is acknowledged",
    "7 the fill has come, not yet taken",
    "8 the fill is taken, not yet journaled",
    "9 protected",
    "10 before an exit is repriced",
    "11 after an exit is repriced",
    "12 the stop is cancelled for a close",
    "13 the close is durable, nothing sent",
    "14 the close is sent, nobody has said so",
)


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Trap:
    """Kills at the point. ``closing``: only once the entry lies behind."""

    def __init__(self, trader: Trader, point: int) -> None:
        self.trader, self.point = trader, point
        trader.ports.journal.append_durable = self._around_intended(trader.ports.journal.append_durable)  # type: ignore[method-assign]
        trader.adapter.submit = self._around_submit(trader.adapter.submit)  # type: ignore[method-assign]
        trader.adapter.reprice = self._around(trader.adapter.reprice, 10, 11)  # type: ignore[method-assign]
        trader.adapter.cancel = self._around(trader.adapter.cancel, 0, 12)  # type: ignore[method-assign]
        trader.engine.take = self._around_take(trader.engine.take)  # type: ignore[method-assign]

    def hit(self, *points: int) -> None:
        if self.point in points:
            die()

    def _around(self, do: Callable[..., Any], before: int, after: int) -> Callable[..., Any]:
        async def done(*arguments: Any) -> None:
            self.hit(before)
            await do(*arguments)
            await asyncio.sleep(0.02)
            self.hit(after)

        return done

    def _around_intended(self, append: Callable[..., Any]) -> Callable[..., Any]:
        async def done(record: Any) -> None:
            intended = isinstance(record, IntentRecord) and record.stage is IntentStage.INTENDED
            closing = intended and record.intent.purpose == "close"
            if intended and not closing:
                self.hit(1)
            await append(record)
            if intended:
                self.hit(13 if closing else 2)

        return done

    def _around_submit(self, submit: Callable[..., Any]) -> Callable[..., Any]:
        async def done(approved: Any) -> None:
            wire = self.trader.adapter._session.wire
            if self.point == 3:
                send = wire.send
                wire.send = lambda requests: send(requests[:1])  # type: ignore[method-assign]
                drained = wire.drained

                async def drained_then_die(timeout_s: float) -> bool:
                    await drained(timeout_s)
                    die()
                    return True

                wire.drained = drained_then_die  # type: ignore[method-assign]
            await submit(approved)

        return done

    def _around_take(self, take: Callable[..., Any]) -> Callable[..., Any]:
        def done(event: ev.ControlEvent) -> Any:
            closing = len(self.trader.intents()) > 1
            if isinstance(event, ev.OrderSent):
                self.hit(14 if closing else 4)
            if isinstance(event, ev.ExecutionReported):
                self.hit(7)
            commands = take(event)
            match event:
                case ev.OrderSent():
                    self.hit(5)
                case ev.OrderReported() if event.order.status in {"PreSubmitted", "Submitted"}:
                    self.hit(6)
                case ev.ExecutionReported():
                    self.hit(8)
            return commands

        return done


async def main(port: int, home: Path, start_ns: int, point: int) -> None:
    trader = Trader(home, port, start_ns)
    Trap(trader, point)
    async with trader.running():
        trade = await trader.hold()
        if point == 9:
            die()
        if point >= 12:
            await trader.adapter._orders.cancel(trader.leg(trade, Leg.TARGET).ticket.order_id)
            await trader.until(lambda: trader.leg(trade, Leg.TARGET).dead)
        trader.operator("flatten")
        await asyncio.sleep(10)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
