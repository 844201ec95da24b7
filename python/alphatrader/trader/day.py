"""One session: an engine of its own, with its event log, from the end of the session before to its own end.

engine alive (commands, view) ─► waits for the open ─► connects ─► warm-up ─► trades ─► close ─► wound down ─► summary
"""

import asyncio
import contextlib
import datetime as dt
import secrets
import time
from contextlib import AsyncExitStack
from typing import Literal

from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.parquet import SegmentedEventLog
from alphatrader.adapters.redis import RedisSignalStore
from alphatrader.calendar import Session
from alphatrader.domain import events as ev
from alphatrader.domain.errors import AlphaTraderError, JournalError
from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.domain.records import RunRecord
from alphatrader.domain.state import TradingState
from alphatrader.domain.view import EngineView
from alphatrader.engine.engine import Engine
from alphatrader.engine.runner import Runner
from alphatrader.engine.view import build_view
from alphatrader.engine.workers import Ports
from alphatrader.ops.build import build_hash
from alphatrader.trader.closing import Ending, tell_end, wind_down, write_summary
from alphatrader.trader.failures import leaves
from alphatrader.trader.feeds import FeedSet
from alphatrader.trader.lasting import Lasting
from alphatrader.trader.opening import Opening, SessionMissedError
from alphatrader.trader.outputs import OutputFile
from alphatrader.trader.patience import StoppedError, persist
from alphatrader.trader.sessions import session_over
from alphatrader.trader.store import StoreLink
from alphatrader.trader.summary import build_summary

Phase = Literal["waiting", "starting", "trading", "ending"]
_LOOK_INTERVAL_S = 0.1


class TradingDay:
    """Runs one session. Make it, then await :meth:`run` once."""

    def __init__(self, lasting: Lasting, session: Session) -> None:
        self.session = session
        self.phase: Phase = "waiting"
        self.run_id = dt.datetime.now(dt.UTC).strftime("%y%m%d-%H%M%S") + secrets.token_hex(1)
        self._lasting = lasting
        self._began_s = time.monotonic()
        self._folder = lasting.home.start(self.run_id)
        self._engine = Engine(lasting.config.engine)
        self._runner = Runner(self._engine, lasting.time.clock, lasting.terminal.notice)
        self._runner.hold_live_rows()
        self._feeds = FeedSet(lasting.config, self._runner, lasting.time.clock, lasting.gateway)
        self._begun = False
        """Whether it has come to trade: from then on it has a record in the journal, and gets a summary."""
        self.over = False
        """Whether the session was seen to its end."""
        self.takes_commands = False
        """From the journal's restoring to the winding down: before and after, a command would be lost."""

    # ------------------------------------------------------------------ what others see

    def view(self) -> EngineView:
        """Everything as it is now."""
        runner = self._runner
        return build_view(
            self._engine, list(runner.notices), self._feeds.views(), self._lasting.time.label, runner.now_ns()
        )

    def now_ns(self) -> int:
        """Engine time."""
        return self._runner.now_ns()

    def post(self, event: ev.ControlEvent) -> None:
        """Take an event."""
        self._runner.post(event)

    @property
    def trading_state(self) -> str:
        """The trading state."""
        return self._engine.state.trading_state.value

    @property
    def proposals(self) -> frozenset[str]:
        """Ids of the signals that wait for approval."""
        return frozenset(self._engine.entries.proposals)

    # ------------------------------------------------------------------ life

    async def run(self, *, halted: str = "") -> None:
        """Open, wait, trade, close. ``halted``: why it comes up HALTED.

        Raises AlphaTraderError with one clear line; StoppedError if it is to end before it could begin.
        """
        lasting, runner = self._lasting, self._runner
        # What the session before has said is restored from the disk: it must have got there.
        await persist(
            "journal",
            lasting.journal.check_epoch,
            lasting.stop,
            lasting.terminal,
            what="writing down the session before",
            failure=JournalError,
        )
        log = await asyncio.to_thread(SegmentedEventLog.open, self._folder.path)
        outputs = OutputFile(self._folder.outputs, self._engine.state)
        adapter = IbkrAdapter(lasting.endpoint(), lasting.config.gateway.link, runner, lasting.time.clock)
        claims = RedisSignalStore(lasting.redis, scope=lasting.claim_scope())
        store = StoreLink(lasting.redis, claims, runner, self.view, self._feeds)
        ports = Ports(lasting.journal, log, adapter, adapter, claims)
        runner.connect(ports)
        await self._restore(halted)
        self.takes_commands = True
        lasting.journal.start(runner)
        log.start(lambda up, text: runner.post(ev.RecorderChanged(ts_ns=runner.now_ns(), up=up, reason=text)))
        # What is told of a session that a defect ends; the process then ends with its traceback.
        ending, failed = Ending("it ended by a defect of this program: see logs/trader.out"), True
        snapshot: BrokerSnapshot | None = None
        try:
            async with AsyncExitStack() as stack:
                # Each of these is closed even if the one before it fails; the last named first.
                stack.push_async_callback(log.close)
                stack.push_async_callback(outputs.flush)
                stack.callback(self._close_runner)
                stack.push_async_callback(adapter.close)
                async with asyncio.TaskGroup() as group:
                    background = [
                        group.create_task(runner.work(ports)),
                        group.create_task(outputs.run()),
                        group.create_task(store.run()),
                    ]
                    ending = await self._until_end(group, background, adapter)
                    snapshot = await self._end(adapter, ending)
                    for task in background:
                        task.cancel()
            self._folder.closed.touch()
            failed = False
        except* AlphaTraderError as errors:
            ending = Ending(f"it ended by an error: {next(leaves(errors))}")
            raise
        finally:
            if self._begun:
                await self._report(outputs, snapshot, ending)
            elif not failed:
                lasting.terminal.fact("session" if ending.goes_on else "stopped", ending.reason)

    async def _restore(self, halted: str) -> None:
        """Begin the event log, and take over what the journal knows."""
        runner, lasting, session = self._runner, self._lasting, self.session
        runner.post(
            ev.RunStarted(
                ts_ns=runner.now_ns(),
                run_id=self.run_id,
                mode=lasting.options.mode,
                seed=lasting.time.seed,
                time_scale=lasting.time.clock.time_scale,
                settings=lasting.config.engine.model_dump_json(),
                build=build_hash(),
                session_date=session.date,
                session_open_ns=session.open_ns,
                session_close_ns=session.close_ns,
                layout=ev.LAYOUT,
            )
        )
        restored = await asyncio.to_thread(lasting.journal.restore, session.date)
        runner.post(ev.JournalRestored(ts_ns=runner.now_ns(), restored=restored))
        if halted and self._engine.state.trading_state is not TradingState.HALTED:
            # An older halt keeps its own reason: whoever set it must lift it.
            runner.post(ev.OperatorCommand(ts_ns=runner.now_ns(), action="halt", actor="supervisor", reason=halted))

    async def _until_end(
        self, group: asyncio.TaskGroup, background: list[asyncio.Task[None]], adapter: IbkrAdapter
    ) -> Ending:
        """Live through the session until it is over, or the trader is to stop."""
        stop = self._lasting.stop
        life = group.create_task(self._live(group, background, adapter))
        asked = group.create_task(stop.wait())
        await asyncio.wait({life, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in (life, asked):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await life
        if stop.asked:
            return Ending(stop.reason, stop.flatten)
        self.over = True
        return Ending(f"the session of {self.session.date} is over", goes_on=True)

    async def _live(self, group: asyncio.TaskGroup, background: list[asyncio.Task[None]], adapter: IbkrAdapter) -> None:
        """Wait for the session, connect, go live, and return when it is over."""
        lasting, runner = self._lasting, self._runner
        opening = Opening(lasting, self.session, adapter, runner)
        try:
            await lasting.time.approach(self.session, lasting.stop)
            self.phase = "starting"
            await opening.connect()
            self._begin()
            background.append(group.create_task(adapter.run()))
            await opening.go_live()
        except StoppedError:
            return
        except SessionMissedError:
            lasting.terminal.fact("session", f"{self.session.date} was over before trading could begin", "warning")
            return
        self.phase = "trading"
        background.append(group.create_task(self._feeds.run()))
        grace_s = lasting.config.trader.close_grace_s
        # Time alone ends a session: there is no event to wait for.
        while not session_over(self.session, grace_s, runner.now_ns(), self._engine.book.open_trades):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_INTERVAL_S)

    def _begin(self) -> None:
        """Journal the start: what ends before this has done nothing, and is no run."""
        lasting = self._lasting
        settings = lasting.config.engine.model_dump_json()
        lasting.journal.append(
            RunRecord(self.run_id, lasting.journal.epoch, lasting.options.mode, build_hash(), settings, time.time_ns())
        )
        self._begun = True

    def _close_runner(self) -> None:
        self.takes_commands = False
        self._runner.close()

    async def _end(self, adapter: IbkrAdapter, ending: Ending) -> BrokerSnapshot | None:
        """Wind down, if there is anything to."""
        self.phase = "ending"
        return await wind_down(adapter, self._runner, ending) if self._begun else None

    async def _report(self, outputs: OutputFile, snapshot: BrokerSnapshot | None, ending: Ending) -> None:
        clean = snapshot is not None and snapshot.complete and not self._engine.reports.mismatches
        summary = build_summary(
            self._runner,
            self.view(),
            wall_s=time.monotonic() - self._began_s,
            snapshot=snapshot,
            digest=outputs.digest,
            clean=clean,
            stopped_because=ending.reason,
        )
        lasting = self._lasting
        with contextlib.suppress(AlphaTraderError):
            # The journal may be what failed; that has been told by then.
            await write_summary(lasting.home, self._folder, lasting.journal, summary)
        tell_end(lasting.terminal, lasting.home, self._runner, summary, ending)
