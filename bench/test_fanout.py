"""One message to many pages: the dashboard's own feed and handler, against encoding the message for each client.

Every way runs in the same uvicorn with the same settings, over sockets, to clients that only count messages. So a
ratio shows what encoding once saves of the whole way, sending and receiving included.
"""

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
import pytest
import uvicorn
from litestar import Litestar
from litestar.datastructures import State
from tests.adapters.redis.redis_views import engine_view

from alphatrader.dashboard import stream as dashboard_stream
from alphatrader.dashboard.feed import ViewFeed

CLIENTS = (10, 100)
CONTENT = msgspec.json.encode({"written_at_ns": 1, "view": engine_view(number=2)})


class Store:
    """A store that holds another view at every read."""

    def __init__(self) -> None:
        self.reads = 0

    async def get(self, _: str) -> bytes:
        self.reads += 1
        return CONTENT.replace(b'"written_at_ns":1', b'"written_at_ns":%d' % self.reads, 1)


class Sessions:
    """Everybody is logged in."""

    def is_alive(self, _: object) -> bool:
        return True


class Hall:
    """Waits until every page has its message."""

    def __init__(self) -> None:
        self.missing = 0
        self.done = asyncio.Event()

    async def deliver(self, pages: int, send: Callable[[], Awaitable[None]]) -> int:
        self.missing = pages
        self.done.clear()
        await send()
        await self.done.wait()
        return pages - self.missing

    def arrived(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.done.set()


class Page(asyncio.Protocol):
    """A client that opens a WebSocket and counts whole messages. Nothing masks, nothing is parsed but lengths."""

    def __init__(self, path: str, hall: Hall) -> None:
        self._path, self._hall = path, hall
        self._open = False
        self._buffer = bytearray()
        self.first = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(b"sixteen bytes ok").decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), bytes(head)
            self._open, self._buffer = True, bytearray(rest)
        while len(self._buffer) >= 2:
            short = self._buffer[1] & 127
            header = 2 + {126: 2, 127: 8}.get(short, 0)
            length = short if short < 126 else int.from_bytes(self._buffer[2:header])
            if len(self._buffer) < header + length:
                return
            self.first = self.first or bytes(self._buffer[header : header + length])
            del self._buffer[: header + length]
            self._hall.arrived()


class EachItsOwn:
    """The naive server: every client's task encodes the message for itself."""

    def __init__(self, encode: Callable[[object], str]) -> None:
        self._encode = encode
        self._mailboxes: list[asyncio.Queue[object]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        mailbox: asyncio.Queue[object] = asyncio.Queue()
        self._mailboxes.append(mailbox)
        mailbox.put_nowait({"first": True})
        with contextlib.suppress(OSError):  # the page has left
            while True:
                await send({"type": "websocket.send", "text": self._encode(await mailbox.get())})

    async def broadcast(self) -> None:
        message = msgspec.json.decode(CONTENT)
        for mailbox in self._mailboxes:
            mailbox.put_nowait(message)


class Ours:
    """The dashboard's handler and feed, without its login."""

    def __init__(self) -> None:
        self.feed = ViewFeed(Store(), stale_after_ms=1e9)  # type: ignore[arg-type]
        door = type("Door", (), {"sessions": Sessions()})()
        self._application = Litestar(
            [dashboard_stream.stream],
            state=State({"feed": self.feed, "door": door}),
            openapi_config=None,
            logging_config=None,
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["user"] = "everybody"
        await self._application(scope, receive, send)

    async def broadcast(self) -> None:
        self.feed._broadcast(await self.feed.poll())


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Runner]:
    monkeypatch.setattr(dashboard_stream, "MAX_CLIENTS", 1_000)
    with asyncio.Runner() as runner:
        yield runner


async def serve(application: Any, hall: Hall, clients: int) -> tuple[uvicorn.Server, list[Page]]:
    """Start a server with the dashboard's settings, and connect; the first message of each has arrived."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, lifespan="off", log_config=None, access_log=False, ws_per_message_deflate=False, ws_max_size=4_096
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    loop = asyncio.get_running_loop()
    pages: list[Page] = []

    async def connect() -> None:
        for _ in range(clients):
            _, page = await loop.create_connection(lambda: Page("/ws", hall), *listener.getsockname())
            pages.append(page)

    await hall.deliver(clients, connect)
    return server, pages


@pytest.mark.parametrize("size", CLIENTS)
def test_one_message_to_all_pages(contest: Any, size: int, runner: asyncio.Runner) -> None:
    async def start() -> None:
        servers.extend([await serve(application, hall, size) for application in applications.values()])

    async def stop() -> None:
        for _, pages in servers:
            for page in pages:
                page.transport.abort()
        await asyncio.sleep(0.05)
        for application, (server, _) in zip(applications.values(), servers, strict=True):
            await application.broadcast()  # wakes the tasks, which find nobody
            await server.shutdown()

    servers: list[tuple[uvicorn.Server, list[Page]]] = []
    encode = msgspec.json.Encoder().encode
    applications: dict[str, Any] = {
        "ours": Ours(),
        "json.dumps for each client": EachItsOwn(json.dumps),
        "msgspec for each client": EachItsOwn(lambda message: encode(message).decode()),
    }
    hall = runner.run(_in_loop(Hall))
    runner.run(start())
    frame = json.loads(servers[0][1][-1].first)
    assert set(frame) >= {"kind", "status"}

    def deliver(name: str) -> Callable[[], int]:
        return lambda: runner.run(hall.deliver(size, applications[name].broadcast))

    race = contest("WebSocket fan-out", size=size, unit="client")
    race.ours(deliver("ours"), checksum=float)
    for name in list(applications)[1:]:
        race.peer(name, deliver(name), checksum=float, demand=1.0 if name.startswith("json") else None)
    race.run()
    runner.run(stop())


async def _in_loop(make: Callable[[], Hall]) -> Hall:
    return make()
