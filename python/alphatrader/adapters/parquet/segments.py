"""Segments of an event log on disk.

    events/<start>/segment-000001.parquet     closed and converted
                   segment-000002.arrows      being written: an Arrow IPC stream, one message a flush
                   segment-000001.parquet.tmp conversion in progress; means nothing

A stream needs no footer: whatever was written before a crash is read up to the last whole message.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from alphatrader._core import MarketRows
from alphatrader.domain.eventlog import EVENT_SCHEMA, EventRow, MarketRun

END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"
_NAME = re.compile(r"segment-(\d{6})\.(arrows|parquet)")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment as found on disk."""

    number: int
    path: Path

    @property
    def converted(self) -> bool:
        """Whether it is Parquet."""
        return self.path.suffix == ".parquet"


def segment_path(directory: Path, number: int, suffix: str = ".arrows") -> Path:
    """Return where a segment lives."""
    return directory / f"segment-{number:06d}{suffix}"


def find_segments(directory: Path) -> list[Segment]:
    """Return the segments in order; where both forms exist the Parquet one, which is complete by then."""
    found: dict[int, Segment] = {}
    for path in sorted(directory.iterdir()):  # .arrows sorts before .parquet
        match = _NAME.fullmatch(path.name)
        if match:
            found[int(match[1])] = Segment(int(match[1]), path)
    return [found[number] for number in sorted(found)]


def encode_rows(rows: Sequence[EventRow | MarketRun]) -> bytes:
    """Encode rows as one IPC message. Raises pyarrow.ArrowException, TypeError, ValueError for a row that is none."""
    parts = [
        _of_runs(group) if runs else _of_tuples(group)  # type: ignore[arg-type]  # the key tells them apart
        for runs, group in groupby(rows, lambda row: isinstance(row, MarketRun))
    ]
    batch = parts[0] if len(parts) == 1 else pa.Table.from_batches(parts).combine_chunks().to_batches()[0]
    return batch.serialize().to_pybytes()


def _of_tuples(rows: Iterable[EventRow]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, EVENT_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)


def _of_runs(runs: Iterable[MarketRun]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(pa.record_batch(MarketRows.record_batch(runs)).columns, schema=EVENT_SCHEMA)


class SegmentFile:
    """An open segment: whole messages are appended, or nothing."""

    def __init__(self, path: Path) -> None:
        """Create the file with its schema. Raises OSError; then there is no such file."""
        self.path = path
        self.size_bytes = 0
        self._dirty = False
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            self.append(EVENT_SCHEMA.serialize().to_pybytes())
        except OSError:
            os.close(self._descriptor)
            path.unlink()
            raise

    def append(self, message: bytes) -> None:
        """Hand a message to the operating system. After an OSError the next call begins where this one did."""
        if self._dirty:
            os.ftruncate(self._descriptor, self.size_bytes)
            os.lseek(self._descriptor, self.size_bytes, os.SEEK_SET)
        self._dirty = True
        view = memoryview(message)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._dirty = False
        self.size_bytes += len(message)

    def close(self) -> None:
        """End the stream and put it on the disk. Raises OSError; the segment is readable all the same."""
        try:
            self.append(END_OF_STREAM)
            os.fsync(self._descriptor)
        finally:
            os.close(self._descriptor)


def sync_directory(directory: Path) -> None:
    """Make created and renamed names durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class TornSegmentError(Exception):
    """The stream ends in the middle of a message, or in bytes that are none."""


def read_stream(path: Path) -> Iterator[pa.Schema | pa.RecordBatch]:
    """Yield the schema, then each whole batch. Raises TornSegmentError after the last whole one, OSError."""
    size = path.stat().st_size
    # Not memory-mapped: a writer that recovers from a full disk shortens its file, which would kill a reader.
    with pa.OSFile(str(path), "rb") as source:
        schema: pa.Schema | None = None
        while True:
            start = source.tell()
            if schema is not None and start == size:
                return  # killed between two messages
            if source.read(len(END_OF_STREAM)) == END_OF_STREAM:
                return
            source.seek(start)
            try:
                message = pa.ipc.read_message(source)
                if schema is None:
                    schema = pa.ipc.read_schema(message)
                    item: pa.Schema | pa.RecordBatch = schema
                else:
                    item = pa.ipc.read_record_batch(message, schema)
                    item.validate(full=True)
            except (pa.ArrowException, EOFError, ValueError, OSError) as error:
                # Arrow reports a message that is cut short as an OSError of its own, without a number.
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise TornSegmentError(f"{size - start} bytes after byte {start}: {error}") from error
            yield item
