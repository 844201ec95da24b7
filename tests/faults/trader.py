"""A whole trader in one process: engine, runner, adapter, journal and event log, against a gateway over real sockets.

Only two things are the test's own: a clock that can jump (so that minutes need not be waited for), and a strategy that
says yes when it is armed (so that a scenario, not the weather of a market, decides when an order is sent).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.doubles.chain_bodies import chain_body
from tests.doubles.clocks import JumpingClock
from tests.doubles.ports import MemoryClaims
from tests.doubles.strategies_dir import STRATEGIES_DIR

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.adapters.journal import SqliteJournal, schema
from alphatrader.adapters.parquet import SegmentedEventLog
from alphatrader.domain import events as ev
from alphatrader.domain.orders import Leg, OrderIntent
from alphatrader.engine.engine import Engine
from alphatrader.engine.runner import Runner
from alphatrader.engine.settings import DecisionSettings, EngineSettings, FeedLimits
from alphatrader.engine.workers import Ports
from alphatrader.execution.settings import ExecutionSettings
from alphatrader.execution.tracking import TrackedOrder
from alphatrader.execution.trade import Trade
from alphatrader.ports import SignalStore
from alphatrader.signals.settings import SignalSettings
from alphatrader.sim.scripted import CLOSE_NS, OPEN_NS, SESSION_DATE

_AGES_MS = 1e12
"""Only what is asked for in a scenario is ever too old: its clock jumps, its market stands still."""
SETTINGS = EngineSettings(
    strategies_dir=STRATEGIES_DIR,
    strategies={"armed": {}},  # type: ignore[dict-item]
    feeds=FeedLimits(
        quote_max_age_ms=_AGES_MS,
        trade_max_age_ms=_AGES_MS,
        depth_max_age_ms=_AGES_MS,
        option_quote_max_age_ms=_AGES_MS,
        chain_max_age_s=1e9,
        loop_lag_max_ms=60_000,
    ),
    signals=SignalSettings(min_quote_size=1),
    execution=ExecutionSettings(entry_deadline_s=600, reconcile_every_ms=1e9),
    decisions=DecisionSettings(min_spacing_ms=10, max_idle_ms=10),
)


class Trader:
    """One start of a trader on a home; :meth:`running` is its life."""

    def __init__(
        self,
        home: Path,
        port: int,
        start_ns: int,
        *,
        settings: EngineSettings = SETTINGS,
        store: SignalStore | None = None,
        connect: Callable[[Path], sqlite3.Connection] = schema.connect,
    ) -> None:
        self.home = home
        self.clock = JumpingClock(start_ns)
        self.engine = Engine(settings)
        self.strategy: Any = self.engine.strategies[0]
        """``Armed`` of tests/doubles, which obeys the scenario."""
        self.notices: list[str] = []
        self.events: list[ev.ControlEvent] = []
        self.runner = Runner(self.engine, self.clock, lambda notice: self.notices.append(notice.text))
        self._keep_events()
        self.store: SignalStore = store or MemoryClaims()
        self.adapter = IbkrAdapter(
            Endpoint(port=port),
            IbkrSettings(reconnect_initial_s=0.02, reconnect_max_s=0.1, snapshot_timeout_s=0.3),
            self.runner,
            self.clock,
        )
        self.journal = SqliteJournal.open(home / "journal.db", home / "trader.lock", connect=connect)
        run_id = f"r{self.journal.epoch}"
        self.log = SegmentedEventLog.open(home / "events" / run_id)
        self.ports = Ports(self.journal, self.log, self.adapter, self.adapter, self.store)
        self._run_id = run_id

    def _keep_events(self) -> None:
        take = self.engine.take

        def keep(event: ev.ControlEvent) -> Any:
            if not isinstance(event, ev.DecisionTimer):
                self.events.append(event)
            return take(event)

        self.engine.take = keep  # type: ignore[method-assign]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Trader"]:
        """Start as the session of the product does; at the end go away without a word, as a killed process does."""
        runner = self.runner
        runner.connect(self.ports)
        self._post(
            ev.RunStarted(
                ts_ns=runner.now_ns(),
                run_id=self._run_id,
                mode="paper",
                seed=0,
                time_scale=1.0,
                settings=self.engine.state.settings.model_dump_json(),
                build="test",
                session_date=SESSION_DATE,
                session_open_ns=OPEN_NS,
                session_close_ns=CLOSE_NS,
            )
        )
        restored = self.journal.restore(SESSION_DATE)
        self._post(ev.JournalRestored(ts_ns=runner.now_ns(), restored=restored))
        self.journal.start(runner)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.adapter.run()), group.create_task(runner.work(self.ports))]
                await self._begin()
                yield self
                for task in tasks:
                    task.cancel()
        finally:
            runner.close()
            await self.adapter.close()
            await self.log.close()
            await self.journal.close()

    async def _begin(self) -> None:
        await self.adapter.connect()
        instrument = await self.adapter.subscribe_underlying("SPY", 1)
        self._post(ev.InstrumentAdded(ts_ns=self.runner.now_ns(), instrument=instrument))
        await self.adapter.option_universe(instrument)
        self._post(ev.StoreChanged(ts_ns=self.runner.now_ns(), up=True, reason="test"))
        self._post(ev.WarmupFinished(ts_ns=self.runner.now_ns(), rows=0))
        body = chain_body(SESSION_DATE)
        self._post(ev.ChainReceived(ts_ns=self.runner.now_ns(), symbol="SPY", source="alphavantage", body=body))
        self.clock.jump(61)
        await self.until(lambda: self.engine.state.link.reconciled, "the first reconciliation")
        await self.until(lambda: self.watching, "quotes of the option")
        await self.until(lambda: "AvailableFunds" in self.engine.state.account, "the account")

    def _post(self, event: ev.ControlEvent) -> None:
        self.runner.post(event)

    # ------------------------------------------------------------------------------------------ what a test does

    async def until(self, condition: Callable[[], object], what: str = "", timeout_s: float = 10.0) -> None:
        """Wait for a condition, with a decision at every look."""
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"{what or 'the condition'} did not come true:\n" + self.story()) from None

    async def settle(self, seconds: float = 0.15) -> None:
        """Let messages that are under way arrive: for proofs that something does *not* happen."""
        await asyncio.sleep(seconds)

    def jump(self, seconds: float) -> None:
        """Move market time on and decide."""
        self.clock.jump(seconds)
        self._post(ev.DecisionTimer(ts_ns=self.runner.now_ns()))

    def operator(self, action: Any) -> None:
        """Press a button."""
        self._post(ev.OperatorCommand(ts_ns=self.runner.now_ns(), action=action, actor="test", reason="drill"))

    async def enter(self) -> Trade:
        """Have one bracket sent; return as soon as its intent exists."""
        before = len(self.book.trades)
        self.strategy.armed = True
        await self.until(lambda: len(self.book.trades) > before, "an intent")
        self.strategy.armed = False
        return list(self.book.trades.values())[-1]

    async def hold(self) -> Trade:
        """Have a position whose stop and target rest at the broker."""
        trade = await self.enter()
        await self.until(lambda: trade.stop_resting() and self.leg(trade, Leg.TARGET).working, "a protected position")
        return trade

    # ------------------------------------------------------------------------------------------ what it sees

    @property
    def book(self) -> Any:
        return self.engine.book

    @property
    def watching(self) -> bool:
        options = [i for i in self.engine.state.instruments.values() if i.option is not None]
        return bool(options) and all(self.engine.state.market.l1(i.instrument_id)[5] for i in options)

    @staticmethod
    def leg(trade: Trade, leg: Leg) -> TrackedOrder:
        order = trade.leg(leg)
        assert order is not None
        return order

    def blocks(self) -> set[str]:
        """Codes of everything that forbids an entry now."""
        return {denial.code for denial in self.engine.ground.blocks("SPY")}

    def heard(self, kind: type[Any]) -> list[Any]:
        """Events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def intents(self) -> list[OrderIntent]:
        return list(self.book.intents.values())

    def story(self) -> str:
        """What happened, for a failed test."""
        orders = [f"  {o.intent_id}:{o.leg.value} {o.state} filled {o.filled}" for o in self.book.orders.values()]
        blocks = [f"  {d.code}: {d.text}" for d in self.engine.ground.blocks("SPY")]
        blocked = dict(self.engine.entries.refusals.blocked)
        return "\n".join([*self.notices[-25:], "orders:", *orders, f"blocked {blocked}:", *blocks])
