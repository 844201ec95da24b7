"""Many short commands in one go: packed once, written at once, answered in order.

redis-py's own pipeline spends its time on bookkeeping for each command. This one takes a connection of its pool (which
connects, authenticates, speaks TLS and reconnects as ever), packs and parses with hiredis, and gives it back clean.

    pool ── connection ──┐ pack ×n ── one write ──▶ server
                         └ parse ×n ◀── reads ─────┘
"""

import asyncio
from collections.abc import Sequence

import hiredis
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ResponseError

MAX_IN_FLIGHT = 500
"""Commands that are written before their answers are read. A server that hangs holds no more than these."""
_READ_BYTES = 65_536

Command = tuple[str | bytes | int, ...]
Reply = bytes | int | list[object] | None


class PipelinedWriter:
    """Sends commands whose answers are short. One call at a time; not for transactions, scripts or subscriptions."""

    def __init__(self, client: Redis, *, max_in_flight: int = MAX_IN_FLIGHT) -> None:
        self._client = client
        self._max_in_flight = max_in_flight

    async def execute(self, commands: Sequence[Command]) -> list[Reply]:
        """Run the commands; return their answers in order. Bound its time with ``asyncio.timeout``.

        Raises:
            ResponseError: the server refused one of them (the first is told); all others ran.
            redis.exceptions.ConnectionError, OSError: the connection broke; how many ran is unknown.
            InvalidResponse: the server does not speak the protocol.

        """
        pool = self._client.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        answers: list[Reply | ResponseError] = []
        try:
            streams = getattr(connection, "_reader", None), getattr(connection, "_writer", None)
            for start in range(0, len(commands), self._max_in_flight):
                flight = commands[start : start + self._max_in_flight]
                match streams:
                    case asyncio.StreamReader() as reader, asyncio.StreamWriter() as writer:
                        answers += await _exchange(reader, writer, flight)
                    case _:  # a redis-py that keeps them elsewhere
                        answers += await self._by_library(flight)
        except BaseException:
            # Answers may still be under way: the next user would take them for its own.
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)
        return _accepted(answers)

    async def _by_library(self, commands: Sequence[Command]) -> list[Reply | ResponseError]:
        async with self._client.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            answers: list[Reply | ResponseError] = await pipe.execute(raise_on_error=False)
        return answers


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: Sequence[Command]
) -> list[Reply | ResponseError]:
    """Write all, then read one answer for each."""
    # The stub of hiredis says "a tuple of one".
    writer.write(b"".join([hiredis.pack_command(command) for command in commands]))  # type: ignore[arg-type]
    await writer.drain()
    parser = hiredis.Reader(protocolError=InvalidResponse, replyError=ResponseError)
    answers: list[Reply | ResponseError] = []
    while len(answers) < len(commands):
        data = await reader.read(_READ_BYTES)
        if not data:
            raise RedisConnectionError("Redis closed the connection: check that the server runs")
        parser.feed(data)
        while (answer := parser.gets()) is not False:
            if not isinstance(answer, hiredis.PushNotification):  # news that nobody asked for
                answers.append(answer)
    if len(answers) > len(commands):
        raise InvalidResponse(f"Redis gave {len(answers)} answers to {len(commands)} commands")
    return answers


def _accepted(answers: list[Reply | ResponseError]) -> list[Reply]:
    replies: list[Reply] = []
    for answer in answers:
        if isinstance(answer, ResponseError):
            raise answer
        replies.append(answer)
    return replies
