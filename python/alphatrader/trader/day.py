"""One trading session: everything that a trader process is made of, from its start to its clean stop."""

import asyncio
import contextlib
import datetime as dt
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.journal import SqliteJournal
from alphatrader.adapters.parquet import SegmentedEventLog
from alphatrader.adapters.redis import RedisSignalStore, RunningRedis, ensure_redis, open_client
from alphatrader.calendar import Session, session_at, session_for
from alphatrader.domain import events as ev
from alphatrader.domain.errors import AlphaTraderError, ClosedMarketError, ConfigError, FencedError
from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.domain.records import RunRecord, SummaryRecord
from alphatrader.domain.view import EngineView
from alphatrader.engine.clock import ScaledClock, SystemClock
from alphatrader.engine.engine import Engine
from alphatrader.engine.runner import Runner
from alphatrader.engine.view import build_view
from alphatrader.engine.workers import Ports
from alphatrader.ops.build import build_hash
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.ops.home import Home
from alphatrader.ops.run_options import RunOptions
from alphatrader.ports import Clock
from alphatrader.supervisor.gateway import GatewayLink, broker_endpoint, start_gateway, stop_gateway
from alphatrader.supervisor.page import start_dashboard, stop_dashboard
from alphatrader.trader.control_server import serve_control
from alphatrader.trader.feeds import FeedSet
from alphatrader.trader.outputs import OutputFile
from alphatrader.trader.store import StoreLink
from alphatrader.trader.summary import RunSummary, build_summary

_NEW_YORK = ZoneInfo("America/New_York")
_FIRST_UNDERLYING_ID = 1
_WARMUP_REQUESTS = 120
_CLOSE_BEFORE_END_S = 300
"""Positions are closed so many market seconds before the session ends: expiring options must not be exercised."""
_PAPER_ACCOUNT_PREFIX = "DU"
_DRAIN_WALL_S = 20.0
"""How long a stop waits for cancels and exits to be confirmed."""
_NAKED_WALL_S = 40.0
"""How much longer it waits while a position has no working stop."""
_NO_SESSION_SLACK_NS = 60 * 10**9


@dataclass(slots=True)
class Services:
    """What was started or adopted for this run."""

    redis: RunningRedis
    gateway: GatewayLink | None
    clock: Clock
    session: Session


class TradingSession:
    """Runs one trader. Make it, then await :meth:`run` once."""

    def __init__(self, config: AppConfig, options: RunOptions, home: Home) -> None:
        self._config = config
        self._options = options
        self._home = home
        self._terminal = Terminal()
        self._stop = asyncio.Event()
        self._stop_reason = ""
        self._flatten_at_stop = False
        self._started = time.monotonic()

    async def run(self) -> RunSummary:
        """Start, trade, stop; return the summary. Raises AlphaTraderError with one clear line."""
        journal = await asyncio.to_thread(SqliteJournal.open, self._home.journal, self._home.lock)
        try:
            self._catch_signals()
            async with AsyncExitStack() as children:
                return await self._trade(journal, await self._start_services(children))
        except* AlphaTraderError as errors:
            raise _first(errors) from None
        finally:
            await journal.close()

    # ------------------------------------------------------------------ services

    async def _start_services(self, children: AsyncExitStack) -> Services:
        """Start or adopt what a run needs; ``children`` ends it, also when a later one does not come up."""
        config, options, terminal = self._config, self._options, self._terminal
        kind = "SIMULATED MARKET" if config.gateway.kind == "simulated" else "INTERACTIVE BROKERS"
        terminal.banner(f" AlphaTrader Pro   {options.mode.upper()} - {kind} ")
        terminal.fact("config", f"ok, build {build_hash()}")
        terminal.fact("journal", str(self._home.journal))
        redis = await asyncio.to_thread(ensure_redis, self._home.redis, config.redis.url.get_secret_value())
        children.push_async_callback(asyncio.to_thread, redis.stop)
        terminal.fact("redis", redis.note)
        gateway = await start_gateway(config, options, self._home)
        clock: Clock = SystemClock()
        if gateway is not None:
            children.push_async_callback(stop_gateway, gateway)
            clock = ScaledClock(gateway.market_ns, gateway.speed)
            terminal.fact("gateway", f"{gateway.label}, TWS protocol on port {gateway.port}, {gateway.speed:g}x time")
        session = self._session(clock, gateway)
        return Services(redis, gateway, clock, session)

    def _session(self, clock: Clock, gateway: GatewayLink | None) -> Session:
        now_ns = clock.now_ns()
        session = session_for(gateway.session_date) if gateway else session_at(now_ns)
        if session is None or not session.open_ns - _NO_SESSION_SLACK_NS <= now_ns < session.close_ns:
            local = dt.datetime.fromtimestamp(now_ns / 1e9, _NEW_YORK)
            raise ClosedMarketError(
                f"the market is closed ({local:%A %Y-%m-%d %H:%M} in New York): start during regular hours, "
                "or practise on the simulated market (gateway.kind: simulated)"
            )
        return session

    # ------------------------------------------------------------------ trading

    async def _trade(self, journal: SqliteJournal, services: Services) -> RunSummary:
        config, options, session = self._config, self._options, services.session
        settings = config.engine
        engine = Engine(settings)
        runner = Runner(engine, services.clock, self._terminal.notice)
        start = dt.datetime.now(dt.UTC).strftime("%y%m%d-%H%M%S") + secrets.token_hex(1)
        folder = self._home.events / start
        log = await asyncio.to_thread(SegmentedEventLog.open, folder)
        outputs = OutputFile(folder / "outputs.jsonl", engine.state)
        client = open_client(services.redis.url, max_connections=config.redis.max_connections)
        endpoint = broker_endpoint(config, services.gateway)
        adapter = IbkrAdapter(endpoint, config.gateway.link, runner, services.clock)
        claims = RedisSignalStore(client, scope=self._claim_scope())
        ports = Ports(journal, log, adapter, adapter, claims)
        runner.ports = ports
        label = services.gateway.label if services.gateway else ""

        def view() -> EngineView:
            return build_view(engine, list(runner.notices), feeds.views(), label, runner.now_ns())

        feeds = FeedSet(config, runner, services.clock, services.gateway)
        store = StoreLink(client, services.redis, claims, runner, view, feeds)
        journal.append(
            RunRecord(start, journal.epoch, options.mode, build_hash(), settings.model_dump_json(), time.time_ns())
        )
        runner.post(
            ev.RunStarted(
                ts_ns=runner.now_ns(),
                run_id=start,
                mode=options.mode,
                seed=services.gateway.seed if services.gateway else 0,
                time_scale=services.clock.time_scale,
                settings=settings.model_dump_json(),
                build=build_hash(),
                session_date=session.date,
                session_open_ns=session.open_ns,
                session_close_ns=session.close_ns,
            )
        )
        restored = await asyncio.to_thread(journal.restore, session.date)
        runner.post(ev.JournalRestored(ts_ns=runner.now_ns(), restored=restored))
        journal.start(runner)
        log.start(lambda up, text: runner.post(ev.RecorderChanged(ts_ns=runner.now_ns(), up=up, reason=text)))
        snapshot: BrokerSnapshot | None = None
        async with AsyncExitStack() as stack:
            # Each of these is closed even if the one before it fails; the last named first.
            stack.push_async_callback(stop_dashboard, self._home)
            stack.push_async_callback(client.aclose)
            stack.push_async_callback(log.close)
            stack.push_async_callback(outputs.flush)
            stack.callback(runner.close)
            stack.push_async_callback(adapter.close)
            async with asyncio.TaskGroup() as group:
                background = [
                    group.create_task(adapter.run()),
                    group.create_task(runner.work(ports)),
                    group.create_task(outputs.run()),
                    group.create_task(store.run()),
                    group.create_task(self._serve_operators(runner, view)),
                    group.create_task(self._watch_clock(runner, session)),
                ]
                await self._connect(adapter, runner, services)
                background.append(group.create_task(feeds.run()))
                background.append(group.create_task(self._show_page(services)))
                await self._stop.wait()
                snapshot = await self._wind_down(adapter, runner)
                for task in background:
                    task.cancel()
        (folder / "closed").touch()
        return await self._report(runner, journal, outputs, snapshot, label)

    def _claim_scope(self) -> str:
        """Whose signals exclude each other: those of one account; a simulated run has its own."""
        config = self._config
        if config.gateway.kind == "simulated":
            return str(self._home.path.resolve())
        account = config.live.account if self._options.mode == "live" else config.gateway.account
        return f"{self._options.mode}:{account or 'default'}"

    async def _connect(self, adapter: IbkrAdapter, runner: Runner, services: Services) -> None:
        """Connect, subscribe, feed the session so far through the engine, go live."""
        runner.hold_live_rows()
        await adapter.connect()
        self._check_account(adapter.account)
        rows = 0
        for number, symbol in enumerate(self._config.engine.symbols, start=_FIRST_UNDERLYING_ID):
            instrument = await adapter.subscribe_underlying(symbol, number)
            runner.post(ev.InstrumentAdded(ts_ns=runner.now_ns(), instrument=instrument))
            before, began = runner.now_ns(), time.monotonic()
            rows += await adapter.history(instrument, services.session.open_ns, before, _WARMUP_REQUESTS)
            self._terminal.fact("warm-up", f"{symbol}: {rows:,} prints in {time.monotonic() - began:.1f} s")
            await adapter.option_universe(instrument)
        runner.release_live_rows()
        runner.post(ev.WarmupFinished(ts_ns=runner.now_ns(), rows=rows))

    def _check_account(self, account: str) -> None:
        """Paper means a paper account, whatever listens on the paper port. Raises ConfigError."""
        if self._options.mode == "paper" and not account.startswith(_PAPER_ACCOUNT_PREFIX):
            raise ConfigError(
                f"the gateway serves account {account}, which is not a paper account ({_PAPER_ACCOUNT_PREFIX}…): "
                "log the gateway in to paper trading, or check gateway.ports; nothing was sent"
            )

    async def _serve_operators(self, runner: Runner, view: Callable[[], EngineView]) -> None:
        async with serve_control(self._home.control_socket, runner, view):
            await asyncio.Event().wait()

    async def _show_page(self, services: Services) -> None:
        """Start the dashboard; that it can't be started is said and hurts nothing else."""
        if self._options.headless or not self._config.dashboard.enabled:
            return
        try:
            page = await start_dashboard(self._config, self._home, services.redis.url)
        except AlphaTraderError as error:
            self._terminal.fact("dashboard", f"off: {error}; here it is dashboard.port in the configuration", "warning")
            return
        self._terminal.fact("dashboard", f"{page} (the link logs in once)", "good")

    async def _watch_clock(self, runner: Runner, session: Session) -> None:
        """Ask for a stop at the end of the duration, and flatten before the session ends."""
        deadline = self._started + self._options.duration_s if self._options.duration_s else None
        while True:
            await asyncio.sleep(0.1)
            if deadline is not None and time.monotonic() >= deadline:
                self.request_stop(f"the duration of {self._options.duration_s:.0f} s is over", flatten=True)
                return
            if runner.now_ns() >= session.close_ns - _CLOSE_BEFORE_END_S * 10**9:
                self.request_stop("the session is about to end", flatten=True)
                return

    # ------------------------------------------------------------------ stopping

    def request_stop(self, reason: str, *, flatten: bool) -> None:
        """Begin the clean stop; the first reason counts."""
        if not self._stop.is_set():
            self._stop_reason, self._flatten_at_stop = reason, flatten
            self._stop.set()

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        self.request_stop(f"stopped by {number.name}", flatten=False)

    async def _wind_down(self, adapter: IbkrAdapter, runner: Runner) -> BrokerSnapshot | None:
        """Cancel entries (and close positions, where wanted), wait for confirmations, take the gateway's last word."""
        book = runner.engine.book
        runner.post(ev.StopRequested(ts_ns=runner.now_ns(), flatten=self._flatten_at_stop, reason=self._stop_reason))

        def settled() -> bool:
            if self._flatten_at_stop:
                return not book.open_trades
            return not any(t.open_quantity == 0 or t.uncertain for t in book.open_trades)

        def protected() -> bool:
            return all(t.stop_resting() for t in book.open_trades if t.open_quantity)

        if not await runner.wait_until(settled, _DRAIN_WALL_S):
            # Somebody waits for the end, but a position without a stop must not be left alone lightly.
            await runner.wait_until(lambda: settled() or protected(), _NAKED_WALL_S)
        with contextlib.suppress(AlphaTraderError):
            snapshot = await adapter.snapshot()
            runner.post(ev.SnapshotReceived(ts_ns=runner.now_ns(), snapshot=snapshot))
            return snapshot
        return None

    async def _report(
        self, runner: Runner, journal: SqliteJournal, outputs: OutputFile, snapshot: BrokerSnapshot | None, label: str
    ) -> RunSummary:
        clean = snapshot is not None and snapshot.complete and not runner.engine.reports.mismatches
        summary = build_summary(
            runner,
            market=label or "Interactive Brokers",
            wall_s=time.monotonic() - self._started,
            snapshot=snapshot,
            digest=outputs.digest,
            clean=clean,
            stopped_because=self._stop_reason,
        )
        text = msgspec.json.format(msgspec.json.encode(summary)).decode()
        await asyncio.to_thread(self._home.summary.write_text, text + "\n")
        await journal.append_durable(SummaryRecord(summary.run_id, clean, text, time.time_ns()))
        self._say_what_is_left(runner, summary)
        return summary

    def _say_what_is_left(self, runner: Runner, summary: RunSummary) -> None:
        terminal = self._terminal
        terminal.fact("stopped", summary.stopped_because)
        for trade in runner.engine.book.open_trades:
            if trade.open_quantity:
                state = "its stop rests at the broker" if trade.stop_resting() else "WITHOUT a working stop"
                label = runner.engine.book.label(trade)
                text = f"{trade.open_quantity} {label}: {state}; go on with  alphatrader run --resume"
                terminal.fact("left open", text, "warning")
        if not runner.engine.book.open_trades:
            terminal.fact("left open", "nothing", "good")
        net = Decimal(summary.net_pnl_usd)
        terminal.fact("result", f"{summary.signals} signals, {summary.fills} fills, net P&L {net:+.2f} USD after fees")
        terminal.fact("replay", f"alphatrader replay {self._home.path}   (sha256 {summary.outputs_sha256[:16]}…)")
        terminal.fact("summary", str(self._home.summary))


def _first(errors: BaseExceptionGroup[AlphaTraderError]) -> AlphaTraderError:
    """Return the error that ended the run: a fenced writer before anything that followed from it."""
    flat: list[AlphaTraderError] = []

    def collect(group: BaseExceptionGroup[AlphaTraderError]) -> None:
        for error in group.exceptions:
            if isinstance(error, BaseExceptionGroup):
                collect(error)
            else:
                flat.append(error)

    collect(errors)
    return next((error for error in flat if isinstance(error, FencedError)), flat[0])
