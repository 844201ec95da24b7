"""The writer thread: takes records in the order in which they were offered, commits them in batches, acknowledges.

    loop:    offer, offer, offer ──► bounded queue ──► thread: BEGIN … COMMIT ──► call_soon_threadsafe ──► futures

A batch is one transaction. If it fails, the waiters get JournalError and their records are dropped (nothing was sent
for them); records without a waiter state facts, such as a fill: they stay queued and are tried again until they are on
disk. ``up`` goes False at the first failure and True again only after a write, and a probe of some size, succeeded.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alphatrader.adapters.journal.epochs import newest_epoch
from alphatrader.adapters.journal.rows import Row
from alphatrader.domain.errors import FencedError, JournalError

BATCH_MAX_ROWS = 512
RETRY_S = 0.5
PROBE_BYTES = 65_536
"""Room for about a hundred records: a disk that takes one more row is not yet a disk to trade on."""

Listener = Callable[[bool, str], None]


@dataclass(slots=True)
class Queued:
    """A queued record (``row``) or a question for the epoch (None), and who waits for it."""

    row: Row | None
    waiter: asyncio.Future[None] | None = None


class JournalWriter:
    """Owns the writing connection. All methods may be called from the event loop; none of them waits for the disk."""

    def __init__(self, connection: sqlite3.Connection, path: Path, epoch: int, next_seq: int, capacity: int) -> None:
        self._connection = connection
        self._path = path
        self._inode = path.stat().st_ino
        self._epoch = epoch
        self._next_seq = next_seq
        self._capacity = capacity
        self._entries: deque[Queued] = deque()
        self._changed = threading.Condition()
        self._waiters = 0
        self._stopping = False
        self._up = True
        self._reason = ""
        self._beyond_repair = False
        self._listener: Listener | None = None
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def up(self) -> bool:
        """Whether the last write succeeded and nothing was lost."""
        return self._up

    @property
    def queued(self) -> int:
        """Records that are not yet on disk."""
        return len(self._entries)

    def listen(self, listener: Listener) -> None:
        """Name who hears of ``up`` changes, from the writer thread; a failure that came before is told at once."""
        with self._changed:
            self._listener = listener
            if not self._up:
                listener(False, self._reason)

    def offer(self, entry: Queued) -> None:
        """Queue. Raises JournalError if the queue is full or the writer has stopped: then nothing was queued."""
        with self._changed:
            if self._stopping or self._beyond_repair:
                raise JournalError(self._reason or "The journal is closed: restart the trader.")
            if len(self._entries) >= self._capacity:
                if entry.waiter is None:
                    self._give_up(
                        f"The journal's queue of {self._capacity} records overflowed and a record was lost: "
                        "restart, so that the broker's account of orders and fills is taken over."
                    )
                raise JournalError(f"The journal's queue of {self._capacity} records is full: the disk is too slow.")
            self._entries.append(entry)
            self._waiters += entry.waiter is not None
            self._changed.notify()

    def stalled(self, reason: str) -> None:
        """Note that a waiter ran out of patience; the next write that succeeds sets it right."""
        with self._changed:
            self._set(up=False, reason=reason)

    def stop(self, timeout_s: float) -> int:
        """Write what is queued, end the thread; return how many records could not be written. Blocking."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return sum(entry.row is not None for entry in self._entries)

    # ------------------------------------------------------------------------------------------ in the thread

    def _run(self) -> None:
        try:
            while self._round():
                pass
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to: it must tell the loop
            with self._changed:
                self._give_up(f"The journal's writer failed ({type(error).__name__}: {error}): restart the trader.")
        finally:
            self._connection.close()

    def _round(self) -> bool:
        """Write one batch, or probe; False when the thread is to end."""
        batch = self._take()
        try:
            if batch:
                self._commit(batch)
                batch = []  # on disk: a probe that fails must not bring it back
            if not self._up and not self._beyond_repair:
                self._probe()
                with self._changed:
                    self._set(up=True, reason="The journal can be written again.")
        except Exception as error:
            self._put_back(batch, error)
            if _is_ours(error):
                raise
            return not self._stopping
        return not (self._stopping and not self._entries)

    def _take(self) -> list[Queued]:
        with self._changed:
            if self._up:
                self._changed.wait_for(lambda: self._entries or self._stopping)
            else:
                self._changed.wait_for(lambda: self._waiters or self._stopping, RETRY_S)
            batch = [self._entries.popleft() for _ in range(min(BATCH_MAX_ROWS, len(self._entries)))]
            self._waiters -= sum(entry.waiter is not None for entry in batch)
            return batch

    def _commit(self, batch: list[Queued]) -> None:
        """Write a batch and acknowledge it. Raises sqlite3.Error, OSError with nothing acknowledged."""
        seq = self._next_seq
        if all(entry.row is None for entry in batch):
            fenced_by = self._newer_epoch()
        else:
            self._check_file()
            self._begin()
            fenced_by = self._newer_epoch()
            for entry in batch:
                if entry.row is None or (entry.row.claims_right and fenced_by):
                    continue
                self._connection.execute(entry.row.statement, (seq, self._epoch, *entry.row.columns))
                seq += 1
            self._connection.execute("COMMIT")
        self._next_seq = seq
        refusal = FencedError(
            f"The right to send orders was taken (epoch {fenced_by}, ours is {self._epoch}): this process must stop."
        )
        answers: list[tuple[asyncio.Future[None], Exception | None]] = []
        for entry in batch:
            if entry.waiter is not None:
                asks_for_right = entry.row is None or entry.row.claims_right
                answers.append((entry.waiter, refusal if fenced_by and asks_for_right else None))
        _answer(answers)

    def _put_back(self, batch: list[Queued], error: Exception) -> None:
        """Undo, fail everybody who waits (order: a later record can't be durable before an earlier), keep the facts."""
        with contextlib.suppress(sqlite3.Error):  # SQLite has often rolled back by itself already
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        reason = f"The journal {self._path} could not be written ({error}): free space or repair the disk."
        with self._changed:
            failed = [*batch, *self._entries]
            self._entries = deque(entry for entry in failed if entry.waiter is None)
            self._waiters = 0
            self._set(up=False, reason=reason)
        _answer([(entry.waiter, JournalError(reason)) for entry in failed if entry.waiter is not None])

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def _newer_epoch(self) -> int:
        """Return the epoch that fences us off, 0 if ours is the newest."""
        newest = newest_epoch(self._connection)
        return newest if newest > self._epoch else 0

    def _check_file(self) -> None:
        # SQLite would go on writing to a file that was deleted or replaced, and acknowledge it.
        if self._path.stat().st_ino != self._inode:
            raise OSError("the file was replaced by another one while it was in use")

    def _probe(self) -> None:
        self._check_file()
        self._begin()
        self._connection.execute("INSERT INTO probe VALUES (zeroblob(?))", (PROBE_BYTES,))
        self._connection.execute("COMMIT")
        self._connection.execute("DELETE FROM probe")

    # ------------------------------------------------------------------------------------- with the lock held

    def _give_up(self, reason: str) -> None:
        self._beyond_repair = True
        self._up = True  # so that the lasting reason is told even after a passing one
        self._set(up=False, reason=reason)
        waiters = [entry.waiter for entry in self._entries if entry.waiter is not None]
        self._waiters = 0
        _answer([(waiter, JournalError(reason)) for waiter in waiters])

    def _set(self, *, up: bool, reason: str) -> None:
        if up == self._up or (up and self._beyond_repair):
            return
        self._up, self._reason = up, reason
        if self._listener is not None:
            self._listener(up, reason)


def _is_ours(error: Exception) -> bool:
    """Whether it is a mistake of ours, which trying again would only repeat, and not the disk's."""
    ours = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)
    return isinstance(error, ours) or not isinstance(error, (sqlite3.Error, OSError))


def _answer(answers: list[tuple[asyncio.Future[None], Exception | None]]) -> None:
    """Resolve futures on their loop, in order and in one call."""
    if not answers:
        return

    def resolve() -> None:
        for waiter, error in answers:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)

    # A closed loop has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        answers[0][0].get_loop().call_soon_threadsafe(resolve)
