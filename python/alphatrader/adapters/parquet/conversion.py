"""Closed segments become Parquet: a tenth of the size, and readable by column."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from alphatrader.adapters.parquet.reading import check_schema
from alphatrader.adapters.parquet.segments import TornSegmentError, find_segments, read_stream, sync_directory
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import EVENT_SCHEMA

ROW_GROUP_ROWS = 65_536


def convert(path: Path) -> Path:
    """Write ``segment.parquet`` beside ``segment.arrows``, make it durable, then remove the latter. Blocking.

    A torn tail is left out. Raises OSError, pyarrow.ArrowException, DataError with the ``.arrows`` file untouched.
    """
    target = path.with_suffix(".parquet")
    temporary = target.with_suffix(".parquet.tmp")
    try:
        with pq.ParquetWriter(temporary, EVENT_SCHEMA, compression="zstd") as writer:
            _copy(path, writer)
        descriptor = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)
    path.unlink()
    return target


def seal(directory: Path) -> int:
    """Convert what a killed trader left in the log of its start; return how many segments. Blocking.

    Not for a log that is being written. Raises DataError.
    """
    converted = 0
    try:
        for segment in find_segments(directory):
            if not segment.converted:
                convert(segment.path)
                converted += 1
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"The event log {directory} could not be sealed ({error}): free space and try again."
        ) from error
    return converted


def _copy(path: Path, writer: pq.ParquetWriter) -> None:
    held: list[pa.RecordBatch] = []
    rows = 0
    try:
        for item in read_stream(path):
            if isinstance(item, pa.Schema):
                check_schema(item, path)
                continue
            held.append(item)
            rows += item.num_rows
            if rows >= ROW_GROUP_ROWS:
                writer.write_table(pa.Table.from_batches(held, EVENT_SCHEMA), row_group_size=ROW_GROUP_ROWS)
                held, rows = [], 0
    except TornSegmentError:
        pass  # nobody could read it from here on either
    if held:
        writer.write_table(pa.Table.from_batches(held, EVENT_SCHEMA), row_group_size=ROW_GROUP_ROWS)
