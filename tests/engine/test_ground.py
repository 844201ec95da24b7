"""What an entry stands on: anything that is missing or broken forbids it, by a code that people can look up."""

from collections.abc import Callable

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.domain.orders import OpenOrder
from alphatrader.engine.commands import ClaimSignal
from alphatrader.risk.checks import CHECKS

BREAKS: dict[str, Callable[[EngineBench], object]] = {
    "link_down": lambda b: b.link(healthy=False),
    "store_down": lambda b: b.post(ev.StoreChanged(ts_ns=b.now_ns, up=False, reason="gone")),
    "journal_down": lambda b: b.post(ev.JournalChanged(ts_ns=b.now_ns, up=False, reason="disk full")),
    "recorder_down": lambda b: b.post(ev.RecorderChanged(ts_ns=b.now_ns, up=False, reason="disk full")),
    "loop_lag": lambda b: b.post(ev.RuntimeLag(ts_ns=b.now_ns, lag_ms=250.0)),
    "not_reconciled": lambda b: b.snapshot(complete=False),
    "trading_state": lambda b: b.post(ev.OperatorCommand(ts_ns=b.now_ns, action="halt", actor="t", reason="r")),
    "stopping": lambda b: b.post(ev.StopRequested(ts_ns=b.now_ns, flatten=False, reason="SIGINT")),
    "orphan_order": lambda b: b.snapshot(orders=(OpenOrder(7, 1, 1, 5, "BUY", 1, "LMT", "Submitted", "old.1:entry"),)),
}


@pytest.mark.parametrize("code", BREAKS)
def test_what_is_missing_or_broken_denies_the_entry(code: str) -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    assert bench.blocks() == set()
    BREAKS[code](bench)
    assert not bench.of(ClaimSignal, bench.arm("armed").look())
    assert code in bench.blocks()
    assert bench.blocked() == {code: 1}


def test_what_is_silent_denies_the_entry() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    assert not bench.of(ClaimSignal, bench.arm("armed").advance(4).decide())
    assert "feed_quote_stale" in bench.blocks()


def test_before_a_first_connection_everything_that_lacks_is_told() -> None:
    bench = EngineBench(armed_settings())
    assert bench.blocks() == {"warming_up", "link_down", "store_down"}


@pytest.mark.parametrize(
    ("clock", "text"),
    [
        ("08:30", "the market is closed until 2025-11-24 09:30:00 New York"),
        ("16:00", "the session is over"),
    ],
)
def test_outside_the_session_nothing_is_opened(clock: str, text: str) -> None:
    bench = EngineBench(armed_settings(), at=clock)
    texts = {denial.code: denial.text for denial in bench.engine.ground.blocks("SPY")}
    assert texts["market_closed"] == text


def test_every_code_that_is_told_stands_in_the_table_of_checks() -> None:
    known = {code for check in CHECKS for code in check.codes}
    for code, break_it in BREAKS.items():
        bench = EngineBench(armed_settings()).ready()
        break_it(bench)
        bench.advance(5).decide()
        assert bench.blocks() <= known, code


def test_funds_are_unknown_until_the_account_is_reported() -> None:
    bench = EngineBench(armed_settings())
    assert bench.engine.ground.funds_usd() is None
    bench.post(ev.AccountReported(ts_ns=bench.now_ns, account="DU1", values={"AvailableFunds": 1234.567}))
    assert str(bench.engine.ground.funds_usd()) == "1234.57"


def test_a_strategy_cools_down_where_its_last_trade_ended() -> None:
    bench = EngineBench(armed_settings(("SPY", "QQQ"))).ready()
    intent = bench.hold()
    for ticket in intent.tickets[2:]:
        bench.fill_ticket(intent, ticket, ticket.quantity, "2.40")
    bench.report_ticket(intent, intent.tickets[1], "Cancelled")
    bench.look(15)
    assert bench.engine.ground.cooling_down_s("armed", "SPY") == 45
    assert bench.engine.ground.cooling_down_s("armed", "QQQ") == 0
