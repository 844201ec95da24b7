"""The listening socket. It can go away for a while and come back on the same port, as at a gateway's restart."""

import asyncio
import errno
from collections.abc import Callable

from alphatrader.domain.errors import LinkError
from alphatrader.sim.gateway.session import Session


class Listener:
    """Accepts clients for ``make_session`` on one port (0 = any free one, kept from then on)."""

    def __init__(self, host: str, port: int, make_session: Callable[[], Session]) -> None:
        self._host = host
        self._make_session = make_session
        self._server: asyncio.Server | None = None
        self.port = port

    async def open(self) -> None:
        """Start to listen. Raises LinkError."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._make_session, self._host, self.port)
        except OSError as error:
            raise listen_error("gateway", self._host, self.port, error) from error
        self.port = int(self._server.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Stop to listen; connections live on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def is_open(self) -> bool:
        """Whether new connections are accepted."""
        return self._server is not None


def listen_error(what: str, host: str, port: int, error: OSError) -> LinkError:
    """Say why a port could not be opened, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return LinkError(
            f"the SIMULATED {what} cannot listen on {host}:{port}: the port is in use; "
            "stop the program that holds it, or choose another port (0 = any free one)"
        )
    return LinkError(f"the SIMULATED {what} cannot listen on {host}:{port} ({error.strerror or error})")
