"""Modes of a strategy: off, shadow, approve, on; and what a person's word does and does not do."""

import pytest
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.domain import events as ev
from alphatrader.domain.records import OperatorRecord, RestoredState, ShadowRecord, SignalRecord
from alphatrader.engine.commands import ClaimSignal, Command, SubmitIntent


def bench_of(mode: str, **changes: object) -> EngineBench:
    return EngineBench(armed_settings(armed={"mode": mode}, changes=dict(changes))).ready()


def proposed(**changes: object) -> tuple[EngineBench, str]:
    """A bench with a signal that waits, and its id."""
    bench = bench_of("approve", **changes).arm("armed")
    bench.look()
    bench.claim()
    bench.arm()
    (waiting,) = bench.engine.entries.proposals
    return bench, waiting


def approve(bench: EngineBench, signal_id: str) -> list[Command]:
    return bench.post(
        ev.OperatorCommand(ts_ns=bench.now_ns, action="approve", actor="ann", reason="", target=signal_id)
    )


def test_off_is_not_asked() -> None:
    bench = bench_of("off")
    bench.look()
    assert bench.engine.strategies == []
    assert bench.engine.assessments == {}


def test_on_enters_after_its_claim() -> None:
    bench = bench_of("on").arm("armed")
    bench.look()
    assert len(bench.of(SubmitIntent, bench.claim())) == 1
    assert [(r.code, r.mode) for r in bench.records(SignalRecord)] == [("accepted", "on")]


def test_shadow_gives_its_signal_and_asks_for_nothing() -> None:
    bench = bench_of("shadow").arm("armed")
    commands = bench.look()
    assert not bench.of(ClaimSignal, commands)
    (record,) = bench.records(SignalRecord, commands)
    assert (record.code, record.mode, record.accepted) == ("shadow", "shadow", False)
    assert record.quantity > 0
    bench.look(1)
    assert bench.blocked() == {"strategy_busy": 1}, "while its outcome is open"


def test_approve_waits_for_a_person() -> None:
    bench = bench_of("approve").arm("armed")
    bench.look()
    commands = bench.claim()
    assert not bench.of(SubmitIntent, commands)
    (record,) = bench.records(SignalRecord, commands)
    assert (record.code, record.mode, record.accepted) == ("awaiting_approval", "approve", False)
    bench.look()
    assert bench.blocked() == {"strategy_busy": 1}


def test_an_approved_signal_is_priced_at_the_present_quote() -> None:
    bench, waiting = proposed()
    before = bench.engine.entries.proposals[waiting].signal
    bench.price += 0.1  # which moves the option by five cents
    bench.advance(30).prints()
    (submit,) = bench.of(SubmitIntent, approve(bench, waiting))
    entry, stop, _ = submit.approved.value.tickets
    assert entry.limit_price > before.entry_limit
    assert stop.stop_price > before.stop_price
    (record,) = [r for r in bench.records(SignalRecord) if r.accepted]
    assert record.signal.signal_id == waiting
    assert bench.engine.entries.proposals == {}


@pytest.mark.parametrize("by_usd", [-0.8, 0.8])
def test_a_price_that_has_moved_away_is_refused(by_usd: float) -> None:
    bench, waiting = proposed()
    bench.price += by_usd
    bench.advance(5).prints()
    assert not bench.of(SubmitIntent, approve(bench, waiting))
    assert bench.blocked()["price_moved"] == 1


def test_an_approval_without_a_fresh_quote_is_refused() -> None:
    bench, waiting = proposed()
    bench.advance(5)
    assert not bench.of(SubmitIntent, approve(bench, waiting))
    assert bench.blocked()["option_quote_stale"] == 1


def test_an_approval_opens_nothing_while_trading_is_halted() -> None:
    bench, waiting = proposed()
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="halt", actor="t", reason="drill"))
    bench.advance(1).prints()
    assert not bench.of(SubmitIntent, approve(bench, waiting))
    assert bench.blocked()["trading_state"] == 1


def test_a_signal_expires_where_nobody_speaks() -> None:
    bench, waiting = proposed(signals={"approval_valid_s": 60})
    bench.look(59)
    assert waiting in bench.engine.entries.proposals
    bench.look(2)
    assert bench.engine.entries.proposals == {}
    assert bench.blocked()["approval_expired"] == 1
    bench.advance(1).prints()
    assert bench.codes(approve(bench, waiting)) == ["signal.unknown"]


def test_an_approval_that_comes_too_late_is_one_even_before_the_next_decision() -> None:
    bench, waiting = proposed(signals={"approval_valid_s": 60})
    bench.advance(61).prints()
    assert not bench.of(SubmitIntent, approve(bench, waiting))
    assert bench.blocked()["approval_expired"] == 1


def test_an_id_that_nobody_knows_is_told_and_does_nothing() -> None:
    bench, waiting = proposed()
    commands = approve(bench, "t.s99")
    assert bench.codes(commands) == ["signal.unknown"]
    assert not bench.of(SubmitIntent, commands)
    assert waiting in bench.engine.entries.proposals


def test_a_signal_is_entered_once_however_often_it_is_approved() -> None:
    bench, waiting = proposed()
    bench.advance(1).prints()
    assert len(bench.of(SubmitIntent, approve(bench, waiting))) == 1
    assert bench.codes(approve(bench, waiting)) == ["signal.unknown"]
    assert len(bench.of(SubmitIntent)) == 1


def test_what_waited_is_gone_after_a_restart() -> None:
    before, waiting = proposed()
    (record,) = before.records(SignalRecord)
    assert not record.accepted, "so the journal restores nothing of it"
    bench = EngineBench(armed_settings(armed={"mode": "approve"}), RestoredState()).ready()
    bench.look()
    assert bench.codes(approve(bench, waiting)) == ["signal.unknown"]


def test_the_word_of_a_person_is_journaled_with_what_it_is_about() -> None:
    bench, waiting = proposed()
    (record,) = bench.records(OperatorRecord, approve(bench, waiting))
    assert (record.action, record.actor, record.target) == ("approve", "ann", waiting)


def test_strategies_of_every_mode_live_side_by_side() -> None:
    blocks = {"armed": {"mode": "on"}, "rival": {"mode": "shadow", "target_delta": 0.3}}
    bench = EngineBench(armed_settings(**blocks)).ready().arm("armed", "rival")
    bench.look()
    bench.claim()
    assert len(bench.of(SubmitIntent)) == 1
    assert [r.mode for r in bench.records(SignalRecord)] == ["shadow", "on"]
    assert not bench.records(ShadowRecord), "its outcome is still open"
