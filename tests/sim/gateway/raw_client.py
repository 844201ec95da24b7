"""A client made of bytes: what it is sent is seen as it stands on the wire."""

import asyncio
import struct

from alphatrader.sim.wire.framing import frame

HELLO = b"API\0" + frame(b"v100..176")
HELLO_981 = b"API\0" + frame(b"v100..157")


def fields(*values):
    """Frame a request."""
    return frame(b"\0".join(str(value).encode() for value in values) + b"\0")


class RawClient:
    """Speaks to a running gateway in frames."""

    def __init__(self, bench):
        self.bench = bench

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.bench.sim.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    def send(self, *chunks):
        """Send bytes as they are."""
        for chunk in chunks:
            self.writer.write(chunk)

    def ask(self, *values):
        """Send one request."""
        self.send(fields(*values))

    async def message(self):
        """The fields of the next message."""
        async with asyncio.timeout(5):
            (length,) = struct.unpack(">I", await self.reader.readexactly(4))
            return (await self.reader.readexactly(length))[:-1].decode().split("\0")

    async def until(self, message_id):
        """The next message of one kind; those before it are passed over."""
        while (found := await self.message())[0] != str(message_id):
            pass
        return found

    async def start(self, client_id=50, hello=HELLO):
        """Connect up to the last farm state; return the version announced."""
        self.send(hello)
        version, _ = await self.message()
        self.ask(71, 2, client_id, "")
        assert [(await self.message())[0] for _ in range(5)] == ["15", "9", "4", "4", "4"]
        return int(version)

    async def rest(self):
        """Everything until the server closes."""
        async with asyncio.timeout(5):
            return await self.reader.read()
