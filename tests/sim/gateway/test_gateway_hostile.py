"""Clients that speak badly, wrongly or too much: they lose their connection, the gateway lives."""

import asyncio
import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.gateway.raw_client import HELLO, RawClient, fields

from alphatrader.sim.wire.fields import MalformedRequestError, message, split_fields
from alphatrader.sim.wire.framing import FrameError, FrameReader, frame
from alphatrader.sim.wire.readers import read_request


async def still_serves(bench):
    ib = await bench.connect(client_id=99)
    assert await ib.reqCurrentTimeAsync()


async def test_nothing_is_sent_before_start_api(bench):
    async with RawClient(bench) as client:
        client.send(HELLO)
        await client.message()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await client.reader.readexactly(1)


async def test_a_connection_cut_into_single_bytes_works(bench):
    async with RawClient(bench) as client:
        for byte in HELLO:
            client.send(bytes([byte]))
            await asyncio.sleep(0)
        assert (await client.message())[0] == "176"


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"API\0" + struct.pack(">I", 1 << 30),
        b"API\0" + struct.pack(">I", 0),
        b"API\0" + frame(b"hello"),
        b"API\0" + frame(b"v158..175"),
        b"API\0" + frame(b"v177..200"),
        b"API\0" + frame(b"v200..100"),
    ],
)
async def test_bad_openings_and_versions_are_cut_off(bench, opening):
    async with RawClient(bench) as client:
        client.send(opening)
        assert await client.rest() == b""
    await still_serves(bench)


@pytest.mark.parametrize(
    ("request_bytes", "words"),
    [
        (fields(1, 11, "one", 0), "reqId"),
        (fields(3, 1, 0, "SPY"), "missing"),
        (fields(6, 2, "maybe", ""), "subscribe"),
        (fields(61, 1)[:-1] + b"x", "terminated"),
        (frame(b"\xff\xfe\0"), "ASCII"),
        (fields(71, 2, 51, ""), "twice"),
        (fields("x"), "message id"),
        (fields(7, 3, 1, 0, "", "", "", "", "", "", "more"), "too many"),
    ],
)
async def test_malformed_requests_are_named_and_end_the_connection(bench, request_bytes, words):
    async with RawClient(bench) as client:
        await client.start()
        client.send(request_bytes)
        text = (await client.rest()).decode()
        assert "320" in text
        assert words in text
    await still_serves(bench)


async def test_requests_before_start_api_end_the_connection(bench):
    async with RawClient(bench) as client:
        client.send(HELLO)
        await client.message()
        client.send(fields(61, 1))
        assert b"START_API" in await client.rest()


async def test_an_unknown_request_is_answered_with_321(bench):
    async with RawClient(bench) as client:
        await client.start()
        client.send(fields(250, 41, "future"))
        error = await client.message()
        assert error[:4] == ["4", "2", "41", "321"]
    await still_serves(bench)


async def test_too_many_messages_are_error_100_and_then_a_disconnect(bench):
    async with RawClient(bench) as client:
        await client.start()
        client.send(fields(49, 1) * 400)
        text = (await client.rest()).decode()
        assert text.count("Max rate of messages") == 3
    await still_serves(bench)


async def test_a_client_that_does_not_read_loses_data_then_its_connection(bench, monkeypatch):
    from alphatrader.sim.gateway import session as session_module  # noqa: PLC0415

    monkeypatch.setattr(session_module, "CONGESTED_BYTES", 2_000)
    monkeypatch.setattr(session_module, "HOPELESS_BYTES", 60_000)
    async with RawClient(bench) as client:
        await client.start()
        await bench.until(lambda: 50 in bench.sim.gateway.sessions)
        session = bench.sim.gateway.sessions[50]
        chunk = message(46, 6, 1, 48, "x" * 900)
        sent = 0
        while session.send_data(chunk) and sent < 10_000:
            sent += 1
        assert session.dropped_messages == 1
        while session.ready:
            session.send(chunk)
            session.flush()
            await asyncio.sleep(0)
        await bench.until(lambda: 50 not in bench.sim.gateway.sessions)
    await still_serves(bench)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(alphabet="0123456789.eE-xSPY\n", max_size=6), min_size=1, max_size=40))
def test_any_fields_are_read_or_refused_with_a_reason(values):
    for version in (157, 176):
        with contextlib.suppress(MalformedRequestError):
            read_request(values, version)


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 9))
def test_frames_survive_any_cut(payloads, cut):
    stream = b"API\0" + b"".join(frame(payload) for payload in payloads)
    reader = FrameReader()
    found = []
    for start in range(0, len(stream), cut):
        found += reader.feed(stream[start : start + cut])
    assert found == payloads


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_cut_or_refused(data):
    reader = FrameReader()
    with contextlib.suppress(FrameError, MalformedRequestError):
        for payload in reader.feed(b"API\0" + data):
            split_fields(payload)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_messages_are_ascii_and_keep_their_field_count(text):
    encoded = message(4, 2, -1, 201, text, "")
    assert encoded[4:].isascii()
    assert len(split_fields(encoded[4:])) == 6
