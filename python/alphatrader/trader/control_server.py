"""The trader's control socket: operator commands from the dashboard and the command line, one JSON line each.

It lies in the home with mode 0600, so the file system says who may command. ``status`` answers with the whole view.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from alphatrader.domain.errors import ConfigError
from alphatrader.domain.events import OperatorCommand
from alphatrader.domain.view import EngineView
from alphatrader.engine.runner import Runner

_MAX_LINE_BYTES = 65_536
_IDLE_TIMEOUT_S = 30.0


class _Request(Struct, frozen=True):
    action: Literal["halt", "reduce", "resume", "flatten", "cancel_entries", "status"]
    actor: str = "operator"
    reason: str = ""


@asynccontextmanager
async def serve_control(path: Path, runner: Runner, view: Callable[[], EngineView]) -> AsyncIterator[None]:
    """Serve the socket while the context lasts. Raises ConfigError if it cannot be bound."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_IDLE_TIMEOUT_S):
                while line := await reader.readline():
                    writer.write(_answer(line, runner, view) + b"\n")
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


def _answer(line: bytes, runner: Runner, view: Callable[[], EngineView]) -> bytes:
    try:
        request = msgspec.json.decode(line, type=_Request)
    except msgspec.DecodeError as error:
        return msgspec.json.encode({"ok": False, "error": f"not a command: {error}"})
    state = runner.engine.state
    if request.action == "status":
        return msgspec.json.encode({"ok": True, "state": state.trading_state.value, "view": view()})
    runner.post(
        OperatorCommand(ts_ns=runner.now_ns(), action=request.action, actor=request.actor, reason=request.reason)
    )
    return msgspec.json.encode({"ok": True, "state": state.trading_state.value})
