"""The trader's side of the journal: ports.Journal over SQLite."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from alphatrader.adapters.journal import schema
from alphatrader.adapters.journal.epochs import next_epoch
from alphatrader.adapters.journal.lock import WriterLock
from alphatrader.adapters.journal.reader import JournalReader
from alphatrader.adapters.journal.restore import restore_state
from alphatrader.adapters.journal.rows import encode_row
from alphatrader.adapters.journal.writer import JournalWriter, Queued
from alphatrader.domain.errors import JournalError
from alphatrader.domain.events import JournalChanged
from alphatrader.domain.records import Record, RestoredState
from alphatrader.ports import EventSink

QUEUE_CAPACITY = 65_536
DURABLE_TIMEOUT_S = 10.0


class SqliteJournal:
    """The journal of one home, held by one process. Made by :meth:`open`; :meth:`start` connects it to the loop."""

    def __init__(self, path: Path, lock: WriterLock, writer: JournalWriter, epoch: int) -> None:
        self.path = path
        self.epoch = epoch
        """Our fencing epoch: the right to send orders, until somebody takes a newer one."""
        self._lock = lock
        self._writer = writer
        self._closed = False

    @classmethod
    def open(
        cls,
        path: Path,
        lock_path: Path,
        *,
        actor: str = "trader",
        clock: Callable[[], int] = time.time_ns,
        capacity: int = QUEUE_CAPACITY,
        connect: Callable[[Path], sqlite3.Connection] = schema.connect,
    ) -> "SqliteJournal":
        """Lock, check, migrate, take the next epoch, start the writer thread. Blocking.

        ``clock`` gives the time of the epoch; ``capacity`` bounds the queue. Raises JournalError: another process
        holds it, or it is damaged, foreign, newer than this build, or can't be written.
        """
        lock = WriterLock.acquire(lock_path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = connect(path)
            try:
                version = schema.check_identity(connection, path)
                schema.check_soundness(connection, path)
                schema.migrate(connection, version)
                next_seq = 1 + max(
                    int(connection.execute(f"SELECT coalesce(max(seq), 0) FROM {table}").fetchone()[0])  # noqa: S608
                    for table in schema.RECORD_TABLES
                )
                epoch = next_epoch(connection, actor, clock())
                writer = JournalWriter(connection, path, epoch, next_seq, capacity)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as error:
            lock.release()
            raise JournalError(
                f"The journal {path} could not be opened ({error}): check the disk's space, the file's owner, "
                "and that it is a journal."
            ) from error
        except BaseException:
            lock.release()
            raise
        writer.start()
        return cls(path, lock, writer, epoch)

    def start(self, sink: EventSink) -> None:
        """From now on post JournalChanged to ``sink``: once when writing fails, once when it works again.

        Call it on the event loop. A failure that came before is posted at once.
        """
        loop = asyncio.get_running_loop()

        def post(up: bool, reason: str) -> None:
            sink.post(JournalChanged(ts_ns=sink.now_ns(), up=up, reason=reason))

        def hand_over(up: bool, reason: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
                loop.call_soon_threadsafe(post, up, reason)

        self._writer.listen(hand_over)

    @property
    def up(self) -> bool:
        """Whether the journal can be written, as far as is known."""
        return self._writer.up and not self._closed

    @property
    def queued(self) -> int:
        """Records waiting for the disk."""
        return self._writer.queued

    def append(self, record: Record) -> None:
        """Queue a record that states a fact. It is tried until it is on disk; failure is posted as JournalChanged."""
        if self._closed:
            raise JournalError(f"A record came after {self.path} was closed: close the journal last.")
        # A full queue has been posted by the writer: who appends a fact can do nothing about it.
        with contextlib.suppress(JournalError):
            self._writer.offer(Queued(encode_row(record)))

    async def append_durable(self, record: Record) -> None:
        """Return once the record, and all queued before it, are on disk.

        Raises FencedError if it announces orders (INTENDED) and another writer took the right to send them, else
        JournalError; after either the record is not, or not to be counted as, journaled.
        """
        waiter = asyncio.get_running_loop().create_future()
        self._writer.offer(Queued(encode_row(record), waiter))
        await self._wait(waiter)

    async def check_epoch(self) -> None:
        """Raise FencedError if a newer writer took the right to send orders, JournalError if that can't be known."""
        waiter = asyncio.get_running_loop().create_future()
        self._writer.offer(Queued(None, waiter))
        await self._wait(waiter)

    async def _wait(self, waiter: "asyncio.Future[None]") -> None:
        try:
            async with asyncio.timeout(DURABLE_TIMEOUT_S):
                await waiter
        except TimeoutError as error:
            reason = (
                f"The disk of {self.path} did not confirm a write within {DURABLE_TIMEOUT_S:.0f} s: check the disk."
            )
            self._writer.stalled(reason)
            raise JournalError(reason) from error

    def restore(self, session_date: str) -> RestoredState:
        """Read the past. Blocking. Raises JournalError."""
        return restore_state(self.path, session_date)

    def reader(self) -> JournalReader:
        """Return a reader of this journal."""
        return JournalReader(self.path)

    async def close(self, timeout_s: float = 10.0) -> None:
        """Write what is queued, end the thread, release the lock. Raises JournalError if records were left over."""
        if self._closed:
            return
        self._closed = True
        left = await asyncio.to_thread(self._writer.stop, timeout_s)
        self._lock.release()
        if left:
            raise JournalError(
                f"{left} records could not be written to {self.path}: after the disk is repaired, the next start takes "
                "orders and fills over from the broker."
            )
