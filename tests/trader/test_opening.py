"""The start at the broker, step by step, over a link that may fail at each."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.doubles.terminal import RecordingTerminal

from alphatrader.calendar import NS, session_for
from alphatrader.domain import events as ev
from alphatrader.domain.errors import ConfigError, DataError, LinkError
from alphatrader.ops.config_sections import AppConfig
from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader.opening import Opening, SessionMissedError
from alphatrader.trader.stop import StopWish

SESSION = session_for("2026-11-20")


class Adapter:
    """Notes each step; ``failures`` are raised by the steps of their name, one each time."""

    account = "DU1"

    def __init__(self, **failures: list[Exception]) -> None:
        self.failures = failures
        self.steps: list[Any] = []

    def _step(self, name: str, *what: Any) -> None:
        self.steps.append((name, *what))
        if self.failures.get(name):
            raise self.failures[name].pop(0)

    async def connect(self) -> None:
        self._step("connect")

    async def subscribe_underlying(self, symbol: str, number: int) -> Any:
        self._step("subscribe", symbol, number)
        return SimpleNamespace(symbol=symbol, instrument_id=number)

    async def history(self, instrument: Any, start_ns: int, end_ns: int, _: int) -> int:
        try:
            self._step("history", instrument.symbol, start_ns, end_ns)
        except SilenceError:
            await asyncio.Event().wait()
        return 100

    async def option_universe(self, instrument: Any) -> None:
        self._step("universe", instrument.symbol)


class SilenceError(Exception):
    """Instead of a failure: no answer comes."""


class Runner:
    def __init__(self, now_ns: int, open_trades: int) -> None:
        self._now_ns = now_ns
        self.engine = SimpleNamespace(book=SimpleNamespace(open_trades=[object()] * open_trades))
        self.posted: list[Any] = []
        self.live = False
        self.live_at_s = 0.0

    def now_ns(self) -> int:
        return self._now_ns

    def post(self, event: Any) -> None:
        self.posted.append(event)

    def release_live_rows(self) -> None:
        if not self.live:
            self.live, self.live_at_s = True, asyncio.get_running_loop().time()


def open_session(
    adapter: Adapter, now_ns: int, mode: str = "paper", open_trades: int = 0
) -> tuple[Runner, RecordingTerminal]:
    config = AppConfig.model_validate({"engine": {"symbols": ["SPY", "QQQ"]}})
    terminal, runner, loop = RecordingTerminal(), Runner(now_ns, open_trades), VirtualLoop()
    lasting: Any = SimpleNamespace(
        config=config, terminal=terminal, stop=StopWish(), options=SimpleNamespace(mode=mode, home=Path())
    )
    opening = Opening(lasting, SESSION, adapter, runner)  # type: ignore[arg-type]

    async def work() -> None:
        await opening.connect()
        await opening.go_live()

    try:
        loop.run_until_complete(work())
    finally:
        loop.close()
    return runner, terminal


def test_each_underlying_is_subscribed_fed_and_its_universe_fetched() -> None:
    adapter, now_ns = Adapter(), SESSION.open_ns + 3600 * NS
    runner, terminal = open_session(adapter, now_ns)
    assert adapter.steps == [
        ("connect",),
        ("subscribe", "SPY", 1), ("history", "SPY", SESSION.open_ns, now_ns), ("universe", "SPY"),
        ("subscribe", "QQQ", 2), ("history", "QQQ", SESSION.open_ns, now_ns), ("universe", "QQQ"),
    ]  # fmt: skip
    assert [type(event) for event in runner.posted] == [ev.InstrumentAdded, ev.InstrumentAdded, ev.WarmupFinished]
    assert runner.posted[-1].rows == 200
    assert runner.live
    assert [text.partition(" prints")[0] for topic, _, text in terminal.lines if topic == "warm-up"] == [
        "SPY: 100",
        "QQQ: 100",
    ]


def test_before_the_open_there_is_no_past_of_the_session() -> None:
    adapter = Adapter()
    runner, terminal = open_session(adapter, SESSION.open_ns - 600 * NS)
    assert "history" not in {step[0] for step in adapter.steps}
    assert runner.posted[-1] == ev.WarmupFinished(ts_ns=SESSION.open_ns - 600 * NS, rows=0)
    assert terminal.lines == []


def test_each_step_is_tried_again_when_the_link_fails() -> None:
    lost = LinkError("the link was lost")
    adapter = Adapter(connect=[lost, lost], subscribe=[lost], history=[lost], universe=[lost])
    runner, terminal = open_session(adapter, SESSION.open_ns + NS)
    assert runner.posted[-1].rows == 200, "a past that failed was not fed in part"
    assert [step[0] for step in adapter.steps].count("connect") == 3
    assert terminal.text().count("is tried again until it works") == 4
    assert [type(event) for event in runner.posted].count(ev.InstrumentAdded) == 2


def test_what_is_held_is_worked_before_long_though_the_past_does_not_come() -> None:
    """No decision is made while the past is awaited: neither a stop that is gone nor a plan that is over is seen."""
    adapter = Adapter(history=[SilenceError()])
    runner, terminal = open_session(adapter, SESSION.open_ns + NS, open_trades=1)
    assert runner.live_at_s == pytest.approx(10)
    assert [step[0] for step in adapter.steps].count("history") == 1, "of the next underlying it is not asked for"
    assert runner.posted[-1].rows == 0
    assert "what is held is worked without it" in terminal.text()


@pytest.mark.parametrize("step", ["subscribe", "history", "universe"])
def test_what_is_held_is_worked_before_long_whatever_fails(step: str) -> None:
    adapter = Adapter(**{step: [LinkError("the farm is away")] * 9})
    runner, _ = open_session(adapter, SESSION.open_ns + NS, open_trades=1)
    assert runner.live_at_s < 45, "the pauses between the attempts are up to half a minute"
    assert runner.posted[-1].rows <= 100


def test_with_nothing_held_the_past_is_waited_for() -> None:
    adapter = Adapter(history=[LinkError("the farm is away")] * 9)
    runner, _ = open_session(adapter, SESSION.open_ns + NS)
    assert runner.live_at_s > 100
    assert runner.posted[-1].rows == 200


def test_nobody_connects_for_a_session_that_has_passed() -> None:
    adapter = Adapter(connect=[LinkError("no gateway")] * 99)
    with pytest.raises(SessionMissedError):
        open_session(adapter, SESSION.close_ns)
    assert adapter.steps == []


def test_an_unknown_symbol_is_not_tried_again() -> None:
    with pytest.raises(DataError, match="SPY"):
        open_session(Adapter(subscribe=[DataError("SPY is not known")]), SESSION.open_ns + NS)


@pytest.mark.parametrize(
    ("mode", "account", "refused"), [("paper", "U1", True), ("paper", "DU1", False), ("live", "U1", False)]
)
def test_paper_means_a_paper_account_whatever_listens(mode: str, account: str, refused: bool) -> None:
    adapter = Adapter()
    adapter.account = account
    if refused:
        with pytest.raises(ConfigError, match="not a paper account"):
            open_session(adapter, SESSION.open_ns + NS, mode)
        assert adapter.steps == [("connect",)], "nothing was subscribed or sent"
    else:
        open_session(adapter, SESSION.open_ns + NS, mode)
