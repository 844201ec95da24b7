"""The end of a session: what is waited for, what is written, and that nothing is called flat that is not known."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.doubles.ports import MemoryBroker, MemoryJournal
from tests.doubles.terminal import RecordingTerminal

from alphatrader.domain import events as ev
from alphatrader.domain.errors import LinkError
from alphatrader.domain.records import SummaryRecord
from alphatrader.home import Home, HomeLabel
from alphatrader.ops.run_summary import LatencySummary, RunSummary
from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader.closing import DRAIN_WALL_S, NAKED_WALL_S, Ending, tell_end, wind_down, write_summary


class Trade:
    def __init__(
        self,
        quantity: int = 3,
        *,
        resting: bool = True,
        uncertain: bool = False,
        expiry: str = "20261123",
        of: str = "SPY",
    ) -> None:
        self.intent = SimpleNamespace(contract=SimpleNamespace(symbol=of, trading_class=of, expiry=expiry))
        self.open_quantity = quantity
        self.uncertain = uncertain
        self.resting = resting

    def stop_resting(self) -> bool:
        return self.resting


class Runner:
    """Trades that change at instants of the loop's time."""

    def __init__(self, trades: list[Trade]) -> None:
        self.posted: list[Any] = []
        self.engine = SimpleNamespace(book=SimpleNamespace(open_trades=trades, label=lambda trade: "SPY 0DTE 650C"))

    def now_ns(self) -> int:
        return 1

    def post(self, event: Any) -> None:
        self.posted.append(event)

    async def wait_until(self, condition: Any, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    await asyncio.sleep(0.5)
        except TimeoutError:
            return False
        return True


def wind(trades: list[Trade], ending: Ending, changes: dict[float, Any] | None = None, broker: Any = None) -> Any:
    """Wind down in virtual time; return the runner, what came of it, and how long it took."""
    loop, runner = VirtualLoop(), Runner(trades)

    async def work() -> Any:
        for at_s, change in (changes or {}).items():
            loop.call_later(at_s, change)
        return await wind_down(broker or MemoryBroker(), runner, ending)  # type: ignore[arg-type]

    try:
        return runner, loop.run_until_complete(work()), loop.time()
    finally:
        loop.close()


def test_a_position_with_its_stop_is_not_waited_for() -> None:
    runner, snapshot, took_s = wind([Trade()], Ending("stopped by SIGINT"))
    stop, last_word = runner.posted
    assert (stop.reason, stop.flatten) == ("stopped by SIGINT", False)
    assert isinstance(last_word, ev.SnapshotReceived)
    assert (snapshot.complete, took_s) == (True, 0)


def test_a_working_entry_and_an_order_in_doubt_are_waited_for() -> None:
    trades = [Trade(0), Trade(uncertain=True)]
    _, _, took_s = wind(
        trades, Ending("x"), {3: lambda: trades.pop(0), 5: lambda: setattr(trades[0], "uncertain", False)}
    )
    assert took_s == 5


def test_closing_is_waited_for_then_at_least_protection() -> None:
    trades = [Trade(resting=False)]
    _, _, took_s = wind(
        trades, Ending("the duration is over", flatten=True), {30: lambda: setattr(trades[0], "resting", True)}
    )
    assert took_s == 30
    _, _, took_s = wind([Trade(resting=False)], Ending("x", flatten=True))
    assert took_s == DRAIN_WALL_S + NAKED_WALL_S, "somebody waits for the end"
    flat = [Trade()]
    _, _, took_s = wind(flat, Ending("x", flatten=True), {2: flat.clear})
    assert took_s == 2


def test_a_broker_that_says_nothing_leaves_nothing_known() -> None:
    broker = MemoryBroker()
    broker.failure = LinkError("no link")
    runner, snapshot, _ = wind([], Ending("x"), broker=broker)
    assert snapshot is None
    assert len(runner.posted) == 1


def summary(**changes: Any) -> RunSummary:
    values: dict[str, Any] = {
        "run_id": "r1", "mode": "paper", "market": "m", "seed": 7, "speed": 10.0, "session_date": "2026-11-20",
        "wall_s": 1.0, "events": 1, "signals": 2, "signals_accepted": 1, "blocked": {}, "orders": 3, "fills": 2,
        "realised_pnl_usd": Decimal(12), "unrealised_pnl_usd": Decimal(0), "fees_usd": Decimal(2),
        "net_pnl_usd": Decimal(10), "latency": LatencySummary(None, None, None, None, 0), "open_orders": 0,
        "positions": [], "positions_match": True, "outputs_sha256": "0" * 64, "clean": True, "stopped_because": "x",
    }  # fmt: skip
    return RunSummary(**(values | changes))


async def test_the_summary_stands_in_three_places(tmp_path: Path) -> None:
    home, journal = Home(tmp_path), MemoryJournal()
    home.write_label(HomeLabel("paper", True, 7, 1.0, "", ""))
    home.start("r1").path.mkdir()
    await write_summary(home, home.start("r1"), journal, summary())  # type: ignore[arg-type]
    (record,) = journal.of(SummaryRecord)
    assert (record.run_id, record.clean) == ("r1", True)
    for path in (home.summary, home.start("r1").summary):
        assert json.loads(path.read_text()) == json.loads(record.summary)


async def test_a_disk_that_takes_no_file_keeps_nothing_from_the_journal(tmp_path: Path) -> None:
    journal = MemoryJournal()
    home = Home(tmp_path / "none")
    await write_summary(home, home.start("r1"), journal, summary())  # type: ignore[arg-type]
    assert len(journal.of(SummaryRecord)) == 1


@pytest.mark.parametrize(
    ("trades", "changes", "ending", "told"),
    [
        ([], {}, Ending("stopped by SIGINT"), [("stopped", "stopped by SIGINT"), ("left open", "nothing")]),
        (
            [Trade(5)], {"open_orders": 2}, Ending("stopped by SIGINT"),
            [("left open", "5 SPY 0DTE 650C: its stop rests at the broker; go on with  alphatrader run --resume")],
        ),
        (
            [Trade(5)], {"open_orders": 2}, Ending("the session of 2026-11-20 is over", goes_on=True),
            [("session", "the session of 2026-11-20 is over"),
             ("left open", "5 SPY 0DTE 650C: its stop rests at the broker; held to the next session")],
        ),
        (
            [Trade(5, resting=False)], {"open_orders": 1}, Ending("x"),
            [("left open", "5 SPY 0DTE 650C: WITHOUT a working stop; go on with  alphatrader run --resume")],
        ),
        (
            [Trade(5, expiry="20261120")], {"open_orders": 0}, Ending("the session is over", goes_on=True),
            [("left open", "5 SPY 0DTE 650C: it EXPIRED UNSOLD and may be exercised into shares: "
              "act in the broker's own terminal")],
        ),
        (
            [Trade(5, expiry="20261120", of="SPXW")], {"open_orders": 0}, Ending("the session is over", goes_on=True),
            [("left open", "5 SPY 0DTE 650C: it has expired and settles in cash")],
        ),
        (
            [], {"open_orders": None, "positions_match": None}, Ending("x"),
            [("left open", "not known: the broker did not answer completely; look it up in the broker's own terminal")],
        ),
    ],
)  # fmt: skip
def test_what_is_left_open_is_said(
    tmp_path: Path, trades: list[Trade], changes: dict[str, Any], ending: Ending, told: list[tuple[str, str]]
) -> None:
    terminal = RecordingTerminal()
    tell_end(terminal, Home(tmp_path), Runner(trades), summary(**changes), ending)  # type: ignore[arg-type]
    lines = [(topic, text) for topic, _, text in terminal.lines]
    assert [line for line in told if line not in lines] == []
    assert (("left open", "nothing") in lines) == (("left open", "nothing") in told)
    assert ("result", "2 signals, 2 fills, net P&L +10.00 USD after fees") in lines
