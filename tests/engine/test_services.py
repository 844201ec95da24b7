"""What the engine stands on comes and goes: told when it changes, asked about when it is back."""

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.engine.commands import Notify, Reconcile


def test_a_link_that_comes_up_is_reconciled_before_anything_is_opened() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    bench.link(healthy=False)
    commands = bench.link()
    assert bench.codes(commands) == ["broker.link_up"]
    assert len(bench.of(Reconcile, commands)) == 1
    assert bench.blocks() == {"not_reconciled"}
    bench.snapshot()
    assert bench.blocks() == set()


def test_a_lost_link_is_told_once() -> None:
    bench = EngineBench(armed_settings()).ready()
    assert bench.codes(bench.link(healthy=False)) == ["broker.link_down"]
    assert bench.codes(bench.link(healthy=False)) == []


def test_while_only_data_are_missing_what_was_reconciled_stays_so() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.post(ev.LinkChanged(ts_ns=bench.now_ns, healthy=False, code=2103, text="farm", orders_possible=True))
    assert bench.engine.state.link.reconciled
    bench.post(ev.LinkChanged(ts_ns=bench.now_ns, healthy=False, code=1100, text="lost"))
    assert not bench.engine.state.link.reconciled


def test_a_store_is_told_of_when_it_changes() -> None:
    bench = EngineBench(armed_settings()).ready()

    def told(up: bool) -> list[str]:
        return bench.codes(bench.post(ev.StoreChanged(ts_ns=bench.now_ns, up=up, reason="test")))

    assert [told(up) for up in (True, False, False, True)] == [[], ["redis.down"], [], ["redis.up"]]


@pytest.mark.parametrize(
    ("kind", "code", "topic"),
    [(ev.JournalChanged, "journal_down", "journal"), (ev.RecorderChanged, "recorder_down", "event-log")],
)
def test_what_cannot_be_written_stops_entries_until_it_can(kind: type, code: str, topic: str) -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()
    (down,) = bench.of(Notify, bench.post(kind(ts_ns=bench.now_ns, up=False, reason="the disk is full")))
    assert (down.level, down.code) == ("error", f"{topic}.down")
    assert "the disk is full" in down.text
    assert bench.blocks() == {code}
    assert bench.codes(bench.post(kind(ts_ns=bench.now_ns, up=True, reason="there is room"))) == [f"{topic}.up"]
    assert bench.blocks() == set()


def test_a_blocked_loop_pauses_entries_for_a_while_and_is_told_once_an_episode() -> None:
    bench = EngineBench(armed_settings()).ready()
    bench.look()

    def blocked() -> list[str]:
        return bench.codes(bench.post(ev.RuntimeLag(ts_ns=bench.now_ns, lag_ms=180.0)))

    assert blocked() == ["loop.lag"]
    bench.look(1)
    assert blocked() == []
    bench.look(1.5)
    assert bench.blocks() == {"loop_lag"}, "from the last time on"
    bench.look(1)
    assert bench.blocks() == set()
    assert blocked() == ["loop.lag"]


def test_figures_of_the_account_are_kept_beside_older_ones() -> None:
    bench = EngineBench(armed_settings())
    for values in ({"AvailableFunds": 1.0, "NetLiquidation": 5.0}, {"AvailableFunds": 2.0}):
        bench.post(ev.AccountReported(ts_ns=bench.now_ns, account="DU1", values=values))
    assert bench.engine.state.account == {"AvailableFunds": 2.0, "NetLiquidation": 5.0}
    assert bench.engine.state.account_ts_ns == bench.now_ns
