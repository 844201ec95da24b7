"""The line to the simulated gateway's control channel, for those who run it: its clock, its night, its end."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from alphatrader.control.announcements import read_announcement
from alphatrader.control.client import Peer, ask
from alphatrader.domain.errors import LinkError

HOST = "127.0.0.1"
_ADVANCE_TIMEOUT_S = 600.0
"""A weekend takes some ten seconds; a machine under load many more."""


class MarketClock(Struct, frozen=True):
    """The simulated market's clock when it was asked, and what market it is."""

    market_ns: int
    speed: float
    paused: bool
    seed: int
    session_date: str
    open_ns: int
    close_ns: int
    label: str


@dataclass(frozen=True, slots=True)
class SimulatedGateway:
    """A running simulated gateway: its ports, and what may be asked of it."""

    port: int
    control_port: int
    alphavantage_port: int

    @classmethod
    def announced(cls, path: Path) -> "SimulatedGateway":
        """Read ``sim.json``. Raises LinkError where nothing runs."""
        body = read_announcement(path)
        if body is None:
            raise LinkError(f"no simulated gateway runs: {path} announces none; `alphatrader run` starts one")
        return cls(body["port"], body["control_port"], body["alphavantage_port"])

    @property
    def peer(self) -> Peer:
        """The control channel."""
        return Peer("the simulated gateway", (HOST, self.control_port), "it is started again by `alphatrader run`")

    async def clock(self) -> MarketClock:
        """Ask the time. Raises LinkError, UnansweredError, PeerRefusedError."""
        return _clock(await ask(self.peer, {"op": "clock"}, "a look at the clock"))

    async def timed_clock(self) -> tuple[MarketClock, float]:
        """Ask the time; return it with the wall seconds that the answer took."""
        loop = asyncio.get_running_loop()
        before_s = loop.time()
        clock = await self.clock()
        return clock, loop.time() - before_s

    async def advance(self, date: str, clock: str) -> MarketClock:
        """Run the market ahead to a New York time of a date. Raises as :meth:`clock`, refused where that has passed."""
        request = {"op": "advance", "to": clock, "date": date}
        return _clock(await ask(self.peer, request, "passing the night", answer_timeout_s=_ADVANCE_TIMEOUT_S))

    async def set_speed(self, speed: float) -> MarketClock:
        """Let the market run at another speed. Raises as :meth:`clock`."""
        return _clock(await ask(self.peer, {"op": "speed", "speed": speed}, "a change of speed"))

    async def shut_down(self) -> None:
        """Ask it to end. Raises as :meth:`clock`."""
        await ask(self.peer, {"op": "shutdown"}, "its end")


def _clock(answer: dict[str, Any]) -> MarketClock:
    try:
        return msgspec.convert(answer, MarketClock, strict=False)
    except msgspec.ValidationError as error:
        raise LinkError(f"the simulated gateway's clock cannot be read ({error}): it is of another build") from error
