"""JSON-lines server: one request a line, one answer a line. Loopback only.

Requests: ``{"op": "clock"}``, ``{"op": "status"}``, ``{"op": "fault", "kind": ..., ...}``, ``{"op": "shutdown"}``.
Answers hold ``"ok": true``, or ``"ok": false`` with ``"error"``: one clear line.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.faults.injector import read_fault
from alphatrader.sim.faults.kinds import AnyFault
from alphatrader.sim.gateway.listener import listen_error

log = structlog.get_logger("alphatrader.sim.control")

MAX_LINE_BYTES = 64 * 1024

Answer = dict[str, Any]


class ControlChannel:
    """Serves the control channel. The functions it is given do the work."""

    def __init__(
        self,
        clock: Callable[[], Answer],
        status: Callable[[], Answer],
        fault: Callable[[AnyFault], None],
        shutdown: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._status = status
        self._fault = fault
        self._shutdown = shutdown
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def open(self, port: int) -> None:
        """Start to listen on loopback. Raises LinkError."""
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MAX_LINE_BYTES)
        except OSError as error:
            raise listen_error("gateway's control channel", "127.0.0.1", port, error) from error
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop, and end all connections."""
        if self._server is None:
            return
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    writer.write(_encode(_failure(f"the line was longer than {MAX_LINE_BYTES} bytes")))
                    await writer.drain()
                    return
                if not line:
                    return
                writer.write(_encode(self.answer(line)))
                await writer.drain()
        except ConnectionError as error:
            log.info("SIMULATED gateway: control client left", reason=str(error))
        finally:
            self._writers.discard(writer)
            writer.close()

    def answer(self, line: bytes) -> Answer:
        """Answer one line."""
        try:
            request = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _failure(f"not JSON: {error}")
        if not isinstance(request, dict) or not isinstance(request.get("op"), str):
            return _failure('a request is an object with "op": clock, status, fault or shutdown')
        op = request.pop("op")
        if op == "fault":
            try:
                self._fault(read_fault(request))
            except ConfigError as error:
                return _failure(str(error))
            return {"ok": True}
        if request:
            return _failure(f"{op} takes nothing else (was {', '.join(sorted(request))})")
        if op == "clock":
            return {"ok": True, **self._clock()}
        if op == "status":
            return {"ok": True, **self._status()}
        if op == "shutdown":
            self._shutdown()
            return {"ok": True}
        return _failure(f"no op {op!r}: there are clock, status, fault and shutdown")


def _failure(reason: str) -> Answer:
    return {"ok": False, "error": reason}


def _encode(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"
