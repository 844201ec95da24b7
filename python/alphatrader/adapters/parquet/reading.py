"""Reading an event log back: in order, without gaps, up to what a crash left."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from alphatrader.adapters.parquet.segments import Segment, TornSegmentError, find_segments, read_stream
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import EVENT_SCHEMA, SCHEMA_VERSION

BATCH_ROWS = 65_536

_VERSION_KEY = b"alphatrader.event_schema_version"
_log = structlog.get_logger(__name__)


def read_events(directory: Path, on_torn: Callable[[str], None] | None = None) -> Iterator[pa.RecordBatch]:
    """Yield the batches of one start's log in ``seq`` order; also while it is being written.

    A torn tail, the mark of a crash, ends the log there and is told to ``on_torn`` (else logged). Raises DataError:
    no log, another schema version, a missing or damaged segment, a gap in ``seq``.
    """
    try:
        segments = find_segments(directory)
    except OSError as error:
        raise DataError(
            f"There is no event log at {directory} ({error.strerror}): name the folder of a start."
        ) from error
    if not segments:
        raise DataError(f"{directory} holds no event segment: name the folder of a start (events/<start>).")
    expected = None
    for position, segment in enumerate(segments, start=1):
        if segment.number != position:
            raise DataError(f"Segment {position} of the event log {directory} is missing: restore it from a backup.")
        try:
            for batch in _read_segment(segment):
                if batch.num_rows:
                    expected = _check_sequence(batch, expected, segment)
                    yield batch
        except TornSegmentError as error:
            # If rows were lost before a later segment, the gap in seq stops the reading there.
            text = f"{segment.path} ends in a torn message ({error}): read up to seq {(expected or 0) - 1}."
            if on_torn is not None:
                on_torn(text)
            else:
                _log.warning("event_log_torn", detail=text)


def check_schema(schema: pa.Schema, path: Path) -> None:
    """Raise DataError unless it is the schema of this build."""
    version = (schema.metadata or {}).get(_VERSION_KEY, b"none").decode("ascii", "replace")
    if version != str(SCHEMA_VERSION):
        raise DataError(
            f"{path} has event schema version {version}, this build reads {SCHEMA_VERSION}: "
            "replay it with the build that recorded it."
        )
    if not schema.equals(EVENT_SCHEMA, check_metadata=False):
        raise DataError(f"{path} does not have the columns of event schema version {version}: it was altered.")


def _read_segment(segment: Segment) -> Iterator[pa.RecordBatch]:
    """Yield batches. Raises TornSegmentError, DataError."""
    try:
        if segment.converted:
            yield from _read_parquet(segment.path)
        else:
            yield from _read_arrows(segment.path)
    except FileNotFoundError:
        # It was converted since we looked, which happens once in its life.
        yield from _read_parquet(segment.path.with_suffix(".parquet"))
    except OSError as error:
        raise DataError(f"{segment.path} could not be read ({error}): check the disk, restore it.") from error


def _read_arrows(path: Path) -> Iterator[pa.RecordBatch]:
    for item in read_stream(path):
        if isinstance(item, pa.Schema):
            check_schema(item, path)
        else:
            yield item


def _read_parquet(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            check_schema(file.schema_arrow, path)
            for batch in file.iter_batches(batch_size=BATCH_ROWS):
                yield pa.RecordBatch.from_arrays(batch.columns, schema=EVENT_SCHEMA)
    except pa.ArrowException as error:
        raise DataError(f"{path} is damaged ({error}): restore it from a backup.") from error


def _check_sequence(batch: pa.RecordBatch, expected: int | None, segment: Segment) -> int:
    """Return the seq that must follow. Raises DataError at a gap."""
    seq = batch.column(0).to_numpy()
    first = int(seq[0]) if expected is None else expected
    wrong = np.flatnonzero(seq != np.arange(first, first + len(seq)))
    if wrong.size:
        at = int(wrong[0])
        raise DataError(
            f"{segment.path} holds event {int(seq[at])} where {first + at} belongs: events are missing, "
            "so the log can't be replayed past that point."
        )
    return first + len(seq)
