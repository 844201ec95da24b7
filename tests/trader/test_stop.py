import asyncio

from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader.stop import StopWish


def test_the_first_wish_counts() -> None:
    stop = StopWish()
    assert not stop.asked
    stop.ask("stopped by SIGINT")
    stop.ask("the duration is over", flatten=True)
    assert (stop.asked, stop.reason, stop.flatten) == (True, "stopped by SIGINT", False)


def test_a_pause_ends_with_the_wish_or_by_itself() -> None:
    async def pauses() -> list[tuple[bool, float]]:
        loop, stop = asyncio.get_running_loop(), StopWish()
        found = [(await stop.within(30), loop.time())]
        loop.call_later(10, stop.ask, "enough")
        found.append((await stop.within(30), loop.time()))
        found.append((await stop.within(30), loop.time()))
        await stop.wait()
        return found

    loop = VirtualLoop()
    assert loop.run_until_complete(pauses()) == [(False, 30), (True, 40), (True, 40)]
    loop.close()
