"""Watches the store: tells the engine when it goes and comes, restarts a private server, writes claims back."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from alphatrader.adapters.redis.claims import RedisSignalStore
from alphatrader.adapters.redis.keys import PROBE
from alphatrader.domain.errors import StoreError
from alphatrader.domain.events import StoreChanged
from alphatrader.ports import EventSink

INTERVAL_S = 1.0
TIMEOUT_S = 1.0
REVIVE_INTERVAL_S = 2.0

_log = structlog.get_logger(__name__)


class StoreHealth:
    """Posts StoreChanged to the sink, at the first check and at each change; never for the same state twice.

    ``revive`` (of a private server) is called in a thread while the server does not answer.
    """

    def __init__(
        self,
        client: Redis,
        store: RedisSignalStore,
        sink: EventSink,
        *,
        revive: Callable[[], None] | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._client = client
        self._store = store
        self._sink = sink
        self._revive = revive
        self._interval_s = interval_s
        self._revived_at_s = float("-inf")
        self.up: bool | None = None
        """None before the first check."""

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(self._interval_s)

    async def check(self) -> None:
        """Check once: that the server answers, takes writes, and still has what was written back."""
        try:
            await self._probe()
            if self.up is not True or not await self._store.is_ready():
                if self.up:
                    self._change(up=False, reason="Redis was emptied: the known signals are being written back.")
                await self._store.write_back(self._sink.now_ns())
        except StoreError as error:
            self._change(up=False, reason=str(error))
            await self._try_to_revive()
        else:
            self._change(up=True, reason="Redis answers.")

    async def _probe(self) -> None:
        """Write a little: a server that is out of memory answers a PING. Raises StoreError."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._client.set(PROBE.name(), str(self._sink.now_ns()), ex=int(PROBE.ttl_s or 1))
        except TimeoutError as error:
            raise StoreError(f"Redis did not answer within {TIMEOUT_S * 1e3:.0f} ms: entries wait for it.") from error
        except (RedisError, OSError) as error:
            raise StoreError(f"Redis can't be used ({error}): entries wait until it works again.") from error

    async def _try_to_revive(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._revive is None or now_s - self._revived_at_s < REVIVE_INTERVAL_S:
            return
        self._revived_at_s = now_s
        try:
            await asyncio.to_thread(self._revive)
        except StoreError as error:
            _log.warning("redis_not_revived", reason=str(error))

    def _change(self, *, up: bool, reason: str) -> None:
        if self.up is not up:
            self.up = up
            self._sink.post(StoreChanged(ts_ns=self._sink.now_ns(), up=up, reason=reason))
