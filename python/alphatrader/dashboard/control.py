"""The way of an operator's command to the trader: its control socket, one JSON line there and one back."""

import asyncio
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from alphatrader.domain.errors import AlphaTraderError, LinkError

Action = Literal["halt", "reduce", "resume", "flatten", "cancel_entries"]

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 65_536


class CommandRefusedError(AlphaTraderError):
    """The trader answered that it will not do it."""


class CommandUnansweredError(LinkError):
    """The command was sent and its answer never came: it may have been carried out."""


class ControlRequest(Struct, frozen=True):
    """What is sent."""

    action: Action
    actor: str
    reason: str


class ControlAnswer(Struct, frozen=True):
    """What comes back. ``state`` is the trading state after the command."""

    ok: bool
    state: str = ""
    error: str = ""


class TraderControl:
    """A client of the trader's control socket: a connection a command, so that a restart of the trader is no event."""

    def __init__(self, path: Path, *, actor: str = "dashboard") -> None:
        self._path = path
        self._actor = actor

    async def command(self, action: Action, reason: str) -> ControlAnswer:
        """Send a command and return the trader's answer.

        Raises LinkError (nothing was sent), CommandUnansweredError (it may have been carried out) and
        CommandRefusedError (the trader's own words).
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_unix_connection(str(self._path), limit=MAX_ANSWER_BYTES)
        except (OSError, TimeoutError) as error:
            raise LinkError(
                f"the trader is not there ({self._path}: {_words(error)}): nothing was sent or changed; "
                "stops at the broker stay. Start the trader, or act in the broker's own terminal"
            ) from error
        try:
            line = await self._exchange(reader, writer, ControlRequest(action, self._actor, reason))
            answer = msgspec.json.decode(line, type=ControlAnswer)
        except (OSError, TimeoutError, ValueError, msgspec.DecodeError) as error:
            raise CommandUnansweredError(
                f"{action} was sent but its answer is missing ({_words(error)}): it may have been carried out. "
                "Watch the state above, and send it again if it does not change"
            ) from error
        finally:
            writer.close()
        if not answer.ok:
            raise CommandRefusedError(f"the trader refused {action}: {answer.error or 'it gave no reason'}")
        return answer

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: ControlRequest
    ) -> bytes:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            writer.write(msgspec.json.encode(request) + b"\n")
            await writer.drain()
            line = await reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the trader closed the connection")
        return line


def _words(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such socket"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error) or type(error).__name__
