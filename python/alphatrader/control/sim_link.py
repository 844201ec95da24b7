"""The trader's wire to the simulated gateway's control channel: JSON lines on loopback."""

import asyncio
from typing import Any

import msgspec

from alphatrader.domain.errors import LinkError

_TIMEOUT_S = 5.0


async def ask_simulator(host: str, port: int, request: dict[str, Any]) -> dict[str, Any]:
    """Send one request and return the answer. Raises LinkError."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(msgspec.json.encode(request) + b"\n")
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
        answer = msgspec.json.decode(line)
    except (OSError, TimeoutError, msgspec.DecodeError) as error:
        raise LinkError(f"the simulated gateway's control channel on port {port} did not answer ({error})") from error
    if not isinstance(answer, dict) or answer.get("ok") is False:
        raise LinkError(f"the simulated gateway refused {request.get('op')}: {answer}")
    return answer
