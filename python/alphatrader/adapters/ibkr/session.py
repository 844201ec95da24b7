"""The session with a gateway: connected or not, healthy or not, and the way back.

Other parts of the adapter send through :meth:`Session.call` and :meth:`Session.ask`, and register what is to be done
after each (re)connection. Every change of health is posted as ``LinkChanged``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import stamina
import structlog

from alphatrader.adapters.ibkr.admission import check_order_id, choose_account, unreadable
from alphatrader.adapters.ibkr.faults import FaultPolicy, SinkError, Verdict
from alphatrader.adapters.ibkr.frames import FrameReader, Reader
from alphatrader.adapters.ibkr.health import LinkHealth, Renewal, is_link_code
from alphatrader.adapters.ibkr.library import Library
from alphatrader.adapters.ibkr.limiter import Priority, SendLimiter
from alphatrader.adapters.ibkr.requests import PendingRequests
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.adapters.ibkr.wire import GatewayAwayError, Request, Wire
from alphatrader.domain.errors import AlphaTraderError, LinkError
from alphatrader.domain.events import LinkChanged, NextOrderId
from alphatrader.ports import EventSink

_log = structlog.get_logger(__name__)

CLIENT_ID_IN_USE = 326
MAX_RENEWALS = 1_000
NOT_CONNECTED = frozenset({502, 503, 504, 507, 1300})


class Session:
    """Owns the link. ``callbacks`` and ``message_ids`` are handed to each new :class:`Wire`."""

    def __init__(self, endpoint: Endpoint, settings: IbkrSettings, library: Library, sink: EventSink) -> None:
        self.endpoint = endpoint
        self.settings = settings
        self.library = library
        self.health = LinkHealth()
        self.pending = PendingRequests()
        self.account = endpoint.account
        self.callbacks: Any = None
        self.message_ids: tuple[int, ...] = ()
        self.raw_handlers: dict[int, Callable[[list[str]], None]] = {}
        self.new_reader: Callable[[], Reader] = FrameReader
        self.on_chunk_end: Callable[[], None] = lambda: None
        self.renew_streams: Callable[[Renewal], Awaitable[None]] | None = None
        self.on_link_lost: list[Callable[[], None]] = []
        self.start_requests: list[Callable[[], Request]] = []
        self._sink = sink
        self._limiter = SendLimiter(settings.messages_per_second, settings.cancel_reserve)
        self._faults = FaultPolicy()
        self._wire: Wire | None = None
        self._wake = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._closing = False
        self._fatal: Exception | None = None
        self._renewal = Renewal.NONE
        self._renewals: list[Callable[[], Awaitable[None]]] = []
        self._published: tuple[bool, str] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # ------------------------------------------------------------------------------------------ sending

    @property
    def wire(self) -> Wire:
        """The open link. Raises LinkError if there is none."""
        if self._wire is None or not self._wire.is_open:
            raise LinkError("not connected to the gateway; nothing was sent. It reconnects by itself.")
        return self._wire

    async def call(self, priority: Priority, *requests: Request) -> Wire:
        """Send requests in one piece once the limiter grants all their tokens; return the link they went out on."""
        wire = self.wire
        await self.take(len(requests), priority, wire)
        wire.send(requests)
        return wire

    async def take(self, count: int, priority: Priority, wire: Wire) -> None:
        """Wait for tokens. Raises LinkError if ``wire`` is not the open link any more when they are granted."""
        await self._limiter.take(count, priority)
        if self.wire is not wire:
            raise LinkError("the link to the gateway changed while the message waited for its turn; it was not sent.")

    def most_at_once(self, priority: Priority) -> int:
        """Return how many messages of a priority may ever leave together."""
        return self._limiter.limit(priority)

    async def ask(self, what: str, send: Callable[[Any, int], None], timeout_s: float | None = None) -> list[Any]:
        """Ask under a new request id and return the rows of the answer.

        Raises LinkError (link lost, or silence past the deadline) and RequestRefusedError.
        """
        limit_s = timeout_s if timeout_s is not None else self.settings.request_timeout_s
        request_id = self.pending.new_id()
        future = self.pending.open(request_id, what)
        try:
            await self.call(Priority.DATA, lambda client: send(client, request_id))
            async with asyncio.timeout(limit_s):
                return await future
        except TimeoutError:
            raise LinkError(
                f"{what} was not answered within {limit_s:g} s; the gateway may be overloaded or cut off from IBKR."
            ) from None
        finally:
            self.pending.close(request_id)

    # ------------------------------------------------------------------------------------------ connecting

    async def connect(self) -> None:
        """Connect, if we are not. Raises LinkError (retry may help) or ConfigError (it will not)."""
        async with self._connecting:
            if self._wire is None or not self._wire.is_open:
                await self._connect()

    async def _connect(self) -> None:
        endpoint = self.endpoint
        wire = Wire(
            self.library,
            self.callbacks,
            self.message_ids,
            self.new_reader(),
            self._wire_lost,
            self._wire_fault,
            self.on_chunk_end,
        )
        wire.handlers.update(self.raw_handlers)
        self._wire = wire
        self.health.on_connecting()
        try:
            await wire.open(endpoint.host, endpoint.port, endpoint.client_id, self.settings.connect_timeout_s)
        except GatewayAwayError as error:
            if endpoint.simulated:
                raise LinkError("the simulated gateway is gone; it is being restarted") from error
            raise
        try:
            self.account = choose_account(endpoint.account, wire.accounts)
            check_order_id(wire.next_order_id)
            self.health.on_connected()
            self._sink.post(NextOrderId(ts_ns=self._sink.now_ns(), order_id=wire.next_order_id))
            await self.call(Priority.DATA, *(make() for make in self.start_requests))
            self._renewal = Renewal.NONE
            await self._renew(Renewal.LOST)
        except BaseException:
            wire.abort()
            self.health.on_lost()
            raise
        self.publish(0, f"connected to {endpoint.host}:{endpoint.port}, account {self.account}")

    async def run(self) -> None:
        """Keep the link up until :meth:`close`. Raises what our own handlers raised, and ConfigError."""
        if self._closing:
            return
        async with asyncio.TaskGroup() as group:
            self._tasks = [group.create_task(self._supervise()), group.create_task(self._heartbeat())]

    async def close(self) -> None:
        """End the session; ``run`` returns."""
        self._closing = True
        for task in self._tasks:
            task.cancel()
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()
        self.pending.fail_all("the session was closed")
        self.health.on_lost()

    async def _supervise(self) -> None:
        while not self._closing:
            if self._fatal is not None:
                cause = self._fatal.__cause__
                raise cause if isinstance(cause, AlphaTraderError) else self._fatal
            if self._wire is None or not self._wire.is_open:
                await self._reconnect()
            elif self._renewal is not Renewal.NONE or self._renewals:
                await self._renew_pending()
            else:
                await self._wake.wait()
                self._wake.clear()

    async def _reconnect(self) -> None:
        settings = self.settings
        retries = stamina.retry_context(
            on=LinkError,
            attempts=None,
            timeout=None,
            wait_initial=settings.reconnect_initial_s,
            wait_max=settings.reconnect_max_s,
            wait_jitter=settings.reconnect_initial_s,
        )
        async for attempt in retries:
            with attempt:
                try:
                    await self.connect()
                except LinkError as error:
                    _log.warning("ibkr_connect_failed", attempt=attempt.num, reason=str(error))
                    self.publish(0, str(error))
                    raise

    async def _renew_pending(self) -> None:
        renewal, self._renewal = self._renewal, Renewal.NONE
        try:
            if renewal is not Renewal.NONE:
                await self._renew(renewal)
                self.publish(0, "market data renewed")
            while self._renewals:
                await self._renewals.pop(0)()
        except AlphaTraderError as error:
            # If the link was lost, that was posted, and the reconnection renews everything.
            _log.warning("ibkr_renewal_cut_short", reason=str(error))

    async def _renew(self, renewal: Renewal) -> None:
        if self.renew_streams is not None:
            await self.renew_streams(renewal)
        if self._renewal is Renewal.NONE:
            self.health.on_renewed()

    async def _heartbeat(self) -> None:
        """Ask the time when nothing is heard: a half-open connection looks alive until one speaks."""
        loop = asyncio.get_running_loop()
        period_s = self.settings.heartbeat_s
        while not self._closing:
            await asyncio.sleep(period_s)
            wire = self._wire
            if wire is None or not wire.is_open:
                continue
            silent_s = loop.time() - wire.last_heard_s
            if silent_s > 2 * period_s:
                wire.fail(f"the gateway has been silent for {silent_s:.0f} s although it was asked the time")
            elif silent_s > period_s / 2:
                try:
                    await self.call(Priority.DATA, lambda client: client.reqCurrentTime())
                except LinkError as error:
                    _log.info("ibkr_heartbeat_skipped", reason=str(error))

    # ------------------------------------------------------------------------------------------ what happens to us

    def on_notice(self, code: int, text: str) -> None:
        """Take a message for what it says of the link or the system; most are about a request and say nothing."""
        if code == CLIENT_ID_IN_USE and self._wire is not None:
            endpoint = self.endpoint
            self._wire.refuse(
                LinkError(
                    f"client id {endpoint.client_id} is already in use at {endpoint.host}:{endpoint.port}: another "
                    "trader or tool holds it; stop that one, or set gateway.client_ids.trader to a free number."
                )
            )
        elif code in NOT_CONNECTED and self._wire is not None:
            self._wire.refuse(LinkError(f"the gateway refused the connection: {text} (code {code})."))
        if not is_link_code(code):
            return
        before = (self.health.healthy, self.health.describe())
        renewal = self.health.on_code(code, text)
        if renewal is not Renewal.NONE:
            self._renewal = renewal
            self._wake.set()
        if self.health.connected and before != (self.health.healthy, self.health.describe()):
            self.publish(code, text)

    def on_quote(self) -> None:
        """Market data flows: a competing session, if there was one, has let go."""
        if self.health.competing and self.health.on_quote():
            self.publish(0, "market data flows again")

    def renew_later(self, renewal: Callable[[], Awaitable[None]]) -> None:
        """Have the supervisor run a renewal of one stream; callbacks cannot wait for tokens themselves."""
        if renewal not in self._renewals and len(self._renewals) < MAX_RENEWALS:
            self._renewals.append(renewal)
            self._wake.set()

    def fail(self, error: Exception) -> None:
        """Our own side is broken (the event sink raised): ``run`` ends with this error."""
        if self._fatal is None:
            self._fatal = error
        self._wake.set()

    def publish(self, code: int, text: str) -> None:
        """Post LinkChanged, unless it would only repeat the last one."""
        healthy = self.health.healthy
        cause = self.health.describe()
        words = f"{text} ({cause})" if cause and cause not in text else text
        if self._published is not None and (self._published == (healthy, words) or (healthy and self._published[0])):
            return
        self._published = (healthy, words)
        _log.info("ibkr_link", healthy=healthy, code=code, text=words)
        self._sink.post(
            LinkChanged(
                ts_ns=self._sink.now_ns(),
                healthy=healthy,
                code=code,
                text=words,
                orders_possible=self.health.orders_possible,
            )
        )

    def _wire_lost(self, wire: Wire, reason: str) -> None:
        if wire is not self._wire:
            return
        self.health.on_lost()
        self.pending.fail_all(reason)
        for callback in self.on_link_lost:
            callback()
        self.publish(0, reason)
        self._wake.set()

    def _wire_fault(self, wire: Wire, number: int, fields: list[str], error: Exception) -> None:
        verdict = self._faults.judge(number, error)
        _log.error("ibkr_message_failed", message=number, fields=fields[:12], error=repr(error), verdict=verdict.name)
        if verdict is Verdict.FATAL:
            self.fail(error if isinstance(error, SinkError) else unreadable(number, error))
        elif verdict is Verdict.RELINK:
            reason = f"a message of kind {number} could not be read ({error}); reconnecting to get the truth again"
            if not wire.refuse(LinkError(reason)):
                wire.fail(reason)
