"""JSON-lines server: one request a line, one answer a line. Loopback only.

``{"op": "clock"}``, ``{"op": "fault", "kind": "mute", "symbol": "SPY"}``... (:mod:`requests` lists all). Answers hold
``"ok": true``, or ``"ok": false`` with ``"error"``: one clear line.
"""

import asyncio

import msgspec
import structlog

from alphatrader.domain.errors import ConfigError
from alphatrader.sim.control.operations import Operations
from alphatrader.sim.control.requests import OPS, AnyRequest, Raw
from alphatrader.sim.gateway.listener import listen_error

log = structlog.get_logger("alphatrader.sim.control")

MAX_LINE_BYTES = 64 * 1024


class ControlChannel:
    """Serves the control channel; ``operations`` do the work."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
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
                writer.write(_encode(await self.answer(line)))
                await writer.drain()
        except ConnectionError as error:
            log.info("SIMULATED gateway: control client left", reason=str(error))
        finally:
            self._writers.discard(writer)
            writer.close()

    async def answer(self, line: bytes) -> Raw:
        """Answer one line."""
        try:
            request = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _failure(f"not JSON: {error}")
        op = request.get("op") if isinstance(request, dict) else None
        if not isinstance(op, str):
            return _failure(f'a request is an object with "op": {", ".join(OPS)}')
        if op not in OPS:
            return _failure(f"no op {op!r}: there are {', '.join(OPS)}")
        try:
            if op == "fault":
                del request["op"]
                answer = self._operations.inject(request)
            else:
                answer = await self._operations.carry_out(msgspec.convert(request, AnyRequest, strict=False))
        except (ConfigError, msgspec.ValidationError) as error:
            return _failure(str(error) if isinstance(error, ConfigError) else f"{op}: {error}")
        return {"ok": True, **msgspec.to_builtins(answer)}


def _failure(reason: str) -> Raw:
    return {"ok": False, "error": reason}


def _encode(answer: Raw) -> bytes:
    return msgspec.json.encode(answer) + b"\n"
