"""Frames as the simulated gateway sends them over a real socket to an unmodified client: decoded alike by all."""

import asyncio
import importlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.adapters.ibkr.test_ibkr_decoders import Line
from tests.core.test_core_feed import RustSide
from tests.core.tws_frames import LIBRARIES, LibrarySide, cut

from alphatrader import _core
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator

EVERY_KIND = {1, 2, 13, 21, 46, 50, 99}
"""What the gateway sends to these subscriptions; it has no occasion for 12 and 45."""


def _bodies(stream: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(stream):
        end = start + 4 + int.from_bytes(stream[start : start + 4], "big")
        yield stream[start + 4 : end]
        start = end


async def _record(state_dir: Path) -> tuple[bytes, dict[int, tuple[int, str]]]:
    """Some seconds of a fast market with every subscription; returns the whole frames and the streams."""
    library: Any = importlib.import_module("ib_insync")
    chunks: list[bytes] = []
    async with open_simulator(SimSettings(state_dir=state_dir, speed=60)) as sim:
        ib = library.IB()
        ib.client.conn.hasData += chunks.append
        await ib.connectAsync("127.0.0.1", sim.port, clientId=1, timeout=5)
        try:
            spy = library.Stock("SPY", "SMART", "USD")
            await ib.qualifyContractsAsync(spy)
            details, *_ = await ib.reqSecDefOptParamsAsync("SPY", "", "STK", spy.conId)
            expiry = sorted(details.expirations)[0]
            middle = sorted(details.strikes)[len(details.strikes) // 2]
            options = [library.Option("SPY", expiry, middle, right, "SMART") for right in "CP"]
            await ib.qualifyContractsAsync(*options)
            streams: dict[int, tuple[int, str]] = {}
            client = ib.client
            for number, contract in enumerate([spy, *options], 1):
                streams[number] = (number, "quote")
                client.reqMktData(number, contract, "233", False, False, [])
            for number, kind in enumerate(("AllLast", "BidAsk", "MidPoint"), 11):
                client.reqTickByTickData(number, spy, kind, 0, False)
            streams[11] = (1, "trade")
            streams[21] = (1, "depth")
            client.reqMktDepth(21, spy, 10, True, [])
            client.reqRealTimeBars(31, spy, 5, "TRADES", False, [])
            async with asyncio.timeout(10):
                while not _whole(chunks)[1] >= EVERY_KIND or sum(map(len, chunks)) < 60_000:
                    await asyncio.sleep(0.05)
        finally:
            ib.disconnect()
    return _whole(chunks)[0], streams


def _whole(chunks: list[bytes]) -> tuple[bytes, set[int]]:
    """The whole frames after the handshake, and the numbers among them."""
    stream = b"".join(chunks)
    stream = stream[4 + int.from_bytes(stream[:4], "big") :]
    used = _core.decode_ticks(stream)[1]
    return stream[:used], {int(body.split(b"\0", 1)[0]) for body in _bodies(stream[:used])}


async def test_recorded_frames_are_decoded_alike(tmp_path: Path) -> None:
    stream, streams = await _record(tmp_path)
    pick = random.Random(7)
    chunks = cut(stream, [pick.randint(1, 4_000) for _ in range(50)])
    handed: list[list[str]] = []
    for name in LIBRARIES:
        theirs, ours = LibrarySide(name), RustSide(LibrarySide(name))
        for chunk in chunks:
            theirs.feed(chunk)
            ours.feed(chunk)
        assert ours.recorder.calls == theirs.recorder.calls
    _core.TwsDecoder(object(), handed.append).data_received(stream)
    numbers = {int(fields[0]) for fields in handed}
    assert not numbers & EVERY_KIND, "what a gateway sends is plain, and decoded in Rust"

    lines = [Line("ib_insync", decoder, delayed=False, streams=streams) for decoder in ("library", "rust")]
    heard = [line.hear(chunks) for line in lines]
    assert heard[0] == heard[1]
    assert {row.split(",")[0] for row in heard[0][0]} >= {"('quote'", "('trade'", "('depth'"}
