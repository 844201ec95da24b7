"""Event logs of earlier builds still replay, or are refused naming the build that can."""

import msgspec
import pytest
from tests.doubles.engine_bench import EngineBench
from tests.doubles.recorded_bench import RecordedBench, batches_of
from tests.engine import layout_1

from alphatrader.domain import events as ev
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import CONTROL, EventRow
from alphatrader.engine.commands import RepriceOrder
from alphatrader.engine.old_layouts import recorded_event, recorded_settings
from alphatrader.engine.replay import replay
from alphatrader.engine.settings import EngineSettings


def run_started(settings: str = layout_1.SETTINGS) -> ev.RunStarted:
    payload = layout_1.RUN_STARTED % msgspec.json.encode(settings).decode()
    event = recorded_event(payload.encode(), None)
    assert isinstance(event, ev.RunStarted)
    return event


def test_a_log_without_a_layout_is_of_the_first() -> None:
    assert run_started().layout == 1


def test_the_rule_of_layout_1_is_the_strategy_of_its_name() -> None:
    settings = recorded_settings(run_started())
    assert settings.symbols == ("SPY", "QQQ")
    (name,) = settings.strategies
    block = settings.strategies[name]
    assert (name, block.mode, block.min_score, block.strikes_each_side) == ("zero_dte", "on", 0.5, 4)
    assert settings.symbols_of("zero_dte") == ("SPY", "QQQ")
    assert settings.max_option_lines == 40


def test_a_rule_that_was_off_stays_off() -> None:
    settings = recorded_settings(run_started(layout_1.SETTINGS.replace('"enabled":true', '"enabled":false')))
    assert settings.strategies["zero_dte"].mode == "off"


def test_a_restored_journal_of_layout_1_keeps_its_trade_with_its_terms() -> None:
    event = recorded_event(layout_1.RESTORED.encode(), run_started())
    assert isinstance(event, ev.JournalRestored)
    (opened,) = event.restored.intents
    plan = opened.intent.exit_plan
    assert plan is not None
    assert plan.max_hold_s == 180.0
    assert event.restored.own_exec_ids == ("0000a489.00000001.01.01",), "the other one is a stranger's"
    assert event.restored.order_times_ns == (1_764_001_681_000_000_000, 1_764_001_682_000_000_000)


def test_the_engine_works_a_trade_of_layout_1_by_those_terms() -> None:
    event = recorded_event(layout_1.RESTORED.encode(), run_started())
    assert isinstance(event, ev.JournalRestored)
    bench = EngineBench(recorded_settings(run_started()), event.restored)
    bench.ready().snapshot(orders=bench.working_orders())
    trade = bench.engine.book.trades["old.1"]
    assert trade.stop_resting()
    assert [(p.con_id, p.quantity) for p in bench.engine.book.ledger.open_positions()] == [(layout_1.CON_ID, 5)]
    # Bought 119 s before this start, it may be held for 180.
    bench.prints().decide()
    (reprice,) = bench.of(RepriceOrder, bench.look(5))
    assert reprice.order_id == 6
    assert "held 180 s" in reprice.reason


def as_layout_1(rows: list[EventRow]) -> list[EventRow]:
    """A log as the old build would have written it: its words for what it knew, nothing of what came later."""
    found = []
    for row in rows:
        payload = row[13]
        if row[2] == CONTROL and isinstance(payload, bytes):
            if b'"RunStarted"' in payload[:30]:
                settings = layout_1.SETTINGS.replace('"SPY","QQQ"', '"SPY"').replace(
                    '"min_score":0.5', '"min_score":0.45'
                )
                payload = (layout_1.RUN_STARTED % msgspec.json.encode(settings).decode()).encode()
                payload = payload.replace(b"251124-113000aa", b"t")
            found.append((*row[:13], payload))
        else:
            found.append(row)
    return found


def test_a_log_of_layout_1_replays_to_the_signals_of_today() -> None:
    bench = RecordedBench().ready()
    bench.entered()
    settings = bench.engine.state.settings.strategies["zero_dte"]
    assert EngineSettings().strategies["zero_dte"] == settings
    result = replay(batches_of(as_layout_1(bench.rows)))
    assert result.layout == 1
    assert list(result.outputs) == bench.engine.state.outputs


# ---------------------------------------------------------------------------------------------- refusals


def test_a_newer_layout_is_refused_naming_its_build() -> None:
    newer = msgspec.structs.replace(run_started(), layout=ev.LAYOUT + 1, build="0.9.0+newer")
    with pytest.raises(DataError, match=r"written by build 0\.9\.0\+newer with layout 3.* replay it with that build"):
        recorded_settings(newer)


def test_settings_that_cannot_be_read_are_refused_naming_the_build() -> None:
    for broken in ("{", layout_1.SETTINGS.replace("max_option_lines", "max_lines")):
        with pytest.raises(DataError, match=r"cannot be read .* replay it with its build, 0\.1\.0\+a78715bbf90a"):
            recorded_settings(run_started(broken))


def test_a_strategy_that_is_gone_is_refused_naming_the_build() -> None:
    run = msgspec.structs.replace(
        run_started('{"symbols":["SPY"],"strategies":{"gone":{"mode":"on"}}}'), layout=ev.LAYOUT
    )
    with pytest.raises(DataError, match=r"no strategy 'gone'.* replay it with its build"):
        recorded_settings(run)


@pytest.mark.parametrize("payload", [b"", b"{", b'{"type":"Unheard","ts_ns":1}', b'{"type":"StoreChanged"}'])
def test_an_event_that_cannot_be_read_is_refused_naming_the_build(payload: bytes) -> None:
    with pytest.raises(DataError, match=r"replay it with its build, 0\.1\.0\+a78715bbf90a"):
        recorded_event(payload, run_started())
    with pytest.raises(DataError, match="replay it with its build, the one that wrote it"):
        recorded_event(payload, None)
