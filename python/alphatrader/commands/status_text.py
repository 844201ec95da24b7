"""``alphatrader status``: a run as its trader sees it, or what its journal says last."""

from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from alphatrader.adapters.journal import JournalReader
from alphatrader.commands.operator_actions import ask_view, find_home
from alphatrader.domain.errors import LinkError, UnansweredError
from alphatrader.domain.view import EngineView
from alphatrader.home import Home
from alphatrader.ops.run_summary import RunSummary

_SIGNALS = 5
_VERDICTS = {"awaiting_approval": "waits", "shadow": "shadow"}
"""What became of a signal that was neither accepted nor refused."""


def status_command(*, home: Path | None, as_json: bool) -> None:
    """Print the state of a run: live from the trader, or what its journal says last."""
    place = find_home(home)
    try:
        view = ask_view(place)
    except UnansweredError:
        raise  # it lives but does not answer: what the journal says is not the present
    except LinkError:
        _print_journal(place, as_json=as_json)
        return
    if as_json:
        print(msgspec.json.encode(view).decode())
        return
    _print_view(view)


def _print_view(view: EngineView) -> None:
    console = Console(highlight=False)
    label = view.market_label or "INTERACTIVE BROKERS"
    console.print(f"[bold]{view.mode.upper()} - {label}[/bold]  run {view.run_id}  build {view.build}")
    paused = "; ".join(view.entries_paused) or "allowed"
    console.print(f"trading state [bold]{view.trading_state}[/bold] {view.state_reason}   entries: {paused}")
    open_pnl = f"{view.unrealised_usd:.2f}"
    if not view.unrealised_known:
        open_pnl = f"not known ({open_pnl} if what has no quote is lost)"
    money = f"realised {view.realised_usd:.2f}, open {open_pnl}, fees {view.fees_usd:.2f} USD"
    console.print(f"P&L: {money}   open orders: {view.open_orders}")
    feeds = Table("feed", "state", "age", "detail", title="Feeds")
    for feed in view.feeds:
        age = "-" if feed.age_ms is None else f"{feed.age_ms:,.0f} ms"
        feeds.add_row(feed.name, feed.state, age, feed.detail)
    console.print(feeds)
    _print_strategies(console, view)
    if view.positions:
        table = Table("position", "quantity", "average", "bid", "open P&L", "stop", "at broker", title="Positions")
        for p in view.positions:
            resting = "resting" if p.stop_resting else "NOT RESTING"
            figures = (p.quantity, p.average_price, p.mark, p.unrealised_usd, p.stop_price)
            table.add_row(p.label, *("-" if figure is None else str(figure) for figure in figures), resting)
        console.print(table)
    for proposal in view.proposals:
        console.print(
            f"waits for you: {proposal.label} ({proposal.strategy}): alphatrader approve {proposal.signal_id}"
        )
    # Newest first: of a signal that waited for a person the last word counts.
    latest = {signal.signal_id: signal for signal in reversed(view.signals)}
    for signal in [one for one in view.signals if latest[one.signal_id] is one][:_SIGNALS]:
        verdict = "accepted" if signal.accepted else _VERDICTS.get(signal.code, f"refused ({signal.code})")
        console.print(f"signal {signal.label} {signal.direction} score {signal.score:.2f}: {verdict} - {signal.text}")


def _print_strategies(console: Console, view: EngineView) -> None:
    table = Table("strategy", "mode", "symbol", "score", "signals", "last refusal", title="Strategies")
    for strategy in view.strategies:
        for symbol in strategy.symbols:
            signals = f"{symbol.signals_accepted} of {symbol.signals}"
            why = symbol.blocked_text or symbol.code
            table.add_row(strategy.name, strategy.mode, symbol.symbol, f"{symbol.score:+.2f}", signals, why)
    if view.strategies:
        console.print(table)


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
    if not runs:
        console.print("nothing was traded yet")
        return
    summary = msgspec.json.decode(last.summary, type=RunSummary) if last is not None else None
    if summary is None or summary.killed:
        console.print("the last run did not end cleanly: go on with  alphatrader run --resume")
        return
    net = "not known" if summary.net_pnl_usd is None else f"{summary.net_pnl_usd:+.2f} USD after fees"
    console.print(f"last run: {summary.stopped_because}; net P&L {net}")
    held = sum(1 for position in summary.positions if position.gateway)
    if summary.open_orders is None:
        console.print("what is left at the broker is not known: its last answer was incomplete")
    elif held or summary.open_orders:
        console.print(
            f"left at the broker: {held} positions, {summary.open_orders} orders: go on with  alphatrader run --resume"
        )
