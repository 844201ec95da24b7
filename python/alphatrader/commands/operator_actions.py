"""``status``, ``halt``, ``resume``, ``flatten``: a person's commands, over the control socket of a running trader.

Without a running trader a halt or resume is written to the journal, where the next start finds it: the trading state
survives whoever set it. Flattening needs a running trader, for only it knows the link to the broker.
"""

import asyncio
import getpass
import time
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from alphatrader.adapters.journal import JournalReader, SqliteJournal
from alphatrader.domain.errors import ConfigError, LinkError
from alphatrader.domain.records import OperatorRecord, StateRecord
from alphatrader.domain.state import StateChange, TradingState
from alphatrader.domain.view import EngineView
from alphatrader.ops.config import load_config
from alphatrader.ops.home import Home, broker_home, newest_home
from alphatrader.trader.summary import RunSummary

_TIMEOUT_S = 5.0
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_STATES = {"halt": TradingState.HALTED, "resume": TradingState.ACTIVE}


def status_command(*, home: Path | None, as_json: bool) -> None:
    """Print the state of a run: live from the trader, or what its journal says last."""
    place = find_home(home)
    try:
        answer = asyncio.run(_ask(place, {"action": "status"}))
    except LinkError:
        _print_journal(place, as_json=as_json)
        return
    if as_json:
        print(msgspec.json.encode(answer["view"]).decode())
        return
    _print_view(msgspec.convert(answer["view"], EngineView, strict=False))


def halt_command(*, home: Path | None, reason: str) -> None:
    """Stop new risk; works without a running trader too."""
    _command(home, "halt", reason)


def resume_command(*, home: Path | None, reason: str) -> None:
    """Allow entries again."""
    _command(home, "resume", reason)


def flatten_plan(*, home: Path | None) -> list[str]:
    """Say what flattening will do and roughly cost. Raises LinkError without a running trader."""
    answer = asyncio.run(_ask(find_home(home), {"action": "status"}))
    view = msgspec.convert(answer["view"], EngineView, strict=False)
    if not view.positions:
        return ["There is no open position; entries will be cancelled and the state set to HALTED."]
    return [
        f"sell {p.quantity} {p.label} (bought at {p.average_price}, bid {p.mark}, open P&L {p.unrealised_usd} USD)"
        for p in view.positions
    ]


def flatten_command(*, home: Path | None, reason: str) -> None:
    """Halt and close every position."""
    answer = asyncio.run(_ask(find_home(home), {"action": "flatten", "actor": _actor(), "reason": reason}))
    print(f"flattening; trading state {answer['state']}. Watch it with  alphatrader status")


def find_home(home: Path | None) -> Home:
    """Return the named home, or the one that a person means: the newest run. Raises ConfigError."""
    if home is not None:
        found = Home(home)
        found.label()
        return found
    config = load_config()
    if config.gateway.kind == "ibkr":
        return broker_home(config.paths.state_dir, config.mode)
    newest = newest_home(config.paths.state_dir)
    if newest is None:
        raise ConfigError(f"there is no run below {config.paths.state_dir}: start one with  just run-paper")
    return newest


def _command(home: Path | None, action: Literal["halt", "resume"], reason: str) -> None:
    place = find_home(home)
    try:
        answer = asyncio.run(_ask(place, {"action": action, "actor": _actor(), "reason": reason}))
    except LinkError:
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


async def _ask(place: Home, request: dict[str, str]) -> dict[str, Any]:
    path = place.control_socket
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=_MAX_ANSWER_BYTES)
            try:
                writer.write(msgspec.json.encode(request) + b"\n")
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
        answer = msgspec.json.decode(line, type=dict[str, Any])
    except (OSError, TimeoutError, msgspec.DecodeError) as error:
        raise LinkError(
            f"no trader answers at {path} ({error or type(error).__name__}): it is not running, or it is blocked; "
            "stops rest at the broker. Start it with --resume, or act in the broker's own terminal"
        ) from error
    if not answer.get("ok"):
        raise LinkError(f"the trader refused: {answer.get('error')}")
    return answer


def _actor() -> str:
    return f"cli:{getpass.getuser()}"


def _print_view(view: EngineView) -> None:
    console = Console(highlight=False)
    label = view.market_label or "INTERACTIVE BROKERS"
    console.print(f"[bold]{view.mode.upper()} - {label}[/bold]  run {view.run_id}  build {view.build}")
    paused = "; ".join(view.entries_paused) or "allowed"
    console.print(f"trading state [bold]{view.trading_state}[/bold] {view.state_reason}   entries: {paused}")
    money = f"realised {view.realised_usd:.2f}, open {view.unrealised_usd:.2f}, fees {view.fees_usd:.2f} USD"
    console.print(f"P&L: {money}   open orders: {view.open_orders}")
    feeds = Table("feed", "state", "age", "detail", title="Feeds")
    for feed in view.feeds:
        age = "-" if feed.age_ms is None else f"{feed.age_ms:,.0f} ms"
        feeds.add_row(feed.name, feed.state, age, feed.detail)
    console.print(feeds)
    if view.positions:
        table = Table("position", "quantity", "average", "bid", "open P&L", "stop", "at broker", title="Positions")
        for p in view.positions:
            resting = "resting" if p.stop_resting else "NOT RESTING"
            table.add_row(
                p.label, *map(str, (p.quantity, p.average_price, p.mark, p.unrealised_usd, p.stop_price)), resting
            )
        console.print(table)
    for signal in view.signals[:5]:
        verdict = "accepted" if signal.accepted else f"refused ({signal.code})"
        console.print(f"signal {signal.label} {signal.direction} score {signal.score:.2f}: {verdict} - {signal.text}")


def _print_journal(place: Home, *, as_json: bool) -> None:
    if not place.journal.exists():
        raise LinkError(f"no trader is running and {place.journal} does not exist yet")
    reader = JournalReader(place.journal)
    state, counts, runs = reader.state(), reader.counts(), reader.runs(1)
    # The newest start's own end: an earlier clean end in the same home says nothing about a later crash.
    last = reader.summary(runs[0].run_id) if runs else None
    if as_json:
        print(msgspec.json.encode({"running": False, "state": state, "counts": counts, "summary": last}).decode())
        return
    console = Console(highlight=False)
    console.print(f"no trader is running in {place.path}; its journal says:")
    console.print(f"trading state {state.state.value if state else 'ACTIVE'} {state.reason if state else ''}")
    console.print("  ".join(f"{table}: {count}" for table, count in counts.items()))
    if last is None:
        console.print("the last run did not end cleanly: go on with  alphatrader run --resume")
        return
    summary = msgspec.json.decode(last.summary, type=RunSummary)
    console.print(f"last run: {summary.stopped_because}; net P&L {summary.net_pnl_usd:+.2f} USD after fees")
    held = sum(1 for position in summary.positions if position.gateway)
    if held or summary.open_orders:
        console.print(
            f"left at the broker: {held} positions, {summary.open_orders} orders: go on with  alphatrader run --resume"
        )
