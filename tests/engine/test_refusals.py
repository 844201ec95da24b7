"""What became of ideas, by strategy and underlying."""

from alphatrader.domain.signals import Denial
from alphatrader.engine.refusals import Refusals

S = 1_000_000_000
STALE, BUSY = Denial("feed_quote_stale", "old"), Denial("strategy_busy", "busy")


def test_a_refusal_that_repeats_is_counted_once_a_second() -> None:
    refusals = Refusals()
    for tenth in range(21):
        refusals.block("a", "SPY", STALE, tenth * S // 10)
    assert dict(refusals.of("a", "SPY").blocked) == {"feed_quote_stale": 3}


def test_another_code_is_counted_at_once() -> None:
    refusals = Refusals()
    for number, denial in enumerate((STALE, BUSY, STALE)):
        refusals.block("a", "SPY", denial, number)
    assert dict(refusals.of("a", "SPY").blocked) == {"feed_quote_stale": 2, "strategy_busy": 1}


def test_what_one_strategy_is_refused_hides_nothing_of_another() -> None:
    refusals = Refusals()
    refusals.block("a", "SPY", STALE, 0)
    refusals.block("b", "SPY", STALE, 0)
    refusals.block("a", "QQQ", BUSY, 0)
    assert {key: dict(refusals.of(*key).blocked) for key in (("a", "SPY"), ("b", "SPY"), ("a", "QQQ"))} == {
        ("a", "SPY"): {"feed_quote_stale": 1},
        ("b", "SPY"): {"feed_quote_stale": 1},
        ("a", "QQQ"): {"strategy_busy": 1},
    }
    assert refusals.of("a", "SPY").last == STALE


def test_a_denied_signal_counts_each_of_its_codes_once() -> None:
    refusals = Refusals()
    refusals.deny("a", "SPY", [STALE, STALE, BUSY], 5)
    assert dict(refusals.blocked) == {"feed_quote_stale": 1, "strategy_busy": 1}
    assert (refusals.of("a", "SPY").last, refusals.of("a", "SPY").last_ns) == (STALE, 5)


def test_totals_are_over_all() -> None:
    refusals = Refusals()
    refusals.of("a", "SPY").signals += 2
    refusals.of("a", "SPY").accepted += 1
    refusals.of("b", "QQQ").signals += 3
    assert (refusals.signals, refusals.accepted) == (5, 1)
    assert dict(refusals.blocked) == {}
