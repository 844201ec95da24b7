"""How much of a core the simulated gateway takes for 100 option lines, over a real socket, beside a bare sender.

    PYTHONPATH=python python -m bench.gateway_load                    # 100 lines, SPY, 15 s after a warm-up
    PYTHONPATH=python python -m bench.gateway_load --speed 120 --conflation-ms 5

The gateway runs as a process of its own; a raw client subscribes and counts frames. CPU time is the process's own, from
``/proc``. The bare sender is an asyncio server that writes the same bytes in as many writes: what sockets alone cost.
Demand: 10,000 messages a second under half a core, so at most 50 us of CPU a message.
"""

import argparse
import asyncio
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from alphatrader.sim.wire.fields import message

DEMAND_US = 50.0
_LENGTH = struct.Struct(">I")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class Counter(asyncio.Protocol):
    """A raw client: counts frames and remembers what it was told of contracts."""

    def __init__(self) -> None:
        self.frames = 0
        self.chunks = 0
        self.bytes = 0
        self.keep: list[list[str]] | None = []
        self.ended = asyncio.Event()
        """Set by the end of contract details."""
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.chunks += 1
        self.bytes += len(data)
        data = self._rest + data
        at = 0
        while len(data) - at >= 4:
            (length,) = _LENGTH.unpack_from(data, at)
            if len(data) - at - 4 < length:
                break
            if self.keep is not None:
                self.keep.append(data[at + 4 : at + 4 + length].decode().split("\0"))
                if self.keep[-1][0] == "52":
                    self.ended.set()
            self.frames += 1
            at += 4 + length
        self._rest = data[at:]


async def subscribe(client: Counter, lines: int, symbol: str) -> None:
    """Open lines on the options nearest to the money, nearest expiry first."""
    client.transport.write(b"API\0" + _LENGTH.pack(9) + b"v100..176")
    await asyncio.sleep(0.2)
    client.transport.write(message(71, 2, 1, ""))
    await asyncio.sleep(0.2)
    client.transport.write(message(9, 8, 1, 0, symbol, "OPT", "", 0, "", "", "SMART", "", "USD", "", "", 0, "", "", ""))
    await client.ended.wait()
    details = [fields for fields in client.keep or () if fields[0] == "10"]
    options = [(fields[4], float(fields[5]), fields[12]) for fields in details]
    middle = sorted(strike for _, strike, _ in options)[len(options) // 2]
    options.sort(key=lambda option: (abs(option[1] - middle), option[0]))
    for number, (_, _, con_id) in enumerate(options[:lines]):
        query = (con_id, "", "", "", 0, "", "", "SMART", "", "", "", "")
        client.transport.write(message(1, 11, 1000 + number, *query, 0, "", 0, 0, ""))
        if number % 40 == 39:
            await asyncio.sleep(1.0)  # the gateway refuses more than 50 messages a second
    await asyncio.sleep(1.0)


async def measure(pid: int, client: Counter, seconds: float) -> tuple[float, float, int]:
    """Return frames a second, CPU microseconds a frame, and bytes a chunk."""
    client.keep = None
    await asyncio.sleep(2.0)
    before, frames, chunks, size, began = cpu_s(pid), client.frames, client.chunks, client.bytes, time.monotonic()
    await asyncio.sleep(seconds)
    used, sent, took = cpu_s(pid) - before, client.frames - frames, time.monotonic() - began
    chunk = (client.bytes - size) // max(1, client.chunks - chunks)
    return sent / took, used / max(1, sent) * 1e6, chunk


def start_gateway(options: argparse.Namespace, place: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start the gateway; return it and its port."""
    command = [sys.executable, "-m", "alphatrader.sim", "--state-dir", place, "--speed", str(options.speed)]
    command += ["--conflation-ms", str(options.conflation_ms), "--symbols", options.symbol]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    facts = Path(place) / "sim.json"
    while not facts.exists():
        assert process.poll() is None, "the gateway did not start"
        time.sleep(0.1)
    return process, json.loads(facts.read_bytes())["port"]


async def load(pid: int, port: int, options: argparse.Namespace) -> tuple[float, float, int]:
    """Subscribe to the gateway and measure it."""
    _, client = await asyncio.get_running_loop().create_connection(Counter, "127.0.0.1", port)
    await subscribe(client, options.lines, options.symbol)
    return await measure(pid, client, options.seconds)


_SENDER = """
import asyncio, sys
chunk, pause = b"\\0\\0\\0\\x1c" * int(sys.argv[1]), float(sys.argv[2])
async def serve(reader, writer):
    while True:
        writer.write(chunk); await writer.drain(); await asyncio.sleep(pause)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


def start_sender(rate: float, chunk: int) -> tuple[subprocess.Popen[str], int]:
    """Start a server that writes such chunks, at this rate of frames of 32 bytes; return it and its port."""
    pause_s = max(1, chunk // 32) / rate
    process = subprocess.Popen(
        [sys.executable, "-c", _SENDER, str(chunk // 4), str(pause_s)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


async def floor(pid: int, port: int, seconds: float) -> float:
    """CPU microseconds a frame of the bare sender."""
    reader, _ = await asyncio.open_connection("127.0.0.1", port)
    before, received, began = cpu_s(pid), 0, time.monotonic()
    while time.monotonic() - began < seconds:
        received += len(await reader.read(1 << 20))
    return (cpu_s(pid) - before) / (received / 32) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100)
    parser.add_argument("--symbol", default="SPY")
    parser.add_argument("--speed", type=float, default=60.0)
    parser.add_argument("--conflation-ms", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        gateway, port = start_gateway(options, place)
        with gateway:
            try:
                rate, cost_us, chunk = asyncio.run(load(gateway.pid, port, options))
            finally:
                gateway.terminate()
    sender, port = start_sender(rate, chunk)
    with sender:
        try:
            floor_us = asyncio.run(floor(sender.pid, port, min(5.0, options.seconds)))
        finally:
            sender.kill()
    share = cost_us * 10_000 / 1e6
    print(f"gateway      {rate:>9,.0f} messages/s   {cost_us:6.1f} us CPU a message   {chunk:,} bytes a chunk")
    print(f"bare sender  {rate:>9,.0f} messages/s   {floor_us:6.1f} us CPU a message")
    print(f"at 10,000 messages/s: {share:.2f} of a core (demand 0.50: {'met' if cost_us <= DEMAND_US else 'missed'})")


if __name__ == "__main__":
    main()
