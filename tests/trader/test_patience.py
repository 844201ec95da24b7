"""Links that fail are tried again with growing pauses; everything else ends the trying."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.doubles.terminal import RecordingTerminal

from alphatrader.domain.errors import AlphaTraderError, ConfigError, FencedError, JournalError, LinkError
from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader.patience import StoppedError, persist
from alphatrader.trader.stop import StopWish


class Flaky:
    """Fails so many times; ``at_s`` tells when it was tried."""

    def __init__(self, failures: list[Exception]) -> None:
        self.failures = failures
        self.at_s: list[float] = []

    async def __call__(self) -> str:
        self.at_s.append(asyncio.get_running_loop().time())
        if self.failures:
            raise self.failures.pop(0)
        return "up"


def run(
    attempt: Flaky, begin: Callable[[StopWish], None] = lambda stop: None, failure: type[AlphaTraderError] = LinkError
) -> tuple[Any, RecordingTerminal]:
    terminal, stop, loop = RecordingTerminal(), StopWish(), VirtualLoop()

    async def work() -> str:
        begin(stop)
        return await persist("broker", attempt, stop, terminal, what="connecting", failure=failure)  # type: ignore[arg-type]

    try:
        return loop.run_until_complete(work()), terminal
    finally:
        loop.close()


def test_what_works_at_once_says_nothing() -> None:
    found, terminal = run(Flaky([]))
    assert (found, terminal.lines) == ("up", [])


def test_pauses_grow_to_half_a_minute_and_each_reason_is_told_once() -> None:
    attempt = Flaky([LinkError("no gateway")] * 7 + [LinkError("still logging in")] * 2)
    found, terminal = run(attempt)
    assert found == "up"
    pauses = [b - a for a, b in zip(attempt.at_s, attempt.at_s[1:], strict=False)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert terminal.lines == [
        ("broker", "warning", "no gateway. connecting is tried again until it works"),
        ("broker", "warning", "still logging in. connecting is tried again until it works"),
        ("broker", "good", "connecting: it works now"),
    ]


def test_a_stop_ends_the_trying() -> None:
    with pytest.raises(StoppedError):
        run(
            Flaky([LinkError("no gateway")] * 99), lambda stop: asyncio.get_running_loop().call_later(60, stop.ask, "x")
        )  # type: ignore[arg-type, return-value]


def test_another_kind_of_failure_may_be_waited_for_but_never_the_loss_of_the_right_to_send() -> None:
    full, fenced = JournalError("the disk is full"), FencedError("another writer")
    attempt = Flaky([full, full, fenced])
    with pytest.raises(FencedError):
        run(attempt, failure=JournalError)
    assert len(attempt.at_s) == 3


def test_what_trying_again_cannot_mend_is_raised_at_once() -> None:
    attempt = Flaky([ConfigError("not a paper account")])
    with pytest.raises(ConfigError, match="paper"):
        run(attempt)
    assert len(attempt.at_s) == 1
