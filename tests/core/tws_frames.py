"""Frames of the nine market-data messages in every form a field can take, and the libraries' own decoding of them."""

import logging
import struct
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from hypothesis import strategies as st

LIBRARIES = ("ib_insync", "ib_async")
CALLS = (
    "priceSizeTick",
    "tickSize",
    "updateMktDepth",
    "updateMktDepthL2",
    "tickOptionComputation",
    "tickGeneric",
    "tickString",
    "realtimeBar",
    "tickByTickAllLast",
    "tickByTickBidAsk",
    "tickByTickMidPoint",
)
OTHER = (3, 4, 5, 9, 11, 15, 49, 58, 59, 61, 81, 101)
"""Messages that are not market data; here they only have to pass untouched."""


def frame(*fields: object) -> bytes:
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


class Recorder:
    """A Wrapper that keeps its calls; attributes of prints become their fields."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        for name in CALLS:
            setattr(self, name, self._keeper(name))

    def _keeper(self, name: str) -> Callable[..., None]:
        def keep(*args: Any) -> None:
            self.calls.append((name, *(repr(arg) for arg in args)))

        return keep


class LibrarySide:
    """The library's Client and Decoder, as they come, fed with bytes; other messages are kept as their fields."""

    def __init__(self, library: str) -> None:
        client = import_module(f"{library}.client")
        objects = import_module(f"{library}.objects")
        self.last_attributes, self.bid_ask_attributes = objects.TickAttribLast, objects.TickAttribBidAsk
        self.recorder = Recorder()
        self.client = client.Client(self.recorder)
        self.client._serverVersion = self.client.decoder.serverVersion = 176
        self.client._apiReady = True
        # Its own log of what it could not read would fill the test's output.
        self.client.decoder.logger = logging.getLogger("silent")
        self.client.decoder.logger.disabled = True
        for number in list(self.client.decoder.handlers):
            if number not in (1, 2, 12, 13, 21, 45, 46, 50, 99):
                self.client.decoder.handlers[number] = lambda fields: self.recorder.calls.append(("other", *fields))

    def feed(self, data: bytes) -> None:
        self.client._onSocketHasData(data)


def cut(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """Cut into chunks of these sizes, over and over."""
    chunks, start, turn = [], 0, 0
    while start < len(data):
        size = sizes[turn % len(sizes)]
        chunks.append(data[start : start + size])
        start, turn = start + size, turn + 1
    return chunks


# ---------------------------------------------------------------------------------------------- generated frames

_whole = st.one_of(
    st.integers(-2, 120),
    st.integers(-(10**12), 10**12),
    st.integers(),
    st.sampled_from(["", "007", "-0", "+5", " 5", "1_0", "5.0", "x", "2147483647", "9223372036854775807", "٣"]),
)
_number = st.one_of(
    st.floats(),
    st.floats(0, 1e4).map(lambda value: round(value, 2)),
    st.floats(0, 1),
    st.integers(-2, 10**6),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.text("0123456789", min_size=1, max_size=25),
    st.tuples(st.text("0123456789", max_size=20), st.text("0123456789", max_size=20)).map(".".join),
    st.sampled_from(
        [
            "",
            "-1",
            "-2",
            "0",
            "-0",
            "1.7976931348623157E308",
            "1.7976931348623157e+308",
            "Infinity",
            "Infinite",
            "inf",
            "-Infinity",
            "nan",
            "NaN",
            "nan(1)",
            ".5",
            "5.",
            ".",
            "-",
            "1e5",
            "1E-7",
            "1e400",
            "1_000.5",
            " 1",
            "1 ",
            "1e",
            "9007199254740993",
            "9007199254740993.0",
            "0.1e1",
            "+1.5",
            "1,5",
            "0x10",
            "١",
            "170141183460469231731687303715884105727",
        ]
    ),
)
_RT_VOLUME = "650.05;7;1763739000123;1000;650.0;true"
_words = st.one_of(st.sampled_from(["", "ARCA", "NSDQ", " FTI", _RT_VOLUME]), st.text(max_size=8))
_text = _words.map(lambda text: text.replace("\0", ""))
_id = st.integers(1, 12)


def _message(number: int, *fields: st.SearchStrategy[Any], version: bool = True) -> st.SearchStrategy[list[Any]]:
    head = [st.just(number), *([st.integers(0, 9)] if version else [])]
    return st.tuples(*head, *fields).map(list)


_kinds = st.one_of(st.sampled_from([0, 1, 2, 3, 4, 10, 11, 45, 48, 66, 67, 69, 70]), _whole)
_rows, _ops, _sides = st.one_of(st.integers(-1, 12), _whole), st.integers(0, 3), st.integers(0, 2)
_plain_messages = st.one_of(
    _message(1, _id, _kinds, _number, _number, _whole),
    _message(2, _id, _kinds, _number),
    _message(12, _id, _rows, _ops, _sides, _number, _number),
    _message(13, _id, _rows, _text, _ops, _sides, _number, _number, st.sampled_from(["", 0, 1, "x"])),
    _message(21, _id, _kinds, _whole, *[_number] * 8, version=False),
    _message(45, _id, _kinds, _number),
    _message(46, _id, _kinds, _text),
    _message(50, _id, _whole, *[_number] * 6, _whole),
    _message(99, _id, st.sampled_from([1, 2]), _whole, _number, _number, _whole, _text, _text, version=False),
    _message(99, _id, st.just(3), _whole, *[_number] * 4, _whole, version=False),
    _message(99, _id, st.just(4), _whole, _number, version=False),
)
_other_messages = st.tuples(st.sampled_from(OTHER), _text, _whole).map(list)


@st.composite
def _bent(draw: st.DrawFn) -> list[Any]:
    """A message with a field too few or too many."""
    fields = draw(_plain_messages)
    if draw(st.booleans()):
        return fields[: draw(st.integers(1, len(fields)))]
    return [*fields, *draw(st.lists(_text, min_size=1, max_size=2))]


messages = st.one_of(_plain_messages, _plain_messages, _plain_messages, _bent(), _other_messages)
chunk_sizes = st.lists(st.integers(1, 90), min_size=1, max_size=5)
