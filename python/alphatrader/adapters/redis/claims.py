"""De-duplication of signals across trader processes: ports.SignalStore over one Lua script.

Two expiries: whether a claim still counts is decided by **engine time**, which comes with each call and is compared
with the expiry stored in the value (market time may run 60 times faster, or be years ago). Redis's own TTL only
sweeps up, days later.

The server may be wiped or lose its last second. So each trader, after writing back what its journal knows, sets a key
``ready``; the script refuses every claim while the caller's is absent. What this process itself was granted it
remembers, and refuses without asking.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Sequence
from typing import TypeVar, cast

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError

from alphatrader.adapters.redis.keys import CLAIM, CLAIMS_READY
from alphatrader.domain.errors import StoreError

_T = TypeVar("_T")

CLAIM_TIMEOUT_S = 1.0
KNOWN_MAX = 20_000
"""Fingerprints remembered by this process; the oldest go first. A day has hundreds."""

SCRIPT = """\
-- KEYS: the claim, the caller's ready key. ARGV: now, expiry (engine ns, 20 digits), signal id, sweep after ms, mode.
-- Returns 1 granted or stored, 0 held by another, -1 the caller has not written back yet.
if ARGV[5] == 'claim' and redis.call('EXISTS', KEYS[2]) == 0 then
  return -1
end
local held = redis.call('GET', KEYS[1])
-- 20 digits each: the order of the texts is the order of the numbers. Lua's own numbers would round nanoseconds.
if held then
  local expiry = string.sub(held, 1, 20)
  if expiry > ARGV[1] and (ARGV[5] == 'claim' or expiry >= ARGV[2]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3], 'PX', ARGV[4])
return 1
"""

_WRITE_BACK_CHUNK = 500


class RedisSignalStore:
    """Claims signals. :meth:`rebuild` first: without it every claim is refused.

    ``scope`` names who shares de-duplication: the account, or one simulated run. Two markets whose times overlap, such
    as two runs of one simulated day on the operator's server, must not share a scope.
    """

    def __init__(self, client: Redis, *, scope: str = "shared", timeout_s: float = CLAIM_TIMEOUT_S) -> None:
        self._client = client
        self._scope = scope
        self._timeout_s = timeout_s
        self._ready_key = CLAIMS_READY.name(scope, uuid.uuid4().hex)
        self._known: dict[str, int] = {}
        self._rebuilt = False
        self._sha = ""

    async def claim(self, fingerprint: str, signal_id: str, now_ns: int, expires_ns: int) -> bool:
        """True exactly once per fingerprint until ``expires_ns``, in engine time.

        Raises StoreError if Redis did not answer: the claim may or may not have been taken, so it is as good as taken.
        """
        if self._known.get(fingerprint, 0) > now_ns:
            return False
        answer = await self._within(self._call(fingerprint, signal_id, now_ns, expires_ns, "claim"))
        if answer < 0:
            raise StoreError("Redis was emptied or restarted; claims wait until the known ones are written back.")
        if answer:
            self._remember(fingerprint, expires_ns)
        return answer == 1

    async def rebuild(self, fingerprints: Sequence[tuple[str, int]], now_ns: int) -> None:
        """Write back what the journal knows (expiry in engine ns), then allow claims. Raises StoreError."""
        for fingerprint, expires_ns in fingerprints:
            self._remember(fingerprint, expires_ns)
        self._rebuilt = True  # even if Redis is away now: the health check writes it when it is back
        await self.write_back(now_ns)

    async def write_back(self, now_ns: int) -> None:
        """Write all that this process knows, as after a loss of the server, then allow claims. Raises StoreError."""
        if not self._rebuilt:
            raise StoreError("The journal's signals are not known to the store yet: claims wait for them.")
        alive = [(key, expiry) for key, expiry in self._known.items() if expiry > now_ns]
        self._known = dict(alive)
        for start in range(0, len(alive), _WRITE_BACK_CHUNK):
            await self._within(self._restore(alive[start : start + _WRITE_BACK_CHUNK], now_ns))
        await self._within(self._client.set(self._ready_key, str(now_ns), px=_sweep_ms(CLAIMS_READY.ttl_s)))

    async def is_ready(self) -> bool:
        """Whether the server still has what was written back. Raises StoreError."""
        return bool(await self._within(self._client.exists(self._ready_key)))

    async def _restore(self, fingerprints: list[tuple[str, int]], now_ns: int) -> None:
        async with self._client.pipeline(transaction=False) as pipe:
            for fingerprint, expires_ns in fingerprints:
                keys, arguments = self._arguments(fingerprint, "journal", now_ns, expires_ns, "restore")
                pipe.eval(SCRIPT, len(keys), *keys, *arguments)
            await pipe.execute()

    async def _call(self, fingerprint: str, signal_id: str, now_ns: int, expires_ns: int, mode: str) -> int:
        keys, arguments = self._arguments(fingerprint, signal_id, now_ns, expires_ns, mode)
        if not self._sha:
            self._sha = str(await self._client.script_load(SCRIPT))
        try:
            answer = await cast("Awaitable[int]", self._client.evalsha(self._sha, len(keys), *keys, *arguments))
        except NoScriptError:
            # A restarted server has forgotten its scripts; nothing was run, so this is no second claim.
            answer = await cast("Awaitable[int]", self._client.eval(SCRIPT, len(keys), *keys, *arguments))
        return int(answer)

    def _arguments(
        self, fingerprint: str, signal_id: str, now_ns: int, expires_ns: int, mode: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        keys = (CLAIM.name(self._scope, fingerprint), self._ready_key)
        return keys, (f"{now_ns:020d}", f"{expires_ns:020d}", signal_id, str(_sweep_ms(CLAIM.ttl_s)), mode)

    async def _within(self, answer: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await answer
        except TimeoutError as error:
            raise StoreError(
                f"Redis did not answer within {self._timeout_s * 1e3:.0f} ms: entries wait for it."
            ) from error
        except (RedisError, OSError) as error:
            raise StoreError(f"Redis refused ({error}): entries wait until it works again.") from error

    def _remember(self, fingerprint: str, expires_ns: int) -> None:
        self._known[fingerprint] = max(expires_ns, self._known.pop(fingerprint, 0))
        while len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]


def _sweep_ms(ttl_s: float | None) -> int:
    assert ttl_s is not None
    return int(ttl_s * 1_000)
