"""The clients under test, and the processes that drive them."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
INSTALLED = HERE.parent.parent / ".venv-conformance"
REPLY_S = 60.0

CLIENTS = {
    "ib_insync 0.9.86": ("ib_driver.py", "ib_insync"),
    "ib_async 2.1.0": ("ib_driver.py", "ib_async"),
    "ibapi-latest 10.51.1": ("official_driver.py", "latest"),
    "nautilus-ibapi 10.46.1": ("official_driver.py", "nautilus"),
    "ibapi 9.81.1": ("official_driver.py", "9-81"),
}
"""Name in the matrix -> driver, and the library or the directory below ``.venv-conformance`` that holds it."""


class ClientError(Exception):
    """What the client, or its driver, raised. The text starts with the name of the exception."""


class Process:
    """A running driver. Requests of several connections may be under way at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._driver, self._library = CLIENTS[name]
        self._process: asyncio.subprocess.Process | None = None
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._last_id = 0

    def missing(self) -> str:
        """Say why the client cannot run here, "" if it can."""
        if self._driver == "ib_driver.py" or (INSTALLED / self._library / "ibapi").is_dir():
            return ""
        return f"{self.name} is not installed: run `just _conformance_clients`"

    async def start(self) -> None:
        """Start the driver."""
        environment = {**os.environ, "PYTHONPATH": str(INSTALLED / self._library), "PYTHONUNBUFFERED": "1"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "drivers" / self._driver),
            self._library,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            limit=1 << 24,
        )
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        """End the driver."""
        if self._process is None or self._reading is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reading

    async def ask(self, conn: str, op: str, **args: Any) -> Any:
        """Let the client do something; return what it saw. Raises ClientError."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._last_id += 1
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._replies[self._last_id] = reply
        line = json.dumps({"id": self._last_id, "conn": conn, "op": op, "args": args})
        self._process.stdin.write(line.encode() + b"\n")
        return await asyncio.wait_for(reply, REPLY_S)

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            if not line.startswith(b'{"id"'):
                continue  # the libraries print now and then
            message = json.loads(line)
            reply = self._replies.pop(message["id"], None)
            if reply is None or reply.done():
                continue
            if "error" in message:
                reply.set_exception(ClientError(message["error"]))
            else:
                reply.set_result(message["ok"])
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(ClientError(f"the driver of {self.name} ended"))


class Client:
    """One connection of a client; every operation of the drivers is a method (``await client.place(...)``)."""

    def __init__(self, process: Process, conn: str) -> None:
        self._process = process
        self._conn = conn
        self.greeting: dict[str, Any] = {}

    def __getattr__(self, op: str) -> Any:
        async def ask(**args: Any) -> Any:
            return await self._process.ask(self._conn, op, **args)

        return ask

    async def codes(self) -> list[int]:
        """Return the codes of all errors and notices seen, in order."""
        return [row[1] for row in await self.errors()]

    async def errors_of(self, req_id: int) -> list[int]:
        """Return the codes of the errors about a request or order."""
        return [row[1] for row in await self.errors() if row[0] == req_id]
