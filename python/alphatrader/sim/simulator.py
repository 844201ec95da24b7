"""The simulator put together: market, exchange, gateway, control channel, Alpha Vantage server, and the loop.

``open_simulator`` runs it inside any event loop (tests, benchmarks); ``alphatrader.sim.main`` makes a process of it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import structlog

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.sim.alphavantage.faults import AlphaVantageFaults
from alphatrader.sim.alphavantage.server import serve_alphavantage
from alphatrader.sim.behaviours import TABLE, Behaviours
from alphatrader.sim.clock import SimClock
from alphatrader.sim.control.channel import ControlChannel
from alphatrader.sim.control.operations import Operations
from alphatrader.sim.exchange.exchange import Exchange
from alphatrader.sim.exchange.journal import ExchangeJournal
from alphatrader.sim.faults.injector import FaultInjector
from alphatrader.sim.faults.kinds import AnyFault
from alphatrader.sim.faults.scenarios import Scenarios
from alphatrader.sim.faults.timeline import Timeline, find_scenario, load_timeline
from alphatrader.sim.gateway.door import Door
from alphatrader.sim.gateway.gateway import Gateway
from alphatrader.sim.gateway.listener import Listener
from alphatrader.sim.market import MarketSpec, build_market
from alphatrader.sim.market.live import SessionMarket
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.scheduled import ScheduledEvent
from alphatrader.sim.market.types import SimulatedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.state import (
    check_identity,
    forget_state,
    locked,
    remember_market_time,
    remembered_market_time,
    remembered_session,
    write_atomically,
)

log = structlog.get_logger("alphatrader.sim")

ACCOUNT_ID = "DUSIM0001"
"""``DU`` as paper accounts have it, and ``SIM`` so that no screen can hide what it is."""
LISTENING = "SIMULATED gateway listening"
"""The first line of the log."""
STEP_S = 0.008
"""Wall time between two rounds of the loop, unless told."""
SAVE_TIME_S = 1.0
ADVANCE_STEP_NS = 1_000_000_000
CATCH_UP_NS = 60_000_000_000
"""Market time that one step may run at most when a restart catches up."""


class Simulator:
    """A running simulator. ``stopped`` is set by the control channel or a failure; ``failure`` says which."""

    def __init__(
        self,
        settings: SimSettings,
        market: SimulatedMarket,
        journal: ExchangeJournal,
        timeline: Timeline,
        step_s: float = STEP_S,
        past: Past | None = None,
    ) -> None:
        self.settings = settings
        self.market = market
        self.stopped = asyncio.Event()
        self.failure: Exception | None = None
        self.alphavantage_faults = AlphaVantageFaults()
        self.alphavantage_port = 0
        self._journal = journal
        self._step_s = step_s
        # The loop's time is the machine's monotonic clock, or virtual: the simulator needs not know which.
        loop = asyncio.get_running_loop()
        self.clock = SimClock(market.now_ns, settings.speed, lambda: round(loop.time() * 1e9))
        behaviours = Behaviours(TABLE, settings.behaviours)
        cash = settings.starting_cash_usd
        exchange = Exchange(market, journal, ACCOUNT_ID, cash, settings.exchange(), behaviours)
        self.gateway = Gateway(market, self.clock, exchange, self.fail, behaviours, settings.login(), past)
        self.gateway.quotes.load_stats()
        self._listener = Listener(settings.host, settings.port, self.gateway.new_session)
        self._door = Door(self._listener, self.clock.wall_s)
        self._faults = FaultInjector(self.gateway, self._door, self.alphavantage_faults, settings.seed)
        self.scenarios = Scenarios(self.gateway, self._faults, timeline, settings.seed)
        self.control = ControlChannel(Operations(self))
        self._saved_at_s = 0.0

    @property
    def port(self) -> int:
        """Port of the TWS protocol."""
        return self._listener.port

    def fail(self, error: Exception) -> None:
        """End the run because of an error that cannot be lived with."""
        self.failure = self.failure or error
        self.stopped.set()

    def apply_fault(self, fault: AnyFault) -> None:
        """Inject a fault. Raises ConfigError."""
        self._faults.apply(fault)

    @property
    def seed(self) -> int:
        """What its randomness comes from."""
        return self.settings.seed

    @property
    def listening(self) -> bool:
        """Whether clients may connect."""
        return self._listener.is_open

    async def advance(self, market_ns: int) -> None:
        """Run the market ahead by a span of its own time, in steps of at most a second."""
        while market_ns > 0 and not self.stopped.is_set():
            span_ns = min(market_ns, ADVANCE_STEP_NS)
            market_ns -= span_ns
            self.clock.skip(span_ns)
            try:
                self.gateway.step()
            except AlphaTraderError as error:
                self.fail(error)
                return
            await asyncio.sleep(0)

    def stop(self) -> None:
        """End the run."""
        self.stopped.set()

    # ------------------------------------------------------------------------------------------------------- life

    async def open(self) -> None:
        """Listen. Raises LinkError."""
        await self._listener.open()
        await self.control.open(self.settings.control_port)

    async def close(self) -> None:
        """Stop listening, cut the clients, save."""
        self._listener.close()
        for session in list(self.gateway.sessions.values()):
            session.close()
        self.gateway.abort_all()
        await self.control.close()
        if self.failure is None:
            remember_market_time(self._journal, self.market.now_ns)

    async def run(self) -> None:
        """Run the loop until ``stopped`` is set."""
        while not self.stopped.is_set():
            started_s = self.clock.wall_s()
            try:
                await self._round(started_s)
            except AlphaTraderError as error:
                self.fail(error)
                return
            # At least one pass of the event loop, also when a round took longer than its time.
            await asyncio.sleep(max(0.0, self._step_s - (self.clock.wall_s() - started_s)))

    async def _round(self, now_s: float) -> None:
        self.scenarios.run_due()
        await self._door.swing()
        self.gateway.step()
        if now_s - self._saved_at_s >= SAVE_TIME_S:
            self._saved_at_s = now_s
            remember_market_time(self._journal, self.market.now_ns)

    # ------------------------------------------------------------------------------------------------ descriptions

    def describe(self) -> dict[str, Any]:
        """What ``sim.json`` holds: how to reach the simulator, and what it simulates."""
        return {
            "pid": os.getpid(),
            "host": self.settings.host,
            "port": self.port,
            "control_port": self.control.port,
            "alphavantage_port": self.alphavantage_port,
            "account": ACCOUNT_ID,
            "label": self.market.label,
            "session_date": self.market.session_date,
            "open_ns": self.market.open_ns,
            "close_ns": self.market.close_ns,
            "seed": self.settings.seed,
            "speed": self.settings.speed,
        }


@asynccontextmanager
async def open_simulator(
    settings: SimSettings, market: SimulatedMarket | None = None, *, step_s: float = STEP_S
) -> AsyncIterator[Simulator]:
    """Run a simulator until the context ends; ``market`` None = the one that the settings describe.

    A market that was given is not served over Alpha Vantage's protocol unless it offers whole chains. Raises
    ConfigError, ClosedMarketError, DataError, JournalError, LinkError; within the context, a failure ends the loop and
    is raised at its end.
    """
    timeline = load_timeline(find_scenario(settings.scenario))
    async with AsyncExitStack() as stack:
        stack.enter_context(locked(settings.state_dir))
        if settings.fresh:
            forget_state(settings.state_dir)
        journal = ExchangeJournal(settings.state_dir / "exchange.db")
        stack.callback(journal.close)
        if market is None:
            date = settings.session_date or (None if settings.tape else remembered_session(journal))
            built = build_market(market_spec(settings, date))
            market = built
        else:
            built = None
        check_identity(journal, settings, market.session_date)
        past = Past(market)
        catch_up(market, remembered_market_time(journal))
        past.on_day()
        simulator = Simulator(settings, market, journal, timeline, step_s, past)
        if built is not None:
            server = serve_alphavantage(
                built,
                simulator.clock,
                settings.host,
                settings.alphavantage_port,
                simulator.alphavantage_faults,
                settings.alphavantage_plan,
                past,
            )
            simulator.alphavantage_port = await stack.enter_async_context(server)
        await simulator.open()
        stack.push_async_callback(simulator.close)
        announcement = settings.state_dir / "sim.json"
        write_atomically(announcement, msgspec.json.encode(simulator.describe()))
        stack.callback(announcement.unlink, missing_ok=True)
        log.info(LISTENING, **simulator.describe())
        user_error: Exception | None = None
        async with asyncio.TaskGroup() as group:
            group.create_task(simulator.run(), name="simulator")
            try:
                yield simulator
            except Exception as error:  # noqa: BLE001 - raised below; the group would wrap it
                user_error = error
            finally:
                simulator.stopped.set()
        if (first := simulator.failure or user_error) is not None:
            raise first


def catch_up(market: SimulatedMarket, market_ns: int | None) -> None:
    """Bring a fresh market to the time that an earlier run had reached; its path is the same, being seeded."""
    if isinstance(market, SessionMarket):
        market.skip_to(market_ns or 0)
        return
    while market_ns is not None and market.now_ns < market_ns:
        before_ns = market.now_ns
        market.advance(min(before_ns + CATCH_UP_NS, market_ns))
        if market.now_ns == before_ns:
            return


def market_spec(settings: SimSettings, session_date: str | None) -> MarketSpec:
    """Return what the settings say of the market. Raises ConfigError."""
    return MarketSpec(
        seed=settings.seed,
        session_date=session_date,
        symbols=settings.symbols,
        start_fraction=settings.start_fraction,
        tape=settings.tape,
        tape_quotes=settings.tape_quotes,
        scenario=settings.market_scenario,
        option_conditions=Behaviours(TABLE, settings.behaviours).on("option_print_conditions"),
        events=tuple(ScheduledEvent.parse(text) for text in settings.events),
        start_at=settings.start_at,
        days=settings.days,
    )
