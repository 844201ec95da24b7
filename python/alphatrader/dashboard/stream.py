"""The live stream: each client takes ready-made frames from its own mailbox."""

import asyncio

from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from alphatrader.dashboard.feed import Mailbox, ViewFeed
from alphatrader.dashboard.login import Door
from alphatrader.dashboard.sessions import Session

MAX_CLIENTS = 32
SEND_TIMEOUT_S = 10.0
CLOSE_LOGGED_OUT = 4401
CLOSE_TRY_LATER = 1013

Client = WebSocket[Session, None, object]  # type: ignore[type-var]


class _StreamEnded(Exception):  # noqa: N818 - not an error: the way out of the task group
    """The stream is over. ``close_code`` None: the client has gone, there is nobody to close."""

    def __init__(self, close_code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.reason = reason


@websocket("/ws")
async def stream(socket: Client) -> None:
    """Send frames until the client leaves, its session ends, or it takes none for ten seconds."""
    feed: ViewFeed = socket.app.state.feed
    await socket.accept()
    if feed.subscribers >= MAX_CLIENTS:
        await socket.close(code=CLOSE_TRY_LATER, reason="too many pages are open; close one")
        return
    ended: _StreamEnded | None = None
    with feed.subscribe() as mailbox:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_send_frames(socket, mailbox))
                tasks.create_task(_notice_leaving(socket))
        except* _StreamEnded as group:
            ended = next(error for error in group.exceptions if isinstance(error, _StreamEnded))
    if ended is not None and ended.close_code is not None:
        await socket.close(code=ended.close_code, reason=ended.reason)


async def _send_frames(socket: Client, mailbox: Mailbox) -> None:
    door: Door = socket.app.state.door
    while True:
        frame = await mailbox.take()
        # The feed speaks at least once a second, so a logged-out page sees nothing after that.
        if not door.sessions.is_alive(socket.user):
            raise _StreamEnded(CLOSE_LOGGED_OUT, "logged out")
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await socket.send_data(frame)
        except TimeoutError:
            raise _StreamEnded(CLOSE_TRY_LATER, "the page took no data for ten seconds") from None
        except (WebSocketDisconnect, OSError, RuntimeError):
            # The three words of the library and the server for a client that left a moment ago.
            raise _StreamEnded from None


async def _notice_leaving(socket: Client) -> None:
    # Nothing is expected from the client; reading is how its leaving is noticed.
    try:
        while True:
            await socket.receive_data(mode="text")
    except WebSocketDisconnect:
        raise _StreamEnded from None
