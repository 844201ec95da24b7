"""Each child by itself: how it is started, again too, what is asked for its health, how it is stopped."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.terminal import RecordingTerminal
from tests.supervisor.test_homes import config, options

from alphatrader.control.announcements import write_announcement
from alphatrader.control.simulator import MarketClock
from alphatrader.domain.errors import LinkError, StoreError
from alphatrader.home import Home, HomeLabel
from alphatrader.ops.run_options import TraderOptions, read_trader_options
from alphatrader.supervisor import gateway as gateway_module
from alphatrader.supervisor import page as page_module
from alphatrader.supervisor import trader as trader_module
from alphatrader.supervisor.children import children_of
from alphatrader.supervisor.gateway import GatewayChild
from alphatrader.supervisor.page import PageChild, end_left_over_page
from alphatrader.supervisor.process import RunningProcess
from alphatrader.supervisor.redis import RedisChild
from alphatrader.supervisor.trader import TraderChild


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.write_label(HomeLabel("paper", True, 7, 10.0, "", ""))
    found.exchange.mkdir()
    return found


class Spawner:
    """Stands where processes are started: remembers what with."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    async def __call__(self, module: str, arguments: list[str], printed: Path, **rest: Any) -> RunningProcess:
        self.calls.append({"module": module, "arguments": arguments, "printed": printed, **rest})
        return RunningProcess(os.getpid(), 0.0, child=object())  # type: ignore[arg-type]


def names(children: Any) -> list[str]:
    return [child.name for child in children]


def trader_options(home: Home, **changes: Any) -> TraderOptions:
    return TraderOptions(home=home.path, mode="paper", **changes)


@pytest.mark.parametrize(
    ("text", "headless", "expected"),
    [
        ("", False, ["redis", "gateway", "dashboard", "trader"]),
        ("", True, ["redis", "gateway", "trader"]),
        ("dashboard: {enabled: false}\n", False, ["redis", "gateway", "trader"]),
        ("redis: {url: 'redis://me:secret@host'}\n", True, ["gateway", "trader"]),
        ("gateway: {kind: ibkr}\n", True, ["redis", "trader"]),
    ],
)
def test_what_the_operator_runs_himself_is_no_child_and_the_trader_leads(
    home: Home, tmp_path: Path, text: str, headless: bool, expected: list[str]
) -> None:
    found = children_of(
        config(tmp_path, text),
        options(headless=headless),
        trader_options(home),
        home,
        RecordingTerminal(),  # type: ignore[arg-type]
    )
    assert names(found) == expected
    assert [child.name for child in found if not child.essential] == [n for n in expected if n == "dashboard"]


# ---------------------------------------------------------------------- Redis


@pytest.fixture
async def redis(home: Home) -> AsyncIterator[tuple[RedisChild, RunningProcess, RecordingTerminal]]:
    terminal = RecordingTerminal()
    child = RedisChild(home.redis, terminal)  # type: ignore[arg-type]
    process = await child.start("")
    yield child, process, terminal
    await child.stop(process, signal.SIGTERM)


async def test_redis_is_started_judged_by_a_ping_and_started_again(redis: Any, home: Home) -> None:
    child, process, terminal = redis
    await child.check()
    assert process.pid == int(home.redis_pid.read_text())
    assert "valkey-server started" in terminal.text()
    process.send(signal.SIGKILL)
    assert await asyncio.wait_for(process.wait(), 10) is None
    with pytest.raises(StoreError, match="PING"):
        await child.check()
    again = await child.start("was killed by SIGKILL")
    await child.check()
    assert again.pid != process.pid
    assert len(terminal.lines) == 1, "its return is told by the supervisor"


async def test_a_redis_that_was_left_is_adopted_and_stopped(redis: Any, home: Home) -> None:
    _, process, _ = redis
    terminal = RecordingTerminal()
    other = RedisChild(home.redis, terminal)  # type: ignore[arg-type]
    assert (await other.start("")).pid == process.pid
    assert "adopted" in terminal.text()
    assert await other.stop(process, signal.SIGINT) == (None, False)
    assert not process.alive


# ---------------------------------------------------------------------- gateway


class Control:
    """The gateway's control channel."""

    asked: list[Any] = []  # noqa: RUF012

    def __init__(self, speed: float = 10.0) -> None:
        self.port, self.control_port, self.alphavantage_port = 4711, 4712, 4713
        self.speed = speed

    async def clock(self) -> MarketClock:
        return MarketClock(1, self.speed, False, 7, "2026-11-20", 0, 0, "SIMULATED MARKET (seed 7)")

    async def set_speed(self, speed: float) -> MarketClock:
        self.speed = speed
        return await self.clock()


@pytest.fixture
def gateway(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[GatewayChild, Spawner, Control, RecordingTerminal]:
    spawner, control, terminal = Spawner(), Control(), RecordingTerminal()

    async def at_once(*_: object) -> None:
        pass

    monkeypatch.setattr(gateway_module, "spawn", spawner)
    monkeypatch.setattr(gateway_module, "until_announced", at_once)
    monkeypatch.setattr(gateway_module.SimulatedGateway, "announced", lambda path: control)
    chosen = config(tmp_path, "simulator: {scenario: none, start_fraction: 0.3}\nengine: {symbols: [SPY, QQQ]}\n")
    child = GatewayChild(chosen, options(seed=42, speed=10.0, tape=tmp_path / "day.zip"), home, terminal)  # type: ignore[arg-type]
    return child, spawner, control, terminal


def option(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


async def test_the_gateway_is_started_by_configuration_and_options(gateway: Any, home: Home, tmp_path: Path) -> None:
    child, spawner, _, terminal = gateway
    with pytest.raises(LinkError, match="not up yet"):
        await child.check()
    await child.start("")
    await child.check()
    (call,) = spawner.calls
    assert call["module"] == "alphatrader.sim"
    wanted = {
        "--seed": "42", "--speed": "10.0", "--start-fraction": "0.3", "--scenario": "none", "--symbols": "SPY,QQQ",
        "--port": "0", "--state-dir": str(home.exchange.resolve()), "--tape": str(tmp_path / "day.zip"),
    }  # fmt: skip
    assert {name: option(call["arguments"], name) for name in wanted} == wanted
    assert terminal.lines == [("gateway", "info", "SIMULATED MARKET (seed 7), TWS protocol on port 4711, 10x time")]


async def test_it_comes_back_on_the_ports_that_it_had(gateway: Any) -> None:
    child, spawner, _, terminal = gateway
    await child.start("")
    await child.start("was killed by SIGKILL")
    arguments = spawner.calls[1]["arguments"]
    assert [option(arguments, name) for name in ("--port", "--control-port", "--alphavantage-port")] == [
        "4711",
        "4712",
        "4713",
    ]
    assert option(arguments, "--seed") == "42"
    assert len(terminal.lines) == 1


async def test_one_that_was_left_is_adopted_and_runs_at_our_speed(gateway: Any, home: Home) -> None:
    child, spawner, control, terminal = gateway
    control.speed = 60.0
    write_announcement(home.gateway_announcement, {"port": 4711})
    process = await child.start("")
    assert (spawner.calls, process.adopted, control.speed) == ([], True, 10.0)
    assert terminal.lines[0][2].endswith("10x time, adopted")


# ---------------------------------------------------------------------- page


async def serve_health(status: bytes) -> tuple[asyncio.Server, int, list[bytes]]:
    heard: list[bytes] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1], heard


async def page_on(home: Home, tmp_path: Path, port: int) -> PageChild:
    """A page that runs already, behind a public address."""
    body = {
        "address": ["127.0.0.1", port],
        "url": "https://desk.example.org",
        "login_url": "https://desk.example.org/login?token=x",
    }
    write_announcement(home.page_announcement, body)
    child = PageChild(config(tmp_path), home, "unix:///r.sock", RecordingTerminal())  # type: ignore[arg-type]
    assert (await child.start("")).adopted
    return child


@pytest.mark.parametrize(("status", "healthy"), [(b"200 OK", True), (b"403 Forbidden", False), (b"500 Oh", False)])
async def test_the_page_is_judged_by_its_health_where_it_really_listens(
    home: Home, tmp_path: Path, status: bytes, healthy: bool
) -> None:
    server, port, heard = await serve_health(status)
    async with server:
        child = await page_on(home, tmp_path, port)
        if healthy:
            await child.check()
        else:
            with pytest.raises(LinkError, match="/api/health answers"):
                await child.check()
    assert heard[0].startswith(b"GET /api/health HTTP/1.1\r\nHost: desk.example.org\r\n"), "as its own gate demands"


async def test_the_page_gets_its_redis_by_the_environment(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawner, terminal = Spawner(), RecordingTerminal()

    async def announce(process: RunningProcess, *_: object) -> None:
        process.announcement = {"login_url": "http://127.0.0.1:8000/login?token=x"}

    monkeypatch.setattr(page_module, "spawn", spawner)
    monkeypatch.setattr(page_module, "until_announced", announce)
    child = PageChild(config(tmp_path, "dashboard: {port: 0}\n"), home, "redis://me:secret@host", terminal)  # type: ignore[arg-type]
    with pytest.raises(LinkError, match="not up yet"):
        await child.check()
    await child.start("")
    (call,) = spawner.calls
    assert call["environment"]["ALPHATRADER_REDIS_URL"] == "redis://me:secret@host"
    assert "secret" not in " ".join(call["arguments"])
    assert terminal.lines == [("dashboard", "good", "http://127.0.0.1:8000/login?token=x (the link logs in once)")]


async def test_without_a_page_there_is_none_to_end(home: Home) -> None:
    await end_left_over_page(home)


# ---------------------------------------------------------------------- trader


async def test_the_trader_is_told_how_it_comes_up(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner()
    monkeypatch.setattr(trader_module, "spawn", spawner)
    given = trader_options(home, config=tmp_path / "c.yaml", days=5, duration_s=100.0)
    child = TraderChild(given, home, "unix:///r.sock")
    with pytest.raises(LinkError, match="the trader is not there"):
        await child.check()
    await child.start("")
    first = read_trader_options(spawner.calls[0]["arguments"])
    assert (first.halted, first.days, first.duration_s, first.config) == ("", 5, 100.0, tmp_path / "c.yaml")
    assert spawner.calls[0]["shares_output"]
    assert spawner.calls[0]["pass_fds"] == [first.lifeline]
    assert spawner.calls[0]["environment"]["ALPHATRADER_REDIS_URL"] == "unix:///r.sock"

    # It saw two sessions end, then it was killed: its announcement is left.
    write_announcement(home.trader_announcement, {"sessions_ended": 2, "pid": 1})
    await child.start("was killed by SIGKILL")
    again = read_trader_options(spawner.calls[1]["arguments"])
    assert again.halted == "restarted by the supervisor: the trader was killed by SIGKILL"
    assert again.days == 3
    assert again.lifeline == first.lifeline
    assert again.elapsed_s >= first.elapsed_s
    assert not home.trader_announcement.exists()
    await child.start("was killed by SIGKILL")
    assert read_trader_options(spawner.calls[2]["arguments"]).days == 3


async def test_a_traders_lifeline_ends_with_this_process(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    spawner = Spawner()
    monkeypatch.setattr(trader_module, "spawn", spawner)
    child = TraderChild(trader_options(home), home, "")
    await child.start("")
    reader = spawner.calls[0]["pass_fds"][0]
    os.set_blocking(reader, False)
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    assert child._lifeline is not None
    os.close(child._lifeline[1])
    assert os.read(reader, 1) == b""
    os.close(reader)
