"""The quiet line: a terminal on which nothing happens must still show that the trader lives."""

import asyncio
import time
from collections.abc import Callable

from alphatrader.domain.view import EngineView
from alphatrader.ops.console import Terminal
from alphatrader.trader.day import TradingDay

LOOK_INTERVAL_S = 1.0
WAITING_FACTOR = 30
"""While no session runs the line comes so much more seldom."""


def quiet_text(view: EngineView) -> str:
    """Return spots, state and P&L in one line."""
    prices = ((symbol.symbol, _spot(symbol.bid, symbol.ask)) for symbol in view.symbols)
    spots = [f"{symbol} {price:.2f}" for symbol, price in prices if price is not None]
    net = view.realised_usd + view.unrealised_usd - view.fees_usd
    held = f", {len(view.positions)} open" if view.positions else ""
    parts = [*spots, view.trading_state + held, f"P&L {net:+.2f} USD after fees"]
    return "; ".join(parts)


def _spot(bid: float | None, ask: float | None) -> float | None:
    return (bid + ask) / 2 if bid is not None and ask is not None else None


async def tell_when_quiet(terminal: Terminal, every_s: float, current: Callable[[], TradingDay | None]) -> None:
    """Print the line when no other came for ``every_s`` wall seconds, until cancelled.

    ``current`` returns the session that runs or is waited for, None before the first.
    """
    while True:
        await asyncio.sleep(LOOK_INTERVAL_S)
        day = current()
        if day is None:
            continue
        limit_s = every_s if day.phase == "trading" else every_s * WAITING_FACTOR
        if time.monotonic() - terminal.last_line_s < limit_s:
            continue
        if day.phase == "waiting":
            terminal.timed(day.now_ns(), "quiet", f"waiting for the session of {day.session.date}; {day.trading_state}")
        else:
            terminal.timed(day.now_ns(), "quiet", quiet_text(day.view()))
