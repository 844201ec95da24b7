"""Doing something until it works: a gateway that is away for a while costs no start, nor does a disk that is full."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from alphatrader.domain.errors import AlphaTraderError, FencedError, LinkError
from alphatrader.ops.console import Terminal
from alphatrader.trader.stop import StopWish

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

_T = TypeVar("_T")


class StoppedError(Exception):
    """The trader was asked to stop while it waited. Never seen outside of the trader."""


async def persist(
    topic: str,
    attempt: Callable[[], Awaitable[_T]],
    stop: StopWish,
    terminal: Terminal,
    *,
    what: str,
    failure: type[AlphaTraderError] = LinkError,
) -> _T:
    """Try with growing pauses until it works; each new reason is told once.

    Only ``failure`` is tried again, and never a FencedError. Raises StoppedError when the trader is to end
    meanwhile, and what else ``attempt`` raises.
    """
    pause_s, told = FIRST_PAUSE_S, ""
    while True:
        try:
            found = await attempt()
        except failure as error:
            if isinstance(error, FencedError):
                raise
            if str(error) != told:
                told = str(error)
                terminal.fact(topic, f"{told}. {what} is tried again until it works", "warning")
        else:
            if told:
                terminal.fact(topic, f"{what}: it works now", "good")
            return found
        if await stop.within(pause_s):
            raise StoppedError
        pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
