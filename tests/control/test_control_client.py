"""The three ways in which a request can fail are never mixed up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alphatrader.control.client import Peer, ask
from alphatrader.domain.errors import LinkError, PeerRefusedError, UnansweredError


class Listener:
    """Answers each line with the same bytes, or hangs up without one."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.heard: list[Any] = []

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(msgspec.json.decode(await reader.readline()))
        if self.answer is None:
            await reader.read()  # says nothing until the client leaves
        else:
            writer.write(self.answer)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def listening(path: Path, answer: bytes | None) -> AsyncIterator[tuple[Listener, Peer]]:
    listener = Listener(answer)
    async with await asyncio.start_unix_server(listener.converse, str(path)):
        yield listener, Peer("the trader", path, "start it")


async def test_an_answer_comes_back(tmp_path: Path) -> None:
    async with listening(tmp_path / "s", b'{"ok":true,"state":"HALTED"}\n') as (listener, peer):
        assert (await ask(peer, {"action": "halt"}, "halt"))["state"] == "HALTED"
    assert listener.heard == [{"action": "halt"}]


async def test_a_port_is_asked_like_a_socket() -> None:
    listener = Listener(b'{"ok":true}\n')
    server = await asyncio.start_server(listener.converse, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        assert await ask(Peer("the gateway", (host, port), ""), {"op": "clock"}, "clock") == {"ok": True}


async def test_nobody_there_means_that_nothing_was_sent(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"no such socket.*nothing was sent.*start it") as absent:
        await ask(Peer("the trader", tmp_path / "s", "start it"), {}, "halt")
    assert not isinstance(absent.value, UnansweredError)
    server = await asyncio.start_unix_server(lambda reader, writer: None, str(tmp_path / "left"))
    server.close()
    await server.wait_closed()
    with pytest.raises(LinkError, match=r"nobody listens.*nothing was sent"):
        await ask(Peer("the trader", tmp_path / "left", "start it"), {}, "halt")


async def test_the_peers_refusal_is_passed_on_in_its_own_words(tmp_path: Path) -> None:
    async with listening(tmp_path / "s", b'{"ok":false,"error":"not while it reconciles"}\n') as (_, peer):
        with pytest.raises(PeerRefusedError, match="the trader refused resume: not while it reconciles") as refused:
            await ask(peer, {}, "resume")
    assert not isinstance(refused.value, LinkError)


@pytest.mark.parametrize("answer", [b"", b'{"ok":true', b"not json\n", b'{"state":"HALTED"}\n', b'{"ok":1}\n', b"[]\n"])
async def test_a_missing_answer_may_mean_that_it_was_carried_out(tmp_path: Path, answer: bytes) -> None:
    async with listening(tmp_path / "s", answer) as (listener, peer):
        with pytest.raises(UnansweredError, match=r"halt was sent to the trader.*may have been carried out"):
            await ask(peer, {"action": "halt"}, "halt")
    assert listener.heard == [{"action": "halt"}]


async def test_silence_has_a_deadline(tmp_path: Path) -> None:
    async with listening(tmp_path / "s", None) as (_, peer):
        with pytest.raises(UnansweredError, match="no answer in time"):
            await ask(peer, {}, "halt", answer_timeout_s=0.05)


async def test_an_endless_answer_is_none(tmp_path: Path) -> None:
    async with listening(tmp_path / "s", b"x" * (17 * 1024 * 1024)) as (_, peer):
        with pytest.raises(UnansweredError):
            await ask(peer, {}, "status")
