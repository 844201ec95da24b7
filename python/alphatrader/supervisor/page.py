"""The page as a child. Nothing else needs it: where it cannot be started, that is said and the run goes on."""

import asyncio
import os
import signal
from urllib.parse import urlsplit

from alphatrader.dashboard.arguments import REDIS_URL_VARIABLE, to_arguments
from alphatrader.domain.errors import LinkError
from alphatrader.home import Home
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ops.console import Terminal
from alphatrader.supervisor.child import Child
from alphatrader.supervisor.process import RunningProcess, adopt, spawn, until_announced

_START_TIMEOUT_S = 30.0


class PageChild(Child):
    """The web page: it reads Redis and the journal, and passes commands to the trader."""

    name = "dashboard"
    title = "the page"
    essential = False

    def __init__(self, config: AppConfig, home: Home, redis_url: str, terminal: Terminal) -> None:
        self._config = config
        self._home = home
        self._redis_url = redis_url
        self._terminal = terminal
        self._process: RunningProcess | None = None

    async def start(self, again_because: str) -> RunningProcess:
        """See :class:`Child`. Raises LinkError, StartFailedError."""
        home, printed = self._home, self._home.printed("dashboard")
        process = adopt(home.page_announcement, printed)
        if process is None:
            home.page_announcement.unlink(missing_ok=True)
            arguments = [f"--home={home.path.resolve()}", f"--control-socket={home.control_socket}"]
            # By the environment: a URL may hold a password, and every user can read a command line.
            environment = {**os.environ, REDIS_URL_VARIABLE: self._redis_url}
            arguments += to_arguments(self._config.dashboard)
            process = await spawn("alphatrader.dashboard", arguments, printed, environment=environment)
            await until_announced(process, self.title, home.page_announcement, _START_TIMEOUT_S)
        link = process.announcement.get("login_url")
        self._process = process
        self._terminal.fact("dashboard", f"{link} (the link logs in once)", "good")
        return process

    async def check(self) -> None:
        """Raise LinkError unless ``/api/health`` answers 200."""
        body = self._process.announcement if self._process is not None else {}
        if "address" not in body:
            raise LinkError("it is not up yet")
        host, port = body["address"]
        reader, writer = await asyncio.open_connection(host, port)
        try:
            request = f"GET /api/health HTTP/1.1\r\nHost: {urlsplit(body['url']).netloc}\r\nConnection: close\r\n\r\n"
            writer.write(request.encode())
            status = await reader.readline()
        finally:
            writer.close()
        if status.split()[1:2] != [b"200"]:
            raise LinkError(f"/api/health answers {status.decode('latin-1').strip()!r}")


async def end_left_over_page(home: Home) -> None:
    """End a page that an earlier run left, where this run is to have none."""
    process = adopt(home.page_announcement, home.printed("dashboard"))
    if process is not None:
        await process.end(signal.SIGTERM, PageChild.stop_timeout_s)
