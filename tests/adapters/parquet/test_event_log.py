import asyncio
import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.parquet.event_rows import plain, row, rows, unbatched

from alphatrader.adapters.parquet import SegmentedEventLog, read_events, seal
from alphatrader.adapters.parquet.segments import SegmentFile, encode_rows, segment_path
from alphatrader.domain.errors import DataError, JournalError
from alphatrader.domain.eventlog import EVENT_SCHEMA


async def record(directory: Path, count: int, **options: int) -> None:
    log = SegmentedEventLog.open(directory, **options)
    for event in rows(count):
        log.append(event)
    await log.close()


async def test_many_rows_come_back_in_order_over_many_segments(tmp_path: Path) -> None:
    log = SegmentedEventLog.open(tmp_path / "events", rotate_bytes=2_000_000)
    for event in rows(100_000):
        log.append(event)
        if event[0] % 10_000 == 0:
            await log.flush()
    await log.close()
    names = sorted(path.name for path in (tmp_path / "events").iterdir())
    assert len(names) > 3
    assert all(name.endswith(".parquet") for name in names)
    assert unbatched(read_events(tmp_path / "events")) == [plain(event) for event in rows(100_000)]
    assert log.rows_written == 100_000
    metadata = pq.ParquetFile(tmp_path / "events" / names[0]).metadata
    assert metadata.row_group(0).column(0).compression == "ZSTD"


async def test_the_log_is_read_while_it_is_written(tmp_path: Path) -> None:
    log = SegmentedEventLog.open(tmp_path / "events")
    for count in (1, 5_000):
        for event in rows(count, first=log.rows_written + 1):
            log.append(event)
        await log.flush()
        assert len(unbatched(read_events(tmp_path / "events"))) == log.rows_written
    await log.close()


async def test_rows_are_flushed_without_being_asked(tmp_path: Path) -> None:
    log = SegmentedEventLog.open(tmp_path / "events", flush_interval_s=0.01)
    log.append(row(1))
    async with asyncio.timeout(10):
        while not unbatched(read_events(tmp_path / "events")):
            await asyncio.sleep(0.01)
    assert log.rows_held == 0
    await log.close()


async def test_a_log_without_events_is_a_log(tmp_path: Path) -> None:
    await record(tmp_path / "events", 0)
    assert unbatched(read_events(tmp_path / "events")) == []


any_row = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(range(5)),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2),
    st.integers(0, 1),
    st.integers(0, 2**15 - 1),
    st.floats(),
    st.floats(),
    st.floats(),
    st.floats(),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.binary(),
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(any_row, max_size=40), st.integers(1, 9), st.integers(2_000, 9_000))
def test_any_row_that_fits_the_schema_survives(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple], flush_rows: int, rotate_bytes: int
) -> None:
    directory = tmp_path_factory.mktemp("log") / "events"
    written = [(seq, *value) for seq, value in enumerate(values)]

    async def run() -> None:
        log = SegmentedEventLog.open(directory, flush_rows=flush_rows, rotate_bytes=rotate_bytes)
        for event in written:
            log.append(event)
        await log.close()

    asyncio.run(run())
    assert unbatched(read_events(directory)) == [plain(event) for event in written]


# ------------------------------------------------------------------------------------------------ crashes


def test_a_tail_torn_anywhere_costs_only_the_last_batch(tmp_path: Path) -> None:
    directory = tmp_path / "events"
    directory.mkdir()
    segment = SegmentFile(segment_path(directory, 1))
    after_schema = segment.size_bytes
    segment.append(encode_rows(list(rows(50))))
    whole = segment.size_bytes
    segment.append(encode_rows(list(rows(50, first=51))))
    path = segment_path(directory, 1)
    content = path.read_bytes()
    cuts = {*range(whole, whole + 24), *range(whole, len(content), 97), *range(len(content) - 16, len(content) + 1)}
    for cut in sorted(cuts | {0, 3, after_schema - 1, after_schema}):
        path.write_bytes(content[:cut])
        torn: list[str] = []
        found = unbatched(read_events(directory, torn.append))
        intact = 100 if cut == len(content) else 50 if cut >= whole else 0
        assert found == [plain(event) for event in rows(intact)], cut
        assert len(torn) == (cut not in (len(content), whole, after_schema)), cut


RUBBISH = [b"\0" * 4096, b"\xff" * 100, b"\xff\xff\xff\xff\x10\0\0\0" + b"x" * 64, b"\x07\x51\xa0" * 21]


@pytest.mark.parametrize("tail", RUBBISH)
def test_rubbish_after_the_last_batch_is_a_torn_tail(tmp_path: Path, tail: bytes) -> None:
    segment = SegmentFile(segment_path(tmp_path, 1))
    segment.append(encode_rows(list(rows(50))))
    with segment_path(tmp_path, 1).open("ab") as file:
        file.write(tail)
    torn: list[str] = []
    assert len(unbatched(read_events(tmp_path, torn.append))) == 50
    assert len(torn) == 1


CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from event_rows import rows
from alphatrader.adapters.parquet import SegmentedEventLog

async def main():
    log = SegmentedEventLog.open(Path(sys.argv[1]), flush_rows=100, rotate_bytes=60_000)
    for event in rows(2_000):
        log.append(event)
    await log.flush()
    for event in rows(50, first=2_001):
        log.append(event)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_kill_9_loses_at_most_the_buffer_and_the_rest_can_be_sealed(tmp_path: Path) -> None:
    directory = tmp_path / "events"
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(directory), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    (directory / "segment-000009.parquet.tmp").write_bytes(b"half")
    before = unbatched(read_events(directory))
    assert before[:2_000] == [plain(event) for event in rows(2_000)]
    assert seal(directory) >= 1
    assert unbatched(read_events(directory)) == before
    assert not list(directory.glob("*.arrows"))
    assert seal(directory) == 0


# ------------------------------------------------------------------------------------------------ bad logs


async def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no event log"):
        list(read_events(tmp_path / "absent"))
    with pytest.raises(DataError, match="no event segment"):
        list(read_events(tmp_path))


@pytest.mark.parametrize("form", ["arrows", "parquet"])
def test_another_schema_version_is_refused(tmp_path: Path, form: str) -> None:
    schema = EVENT_SCHEMA.with_metadata({b"alphatrader.event_schema_version": b"9"})
    table = pa.Table.from_batches([], schema)
    if form == "parquet":
        pq.write_table(table, tmp_path / "segment-000001.parquet")
    else:
        with pa.ipc.new_stream(tmp_path / "segment-000001.arrows", schema) as stream:
            stream.write_table(table)
    with pytest.raises(DataError, match="version 9"):
        list(read_events(tmp_path))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_batches([], EVENT_SCHEMA.remove(3)), tmp_path / "segment-000001.parquet")
    with pytest.raises(DataError, match="columns"):
        list(read_events(tmp_path))


async def test_a_gap_a_missing_segment_and_a_damaged_one_are_refused(tmp_path: Path) -> None:
    directory = tmp_path / "events"
    log = SegmentedEventLog.open(directory, flush_rows=10, rotate_bytes=3_000)
    for event in rows(100):
        log.append(event)
        if event[0] % 10 == 0:
            await log.flush()
    await log.close()
    second = directory / "segment-000002.parquet"
    content = second.read_bytes()
    second.unlink()
    with pytest.raises(DataError, match=r"Segment 2 .* missing"):
        list(read_events(directory))
    second.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged"):
        list(read_events(directory))
    second.write_bytes((directory / "segment-000003.parquet").read_bytes())
    with pytest.raises(DataError, match="events are missing"):
        list(read_events(directory))


async def test_a_torn_segment_before_another_is_a_gap(tmp_path: Path) -> None:
    segment = SegmentFile(segment_path(tmp_path, 1))
    segment.append(encode_rows(list(rows(50))))
    segment.append(encode_rows(list(rows(50, first=51)))[:-8])
    following = SegmentFile(segment_path(tmp_path, 2))
    following.append(encode_rows(list(rows(50, first=101))))
    with pytest.raises(DataError, match="holds event 101 where 51 belongs"):
        list(read_events(tmp_path, lambda _: None))


async def test_a_start_never_writes_into_another_starts_log(tmp_path: Path) -> None:
    await record(tmp_path / "events", 1)
    with pytest.raises(JournalError, match="exists already"):
        SegmentedEventLog.open(tmp_path / "events")
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="could not be created"):
        SegmentedEventLog.open(tmp_path / "file" / "events")


# ------------------------------------------------------------------------------------------- a failing disk


async def until(condition: object, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


class Disk:
    """os.write that runs out of space in the middle of a message."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._write = os.write
        monkeypatch.setattr("alphatrader.adapters.parquet.segments.os.write", self.write)
        monkeypatch.setattr("alphatrader.adapters.parquet.event_log.RETRY_S", 0.05)

    def write(self, descriptor: int, data: bytes) -> int:
        if self.full:
            if len(data) > 64:
                return self._write(descriptor, data[:64])
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._write(descriptor, data)


async def test_a_full_disk_is_told_once_and_nothing_is_lost_if_it_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    told: list[tuple[bool, str]] = []
    log = SegmentedEventLog.open(tmp_path / "events", flush_rows=10)
    log.start(lambda up, reason: told.append((up, reason)))
    for event in rows(100):
        log.append(event)
    await log.flush()
    disk.full = True
    for event in rows(100, first=101):
        log.append(event)
    await until(lambda: told)
    await asyncio.sleep(0.3)
    assert [up for up, _ in told] == [False]
    assert "since seq 101" in told[0][1]
    with pytest.raises(JournalError, match="No space left"):
        await log.flush()
    # A reader meanwhile sees the whole batches and a torn tail.
    assert len(unbatched(read_events(tmp_path / "events", lambda _: None))) == 100
    disk.full = False
    await until(lambda: log.up)
    await log.close()
    assert [up for up, _ in told] == [False, True]
    assert unbatched(read_events(tmp_path / "events")) == [plain(event) for event in rows(200)]


async def test_what_does_not_fit_in_memory_is_lost_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    told: list[tuple[bool, str]] = []
    log = SegmentedEventLog.open(tmp_path / "events", flush_rows=10, capacity_rows=50)
    log.start(lambda up, reason: told.append((up, reason)))
    disk.full = True
    for event in rows(200):
        log.append(event)
    await until(lambda: log.lost_from is not None)
    assert log.lost_from == 51
    assert log.rows_held == 50
    disk.full = False
    await until(lambda: log.rows_held == 0)
    log.append(row(999))
    with pytest.raises(JournalError, match="incomplete from seq 51"):
        await log.close()
    assert told[-1][0] is False
    assert "lost from seq 51" in told[-1][1]
    assert unbatched(read_events(tmp_path / "events")) == [plain(event) for event in rows(50)]


@pytest.mark.parametrize("bad", [(1, 2), (3, 0, 0, 1, 0, 0, 0, "price", 0.0, 0.0, 0.0, None, None, None)])
async def test_a_row_that_is_none_ends_the_recording_in_words(tmp_path: Path, bad: tuple) -> None:
    told: list[str] = []
    log = SegmentedEventLog.open(tmp_path / "events", flush_rows=2)
    log.start(lambda _, reason: told.append(reason))
    log.append(row(1))
    log.append(row(2))
    await log.flush()
    log.append(bad)
    await until(lambda: told)
    assert "not of the schema" in told[0]
    with pytest.raises(JournalError, match="incomplete"):
        await log.close()
    assert len(unbatched(read_events(tmp_path / "events"))) == 2


def test_the_operating_system_refuses_to_let_a_file_grow(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
        pytest.skip("file sizes are limited here already")
    code = CHILD.replace(
        "async def main():",
        "async def main():\n    import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, -1))",
    ).replace("rotate_bytes=60_000", "rotate_bytes=10**9")
    child = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "events"), str(Path(__file__).parent)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "JournalError" in child.stderr
    assert "File too large" in child.stderr
    found = unbatched(read_events(tmp_path / "events", lambda _: None))
    assert found == [plain(event) for event in rows(len(found))]
    assert len(found) >= 100
