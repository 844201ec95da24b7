"""A desk for tests: a real Redis, a stub of the trader's control socket, and the dashboard between them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import httpx
import msgspec
from redis.asyncio import Redis

from alphatrader.dashboard.places import RunPlaces
from alphatrader.dashboard.server import Dashboard
from alphatrader.dashboard.settings import DashboardSettings
from alphatrader.domain.view import EngineView

STATES = {"halt": "HALTED", "reduce": "REDUCING", "resume": "ACTIVE", "flatten": "HALTED", "cancel_entries": "ACTIVE"}


class TraderStub:
    """Listens where the trader would, remembers what it was told, answers as told to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.requests: list[dict[str, str]] = []
        self.answer: bytes | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self.path.unlink(missing_ok=True)
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = msgspec.json.decode(await reader.readline())
        self.requests.append(request)
        answer = self.answer
        if answer is None:
            answer = msgspec.json.encode({"ok": True, "state": STATES[request["action"]]}) + b"\n"
        writer.write(answer)
        await writer.drain()
        writer.close()


class Desk:
    """Everything that a test talks to. Made by :func:`open_desk`."""

    def __init__(
        self,
        settings: DashboardSettings,
        places: RunPlaces,
        trader: TraderStub,
        redis: Redis,
        tasks: asyncio.TaskGroup,
    ) -> None:
        self.trader = trader
        self.redis = redis
        self.home = places.home
        self.dashboard = Dashboard(settings, places)
        self.url = self.dashboard.url
        self._settings = settings
        self._places = places
        self._tasks = tasks
        self._running = tasks.create_task(self.dashboard.run())

    async def stop(self) -> None:
        self.dashboard.stop()
        await self._running

    async def restart_without_sessions(self, before_start: Awaitable[None]) -> None:
        """End the dashboard and start another on the same port, which knows nobody; in between await something."""
        await self.stop()
        await before_start
        port = int(self.url.rsplit(":", 1)[1])
        self.dashboard = Dashboard(self._settings.model_copy(update={"port": port}), self._places)
        self._running = self._tasks.create_task(self.dashboard.run())
        await self.dashboard.ready.wait()

    async def write(self, view: EngineView, *, age_s: float = 0.0) -> None:
        """Write a view as the projection does."""
        written_at_ns = time.time_ns() - int(age_s * 1e9)
        body = {"written_at_ns": written_at_ns, "view": view}
        await self.redis.set("view:engine", msgspec.json.encode(body))

    async def settle(self) -> None:
        """Let the dashboard read what was written."""
        await self.dashboard.feed.poll()

    def anonymous(self) -> httpx.AsyncClient:
        """A client without a session."""
        return httpx.AsyncClient(base_url=self.url, headers={"origin": self.url})

    @contextlib.asynccontextmanager
    async def logged_in(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client that used the login link and read its token from the page."""
        async with self.anonymous() as client:
            answer = await client.get(self.dashboard.login_url)
            assert answer.status_code == 200
            page = (await client.get("/")).text
            client.headers["x-csrf-token"] = page.split('name="csrf-token" content="')[1].split('"')[0]
            yield client


@contextlib.asynccontextmanager
async def open_desk(home: Path, redis_url: str, **settings: object) -> AsyncIterator[Desk]:
    """Run all three until the block ends."""
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    trader = TraderStub(home / "control.sock")
    await trader.start()
    values = {"port": 0, **settings}
    try:
        async with asyncio.TaskGroup() as tasks:
            desk = Desk(DashboardSettings.model_validate(values), RunPlaces(home, redis_url), trader, redis, tasks)
            await desk.dashboard.ready.wait()
            yield desk
            await desk.stop()
    finally:
        await trader.stop()
        await redis.aclose()
