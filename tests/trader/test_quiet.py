"""The line that shows that a silent terminal's trader lives."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from tests.dashboard.views import make_view
from tests.doubles.terminal import RecordingTerminal

from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader.quiet import quiet_text, tell_when_quiet


def test_it_tells_spots_state_positions_and_result() -> None:
    view = make_view(realised_usd=make_view().fees_usd, unrealised_usd=make_view().fees_usd)
    symbol = view.symbols[0]
    mid = (symbol.bid + symbol.ask) / 2  # type: ignore[operator]
    assert quiet_text(view) == f"{symbol.symbol} {mid:.2f}; ACTIVE, 1 open; P&L {view.fees_usd:+.2f} USD after fees"
    blind = msgspec.structs.replace(symbol, bid=None)
    assert quiet_text(make_view(symbols=(blind,), positions=())).startswith("ACTIVE; P&L ")


class HandTime:
    """``time.monotonic`` as the virtual loop has it."""

    @staticmethod
    def monotonic() -> float:
        return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    ("phase", "after_s", "lines"),
    [("trading", 200, 3), ("starting", 1_700, 0), ("waiting", 1_900, 1), (None, 9_000, 0)],
)
def test_it_comes_when_no_other_line_did(
    monkeypatch: pytest.MonkeyPatch, phase: str | None, after_s: float, lines: int
) -> None:
    monkeypatch.setattr("alphatrader.trader.quiet.time", HandTime)
    monkeypatch.setattr("tests.doubles.terminal.time", HandTime)
    loop = VirtualLoop()
    day: Any = SimpleNamespace(
        phase=phase,
        now_ns=time.time_ns,
        view=make_view,
        trading_state="HALTED",
        session=SimpleNamespace(date="2026-11-23"),
    )

    async def watch() -> RecordingTerminal:
        terminal = RecordingTerminal()
        telling = asyncio.ensure_future(tell_when_quiet(terminal, 60, lambda: day if phase else None))  # type: ignore[arg-type]
        await asyncio.sleep(after_s)
        telling.cancel()
        return terminal

    terminal = loop.run_until_complete(watch())
    loop.close()
    assert len(terminal.lines) == lines
    if phase == "waiting":
        assert terminal.lines[0][2] == "waiting for the session of 2026-11-23; HALTED"
