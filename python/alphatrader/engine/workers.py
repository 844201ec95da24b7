"""The workers: everything that the runner must wait for. Each answers with events, so the engine never waits.

Submits, changes, claims, requests and reconciliations have a queue each: a slow poll delays no cancel, and a journal
that takes its time delays no exit.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from alphatrader.domain import events as ev
from alphatrader.domain.errors import AlphaTraderError, FencedError, JournalError, StoreError
from alphatrader.domain.records import IntentRecord, IntentStage
from alphatrader.domain.state import TradingState
from alphatrader.engine.commands import (
    CancelOrder,
    ClaimSignal,
    MoveStop,
    Notify,
    Reconcile,
    RepriceOrder,
    ResizeOrder,
    Resubscribe,
    SubmitIntent,
    WatchOptions,
)
from alphatrader.engine.state import EngineState
from alphatrader.ports import Broker, EventLog, EventSink, Journal, MarketData, SignalStore

_EPOCH_CHECK_S = 1.0
"""How long the change of an exit waits for the journal's word."""

WorkCommand = (
    SubmitIntent
    | CancelOrder
    | RepriceOrder
    | MoveStop
    | ResizeOrder
    | ClaimSignal
    | WatchOptions
    | Resubscribe
    | Reconcile
)


@dataclass(slots=True)
class Ports:
    """The outside world of one trader. Set before the runner is put to work."""

    journal: Journal
    log: EventLog
    broker: Broker
    market_data: MarketData
    store: SignalStore


class Workers:
    """Performs the commands that take time. ``sink`` hears the answers, ``notify`` what people should know."""

    def __init__(self, state: EngineState, sink: EventSink, notify: Callable[[Notify], None]) -> None:
        self._state = state
        self._sink = sink
        self._notify = notify
        self._submits: asyncio.Queue[SubmitIntent] = asyncio.Queue()
        self._changes: asyncio.Queue[CancelOrder | RepriceOrder | MoveStop | ResizeOrder] = asyncio.Queue()
        self._claims: asyncio.Queue[ClaimSignal] = asyncio.Queue()
        self._requests: asyncio.Queue[WatchOptions | Resubscribe] = asyncio.Queue()
        self._reconciles: asyncio.Queue[Reconcile] = asyncio.Queue()

    def give(self, command: WorkCommand) -> None:
        """Queue a command."""
        match command:
            case SubmitIntent():
                self._submits.put_nowait(command)
            case CancelOrder() | RepriceOrder() | MoveStop() | ResizeOrder():
                self._changes.put_nowait(command)
            case ClaimSignal():
                self._claims.put_nowait(command)
            case WatchOptions() | Resubscribe():
                self._requests.put_nowait(command)
            case Reconcile():
                # One waiting poll answers every question asked before it starts.
                if self._reconciles.empty():
                    self._reconciles.put_nowait(command)

    async def run(self, ports: Ports) -> None:
        """Work until cancelled. Raises FencedError if another writer took over."""
        self._ports = ports
        async with asyncio.TaskGroup() as group:
            group.create_task(self._submit())
            group.create_task(self._change())
            group.create_task(self._claim())
            group.create_task(self._request())
            group.create_task(self._reconcile())

    async def _submit(self) -> None:
        while True:
            command = await self._submits.get()
            intent = command.approved.value
            try:
                if self._sink.now_ns() > intent.deadline_ns:
                    self._refuse(intent.intent_id, "its deadline has passed")
                    continue
                record = IntentRecord(intent, IntentStage.INTENDED, self._sink.now_ns())
                await self._ports.journal.append_durable(record)
                await self._ports.journal.check_epoch()
                state = self._state
                if intent.purpose == "open" and (state.stopping or state.trading_state is not TradingState.ACTIVE):
                    why = state.stopping or state.state_reason
                    self._refuse(intent.intent_id, f"trading was stopped meanwhile: {why}")
                    continue
                self._sink.post(ev.IntentJournaled(ts_ns=self._sink.now_ns(), intent_id=intent.intent_id))
                await self._ports.broker.submit(command.approved)
            except FencedError as error:
                self._refuse(intent.intent_id, str(error))
                raise
            except AlphaTraderError as error:
                self._refuse(intent.intent_id, str(error))

    async def _change(self) -> None:
        while True:
            command = await self._changes.get()
            try:
                match command:
                    case CancelOrder(order_id, _):
                        await self._ports.broker.cancel(order_id)
                    case RepriceOrder(order_id, limit, _):
                        await self._check_right_to_change()
                        await self._ports.broker.reprice(order_id, limit)
                    case MoveStop(order_id, stop, _):
                        await self._check_right_to_change()
                        await self._ports.broker.move_stop(order_id, stop)
                    case ResizeOrder(order_id, quantity, _):
                        await self._check_right_to_change()
                        await self._ports.broker.resize(order_id, quantity)
            except FencedError:
                raise
            except AlphaTraderError as error:
                self._notify(Notify("warning", "order.unchanged", f"{command}: {error}"))

    async def _check_right_to_change(self) -> None:
        """Raise FencedError if another writer took over; a journal that can't tell keeps no exit from working."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EPOCH_CHECK_S):
                try:
                    await self._ports.journal.check_epoch()
                except FencedError:
                    raise
                except JournalError as error:
                    self._notify(Notify("warning", "journal.unsure", f"an exit is changed all the same: {error}"))

    async def _claim(self) -> None:
        timeout_s = self._state.settings.signals.claim_timeout_ms / 1e3
        while True:
            command = await self._claims.get()
            granted, reason = False, "the same signal was already given in this window"
            try:
                async with asyncio.timeout(timeout_s):
                    granted = await self._ports.store.claim(
                        command.fingerprint, command.signal_id, self._sink.now_ns(), command.expires_ns
                    )
            except TimeoutError:
                reason = f"Redis did not answer within {timeout_s * 1e3:.0f} ms"
            except StoreError as error:
                reason = str(error)
            self._sink.post(
                ev.ClaimAnswered(
                    ts_ns=self._sink.now_ns(),
                    fingerprint=command.fingerprint,
                    signal_id=command.signal_id,
                    granted=granted,
                    reason="" if granted else reason,
                )
            )

    async def _request(self) -> None:
        while True:
            command = await self._requests.get()
            try:
                match command:
                    case WatchOptions(keys):
                        await self._ports.market_data.watch_options(keys)
                    case Resubscribe(instrument_id, stream):
                        await self._ports.market_data.resubscribe(instrument_id, stream)
            except AlphaTraderError as error:
                self._notify(Notify("warning", "broker.request", f"{type(command).__name__}: {error}"))

    async def _reconcile(self) -> None:
        """Poll the broker apart from other requests, for a silent end marker may take seconds."""
        while True:
            await self._reconciles.get()
            try:
                snapshot = await self._ports.broker.snapshot()
            except AlphaTraderError as error:
                self._notify(Notify("warning", "broker.poll", f"reconciliation: {error}"))
            else:
                self._sink.post(ev.SnapshotReceived(ts_ns=self._sink.now_ns(), snapshot=snapshot))

    def _refuse(self, intent_id: str, reason: str) -> None:
        self._sink.post(ev.IntentRefused(ts_ns=self._sink.now_ns(), intent_id=intent_id, reason=reason))
