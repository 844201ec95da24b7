"""Time in a trader that lives for weeks: the wall's nights are waited for, a simulated market's are skipped."""

import asyncio
import datetime as dt
from abc import ABC, abstractmethod

import structlog

from alphatrader.calendar import NEW_YORK, NS, Session, to_text
from alphatrader.control.simulator import MarketClock, SimulatedGateway
from alphatrader.domain.errors import AlphaTraderError, ClosedMarketError, LinkError, PeerRefusedError
from alphatrader.engine.clock import ScaledClock, SystemClock
from alphatrader.ops.console import Terminal
from alphatrader.ports import Clock
from alphatrader.trader.patience import StoppedError, persist
from alphatrader.trader.sessions import session_to_trade
from alphatrader.trader.stop import StopWish

FOLLOW_INTERVAL_S = 2.0
_ANSWER_MAX_S = 0.1
"""An answer that took longer says too little of the time."""
_DRIFT_WALL_S = 0.25
"""By how much the trader's clock may be off, in wall time, before it is set."""
_SIMULATED_LEAD_S = 60.0
_SIMULATED_LEAD_WALL_S = 6.0
"""Before the open of a simulated day: market time, and what connecting takes of the wall."""

_log = structlog.get_logger(__name__)


class Timekeeper(ABC):
    """The clock of the market, and the way from one session to the next."""

    label = ""
    """Name of a simulated market; empty with the broker's."""
    seed = 0

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """Market time."""

    def session(self) -> Session:
        """Return the session to trade: that which is open, else the next one. Raises CalendarRangeError."""
        return session_to_trade(self.clock.now_ns())

    @abstractmethod
    async def approach(self, session: Session, stop: StopWish) -> None:
        """Return when it is time to connect for a session.

        Raises StoppedError if the trader is to end meanwhile, ClosedMarketError if that session never comes.
        """

    @abstractmethod
    async def follow(self) -> None:
        """Keep the clock in step with the market until cancelled."""


class WallTime(Timekeeper):
    """The broker's market runs by the wall."""

    def __init__(self, lead_s: float, terminal: Terminal) -> None:
        self._clock = SystemClock()
        self._lead_s = lead_s
        self._terminal = terminal

    @property
    def clock(self) -> Clock:
        """The wall's."""
        return self._clock

    async def approach(self, session: Session, stop: StopWish) -> None:
        """See :class:`Timekeeper`."""
        due_ns = session.open_ns - int(self._lead_s * NS)
        if self._clock.now_ns() < due_ns:
            text = f"the session of {session.date} opens at {to_text(session.open_ns)[11:16]} in New York: "
            self._terminal.fact("session", f"{text}connecting at {to_text(due_ns)[:16]}")
        # In pieces: the wall clock may be set, and the machine may sleep.
        while (left_ns := due_ns - self._clock.now_ns()) > 0:
            if await stop.within(min(30.0, left_ns / NS)):
                raise StoppedError

    async def follow(self) -> None:
        """Nothing to do: the wall is the market's time."""


class SimulatedTime(Timekeeper):
    """A simulated market has a clock of its own, which runs faster, and may be restarted, moved on or stopped."""

    def __init__(self, gateway: SimulatedGateway, market: MarketClock, terminal: Terminal) -> None:
        self.gateway = gateway
        self.label = market.label
        self.seed = market.seed
        self._terminal = terminal
        self._clock = ScaledClock(market.market_ns, market.speed)

    @classmethod
    async def of(cls, gateway: SimulatedGateway, terminal: Terminal) -> "SimulatedTime":
        """Ask a running gateway. Raises LinkError."""
        return cls(gateway, await gateway.clock(), terminal)

    @property
    def clock(self) -> Clock:
        """Market time, as last asked and counted on."""
        return self._clock

    async def approach(self, session: Session, stop: StopWish) -> None:
        """See :class:`Timekeeper`: the night is skipped."""
        lead_s = max(_SIMULATED_LEAD_S, _SIMULATED_LEAD_WALL_S * self._clock.time_scale)
        due_ns = session.open_ns - int(lead_s * NS)
        if self._clock.now_ns() >= due_ns:
            return
        self._terminal.fact("session", f"the simulated market passes the night to {to_text(due_ns)} in New York")
        reached = await persist(
            "gateway", lambda: self._advance(due_ns), stop, self._terminal, what="passing the night"
        )
        if reached.session_date != session.date:
            raise ClosedMarketError(
                f"the simulated market has no session on {session.date}: it ends with {reached.session_date}; "
                "a recorded day has no day after it"
            )
        self._clock.synchronise(reached.market_ns)

    async def _advance(self, due_ns: int) -> MarketClock:
        due = dt.datetime.fromtimestamp(due_ns // NS, NEW_YORK)
        try:
            return await self.gateway.advance(f"{due:%Y-%m-%d}", f"{due:%H:%M:%S}")
        except PeerRefusedError as error:
            clock = await self.gateway.clock()
            if clock.market_ns >= due_ns:
                return clock  # it was there already: an earlier request was carried out though its answer was lost
            raise LinkError(str(error)) from error

    async def follow(self) -> None:
        """Ask the market's time every few seconds: it is moved on by others, and goes back a little after a restart."""
        while True:
            await asyncio.sleep(FOLLOW_INTERVAL_S)
            try:
                market, took_s = await self.gateway.timed_clock()
            except AlphaTraderError:
                continue  # a gateway that is away is told of by the link to it
            if took_s > _ANSWER_MAX_S:
                continue
            scale = self._clock.time_scale
            now_ns = market.market_ns + int(took_s / 2 * scale * NS)
            drift_ns = self._clock.drift_ns(now_ns)
            if abs(drift_ns) > _DRIFT_WALL_S * scale * NS:
                _log.info("market_time_followed", drift_s=drift_ns / NS, market_time=to_text(now_ns))
                self._clock.synchronise(now_ns)
