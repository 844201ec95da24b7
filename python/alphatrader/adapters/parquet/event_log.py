"""The recorder: ports.EventLog over segments.

    loop: append ──► list ──(4,096 rows or 250 ms)──► thread: encode, write ──► segment ──(64 MiB)──► Parquet

The loop only appends to a list. A kill -9 loses what was in the list; a power failure also what the operating system
had not written back since the last rotation.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pyarrow as pa
import structlog

from alphatrader._core import MarketRows
from alphatrader.adapters.parquet.conversion import convert
from alphatrader.adapters.parquet.segments import SegmentFile, encode_rows, find_segments, segment_path
from alphatrader.domain.errors import DataError, JournalError
from alphatrader.domain.eventlog import EventRow, MarketRun

FLUSH_ROWS = 4_096
FLUSH_INTERVAL_S = 0.25
ROTATE_BYTES = 64 * 1024 * 1024
CAPACITY_ROWS = 262_144
"""Rows held in memory while the disk does not take them: about 100 MB."""
RETRY_S = 1.0

ChangeListener = Callable[[bool, str], None]
_log = structlog.get_logger(__name__)


class SegmentedEventLog:
    """The log of one start. :meth:`open`, then :meth:`start` on the loop, :meth:`append`, :meth:`close`."""

    def __init__(
        self, directory: Path, flush_rows: int, flush_interval_s: float, rotate_bytes: int, capacity_rows: int
    ) -> None:
        self.directory = directory
        self.rows_written = 0
        self.bytes_written = 0
        self._flush_rows = flush_rows
        self._flush_interval_s = flush_interval_s
        self._rotate_bytes = rotate_bytes
        self._capacity_rows = capacity_rows
        self._changed = threading.Condition()
        self._rows: list[EventRow | MarketRun] = []
        self._row_count = 0
        self._encoded: deque[tuple[int, int, bytes]] = deque()
        """(first seq, rows, message): taken from ``_rows``, not yet written."""
        self._encoded_rows = 0
        self._flush_now = False
        self._stopping = False
        self._up = True
        self._lost_from: int | None = None
        self._reason = ""
        self._listener: ChangeListener | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._number = 0
        self._segment: SegmentFile | None = None
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._converter = ThreadPoolExecutor(1, thread_name_prefix="event-log-parquet")
        self._conversions: list[Future[None]] = []

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        flush_rows: int = FLUSH_ROWS,
        flush_interval_s: float = FLUSH_INTERVAL_S,
        rotate_bytes: int = ROTATE_BYTES,
        capacity_rows: int = CAPACITY_ROWS,
    ) -> "SegmentedEventLog":
        """Create ``directory`` (it must hold no segment) and its first segment; start the thread. Blocking.

        Raises JournalError.
        """
        log = cls(directory, flush_rows, flush_interval_s, rotate_bytes, capacity_rows)
        # The first conversion loads libraries for up to a second, which must not happen beside a trading loop.
        encode_rows([(0, 0, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, None, None, None)])
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if find_segments(directory):
                raise JournalError(f"The event log {directory} exists already: each start records into a new folder.")
            log._open_segment()
        except OSError as error:
            raise JournalError(
                f"The event log {directory} could not be created ({error}): check the disk's space and owner."
            ) from error
        log._thread.start()
        return log

    def start(self, on_change: ChangeListener) -> None:
        """From now on tell ``on_change(up, reason)``, on this loop, when recording fails and when it works again."""
        with self._changed:
            self._loop, self._listener = asyncio.get_running_loop(), on_change
            if not self._up:
                self._tell(False, self._reason)

    @property
    def up(self) -> bool:
        """Whether everything so far was or can be recorded."""
        return self._up

    @property
    def lost_from(self) -> int | None:
        """The seq of the first event that was not recorded; None = nothing was lost."""
        return self._lost_from

    @property
    def rows_held(self) -> int:
        """Rows in memory, not yet with the operating system."""
        return self._row_count + self._encoded_rows

    def append(self, row: tuple[object, ...]) -> None:
        """Buffer a row. Never blocks and never raises: failure is told through ``on_change``."""
        self._hold(cast("int", row[0]), 1, cast("EventRow", row))

    def append_rows(self, first_seq: int, ts_ns: int, rows: MarketRows) -> None:
        """Buffer market rows, as :meth:`append` does with one."""
        self._hold(first_seq, len(rows), MarketRun(first_seq, ts_ns, rows))

    def _hold(self, seq: int, count: int, item: EventRow | MarketRun) -> None:
        with self._changed:
            if self._lost_from is not None:
                return
            before = self._row_count
            if before + self._encoded_rows >= self._capacity_rows:
                self._end(seq, f"the disk did not take {self._capacity_rows} rows")
                return
            self._rows.append(item)
            self._row_count += count
            if before < self._flush_rows <= self._row_count:
                self._changed.notify_all()

    async def flush(self, timeout_s: float = 10.0) -> None:
        """Return once all rows appended before are with the operating system. Raises JournalError."""
        target = self.rows_written + self.rows_held
        await asyncio.to_thread(self._wait_for, target, timeout_s)

    async def close(self, timeout_s: float = 60.0) -> None:
        """Write what is held, end the segment, convert it. Raises JournalError if rows were lost."""
        if self._stopping:
            return
        await asyncio.to_thread(self._stop, timeout_s)
        left = self.rows_held
        if left or self._lost_from is not None:
            since = f" from seq {self._lost_from}" if self._lost_from is not None else ""
            raise JournalError(
                f"The event log {self.directory} is incomplete{since}, {left} rows were left ({self._reason}): "
                "the run can be replayed up to there."
            )

    # ------------------------------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            while not self._round():
                pass
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to: it must tell the loop
            with self._changed:
                seq = self._encoded[0][0] if self._encoded else self._rows[0][0] if self._rows else -1
                self._end(seq, f"{type(error).__name__}: {error}")

    def _round(self) -> bool:
        """Encode and write what has come; True when the thread is to end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._row_count >= self._flush_rows or self._stopping or self._flush_now,
                self._flush_interval_s if self._up else RETRY_S,
            )
            rows, self._rows = self._rows, []
            self._encoded_rows += self._row_count
            self._row_count = 0
            self._flush_now = False
            stopping = self._stopping
        for start in range(0, len(rows), self._flush_rows):
            if not self._encode(rows[start : start + self._flush_rows]):
                break
        try:
            self._write()
        except OSError as error:
            self._failed(error)
            return stopping
        if stopping:
            self._close_segment()
        return stopping

    def _encode(self, rows: list[EventRow | MarketRun]) -> bool:
        try:
            message = encode_rows(rows)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            with self._changed:
                self._encoded_rows = sum(count for _, count, _ in self._encoded)
                self._end(rows[0][0], f"a row is not of the schema: {error}")
            return False
        count = sum(len(row.rows) if isinstance(row, MarketRun) else 1 for row in rows)
        self._encoded.append((rows[0][0], count, message))
        return True

    def _write(self) -> None:
        """Write all messages, in order. Raises OSError with what was written taken off the list."""
        while self._encoded:
            if self._segment is None:
                self._open_segment()
            segment = self._segment
            assert segment is not None
            _, count, message = self._encoded[0]
            segment.append(message)
            with self._changed:
                self._encoded.popleft()
                self._encoded_rows -= count
                self.rows_written += count
                self.bytes_written += len(message)
                self._changed.notify_all()
            if segment.size_bytes >= self._rotate_bytes:
                self._close_segment()
        with self._changed:
            if not self._up and self._lost_from is None:
                self._up = True
                self._tell(True, "Events are recorded again; none was lost.")

    def _failed(self, error: OSError) -> None:
        with self._changed:
            if not self._up:
                return
            since = self._encoded[0][0] if self._encoded else self.rows_written
            self._up = False
            self._reason = (
                f"The event log {self.directory} cannot be written since seq {since} ({error}): free disk space; "
                f"rows are held in memory up to {self._capacity_rows}, then recording is lost."
            )
            self._tell(False, self._reason)
            self._changed.notify_all()

    def _open_segment(self) -> None:
        self._segment = SegmentFile(segment_path(self.directory, self._number + 1))
        self._number += 1

    def _close_segment(self) -> None:
        """End the segment and have it converted; the next one is opened when there is something to write."""
        segment, self._segment = self._segment, None
        if segment is None:
            return
        try:
            segment.close()
        except OSError as error:
            # Its rows are with the operating system and readable; only the end mark or the sync failed.
            _log.warning("event_segment_not_synced", path=str(segment.path), error=str(error))
        self._conversions = [future for future in self._conversions if not future.done()]
        self._conversions.append(self._converter.submit(_convert_or_keep, segment.path))

    # ------------------------------------------------------------------------------------- with the lock held

    def _end(self, seq: int, why: str) -> None:
        """Recording is over for this start: a log with a hole can't be replayed past the hole."""
        if self._lost_from is not None:
            return
        self._lost_from, self._up = seq, False
        self._reason = f"Recording was lost from seq {seq} ({why}): restart the trader to record again."
        self._tell(False, self._reason)
        self._changed.notify_all()

    def _tell(self, up: bool, reason: str) -> None:
        if self._listener is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
                self._loop.call_soon_threadsafe(self._listener, up, reason)

    # -------------------------------------------------------------------------------- in a thread of the pool

    def _wait_for(self, rows: int, timeout_s: float) -> None:
        with self._changed:
            self._flush_now = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self.rows_written >= rows or not self._up, timeout_s)
            if not done or self.rows_written < rows:
                raise JournalError(self._reason or f"The event log was not flushed within {timeout_s:.0f} s.")

    def _stop(self, timeout_s: float) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        self._converter.shutdown(wait=True)


def _convert_or_keep(path: Path) -> None:
    try:
        convert(path)
    except (OSError, pa.ArrowException, DataError) as error:
        # The segment stays as a stream, which is read just the same.
        _log.warning("event_segment_not_converted", path=str(path), error=str(error))
