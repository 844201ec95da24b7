"""A client made of bytes: what it is sent is seen as it stands on the wire."""

import asyncio
import contextlib
import struct

from alphatrader.sim.scripted import CALL_CON_ID, SPY_CON_ID, ScriptedMarket
from alphatrader.sim.settings import SimSettings
from alphatrader.sim.simulator import open_simulator
from alphatrader.sim.wire.framing import frame

HELLO = b"API\0" + frame(b"v100..176")
HELLO_981 = b"API\0" + frame(b"v100..157")
HELLO_PACED = b"API\0" + frame(b"v100..176 +PACEAPI")
SPY = (SPY_CON_ID, "SPY", "STK", "", 0.0, "", "", "SMART", "", "USD", "SPY", "SPY")
CALL = (CALL_CON_ID, *[""] * 3, 0.0, *[""] * 7)


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

    async def tick(self, req_id, tick_type):
        """The next tick of one type of a line, as its fields after the type."""
        while True:
            found = await self.message()
            at = 1 if found[0] == "21" else 2
            if found[0] in {"1", "2", "21", "45", "46"} and found[at : at + 2] == [str(req_id), str(tick_type)]:
                return found[at + 2 :]

    async def settled(self):
        """Wait until the gateway has taken in what was done to the market."""
        async with asyncio.timeout(5):
            while self.market._pending:
                await asyncio.sleep(0.002)

    async def error(self):
        """Request id and code of the next error."""
        found = await self.until(4)
        return int(found[2]), int(found[3])

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


class _Holder:
    """What a raw client needs of a bench."""

    def __init__(self, sim):
        self.sim = sim


@contextlib.asynccontextmanager
async def served(tmp_path, market=None, **settings):
    """A raw client of a gateway with settings of its own, over a scripted market."""
    market = market or ScriptedMarket()
    async with (
        open_simulator(SimSettings(state_dir=tmp_path, **settings), market) as sim,
        RawClient(_Holder(sim)) as client,
    ):
        client.sim, client.market = sim, market
        yield client
