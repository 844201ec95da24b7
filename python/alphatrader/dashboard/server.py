"""The dashboard as a process: socket, poller, uvicorn, announcement."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager

import uvicorn
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from alphatrader.dashboard.announcement import Announcement
from alphatrader.dashboard.app import create_app
from alphatrader.dashboard.control import TraderControl
from alphatrader.dashboard.feed import ViewFeed
from alphatrader.dashboard.gate import OriginPolicy
from alphatrader.dashboard.journal import JournalWindow
from alphatrader.dashboard.login import Door
from alphatrader.dashboard.places import RunPlaces
from alphatrader.dashboard.sessions import Sessions
from alphatrader.dashboard.settings import DashboardSettings, is_loopback
from alphatrader.domain.errors import ConfigError

log = logging.getLogger("alphatrader.dashboard")

SHUTDOWN_TIMEOUT_S = 2


class Dashboard:
    """One dashboard. Binding happens here, so a busy port is known before anything starts."""

    def __init__(self, settings: DashboardSettings, places: RunPlaces) -> None:
        self.listener = _bind(settings.host, settings.port)
        port: int = self.listener.getsockname()[1]
        self.url = settings.base_url(port)
        self.sessions = Sessions(max_age_s=settings.session_hours * 3_600)
        self.announcement = Announcement(places.announcement, self.url, (settings.host, port))
        self.ready = asyncio.Event()
        self._store = _open_store(places.redis_url)
        self.feed = ViewFeed(self._store, stale_after_ms=settings.stale_after_ms)
        secure = self.url.startswith("https://")
        application = create_app(
            self.feed,
            JournalWindow(places.journal),
            Door(self.sessions, self.announcement, port=port, secure=secure),
            TraderControl(places.control_socket),
            OriginPolicy(_origins(settings, self.url, port)),
        )
        # No access log: it would hold login tokens. No compression: it costs four times the sending.
        config = uvicorn.Config(
            application,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws_per_message_deflate=False,
            ws_max_size=4_096,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        )
        self._server = _AnnouncingServer(config, self._announce)

    @property
    def login_url(self) -> str:
        """The link that logs in once."""
        return self.announcement.login_url(self.sessions.login_token)

    async def run(self) -> None:
        """Serve until :meth:`stop`."""
        try:
            # A poller that dies takes the server with it: a page that only seems to live is worse than none.
            async with asyncio.TaskGroup() as tasks:
                polling = tasks.create_task(self.feed.run())
                await self._server.serve(sockets=[self.listener])
                polling.cancel()
        finally:
            self.announcement.remove()
            await self._store.aclose()
            self.listener.close()

    def stop(self) -> None:
        """End :meth:`run` soon."""
        self._server.should_exit = True

    async def _announce(self) -> None:
        await self.announcement.write(self.sessions.login_token)
        self.ready.set()


class _AnnouncingServer(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._announce = announce

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to the process: uvicorn's own way ends it before anything can be tidied up."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            await self._announce()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the dashboard cannot listen on {host}:{port} ({error.strerror or error}); stop what uses it, or choose "
            "another with dashboard.port or --port (0 = any free)"
        ) from error
    return listener


def _open_store(url: str) -> Redis:
    try:
        # No socket_timeout: the client would use asyncio.wait_for, which in Python 3.11 can lose a cancellation, and
        # then this process never ends. The feed has its own deadline for a read.
        return Redis.from_url(
            url,
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            max_connections=2,
            client_name="alphatrader-dashboard",
        )
    except (ValueError, RedisError) as error:
        raise ConfigError(
            f"redis_url cannot be used ({error}); write unix:///path/to.sock or redis://host:6379/0"
        ) from error


def _origins(settings: DashboardSettings, url: str, port: int) -> set[str]:
    origins = {url}
    if is_loopback(settings.host):
        origins |= {f"http://127.0.0.1:{port}", f"http://localhost:{port}", f"http://[::1]:{port}"}
    return origins
