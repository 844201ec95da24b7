"""The trader: one session after the other in one process, for weeks.

journal, control socket, Redis client ──► session ─► session ─► session … (each with an engine of its own)
"""

import asyncio
import contextlib
import os
import signal
import time

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.adapters.redis import open_client
from alphatrader.control.announcements import remove_announcement, write_announcement
from alphatrader.control.simulator import SimulatedGateway
from alphatrader.domain.errors import ClosedMarketError
from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.ops.run_options import TraderOptions
from alphatrader.trader.control_server import serve_control
from alphatrader.trader.day import TradingDay
from alphatrader.trader.failures import leaves
from alphatrader.trader.lasting import Lasting
from alphatrader.trader.patience import StoppedError, persist
from alphatrader.trader.quiet import tell_when_quiet
from alphatrader.trader.stop import StopWish
from alphatrader.trader.timekeeper import SimulatedTime, Timekeeper, WallTime
from alphatrader.trader.unfinished import close_unfinished

_BETWEEN_DAYS_S = 4.0
"""How long a command waits for the next session's engine: less than its sender does."""


class Daemon:
    """The trader's process. Make it, then await :meth:`run` once."""

    def __init__(self, config: AppConfig, options: TraderOptions, home: Home, redis_url: str) -> None:
        self._config = config
        self._options = options
        self._home = home
        self._redis_url = redis_url
        self._terminal = Terminal(logged=True)
        self._stop = StopWish()
        self._began_s = time.monotonic() - options.elapsed_s
        self._day: TradingDay | None = None
        self._sessions_ended = 0

    async def run(self) -> None:
        """Trade until stopped, or as many sessions as were asked for. Raises AlphaTraderError with one clear line."""
        self._hear_the_process()
        journal = await asyncio.to_thread(SqliteJournal.open, self._home.journal, self._home.lock)
        try:
            await self._live(journal)
        finally:
            await journal.close()

    async def _live(self, journal: SqliteJournal) -> None:
        try:
            # Served from the start on: a trader that waits for its gateway is alive, and says so.
            async with asyncio.TaskGroup() as group, serve_control(self._home.control_socket, self):
                self._announce()
                await self._tell_unfinished(journal)
                with contextlib.suppress(StoppedError):
                    await self._trade(journal, group)
        finally:
            remove_announcement(self._home.trader_announcement)

    async def _trade(self, journal: SqliteJournal, group: asyncio.TaskGroup) -> None:
        """Make what lasts, and go through the sessions. Raises StoppedError if it is to stop before the first."""
        timekeeper = await self._timekeeper()
        client = open_client(self._redis_url, max_connections=self._config.redis.max_connections)
        lasting = Lasting(
            self._config, self._options, self._home, self._terminal, journal, client, timekeeper, self._stop
        )
        every_s = self._config.trader.quiet_line_s
        beside = [
            group.create_task(timekeeper.follow()),
            group.create_task(self._watch_duration()),
            group.create_task(tell_when_quiet(self._terminal, every_s, lambda: self._day)),
        ]
        try:
            await self._days(lasting)
        finally:
            for task in beside:
                task.cancel()
            await client.aclose()

    async def _tell_unfinished(self, journal: SqliteJournal) -> None:
        """Give every start that was killed its summary."""
        for summary in await asyncio.to_thread(close_unfinished, journal):
            text = f"the start {summary.run_id} did not end cleanly ({summary.fills} fills of it are in the journal)"
            self._terminal.fact("journal", text, "warning")

    async def _timekeeper(self) -> Timekeeper:
        """Ask the simulated market for its time, however long its gateway is away; else the wall is the time."""
        if self._config.gateway.kind != "simulated":
            return WallTime(self._config.trader.pre_open_lead_s, self._terminal)

        async def ask() -> Timekeeper:
            gateway = SimulatedGateway.announced(self._home.gateway_announcement)
            return await SimulatedTime.of(gateway, self._terminal)

        return await persist("gateway", ask, self._stop, self._terminal, what="asking the market's time")

    # ------------------------------------------------------------------ day after day

    async def _days(self, lasting: Lasting) -> None:
        halted = self._options.halted
        while not self._stop.asked:
            self._day = day = TradingDay(lasting, lasting.time.session())
            try:
                await day.run(halted=halted)
            except* ClosedMarketError as errors:
                if not self._sessions_ended:
                    raise
                # A recorded day has no day after it: what was there to trade was traded.
                self._stop.ask("; ".join(str(error) for error in leaves(errors)))
                self._terminal.fact("stopped", self._stop.reason)
            halted = ""
            if day.over:
                self._sessions_ended += 1
                self._announce()
            if self._options.days is not None and self._sessions_ended >= self._options.days:
                return

    async def _watch_duration(self) -> None:
        """Ask for a stop, positions closed, at the end of the duration."""
        duration_s = self._options.duration_s
        if duration_s is not None:
            await asyncio.sleep(max(0.0, self._began_s + duration_s - time.monotonic()))
            self._stop.ask(f"the duration of {duration_s:.0f} s is over", flatten=True)

    # ------------------------------------------------------------------ what others see

    def health(self) -> dict[str, object]:
        """A few words on where it is."""
        day = self._day
        return {
            "pid": os.getpid(),
            "run_id": day.run_id if day else "",
            "session": day.session.date if day else "",
            "phase": day.phase if day else "between sessions",
            "sessions_ended": self._sessions_ended,
        }

    async def commanded(self) -> TradingDay | None:
        """Return the session that takes commands; between two, wait a little for the next."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BETWEEN_DAYS_S):
                while self._day is None or not self._day.takes_commands:  # noqa: ASYNC110 - for milliseconds, seldom
                    await asyncio.sleep(0.02)
                return self._day
        return None

    def _announce(self) -> None:
        write_announcement(self._home.trader_announcement, {"sessions_ended": self._sessions_ended})

    # ------------------------------------------------------------------ signals

    def _hear_the_process(self) -> None:
        """Stop cleanly on SIGINT and SIGTERM, and when the supervisor is gone; survive a closed terminal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.ask, f"stopped by {number.name}")
        loop.add_signal_handler(signal.SIGHUP, self._terminal.lose, "the terminal was closed (SIGHUP)")
        if self._options.lifeline is not None:
            # Nothing is ever written to it: it can only end.
            loop.add_reader(self._options.lifeline, self._on_lifeline, self._options.lifeline)

    def _on_lifeline(self, descriptor: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        self._stop.ask("its supervisor is gone: stops stay at the broker")
