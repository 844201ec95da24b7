"""The projection: a few times a second the engine's view is written to Redis, for dashboards and other programs.

Never per tick, and never in the way of the trader: it only reads the view, and whatever Redis does ends here.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from alphatrader.adapters.redis.documents import documents
from alphatrader.adapters.redis.keys import HEARTBEAT, NOTICES, SIGNALS, STREAM_MAXLEN, VIEW, KeySpec
from alphatrader.adapters.redis.monitoring import Monitoring
from alphatrader.adapters.redis.pipeline import Command, PipelinedWriter
from alphatrader.domain.view import EngineView, NoticeView, SignalView

INTERVAL_S = 0.25
PIPELINE_TIMEOUT_S = 2.0
BACKOFF_MAX_S = 5.0
STREAM_MEMORY = 1_000
"""Stream entries remembered as written; a view holds at most 150."""

ENGINE_MODULE = "engine"

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder(order="deterministic").encode


class _Write(NamedTuple):
    """A key to set, or an entry of a stream (``name`` is then the run's id)."""

    spec: KeySpec
    name: str
    data: bytes
    ts_ns: int = 0

    def command(self) -> Command:
        if self.spec.ttl_s is None:
            fields = ("ts_ns", self.ts_ns, "run_id", self.name, "data", self.data)
            return ("XADD", self.spec.name(), "MAXLEN", "~", STREAM_MAXLEN, "*", *fields)
        return ("SET", self.name, self.data, "PX", int(self.spec.ttl_s * 1_000))


class Projection:
    """Writes the view. ``source`` is called at every round and must be quick; ``on_change`` hears of loss and return.

    Streams are written at least once: after a time-out an entry may be there twice. ``counters`` are for monitoring.
    """

    def __init__(
        self,
        client: Redis,
        source: Callable[[], EngineView],
        *,
        interval_s: float = INTERVAL_S,
        monitoring: Monitoring | None = None,
        on_change: Callable[[bool, str], None] | None = None,
    ) -> None:
        self._writer = PipelinedWriter(client)
        self._source = source
        self._interval_s = interval_s
        self._monitoring = monitoring
        self._on_change = on_change
        self._written_at_s: dict[str, float] = {}
        self._beats: dict[str, int] = {}
        self._streamed: dict[KeySpec, deque[bytes]] = {spec: deque(maxlen=STREAM_MEMORY) for spec in (SIGNALS, NOTICES)}
        self._failures_in_a_row = 0
        self.counters = {"rounds": 0, "commands": 0, "failures": 0, "rebuilds": 0}

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            started_s = time.monotonic()
            await self.round()
            pause_s = self._interval_s - (time.monotonic() - started_s)
            if self._failures_in_a_row:
                pause_s = min(BACKOFF_MAX_S, self._interval_s * 2.0**self._failures_in_a_row)
            await asyncio.sleep(max(pause_s, 0.01))

    async def round(self) -> bool:
        """Write once what is due; False if Redis did not take it."""
        try:
            async with asyncio.timeout(PIPELINE_TIMEOUT_S):
                await self._look_for_loss()
                view = self._source()
                writes, entries = self._due(view, time.monotonic()), self._new_entries(view)
                await self._write([*writes, *entries])
        except (RedisError, OSError, TimeoutError) as error:
            self._written_at_s, self._beats = {}, {}  # what arrived is unknown: all is written again
            self._failed("Redis does not take the projection", error)
            return False
        except Exception as error:  # noqa: BLE001 - a view that can't be shown must not end the trader
            self._failed("The view could not be written", error)
            return False
        self._note(writes, entries)
        self._recovered()
        return True

    # ------------------------------------------------------------------------------------------------ content

    def _due(self, view: EngineView, now_s: float) -> list[_Write]:
        """Encode the keys that have to be written now."""
        due = [
            _Write(spec, name, _encode(document))
            for spec, name, document in documents(view)
            if self._is_due(spec, name, now_s)
        ]
        beats = {HEARTBEAT.name(item=ENGINE_MODULE): view.ts_ns}
        for spec, item, values in self._monitoring.documents() if self._monitoring else ():
            name = spec.name(item=item)
            if spec is HEARTBEAT:
                beats[name] = int(values["ts_ns"] or 0)
            elif self._is_due(spec, name, now_s):
                due.append(_Write(spec, name, _encode(values)))
        for name, ts_ns in beats.items():
            if ts_ns > self._beats.get(name, 0):  # renewed by a new one alone: its absence is the news
                due.append(_Write(HEARTBEAT, name, _encode({"ts_ns": ts_ns}), ts_ns))
        whole = {"ts_ns": view.ts_ns, "written_at_ns": time.time_ns(), "view": view}
        due.append(_Write(VIEW, VIEW.name(), _encode(whole)))
        return due

    def _is_due(self, spec: KeySpec, name: str, now_s: float) -> bool:
        return now_s - self._written_at_s.get(name, float("-inf")) >= spec.refresh_s

    def _new_entries(self, view: EngineView) -> list[_Write]:
        """Encode the stream entries that were not written yet, oldest first."""
        items: list[tuple[KeySpec, SignalView | NoticeView]] = [(SIGNALS, item) for item in reversed(view.signals)]
        items += [(NOTICES, item) for item in reversed(view.notices)]
        encoded = [_Write(spec, view.run_id, _encode(item), item.ts_ns) for spec, item in items]
        return [entry for entry in encoded if entry.data not in self._streamed[entry.spec]]

    # ------------------------------------------------------------------------------------------------ writing

    async def _look_for_loss(self) -> None:
        """Forget what we wrote if it is not there any more: somebody emptied the server, or it came back without it."""
        view, *streams = await self._writer.execute([("EXISTS", spec.name()) for spec in (VIEW, SIGNALS, NOTICES)])
        if not view and self._written_at_s:
            self._written_at_s, self._beats = {}, {}
            self.counters["rebuilds"] += 1
        for spec, there in zip((SIGNALS, NOTICES), streams, strict=True):
            if not there:
                self._streamed[spec].clear()

    async def _write(self, writes: list[_Write]) -> None:
        """Write in pipelines of bounded size. Raises RedisError, OSError."""
        await self._writer.execute([write.command() for write in writes])
        self.counters["commands"] += len(writes)

    def _note(self, writes: list[_Write], entries: list[_Write]) -> None:
        now_s = time.monotonic()
        for spec, name, _, ts_ns in writes:
            self._written_at_s[name] = now_s
            if spec is HEARTBEAT:
                self._beats[name] = ts_ns
        for entry in entries:
            self._streamed[entry.spec].append(entry.data)
        self.counters["rounds"] += 1

    # ------------------------------------------------------------------------------------------------ telling

    def _failed(self, what: str, error: Exception) -> None:
        self._failures_in_a_row += 1
        self.counters["failures"] += 1
        if self._failures_in_a_row == 1:
            words = str(error) or type(error).__name__
            self._tell(False, f"{what} ({words}): dashboards show old numbers; the trader goes on.")

    def _recovered(self) -> None:
        if self._failures_in_a_row:
            self._failures_in_a_row = 0
            self._tell(True, "Redis takes the projection again; all of it was rebuilt.")

    def _tell(self, up: bool, reason: str) -> None:
        (_log.info if up else _log.warning)("projection_changed", up=up, reason=reason)
        if self._on_change is not None:
            self._on_change(up, reason)
