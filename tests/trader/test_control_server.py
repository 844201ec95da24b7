"""Commands over the trader's socket: what is carried out, what is refused, what costs the connection."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.dashboard.views import make_view

from alphatrader.control.client import Peer, ask
from alphatrader.domain.errors import ConfigError, PeerRefusedError
from alphatrader.domain.events import OperatorCommand
from alphatrader.trader.control_server import answer, serve_control


class Engine:
    """What takes commands; it obeys at once."""

    def __init__(self) -> None:
        self.posted: list[OperatorCommand] = []
        self.trading_state = "ACTIVE"
        self.proposals = frozenset({"r1.s3"})

    def view(self) -> Any:
        return make_view()

    def now_ns(self) -> int:
        return 7

    def post(self, event: Any) -> None:
        self.posted.append(event)
        self.trading_state = {"halt": "HALTED", "flatten": "HALTED", "reduce": "REDUCING"}.get(event.action, "ACTIVE")


class Trader:
    """The process around it; ``engine`` None = between two sessions."""

    def __init__(self) -> None:
        self.engine: Engine | None = Engine()

    def health(self) -> dict[str, object]:
        return {"phase": "trading"}

    async def commanded(self) -> Engine | None:
        return self.engine


@pytest.fixture
def trader() -> Trader:
    return Trader()


@pytest.fixture
async def peer(trader: Trader, tmp_path: Path) -> AsyncIterator[Peer]:
    async with serve_control(tmp_path / "c.sock", trader):  # type: ignore[arg-type]
        yield Peer("the trader", tmp_path / "c.sock", "start it")


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("halt", "HALTED"),
        ("reduce", "REDUCING"),
        ("resume", "ACTIVE"),
        ("flatten", "HALTED"),
        ("cancel_entries", "ACTIVE"),
    ],
)
async def test_a_command_is_carried_out_before_it_is_answered(
    trader: Trader, peer: Peer, action: str, state: str
) -> None:
    found = await ask(peer, {"action": action, "actor": "cli:me", "reason": "a drill"}, action)
    assert found == {"ok": True, "state": state}
    assert trader.engine is not None
    assert trader.engine.posted == [OperatorCommand(ts_ns=7, action=action, actor="cli:me", reason="a drill")]  # type: ignore[arg-type]


async def test_status_tells_everything_and_health_little(trader: Trader, peer: Peer) -> None:
    status = await ask(peer, {"action": "status"}, "status")
    assert status["state"] == "ACTIVE"
    assert status["view"]["run_id"] == make_view().run_id
    trader.engine = None
    assert await ask(peer, {"action": "health"}, "health") == {"ok": True, "phase": "trading"}


async def test_a_signal_that_waits_is_approved_and_no_other(trader: Trader, peer: Peer) -> None:
    with pytest.raises(
        PeerRefusedError, match=r"refused approve: r1\.s4 does not wait for approval \(waiting: r1\.s3\)"
    ):
        await ask(peer, {"action": "approve", "target": "r1.s4"}, "approve")
    assert trader.engine is not None
    assert trader.engine.posted == []
    await ask(peer, {"action": "approve", "actor": "cli:me", "target": "r1.s3"}, "approve")
    assert [(e.action, e.target) for e in trader.engine.posted] == [("approve", "r1.s3")]


async def test_between_two_sessions_a_command_is_refused_and_not_lost(trader: Trader, peer: Peer) -> None:
    trader.engine = None
    for action in ("halt", "status"):
        with pytest.raises(PeerRefusedError, match="send it again in a few seconds"):
            await ask(peer, {"action": action}, action)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"garbage",
        b'{"action":"buy"}',
        b'{"action":"halt","force":true}',
        b'{"action":"halt","reason":7}',
        b"{}",
    ],
)
async def test_what_is_no_command_changes_nothing(trader: Trader, line: bytes) -> None:
    found = await answer(line, trader)  # type: ignore[arg-type]
    assert not found["ok"]
    assert "not a command" in found["error"]
    assert trader.engine is not None
    assert trader.engine.posted == []


async def test_the_socket_is_private_survives_bad_clients_and_is_removed(trader: Trader, tmp_path: Path) -> None:
    path = tmp_path / "c.sock"
    path.write_text("left by a trader that was killed")
    async with serve_control(path, trader):  # type: ignore[arg-type]
        assert path.stat().st_mode & 0o777 == 0o600
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"x" * 100_000 + b"\n")
        assert await reader.read() == b""
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b'{"action":"halt"}\n{"action":"resume"}\n')
        states = [msgspec.json.decode(await reader.readline())["state"] for _ in range(2)]
        assert states == ["HALTED", "ACTIVE"], "several lines on one connection"
        writer.close()
    assert not path.exists()


async def test_a_socket_that_cannot_be_bound_is_one_clear_line(trader: Trader, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be made"):
        async with serve_control(tmp_path / "none" / "c.sock", trader):  # type: ignore[arg-type]
            pass
