"""Watches the store: tells the engine when it goes and comes, and writes claims back. The supervisor restarts it."""

import asyncio

from redis.asyncio import Redis
from redis.exceptions import RedisError

from alphatrader.adapters.redis.claims import RedisSignalStore
from alphatrader.adapters.redis.keys import PROBE
from alphatrader.domain.errors import StoreError
from alphatrader.domain.events import StoreChanged
from alphatrader.ports import EventSink

INTERVAL_S = 1.0
TIMEOUT_S = 1.0


class StoreHealth:
    """Posts StoreChanged to the sink, at the first check and at each change; never for the same state twice."""

    def __init__(
        self,
        client: Redis,
        store: RedisSignalStore,
        sink: EventSink,
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._client = client
        self._store = store
        self._sink = sink
        self._interval_s = interval_s
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

    def _change(self, *, up: bool, reason: str) -> None:
        if self.up is not up:
            self.up = up
            self._sink.post(StoreChanged(ts_ns=self._sink.now_ns(), up=up, reason=reason))
