"""The trader's control socket: operator commands from the dashboard and the command line, one JSON line each.

Only its user can open it, so the file system says who may command. ``status`` answers with the whole view, ``health``
with a few words: that it comes at all is the verdict.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from msgspec import Struct

from alphatrader.domain.errors import ConfigError
from alphatrader.domain.events import ControlEvent, OperatorAction, OperatorCommand
from alphatrader.domain.view import EngineView

_MAX_LINE_BYTES = 65_536
_IDLE_TIMEOUT_S = 30.0


class Commanded(Protocol):
    """What takes commands: the engine of the session that runs, or that is waited for."""

    def view(self) -> EngineView:
        """Everything as it is now."""
        ...

    def now_ns(self) -> int:
        """Engine time."""
        ...

    def post(self, event: ControlEvent) -> None:
        """Take a command; it has been judged when this returns."""
        ...

    @property
    def trading_state(self) -> str:
        """The state after the last command."""
        ...

    @property
    def proposals(self) -> frozenset[str]:
        """Ids of the signals that wait for approval."""
        ...


class Commander(Protocol):
    """The trader, as its control socket sees it."""

    def health(self) -> dict[str, object]:
        """A few words on where it is."""
        ...

    async def commanded(self) -> Commanded | None:
        """Return what takes commands now; None if nothing does for the moment."""
        ...


class _Request(Struct, frozen=True, forbid_unknown_fields=True):
    action: OperatorAction | Literal["status", "health"]
    actor: str = "operator"
    reason: str = ""
    target: str = ""


@asynccontextmanager
async def serve_control(path: Path, commander: Commander) -> AsyncIterator[None]:
    """Serve the socket while the context lasts. Raises ConfigError if it cannot be bound."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_IDLE_TIMEOUT_S):
                while line := await reader.readline():
                    writer.write(msgspec.json.encode(await answer(line, commander)) + b"\n")
                    await writer.drain()
        except (TimeoutError, ValueError, ConnectionError):
            # A silent, gone or endlessly talking client loses its connection; a command is one line.
            pass
        finally:
            writer.close()

    try:
        _remove(path)
        server = await asyncio.start_unix_server(converse, str(path), limit=_MAX_LINE_BYTES)
        os.chmod(path, 0o600)  # noqa: PTH101 - at once, on a path in memory
    except OSError as error:
        raise ConfigError(
            f"the control socket {path} cannot be made ({error}): check the owner of its folder"
        ) from error
    try:
        async with server:
            yield
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


async def answer(line: bytes, commander: Commander) -> dict[str, Any]:
    """Carry out one line and return the answer to it."""
    try:
        request = msgspec.json.decode(line, type=_Request)
    except msgspec.DecodeError as error:
        return _refusal(f"not a command: {error}")
    if request.action == "health":
        return {"ok": True, **commander.health()}
    commanded = await commander.commanded()
    if commanded is None:
        return _refusal("one session has just ended and the next is being opened: send it again in a few seconds")
    if request.action == "status":
        return {"ok": True, "state": commanded.trading_state, "view": commanded.view()}
    if request.action == "approve" and request.target not in commanded.proposals:
        waiting = ", ".join(sorted(commanded.proposals)) or "none"
        return _refusal(f"{request.target or 'no signal'} does not wait for approval (waiting: {waiting})")
    commanded.post(
        OperatorCommand(
            ts_ns=commanded.now_ns(),
            action=request.action,
            actor=request.actor,
            reason=request.reason,
            target=request.target,
        )
    )
    return {"ok": True, "state": commanded.trading_state}


def _refusal(why: str) -> dict[str, Any]:
    return {"ok": False, "error": why}
