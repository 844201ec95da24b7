"""Framing and decoding of TWS messages: the very calls that the libraries make, for any bytes in any cut."""

import contextlib
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.tws_frames import LIBRARIES, LibrarySide, Recorder, chunk_sizes, cut, frame, messages

from alphatrader import _core


class RustSide:
    """TwsDecoder, whose other messages go to the library's decoder."""

    def __init__(self, library: LibrarySide) -> None:
        self.recorder = Recorder()
        library.client.decoder.wrapper = self.recorder
        library.recorder = self.recorder  # where the library's handlers of other messages put what they hear
        self.feed = _core.TwsDecoder(
            self.recorder,
            library.client.decoder.interpret,
            last_attributes=library.last_attributes,
            bid_ask_attributes=library.bid_ask_attributes,
        ).data_received


def _both(library: str, chunks: list[bytes]) -> tuple[list[Any], list[Any]]:
    theirs, ours = LibrarySide(library), RustSide(LibrarySide(library))
    for chunk in chunks:
        theirs.feed(chunk)
        ours.feed(chunk)
    return theirs.recorder.calls, ours.recorder.calls


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=120, deadline=None)
@given(st.lists(messages, max_size=12), chunk_sizes)
def test_the_same_calls_as_the_library(library: str, sent: list[list[Any]], sizes: list[int]) -> None:
    chunks = cut(b"".join(frame(*fields) for fields in sent), sizes)
    theirs, ours = _both(library, chunks)
    assert ours == theirs


@pytest.mark.parametrize("library", LIBRARIES)
@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), chunk_sizes)
def test_the_same_calls_for_garbage_in_frames(library: str, bodies: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(struct.pack(">I", len(body)) + body for body in bodies)
    theirs, ours = _both(library, cut(stream, sizes))
    assert ours == theirs


@given(st.binary(max_size=200), chunk_sizes)
def test_arbitrary_bytes_are_refused_or_read(stream: bytes, sizes: list[int]) -> None:
    decoder = _core.TwsDecoder(Recorder(), lambda fields: None)
    feed = _core.MarketFeed()
    for reader in (decoder.data_received, feed.feed, _core.decode_ticks):
        with contextlib.suppress(_core.FrameError):
            for chunk in cut(stream, sizes):
                reader(chunk)


_values = st.floats(allow_nan=False) | st.floats(0, 100).map(lambda value: round(value, 4))


@given(_values, st.sampled_from(["{!r}", "{:.2f}", "{:.17g}", "{:.25f}", "{:e}"]))
def test_numbers_are_those_of_python(value: float, form: str) -> None:
    text = form.format(value)
    batch = pa.record_batch(_core.decode_ticks(frame(45, 6, 1, 49, text))[0])
    assert batch["numbers"][0].as_py()[1] == float(text)


def test_what_a_gateway_sends_needs_no_library() -> None:
    """Else the equality above would prove nothing: every plain form is decoded here."""
    handed: list[list[str]] = []
    decoder = _core.TwsDecoder(Recorder(), handed.append)
    greeks = [0.1743821987341234, -0.0000012, "1.7976931348623157E308", -1, 0, 12.5, "-2", 650.1234]
    for fields in (
        [1, 6, 7, 1, "650.01", 300, 0],
        [1, 6, 7, 1, "-1.0", "", 0],
        [2, 6, 7, 0, ""],
        [12, 1, 7, 0, 1, 0, "650.03", "200"],
        [13, 1, 7, 0, "ARCA", 0, 1, "650.01", "300", 1],
        [21, 7, 10, 0, *greeks],
        [45, 6, 7, 49, "0.0"],
        [46, 6, 7, 48, "650.05;7;1763739000123;1000;650.0;true"],
        [50, 3, 7, 1763739000, *["650.25"] * 4, 1234, "650.123456", 17],
        [99, 7, 2, 1763739000, "650.02", "100", 2, "ARCA", "F T"],
        [99, 7, 3, 1763739000, 650.01, 650.02, 300, 400, 0],
        [99, 7, 4, 1763739000, 650.015],
    ):
        decoder.data_received(frame(*fields))
    assert handed == []
    assert decoder.messages == 12


@pytest.mark.parametrize("length", [0, _core.FRAME_BYTES_MAX + 1, 2**31, 2**32 - 1])
def test_impossible_lengths_are_refused_for_good(length: int) -> None:
    feed = _core.MarketFeed()
    good = frame(2, 6, 7, 0, 5)
    with pytest.raises(_core.FrameError, match=f"message of {length} bytes"):
        feed.feed(good + struct.pack(">I", length) + good)
    assert feed.messages == 1
    with pytest.raises(_core.FrameError):
        feed.resume()
    feed.reset()
    assert feed.feed(good) is None
    assert feed.messages == 2


def test_a_long_frame_arrives_in_small_pieces() -> None:
    text = "x" * 300_000
    stream = frame(9, 1, text) + frame(46, 6, 1, 45, text)
    feed, seen = _core.MarketFeed(), []
    for chunk in cut(stream, [997]):
        fields = feed.feed(chunk)
        while fields is not None:
            seen.append(fields)
            fields = feed.resume()
    assert seen == [["9", "1", text]]
    assert feed.messages == 1


def test_unread_frames_cannot_pile_up() -> None:
    feed = _core.MarketFeed()
    waiting = frame(9, 1, 1) * 2_000_000
    assert feed.feed(waiting) is not None
    with pytest.raises(_core.FrameError, match="read the frames"):
        feed.feed(b"")


def test_what_a_method_raises_comes_through_and_the_rest_is_read_later() -> None:
    class Picky(Recorder):
        def tickSize(self, *_: object) -> None:  # noqa: N802 - the library's name
            raise RuntimeError("no sizes, please")

    wrapper = Picky()
    del wrapper.tickSize  # the recorder's own, so that the class's is found
    others: list[list[str]] = []
    decoder = _core.TwsDecoder(wrapper, others.append)
    with pytest.raises(RuntimeError, match="no sizes"):
        decoder.data_received(frame(2, 6, 1, 0, 5) + frame(45, 6, 1, 49, 1.5) + frame(9, 1, 77))
    decoder.data_received(b"")
    assert wrapper.calls == [("tickGeneric", "1", "49", "1.5")]
    assert others == [["9", "1", "77"]]
    assert decoder.messages == 3


def test_a_wrapper_without_methods_hears_nothing() -> None:
    decoder = _core.TwsDecoder(object(), lambda fields: None)
    decoder.data_received(frame(1, 6, 1, 1, 650.01, 300, 0))
    assert decoder.messages == 1
    with pytest.raises(TypeError, match="hand_on must be callable"):
        _core.TwsDecoder(object(), None)  # type: ignore[arg-type]


def test_columns_hold_every_number() -> None:
    stream = b"".join(
        [
            frame(1, 6, 7, 1, "650.01", 300, 0),
            frame(13, 1, 8, 2, "ARCA", 1, 0, "650.02", 100, 1),
            frame(21, 9, 13, 0, "0.15", "0.5", "1.2", 0, "0.05", "0.1", "-0.2", 650),
            frame(4, 2, -1, 2104, "farm is OK", ""),
            frame(99, 10, 2, 1763739000, "650.02", 100, 2, "ARCA", " FT"),
            frame(1, 6, 7, 1, "", "", 0),
            frame(46, 6, 7, 45, "1763739000"),
        ]
    )
    batch, used = _core.decode_ticks(stream + b"\0\0\0\x09")
    columns = pa.record_batch(batch).to_pydict()
    assert used == len(stream)
    assert columns["message"] == [1, 13, 21, 0, 99, 46]
    assert columns["request_id"] == [7, 8, 9, 0, 10, 7]
    assert columns["numbers"] == [
        [1, 650.01, 300],
        [2, 1, 0, 650.02, 100, 1],
        [13, 0, 0.15, 0.5, 1.2, 0, 0.05, 0.1, -0.2, 650],
        [],
        [2, 1763739000, 650.02, 100, 2],
        [45],
    ]
    assert columns["text"] == [None, "ARCA", None, None, "ARCA", "1763739000"]
    assert columns["text2"] == [None, None, None, None, " FT", None]
    assert columns["frame"][3] == b"4\x002\0-1\x002104\0farm is OK\0\0"


@settings(max_examples=50, deadline=None)
@given(st.lists(messages, max_size=12))
def test_columns_are_the_calls(sent: list[list[Any]]) -> None:
    """The numbers of the columns are the arguments of the calls, one row for each call."""
    calls: list[list[float]] = []

    class Numbers:
        def __getattr__(self, name: str) -> Any:
            def keep(_request_id: int, *args: Any) -> None:
                kind = {"tickByTickBidAsk": [3], "tickByTickMidPoint": [4]}.get(name, [])
                calls.append([*kind, *(float(arg) for arg in args if not isinstance(arg, str))])

            return keep

    stream = b"".join(frame(*fields) for fields in sent)
    _core.TwsDecoder(Numbers(), lambda fields: calls.append([])).data_received(stream)
    batch, used = _core.decode_ticks(stream)
    rows = pa.record_batch(batch)["numbers"].to_pylist()
    assert used == len(stream)
    assert len(rows) == len(calls)
    for row, call in zip(rows, calls, strict=True):
        np.testing.assert_array_equal(row, call)


def test_closing_a_line_drops_no_quote_of_another() -> None:
    feed = _core.MarketFeed()
    for request_id in (1, 2):
        feed.open(request_id, 10, "quote")
    feed.feed(frame(1, 6, 2, 1, 99.5, 5, 0))
    feed.close(1)
    feed.flush()
    rows = feed.take()
    assert rows is not None
    assert rows.tuples()[0][:4] == (_core.KIND_QUOTE, 10, 99.5, 5.0)
