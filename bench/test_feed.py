"""TWS messages: decoded to columns, told one by one to a Python object, joined to event rows, read from a socket.

The peers are the client libraries as they come (`Client._onSocketHasData` with their own `Decoder`). The stream is a
trader's: quotes, depth, prints, and greeks with the long decimals that a gateway sends. It arrives in pieces of 4 KiB,
which suits the libraries best (they move their whole backlog at each message).
"""

import asyncio
import importlib
import random
import socket
import struct
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from alphatrader import _core
from alphatrader.adapters.ibkr.callbacks import MESSAGE_IDS
from alphatrader.adapters.ibkr.library_feed import MarketTaps

SIZES = (10_000, 100_000, 1_000_000)
CHUNK_BYTES = 4_096
LIBRARIES = ("ib_insync", "ib_async")
QUOTES, DEPTHS, PRINTS, BARS = range(1_000, 1_080), range(1_100, 1_103), range(1_200, 1_203), 1_300
"""Request ids of the streams: 80 lines, most of them options, three depth books, three tapes."""

PROFILE = (
    "counted with callgrind: more than half of our instructions read integers and decimals (the greeks have up to 18"
    " digits), a tenth moves values into columns; the figure this was set by is of a decoder that checks less"
)
CALLS = "abi3 for Python 3.11 has no vectorcall: each call makes a tuple of its numbers; the method's own time is in it"


def frame(*fields: object) -> bytes:
    body = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(body)) + body


def _price(r: random.Random) -> str:
    return f"{650 + r.gauss(0, 2):.2f}"


def _greeks(r: random.Random) -> bytes:
    values = [r.uniform(0.1, 0.6), r.uniform(-1, 1), r.uniform(0.01, 20), 0.0, r.uniform(0, 0.2), r.uniform(0, 1)]
    return frame(21, r.choice(QUOTES), r.choice((10, 11, 12, 13)), 0, *values, -r.uniform(0, 1), 650 + r.uniform(-1, 1))


MIX: tuple[tuple[int, Callable[[random.Random], bytes]], ...] = (
    (22, lambda r: frame(1, 6, r.choice(QUOTES), r.choice((1, 2, 2, 1, 4)), _price(r), r.randrange(1, 900), 0)),
    (22, lambda r: frame(2, 6, r.choice(QUOTES), r.choice((0, 3, 0, 3, 5, 8)), r.randrange(1, 900))),
    (18, lambda r: frame(13, 1, r.choice(DEPTHS), r.randrange(10), r.choice(("ARCA", "NSDQ", "BATS", "IEX")),
                         r.randrange(3), r.randrange(2), _price(r), r.randrange(1, 900), 1)),
    (2, lambda r: frame(12, 1, r.choice(DEPTHS), r.randrange(10), r.randrange(3), r.randrange(2), _price(r), 100)),
    (20, _greeks),
    (8, lambda r: frame(99, r.choice(PRINTS), 2, 1763739000, _price(r), r.randrange(1, 900), 0, "ARCA", " F I")),
    (3, lambda r: frame(46, 6, r.choice(QUOTES), 48, f"{_price(r)};{r.randrange(1, 900)};1763739000123;9;650.1;true")),
    (2, lambda r: frame(46, 6, r.choice(QUOTES), 45, "1763739000")),
    (1, lambda r: frame(45, 6, r.choice(QUOTES), 49, "0.0")),
    (2, lambda r: frame(50, 3, BARS, 1763739000, *[_price(r) for _ in range(4)], r.randrange(9_000), "650.123456", 17)),
)  # fmt: skip


@lru_cache(maxsize=1)
def stream(size: int) -> bytes:
    r = random.Random(size)
    weights, makers = zip(*MIX, strict=True)
    return b"".join(make(r) for make in r.choices(makers, weights, k=size))


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]


class Kept:
    """A Wrapper that keeps the arguments of every call: what decoding to values means in Python."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        keep = self.calls.append
        for name in (
            "priceSizeTick", "tickSize", "updateMktDepth", "updateMktDepthL2", "tickOptionComputation", "tickGeneric",
            "tickString", "realtimeBar", "tickByTickAllLast",
        ):  # fmt: skip
            setattr(self, name, lambda *args: keep(args))


class Totals:
    """A Wrapper whose methods do the least: they add one of their numbers."""

    def __init__(self) -> None:
        self.total = 0.0

    def priceSizeTick(self, req_id, tick_type, price, size) -> None:  # noqa: N802
        self.total += price

    def tickSize(self, req_id, tick_type, size) -> None:  # noqa: N802
        self.total += size

    def updateMktDepth(self, req_id, position, operation, side, price, size) -> None:  # noqa: N802
        self.total += price

    def updateMktDepthL2(self, req_id, position, maker, operation, side, price, size, smart) -> None:  # noqa: N802
        self.total += price

    def tickOptionComputation(  # noqa: N802
        self, req_id, tick_type, attribute, iv, delta, price, dividend, gamma, vega, theta, underlying
    ) -> None:
        self.total += theta

    def tickGeneric(self, req_id, tick_type, value) -> None:  # noqa: N802
        self.total += value

    def tickString(self, req_id, tick_type, value) -> None:  # noqa: N802
        self.total += len(value)

    def realtimeBar(self, req_id, time, open_, high, low, close, volume, wap, count) -> None:  # noqa: N802
        self.total += close

    def tickByTickAllLast(self, req_id, kind, time, price, size, attributes, exchange, conditions) -> None:  # noqa: N802
        self.total += price


class Rows:
    """An event sink that keeps rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []

    def trade(self, *row: Any) -> None:
        self.rows.append(row)

    quote = depth = trade


def client_of(library: str, wrapper: object) -> Any:
    client = importlib.import_module(f"{library}.client").Client(wrapper)
    client._serverVersion = client.decoder.serverVersion = 176
    client._apiReady = True
    return client


def attributes_of(library: str) -> dict[str, Any]:
    objects = importlib.import_module(f"{library}.objects")
    return {"last_attributes": objects.TickAttribLast, "bid_ask_attributes": objects.TickAttribBidAsk}


def by_library(library: str, wrapper: Any, chunks: list[bytes]) -> Any:
    hear = client_of(library, wrapper)._onSocketHasData
    for chunk in chunks:
        hear(chunk)
    return wrapper


def python_framing(chunks: list[bytes]) -> int:
    """What a decoder in Python cannot do without: the frames and their fields, nothing read of them."""
    count, rest = 0, b""
    for chunk in chunks:
        buffer, at = rest + chunk, 0
        while len(buffer) - at >= 4:
            end = at + 4 + struct.unpack_from(">I", buffer, at)[0]
            if end > len(buffer):
                break
            buffer[at + 4 : end].decode().split("\0")
            count, at = count + 1, end
        rest = buffer[at:]
    return count


@pytest.mark.parametrize("size", SIZES)
def test_decode_to_columns(contest, size: int) -> None:
    data = stream(size)
    chunks = cut(data)

    def numbers(batch: Any) -> tuple[float, float]:
        columns = pa.record_batch(batch[0])
        return columns.num_rows, float(np.abs(columns["numbers"].values.to_numpy()).sum())

    def kept(wrapper: Kept) -> tuple[float, float]:
        arguments = (abs(v) for call in wrapper.calls for v in call[1:] if isinstance(v, (int, float)))
        return len(wrapper.calls), sum(arguments)

    race = contest("TWS messages, decoded to values", size=size, unit="message", rtol=1e-9)
    race.ours(lambda: _core.decode_ticks(data), checksum=numbers)
    for library in LIBRARIES:
        race.peer(
            library,
            lambda library=library: by_library(library, Kept(), chunks),
            checksum=kept,
            demand=0.03,
            requires=library,
        )
    race.limit("framing alone, in Python", lambda: python_framing(chunks))
    race.limit("read of the bytes", lambda: data.count(b"\0"))
    race.note("The libraries call a method that keeps the arguments; ours fills Arrow columns.")
    race.note(PROFILE)
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_decode_with_a_callback_each(contest, size: int) -> None:
    chunks = cut(stream(size))

    def ours() -> Totals:
        wrapper = Totals()
        hear = _core.TwsDecoder(wrapper, _unexpected, **attributes).data_received
        for chunk in chunks:
            hear(chunk)
        return wrapper

    def calls() -> Totals:
        wrapper = Totals()
        call = wrapper.priceSizeTick
        for _ in range(size):
            call(1, 2, 3.0, 4.0)
        return wrapper

    attributes = attributes_of("ib_insync")
    race = contest("TWS messages, one Python call each", size=size, unit="message")
    race.ours(ours, checksum=lambda wrapper: wrapper.total)
    for library in LIBRARIES:
        race.peer(
            library,
            lambda library=library: by_library(library, Totals(), chunks),
            checksum=lambda wrapper: wrapper.total,
            demand=0.05,
            size_max=100_000,
            requires=library,
        )
    race.limit("the Python calls alone", calls)
    race.note(CALLS)
    race.run()


def _unexpected(fields: list[str]) -> None:
    raise AssertionError(f"this message is plain and should not be handed on: {fields}")


@pytest.mark.parametrize("size", SIZES)
def test_event_rows(contest, size: int) -> None:
    """What the trader does: quotes joined from their messages, prints and depth rows, routed by subscription."""
    chunks = cut(stream(size))

    def ours() -> list[_core.MarketRows]:
        feed = _core.MarketFeed()
        _subscribe(feed)
        batches = []
        for chunk in chunks:
            assert feed.feed(chunk) is None
            feed.flush()
            rows = feed.take()
            if rows is not None:
                batches.append(rows)
        return batches

    def by_taps(library: str) -> list[tuple[Any, ...]]:
        sink = Rows()
        taps = MarketTaps(sink, accepts_delayed=False)  # type: ignore[arg-type]
        _subscribe(taps)
        wrapper = type("Callbacks", (), {})()
        for name, method in {
            "priceSizeTick": taps.price_size, "tickSize": taps.size, "tickString": taps.string,
            "tickByTickAllLast": taps.tick_by_tick, "updateMktDepth": taps.depth, "updateMktDepthL2": taps.depth_l2,
        }.items():  # fmt: skip
            setattr(wrapper, name, method)
        decoder = client_of(library, wrapper).decoder
        handlers = {n: decoder.handlers[n] for n in MESSAGE_IDS} | {21: taps.option_computation}
        reader = taps.reader()
        for chunk in chunks:
            for fields in reader.feed(chunk):
                handler = handlers.get(int(fields[0]))
                if handler is not None:
                    handler(fields)
            taps.flush()
        return sink.rows

    def total(batches: list[_core.MarketRows]) -> tuple[float, float]:
        rows = [row[1:] for batch in batches for row in batch.tuples()]
        return len(rows), _sum(rows)

    race = contest("TWS messages, to the trader's event rows", size=size, unit="message")
    race.ours(ours, checksum=total)
    for library in LIBRARIES:
        race.peer(
            f"{library}'s decoder and our joining in Python",
            lambda library=library: by_taps(library),
            checksum=lambda rows: (len(rows), _sum(rows)),
            demand=0.03,
            size_max=100_000,
            requires=library,
        )
    race.limit("framing alone, in Python", lambda: python_framing(chunks))
    race.note("The joining in Python frames faster than the libraries, and skips the numbers of greeks, as ours does.")
    race.note(PROFILE)
    race.run()


def _sum(rows: list[tuple[Any, ...]]) -> float:
    return sum(float(v) for row in rows for v in row if isinstance(v, (int, float)) and v == v)


def _subscribe(taps: Any) -> None:
    for kind, requests in (("quote", QUOTES), ("depth", DEPTHS), ("trade", PRINTS)):
        for instrument_id, request_id in enumerate(requests, 1):
            taps.open(request_id, instrument_id, kind)


@pytest.mark.parametrize("size", SIZES)
def test_inside_an_asyncio_protocol(contest, size: int) -> None:
    data = stream(size)
    attributes = attributes_of("ib_insync")

    class Feed(asyncio.Protocol):
        def __init__(self) -> None:
            self.wrapper = Totals()
            self.data_received = _core.TwsDecoder(self.wrapper, _unexpected, **attributes).data_received
            self.closed = asyncio.get_running_loop().create_future()

        def connection_lost(self, _: Exception | None) -> None:
            self.closed.set_result(None)

    async def ours() -> float:
        feed = Feed()
        await _receive(data, lambda: feed)
        await feed.closed
        return feed.wrapper.total

    async def theirs(library: str) -> float:
        wrapper = Totals()
        client = client_of(library, wrapper)
        closed = asyncio.get_running_loop().create_future()
        client.conn.disconnected.clear()
        client.conn.disconnected += lambda _: closed.set_result(None)
        await _receive(data, lambda: client.conn)
        await closed
        return wrapper.total

    async def nobody() -> float:
        feed = Feed()
        feed.data_received = lambda _: None
        await _receive(data, lambda: feed)
        await feed.closed
        return 0.0

    race = contest("TWS messages over a socket, one Python call each", size=size, unit="message")
    race.ours(lambda: asyncio.run(ours()), checksum=float)
    for library in LIBRARIES:
        race.peer(
            library,
            lambda library=library: asyncio.run(theirs(library)),
            checksum=float,
            demand=0.05,
            size_max=100_000,
            requires=library,
        )
    race.limit("the socket alone", lambda: asyncio.run(nobody()))
    race.run()


async def _receive(data: bytes, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
    """Connect a protocol to a socket into which a thread writes the stream."""
    reading, writing = socket.socketpair()
    reading.setblocking(False)

    def write() -> None:
        with writing:
            writing.sendall(data)

    await asyncio.get_running_loop().create_connection(protocol, sock=reading)
    threading.Thread(target=write, daemon=True).start()
