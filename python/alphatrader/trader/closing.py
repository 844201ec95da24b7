"""The end of a session: entries cancelled, exits waited for, the broker's last word taken, everything summed up."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from alphatrader import calendar
from alphatrader.adapters.ibkr.adapter import IbkrAdapter
from alphatrader.adapters.journal import SqliteJournal
from alphatrader.domain import events as ev
from alphatrader.domain.errors import AlphaTraderError
from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.domain.records import SummaryRecord
from alphatrader.engine.runner import Runner
from alphatrader.execution.trade import Trade
from alphatrader.home import Home, StartFolder
from alphatrader.ops.console import Terminal
from alphatrader.ops.run_summary import RunSummary

DRAIN_WALL_S = 20.0
"""How long a stop waits for cancels and exits to be confirmed."""
NAKED_WALL_S = 40.0
"""How much longer it waits while a position has no working stop."""
_GO_ON = "go on with  alphatrader run --resume"


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a session ends, and what is said of it. ``goes_on``: the trader lives on to the next one."""

    reason: str
    flatten: bool = False
    goes_on: bool = False


async def wind_down(adapter: IbkrAdapter, runner: Runner, ending: Ending) -> BrokerSnapshot | None:
    """Cancel entries (and close positions, where wanted), wait for confirmations, take the gateway's last word."""
    book = runner.engine.book
    runner.post(ev.StopRequested(ts_ns=runner.now_ns(), flatten=ending.flatten, reason=ending.reason))

    def settled() -> bool:
        if ending.flatten:
            return not book.open_trades
        return not any(t.open_quantity == 0 or t.uncertain for t in book.open_trades)

    def protected() -> bool:
        return all(t.stop_resting() for t in book.open_trades if t.open_quantity)

    if not await runner.wait_until(settled, DRAIN_WALL_S):
        # Somebody waits for the end, but a position without a stop must not be left alone lightly.
        await runner.wait_until(lambda: settled() or protected(), NAKED_WALL_S)
    with contextlib.suppress(AlphaTraderError):
        snapshot = await adapter.snapshot()
        runner.post(ev.SnapshotReceived(ts_ns=runner.now_ns(), snapshot=snapshot))
        return snapshot
    return None


async def write_summary(home: Home, folder: StartFolder, journal: SqliteJournal, summary: RunSummary) -> None:
    """Write it beside the event log, as the newest of the home, and into the journal. Raises JournalError."""
    body = msgspec.json.format(msgspec.json.encode(summary))

    def write() -> None:
        for path in (folder.summary, home.summary):
            path.write_bytes(body + b"\n")

    with contextlib.suppress(OSError):  # the journal has it too
        await asyncio.to_thread(write)
    await journal.append_durable(SummaryRecord(summary.run_id, summary.clean, body.decode(), time.time_ns()))


def tell_end(terminal: Terminal, home: Home, runner: Runner, summary: RunSummary, ending: Ending) -> None:
    """Say what is left open, and what came of it."""
    book = runner.engine.book
    terminal.fact("session" if ending.goes_on else "stopped", ending.reason)
    for trade in book.open_trades:
        if trade.open_quantity:
            fate, level = _fate(trade, summary.session_date, ending)
            terminal.fact("left open", f"{trade.open_quantity} {book.label(trade)}: {fate}", level)
    if summary.open_orders is None:
        text = "not known: the broker did not answer completely; look it up in the broker's own terminal"
        terminal.fact("left open", text, "warning")
    elif not book.open_trades:
        terminal.fact("left open", "nothing", "good")
    net = summary.net_pnl_usd if summary.net_pnl_usd is not None else Decimal(0)
    terminal.fact("result", f"{summary.signals} signals, {summary.fills} fills, net P&L {net:+.2f} USD after fees")
    terminal.fact("replay", f"alphatrader replay {home.path}   (sha256 {summary.outputs_sha256[:16]}…)")
    terminal.fact("summary", str(home.summary))


def _fate(trade: Trade, session_date: str, ending: Ending) -> tuple[str, str]:
    """Say what becomes of a trade that is left open, and how loudly."""
    contract = trade.intent.contract
    if ending.goes_on and contract is not None and calendar.expiry_date(contract.expiry) <= session_date:
        if calendar.cash_settled(contract.trading_class or contract.symbol):
            return "it has expired and settles in cash", "info"
        return "it EXPIRED UNSOLD and may be exercised into shares: act in the broker's own terminal", "error"
    state = "its stop rests at the broker" if trade.stop_resting() else "WITHOUT a working stop"
    return f"{state}; {'held to the next session' if ending.goes_on else _GO_ON}", "warning"
