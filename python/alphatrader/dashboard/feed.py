"""The view, read once for all clients: Redis is polled four times a second, and each new content is encoded once.

An old number must never look live, so a frame always states how old its view is, and a client that cannot keep up
loses the older frames, not the newest.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from alphatrader.adapters.redis.keys import VIEW
from alphatrader.domain.view import EngineView

POLL_INTERVAL_S = 0.25
READ_TIMEOUT_S = 1.0
RETRY_INTERVAL_S = 1.0
STATUS_INTERVAL_S = 1.0

Fault = tuple[Literal["absent", "unreadable", "unknown"], str]


class WrittenView(Struct, frozen=True):
    """The value in Redis: the view and the wall time of its writing (its own ``ts_ns`` is market time)."""

    written_at_ns: int
    view: EngineView


class Status(Struct, frozen=True):
    """Whether the numbers of a frame are live. ``detail`` is one line for the operator, empty when all is well.

    ``silent``: the view is older than ``stale_after_ms``; ``absent``: there is none; ``unreadable``: it is of another
    version; ``unknown``: Redis cannot be asked. ``view_age_ms`` is the view's wall age when the frame was made.
    """

    trader: Literal["live", "silent", "absent", "unreadable", "unknown"]
    detail: str
    view_age_ms: float | None
    stale_after_ms: float


class Frame(Struct, frozen=True, omit_defaults=True):
    """What a client receives. ``view`` is missing where it did not change: only its age did."""

    kind: Literal["view", "status"]
    sent_at_ms: float
    status: Status
    view: msgspec.Raw | None = None


class Mailbox:
    """What waits for one client: at most one view and one later word on its age; newer ones replace them.

    A status never replaces a view: it speaks of the newest view, which the client must have seen by then.
    """

    def __init__(self) -> None:
        self._view: str | None = None
        self._status: str | None = None
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, frame: str, *, is_view: bool) -> None:
        """Add a frame without waiting."""
        if is_view:
            self.dropped += self._view is not None
            self._view, self._status = frame, None
        else:
            self._status = frame
        self._filled.set()

    async def take(self) -> str:
        """Wait for the next frame."""
        await self._filled.wait()
        frame, self._view = self._view, None
        if frame is None:
            frame, self._status = self._status, None
        if self._status is None:
            self._filled.clear()
        assert frame is not None, "a filled mailbox holds a frame"
        return frame


class ViewFeed:
    """Polls the view and hands it to all subscribers."""

    def __init__(
        self,
        store: Redis,
        *,
        stale_after_ms: float,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._stale_after_ms = stale_after_ms
        self._wall_ns = wall_ns
        self._monotonic_s = monotonic_s
        self._decoder = msgspec.json.Decoder(WrittenView)
        self._encoder = msgspec.json.Encoder()
        self._mailboxes: set[Mailbox] = set()
        self._content: bytes | str | None = None
        self._written_at_ns = 0
        self._view: msgspec.Raw | None = None
        self._changed_at_s = monotonic_s()
        self._fault: Fault | None = ("unknown", "nothing was read yet")
        self._content_fault: Fault | None = None
        self._last_sent_s = 0.0
        self._last_state = ""

    async def run(self) -> None:
        """Poll until cancelled. An outage of Redis is a state that clients are told of, not an end."""
        while True:
            changed = await self.poll()
            self._broadcast(changed)
            unreachable = self._fault is not None and self._fault[0] == "unknown"
            await asyncio.sleep(RETRY_INTERVAL_S if unreachable else POLL_INTERVAL_S)

    async def poll(self) -> bool:
        """Read the view once; True if there is a new one."""
        try:
            async with asyncio.timeout(READ_TIMEOUT_S):
                content = await self._store.get(VIEW.name())
        except (RedisError, OSError) as error:
            words = str(error) or f"no answer in {READ_TIMEOUT_S:g} s"
            self._fault = ("unknown", f"Redis cannot be read ({words}): nothing on this page is live. Check the server")
            return False
        if content is None:
            self._fault = ("absent", "the trader is not there: Redis holds no view. Start it with `alphatrader run`")
            return False
        if content == self._content:
            self._fault = self._content_fault
            return False
        self._content = content
        try:
            written = self._decoder.decode(content)
        except (msgspec.DecodeError, ValueError) as error:
            detail = f"the view in Redis cannot be read ({error}): trader and dashboard differ in build. Restart both"
            self._fault = self._content_fault = ("unreadable", detail)
            return False
        # Encoded anew, so that a page finds every field, also those that an older trader does not know.
        self._written_at_ns, self._view = written.written_at_ns, msgspec.Raw(self._encoder.encode(written.view))
        self._changed_at_s = self._monotonic_s()
        self._fault = self._content_fault = None
        return True

    def status(self) -> Status:
        """Say whether the last view is live, and how old it is now."""
        age_ms = self._age_ms()
        if self._fault is not None:
            return Status(self._fault[0], self._fault[1], age_ms, self._stale_after_ms)
        if age_ms is None or age_ms > self._stale_after_ms:
            detail = "the trader has stopped sending: every number below is as old as its age says"
            return Status("silent", detail, age_ms, self._stale_after_ms)
        return Status("live", "", age_ms, self._stale_after_ms)

    def frame(self, *, with_view: bool = True) -> str:
        """Encode the present state as JSON; the newest view that ever was stays in it, with its age."""
        view = self._view if with_view else None
        kind: Literal["view", "status"] = "status" if view is None else "view"
        return self._encoder.encode(Frame(kind, self._wall_ns() / 1e6, self.status(), view)).decode()

    @contextmanager
    def subscribe(self) -> Iterator[Mailbox]:
        """Receive every frame from now on, beginning with the present one."""
        mailbox = Mailbox()
        mailbox.put(self.frame(), is_view=True)
        self._mailboxes.add(mailbox)
        try:
            yield mailbox
        finally:
            self._mailboxes.discard(mailbox)

    @property
    def subscribers(self) -> int:
        """How many clients listen."""
        return len(self._mailboxes)

    def _broadcast(self, changed: bool) -> None:
        state = self.status().trader
        due = self._monotonic_s() - self._last_sent_s >= STATUS_INTERVAL_S
        if not self._mailboxes or not (changed or due or state != self._last_state):
            return
        frame = self.frame(with_view=changed)
        self._last_sent_s = self._monotonic_s()
        self._last_state = state
        for mailbox in self._mailboxes:
            mailbox.put(frame, is_view=changed)

    def _age_ms(self) -> float | None:
        if self._view is None:
            return None
        by_wall = (self._wall_ns() - self._written_at_ns) / 1e6
        # The trader's clock may run ahead of ours on another host; what we saw ourselves bounds the age from below.
        return max(by_wall, (self._monotonic_s() - self._changed_at_s) * 1e3)
