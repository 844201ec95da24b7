"""The process as a person starts it: one line for each fault, and no trace left."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
from redis.asyncio import Redis

from alphatrader.dashboard.announcement import Announcement

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ALPHATRADER_")}


async def start(*arguments: str, **variables: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alphatrader.dashboard", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=ENVIRONMENT | variables,
    )  # fmt: skip


async def test_it_serves_until_told_to_stop_and_removes_its_announcement(home: Path, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as store:
        await store.flushall()
    process = await start("--home", str(home), "--port", "0", ALPHATRADER_REDIS_URL=redis_url)
    assert process.stdout is not None
    first = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    announced = json.loads((home / "dashboard.json").read_bytes())
    assert announced["pid"] == process.pid
    assert announced["url"].endswith(f":{announced['address'][1]}")
    assert first == f"dashboard: {announced['url']}\n"
    assert "token" not in first, "a log file must not hold the login link"
    async with httpx.AsyncClient() as client:
        assert (await client.get(announced["url"] + "/api/health")).json()["trader"] == "absent"
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), 10)
    assert process.returncode == 0
    assert not (home / "dashboard.json").exists()


async def test_a_busy_port_is_one_clear_line(home: Path, redis_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = await start("--home", str(home), "--port", str(port), "--redis-url", redis_url)
        _, stderr = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert stderr.decode().count("\n") == 1
    assert f"127.0.0.1:{port}" in stderr.decode()
    assert "--port" in stderr.decode()


async def test_a_missing_home_is_one_clear_line(home: Path) -> None:
    process = await start("--home", str(home / "none"))
    _, stderr = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert stderr.decode().count("\n") == 1
    assert "not a directory" in stderr.decode()


async def test_a_successors_announcement_is_left_alone(home: Path) -> None:
    announcement = Announcement(home / "dashboard.json", "http://127.0.0.1:1", ("127.0.0.1", 1))
    await announcement.write("token")
    body = json.loads((home / "dashboard.json").read_bytes())
    (home / "dashboard.json").write_text(json.dumps(body | {"pid": 1}))
    announcement.remove()
    assert (home / "dashboard.json").exists()
