"""A recorded run through the same engine gives the same outputs, byte for byte, or says why it cannot."""

import msgspec
import pytest
from tests.doubles.engine_bench import armed_settings
from tests.doubles.recorded_bench import RecordedBench, batches_of, event_row

from alphatrader.domain import events as ev
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import CONTROL, TRADE, EventRow
from alphatrader.domain.orders import Leg
from alphatrader.domain.records import RestoredState
from alphatrader.domain.state import TradingState
from alphatrader.engine.replay import digest_of, replay, same_output


def control(event: ev.ControlEvent, seq: int = 0) -> EventRow:
    return event_row(seq, event.ts_ns, CONTROL, payload=ev.encode_event(event))


def traded() -> RecordedBench:
    """A run with a signal of the flow, its trade and the trade's end."""
    bench = RecordedBench().ready()
    intent = bench.entered()
    bench.work(intent)
    bench.fill(intent, Leg.ENTRY, intent.tickets[0].quantity, "1.62")
    bench.look(200)
    bench.fill(intent, Leg.TARGET, intent.tickets[0].quantity, "1.70")
    bench.report(intent, Leg.STOP, "Cancelled")
    bench.look(1)
    return bench


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_run_replays_to_the_same_outputs_however_its_log_is_cut(size: int) -> None:
    bench = traded()
    result = replay(batches_of(bench.rows, size))
    assert list(result.outputs) == bench.engine.state.outputs
    assert len(result.outputs) == 2, "a signal and its intent"
    assert result.digest == digest_of(bench.engine.state.outputs)
    assert (result.run_id, result.layout) == ("t", ev.LAYOUT)
    assert result.events == len(bench.rows)
    assert result.market_rows == sum(row[2] != CONTROL for row in bench.rows)
    assert result.engine.valuation.realised_usd == bench.engine.valuation.realised_usd != 0


def test_a_run_decides_by_the_settings_of_its_day() -> None:
    bench = RecordedBench(armed_settings(armed={"armed": True, "budget_share": 0.5})).ready()
    bench.look()
    bench.claim()
    result = replay(batches_of(bench.rows))
    assert list(result.outputs) == bench.engine.state.outputs
    assert result.engine.state.settings.strategies["armed"].budget_share == 0.5


def test_a_run_that_came_up_halted_replays_to_nothing_until_it_is_resumed() -> None:
    halted = RestoredState(TradingState.HALTED, "the trader was restarted")
    bench = RecordedBench(armed_settings(armed={"armed": True}), halted).ready()
    for _ in range(3):
        bench.look(1)
    assert bench.engine.state.outputs == []
    result = replay(batches_of(bench.rows))
    assert result.outputs == ()
    assert result.engine.state.trading_state is TradingState.HALTED
    assert result.engine.entries.refusals.blocked == {"trading_state": 3}
    bench.post(ev.OperatorCommand(ts_ns=bench.now_ns, action="resume", actor="ann", reason="looked at it"))
    bench.look(1)
    assert len(bench.engine.state.outputs) == 1
    assert list(replay(batches_of(bench.rows)).outputs) == bench.engine.state.outputs


def test_an_internal_error_of_the_run_is_one_of_the_replay() -> None:
    bench = RecordedBench(armed_settings()).ready()
    broken = ev.ChainReceived(ts_ns=bench.now_ns, symbol="QQQ", source="alphavantage", body=b"")
    bench.rows.append(control(broken, len(bench.rows)))
    result = replay(batches_of(bench.rows))
    assert "internal error" in result.engine.state.state_reason


def test_what_is_no_whole_recording_is_refused() -> None:
    bench = traded()
    with pytest.raises(DataError, match="begins with JournalRestored, not with RunStarted"):
        replay(batches_of(bench.rows[1:]))
    prints = [row for row in bench.rows if row[2] == TRADE]
    with pytest.raises(DataError, match="does not begin with the start of a run"):
        replay(batches_of(prints))
    with pytest.raises(DataError, match="the event log is empty"):
        replay([])


def test_outputs_of_this_layout_are_compared_to_the_byte() -> None:
    assert same_output(b'{"a":1}', b'{"a":1}', ev.LAYOUT)
    assert not same_output(b'{"a":1}', b'{"a": 1}', ev.LAYOUT)


def test_outputs_of_an_older_layout_are_compared_by_what_both_know() -> None:
    ours = msgspec.json.encode({"signal_id": "t.s1", "exit_plan": {"stop": 1}, "reasons": [{"name": "vpin", "new": 1}]})
    assert same_output(ours, b'{"signal_id":"t.s1","max_hold_s":180.0,"reasons":[{"name":"vpin"}]}', 1)
    assert not same_output(ours, b'{"signal_id":"t.s2"}', 1)
    assert not same_output(ours, b'{"signal_id":"t.s1","reasons":[]}', 1)
