"""``halt``, ``resume``, ``flatten``, ``approve``: a person's commands, over the control socket of a running trader.

Without a running trader a halt or resume is written to the journal, where the next start finds it: the trading state
survives whoever set it. Flattening and approving need a running trader, for only it knows the link to the broker.
"""

import asyncio
import getpass
import sys
import time
from pathlib import Path
from typing import Any, Literal

import msgspec

from alphatrader.adapters.journal import SqliteJournal
from alphatrader.control.client import Peer, ask
from alphatrader.domain.errors import ConfigError, LinkError, UnansweredError
from alphatrader.domain.records import OperatorRecord, StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.domain.view import EngineView, PositionView
from alphatrader.home import Home, broker_home, newest_home, running_homes
from alphatrader.ops.config import load_config

_ADVICE = "stops rest at the broker. Start it with  alphatrader run --resume, or act in the broker's own terminal"
_STATES = {"halt": TradingState.HALTED, "resume": TradingState.ACTIVE}


def halt_command(*, home: Path | None, reason: str) -> None:
    """Stop new risk; works without a running trader too."""
    _change_state(home, "halt", reason)


def resume_command(*, home: Path | None, reason: str) -> None:
    """Allow entries again."""
    _change_state(home, "resume", reason)


def flatten_plan(*, home: Path | None) -> list[str]:
    """Say what flattening will do and roughly cost. Raises LinkError without a running trader."""
    view = ask_view(find_home(home))
    if not view.positions:
        return ["There is no open position; entries will be cancelled and the state set to HALTED."]
    return [f"sell {p.quantity} {p.label} (bought at {p.average_price}, {_worth(p)})" for p in view.positions]


def _worth(position: PositionView) -> str:
    if position.mark is None:
        return "no usable bid"
    return f"bid {position.mark}, open P&L {position.unrealised_usd} USD"


def flatten_command(*, home: Path | None, reason: str) -> None:
    """Halt and close every position."""
    answer = _tell(find_home(home), "flatten", reason)
    print(f"flattening; trading state {answer['state']}. Watch it with  alphatrader status")


def approve_command(*, home: Path | None, signal_id: str, reason: str) -> None:
    """Enter a signal that waits for a person. Raises LinkError, PeerRefusedError where none of that id waits."""
    _tell(find_home(home), "approve", reason, target=signal_id)
    print(f"{signal_id} was handed on: it is judged again at the present price. Watch it with  alphatrader status")


def find_home(home: Path | None) -> Home:
    """Return the named home, or that which a person means: the newest run, of those that go on. Raises ConfigError."""
    if home is not None:
        found = Home(home)
        found.label()
        return found
    config = load_config()
    if config.gateway.kind == "ibkr":
        return broker_home(config.paths.state_dir, config.mode)
    running = running_homes(config.paths.state_dir)
    for other in running[1:]:
        print(f"note: {other.path} runs too: --home names it", file=sys.stderr)
    newest = running[0] if running else newest_home(config.paths.state_dir)
    if newest is None:
        raise ConfigError(f"there is no run below {config.paths.state_dir}: start one with  just run-paper")
    return newest


def ask_view(place: Home) -> EngineView:
    """Ask the running trader for everything. Raises LinkError, PeerRefusedError."""
    answer = asyncio.run(ask(_peer(place), {"action": "status"}, "status"))
    return msgspec.convert(answer["view"], EngineView, strict=False)


def _change_state(home: Path | None, action: Literal["halt", "resume"], reason: str) -> None:
    place = find_home(home)
    try:
        answer = _tell(place, action, reason)
    except UnansweredError:
        raise
    except LinkError:
        # Nobody is there, so nothing was sent: the journal is free, or says who holds it.
        asyncio.run(_journal_state(place, action, reason))
        print(f"no trader is running: {_STATES[action].value} is in the journal {place.journal} for its next start")
        return
    print(f"trading state {answer['state']}")


async def _journal_state(place: Home, action: Literal["halt", "resume"], reason: str) -> None:
    """Write the state where the next trader reads it. Raises JournalError if a trader holds the journal after all."""
    journal = await asyncio.to_thread(SqliteJournal.open, place.journal, place.lock, actor=_actor())
    try:
        now = time.time_ns()
        await journal.append_durable(OperatorRecord(action, _actor(), reason, now))
        await journal.append_durable(StateRecord(StateChange(_STATES[action], _actor(), reason, now)))
    finally:
        await journal.close()


def _tell(place: Home, action: str, reason: str, target: str = "") -> dict[str, Any]:
    request = {"action": action, "actor": _actor(), "reason": reason, "target": target}
    return asyncio.run(ask(_peer(place), request, action))


def _peer(place: Home) -> Peer:
    return Peer("the trader", place.control_socket, _ADVICE)


def _actor() -> str:
    return f"cli:{getpass.getuser()}"
