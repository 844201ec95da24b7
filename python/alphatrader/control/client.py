"""The one client of JSON lines: one request, one answer, a deadline, and three ways to fail that must not be mixed up.

``LinkError``        nobody is there: nothing was sent, nothing was changed
``UnansweredError``  it was sent, and no answer came: it may have been carried out
``PeerRefusedError`` the peer answered that it will not do it, in its own words
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from alphatrader.domain.errors import LinkError, PeerRefusedError, UnansweredError

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""The whole view of a trader fits easily; an endless answer does not."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to ask. ``address``: a unix socket, or host and port. ``advice``: what to do where nobody is there."""

    name: str
    address: Path | tuple[str, int]
    advice: str

    @property
    def place(self) -> str:
        """The address in words."""
        return str(self.address) if isinstance(self.address, Path) else f"{self.address[0]}:{self.address[1]}"


async def ask(
    peer: Peer,
    request: Struct | dict[str, Any],
    what: str,
    *,
    connect_timeout_s: float = CONNECT_TIMEOUT_S,
    answer_timeout_s: float = ANSWER_TIMEOUT_S,
) -> dict[str, Any]:
    """Send one request and return the answer; ``what`` names it in errors. A connection a request.

    So a restart of the peer between two requests is no event. Raises LinkError, UnansweredError, PeerRefusedError.
    """
    try:
        async with asyncio.timeout(connect_timeout_s):
            reader, writer = await _connect(peer.address)
    except (OSError, TimeoutError) as error:
        raise LinkError(
            f"{peer.name} is not there ({peer.place}: {_words(error)}): nothing was sent or changed; {peer.advice}"
        ) from error
    try:
        async with asyncio.timeout(answer_timeout_s):
            writer.write(msgspec.json.encode(request) + b"\n")
            await writer.drain()
            answer = _read(await reader.readline(), peer)
    except (OSError, TimeoutError, ValueError, msgspec.DecodeError) as error:
        raise UnansweredError(
            f"{what} was sent to {peer.name} but its answer is missing ({_words(error)}): it may have been carried "
            "out. Look at the state, and send it again if it did not change"
        ) from error
    finally:
        writer.close()
    if not answer["ok"]:
        raise PeerRefusedError(f"{peer.name} refused {what}: {answer.get('error') or 'it gave no reason'}")
    return answer


async def _connect(address: Path | tuple[str, int]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(address, Path):
        return await asyncio.open_unix_connection(str(address), limit=MAX_ANSWER_BYTES)
    return await asyncio.open_connection(*address, limit=MAX_ANSWER_BYTES)


def _read(line: bytes, peer: Peer) -> dict[str, Any]:
    """Decode an answer. Raises ValueError or msgspec.DecodeError where it is none."""
    if not line.endswith(b"\n"):
        raise ConnectionResetError(f"{peer.name} closed the connection")
    answer = msgspec.json.decode(line)
    if not isinstance(answer, dict) or not isinstance(answer.get("ok"), bool):
        raise ValueError("the answer is no object with ok in it")  # noqa: TRY004 - caught above, as all that is no answer
    return answer


def _words(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such socket"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
