"""The private Redis as a child. An operator's own server is not ours: it is no child, and nobody here stops it."""

import asyncio
import contextlib
import signal
from pathlib import Path

from alphatrader.adapters.redis import RunningRedis, ensure_redis
from alphatrader.adapters.redis.server import PrivateServer
from alphatrader.control.processes import started_at_s
from alphatrader.domain.errors import StoreError
from alphatrader.ops.console import Terminal
from alphatrader.supervisor.child import Child
from alphatrader.supervisor.process import RunningProcess


class RedisChild(Child):
    """A server on a unix socket in the home. What it holds can be rebuilt; entries wait while it is away."""

    name = "redis"
    title = "the private Redis"

    def __init__(self, directory: Path, terminal: Terminal) -> None:
        self._directory = directory
        self._terminal = terminal
        self._running: RunningRedis | None = None

    async def start(self, again_because: str) -> RunningProcess:
        """See :class:`Child`. Raises StoreError, ConfigError."""
        running = await asyncio.to_thread(ensure_redis, self._directory)
        self._running = running
        if not again_because:
            self._terminal.fact("redis", running.note)
        pid = self._server.pid()
        started_s = started_at_s(pid) if pid is not None else None
        if pid is None or started_s is None:
            raise StoreError(f"the private Redis ended right after its start: see {self._directory}")
        return RunningProcess(pid, started_s)

    async def check(self) -> None:
        """Raise StoreError unless it answers a PING."""
        if not await asyncio.to_thread(self._server.answers):
            raise StoreError("it does not answer a PING")

    async def stop(self, process: RunningProcess, number: signal.Signals) -> tuple[int | None, bool]:
        """Shut it down, so that it saves what it holds."""
        del number
        await asyncio.to_thread(self._server.stop, self.stop_timeout_s)
        with contextlib.suppress(TimeoutError):
            await process.ended_within(self.stop_timeout_s)
        return None, False

    @property
    def _server(self) -> PrivateServer:
        assert self._running is not None, "asked after its start"
        assert self._running.server is not None, "an operator's server is no child"
        return self._running.server
