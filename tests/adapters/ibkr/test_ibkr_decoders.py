"""Both decoders of market data give the same events, in the same order among all others, for the same bytes."""

import asyncio
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.adapters.ibkr.scripted_gateway import frame
from tests.core.tws_frames import chunk_sizes, cut, messages
from tests.doubles.sink import RecordingSink

from alphatrader import _core
from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.ibkr.settings import Endpoint, IbkrSettings
from alphatrader.adapters.ibkr.wire import Wire
from alphatrader.adapters.parquet import SegmentedEventLog, read_events
from alphatrader.domain.eventlog import EVENT_SCHEMA

CONTROL = 4
"""Message number under which a test's own instructions travel among the others."""
STREAMS = {1: (1, "quote"), 2: (1, "quote"), 3: (2, "quote"), 4: (3, "quote"), 5: (1, "trade"), 6: (2, "trade")} | {
    7: (1, "depth"),
    8: (2, "depth"),
}


class Line(RecordingSink):
    """A connected adapter without a socket; ``rows`` also holds what else happened, in its place."""

    def __init__(
        self, library: str, decoder: str, *, delayed: bool, streams: dict[int, tuple[int, str]] = STREAMS
    ) -> None:
        super().__init__()
        self.streams = streams
        values = {"library": library, "decoder": decoder, "market_data_type": 3 if delayed else 1}
        adapter = IbkrAdapter(Endpoint(port=1), IbkrSettings(**values), self, self)
        session = adapter._session
        self.taps = adapter._taps
        self.wire = Wire(
            session.library,
            session.callbacks,
            session.message_ids,
            session.new_reader(),
            lambda wire, reason: self.rows.append(("lost", reason)),
            lambda wire, number, fields, error: self.rows.append(("fault", number, type(error).__name__)),
            session.on_chunk_end,
        )
        self.wire.handlers.update(session.raw_handlers)
        self.wire.handlers[CONTROL] = self._control
        self.wire._data_received(frame("176", "20251121 09:30:00 US/Eastern"))
        for request_id in streams:
            self._open(request_id)

    def _open(self, request_id: int) -> None:
        instrument_id, kind = self.streams[request_id]
        self.taps.open(request_id, instrument_id, kind)

    def _control(self, fields: list[str]) -> None:
        self.rows.append(("control", *fields))
        match fields[1:]:
            case ["open", request_id]:
                self._open(int(request_id))
            case ["close", request_id]:
                self.taps.close(int(request_id))
            case ["prints", instrument_id, enabled]:
                self.taps.take_prints_from_quotes(int(instrument_id), enabled == "1")

    def hear(self, chunks: list[bytes]) -> tuple[list[Any], tuple[int, ...]]:
        for chunk in chunks:
            self.wire._data_received(chunk)
            self.rows.append(("chunk",))
        taps = self.taps
        # Through repr, so that NaN equals itself and -0.0 is not 0.0.
        return [repr(row) for row in self.rows], (taps.quotes_seen, taps.late_rows, taps.bad_rows, taps.delayed_rows)


_ids = st.sampled_from(sorted(STREAMS))
_controls = st.one_of(
    st.tuples(st.just(CONTROL), st.just("open"), _ids),
    st.tuples(st.just(CONTROL), st.just("close"), _ids),
    st.tuples(st.just(CONTROL), st.just("prints"), st.integers(1, 3), st.integers(0, 1)),
).map(list)
_price = st.sampled_from(["650.01", "650.02", "650.03", "-1", "0", ""])
_size = st.sampled_from([100, 200, 0, "", "1E10"])
_rt_volume, _venue = st.sampled_from(["650.05;7;1;2;3;true", ";0;1"]), st.sampled_from(["ARCA", ""])
_likely = st.one_of(
    st.tuples(st.just(1), st.just(6), st.integers(1, 4), st.sampled_from([1, 2, 4, 66]), _price, _size, st.just(0)),
    st.tuples(st.just(2), st.just(6), st.integers(1, 4), st.sampled_from([0, 3, 5, 70]), _size),
    st.tuples(
        st.just(46), st.just(6), st.integers(1, 4), st.just(48), st.sampled_from(["650.05;7;1;2;3;true", ";0;1"])
    ),
    st.tuples(st.just(21), st.integers(1, 4), st.sampled_from([10, 11, 13]), *[st.just(0)] * 9),
    st.tuples(
        st.just(99), st.integers(5, 6), st.just(2), st.just(9), _price, _size, st.just(0), *[st.just("ARCA")] * 2
    ),
    st.tuples(st.just(12), st.just(1), st.integers(7, 8), st.integers(0, 2), *[st.integers(0, 1)] * 2, _price, _size),
).map(list)
_streams = st.lists(st.one_of(_likely, _likely, _likely, messages, _controls), max_size=25)


@pytest.mark.parametrize("library", ["ib_insync", "ib_async"])
@settings(max_examples=120, deadline=None)
@given(_streams, chunk_sizes | st.just([10_000]), st.booleans())
@example([[1, 6, 1, 1, "650.01", 100, 0], [CONTROL, "close", 2]], [10_000], False)
@example([[46, 0, 1, 48, "\x80"]], [10_000], False)  # a quoted print that is none, on a line that nobody holds
def test_same_bytes_same_events(library: str, sent: list[list[Any]], sizes: list[int], delayed: bool) -> None:
    chunks = cut(b"".join(frame(*fields) for fields in sent), sizes)

    async def both() -> None:
        of_library, of_rust = (Line(library, decoder, delayed=delayed) for decoder in ("library", "rust"))
        assert of_rust.hear(chunks) == of_library.hear(chunks)

    asyncio.run(both())


async def test_nonsense_loses_the_link_with_the_same_words() -> None:
    chunk = frame(2, 6, 1, 0, 5) + b"HTTP/1.1 400"
    lines = [Line("ib_insync", decoder, delayed=False) for decoder in ("library", "rust")]
    for line in lines:
        line.wire._open = True
        line.wire._ready = None
        line.wire._data_received(chunk)
    assert lines[0].rows == lines[1].rows
    assert lines[0].rows[0][0] == "lost"


async def test_a_chunk_is_recorded_as_its_rows_would_be(tmp_path: Path) -> None:
    """What the log holds of a chunk is what it would hold of the same events one by one."""
    feed = _core.MarketFeed()
    for request_id, kind in enumerate(("quote", "trade", "depth"), 1):
        feed.open(request_id, 7, kind)
    chunk = frame(1, 6, 1, 1, "650.01", 300, 0) + frame(99, 2, 2, 9, "650.02", 100, 0, "ARCA", " FT")
    assert feed.feed(chunk + frame(13, 1, 3, 4, "NSDQ", 1, 0, "650.03", 5, 1)) is None
    rows = feed.take()
    assert rows is not None
    nan = float("nan")
    log = SegmentedEventLog.open(tmp_path / "events", flush_rows=2)
    log.append((0, 5, 0, 0, 0, 0, 0, nan, nan, nan, nan, None, None, b"{}"))
    log.append_rows(1, 9, rows)
    log.append_rows(4, 10, rows)
    log.append((7, 11, 0, 0, 0, 0, 0, nan, nan, nan, nan, None, None, b"{}"))
    await log.close()
    market: list[tuple[Any, ...]] = [
        (2, 7, 0, 0, 0, 650.01, 300.0, nan, 0.0, None, None, None),
        (1, 7, 0, 0, 0, 650.02, 100.0, nan, nan, "ARCA", " FT", None),
        (3, 7, 1, 0, 4, 650.03, 5.0, nan, nan, "NSDQ", None, None),
    ]
    control = (0, 0, 0, 0, 0, nan, nan, nan, nan, None, None, b"{}")
    expected = [(0, 5, *control), *((n, 9, *row) for n, row in enumerate(market, 1))]
    expected += [*((n, 10, *row) for n, row in enumerate(market, 4)), (7, 11, *control)]
    recorded = pa.Table.from_batches(list(read_events(tmp_path / "events")))
    assert recorded.schema.equals(EVENT_SCHEMA)
    assert [repr(tuple(row.values())) for row in recorded.to_pylist()] == [repr(row) for row in expected]

    # Applied at once, or read back from the log: the same state.
    one, other = _core.Market(), _core.Market()
    for state in (one, other):
        state.add_instrument(7, 0.01)
    rows.apply(one, 9)
    other.apply_batch(recorded.slice(1, 3))
    assert one.snapshot(7) == other.snapshot(7)


def test_rows_of_an_unknown_instrument_change_nothing() -> None:
    feed = _core.MarketFeed()
    feed.open(1, 1, "trade")
    feed.open(2, 2, "trade")
    feed.feed(b"".join(frame(99, n, 2, 9, "650.02", 100, 0, "ARCA", "") for n in (1, 2)))
    rows = feed.take()
    assert rows is not None
    market = _core.Market()
    market.add_instrument(1, 0.01)
    with pytest.raises(_core.UnknownInstrumentError):
        rows.apply(market, 1)
    assert market.snapshot(1).events == 0
