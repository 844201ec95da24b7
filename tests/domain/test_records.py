"""What the journal keeps: told apart by its tag, read back as it was, and how long a fingerprint holds."""

from decimal import Decimal
from typing import get_args

import msgspec
import pytest
from msgspec.structs import replace
from tests.execution.terms import OPEN_NS, bracket, plan, signal

from alphatrader.domain.orders import Execution
from alphatrader.domain.records import (
    CommissionRecord,
    FillRecord,
    IntentRecord,
    IntentStage,
    NoticeRecord,
    OperatorRecord,
    OrderRecord,
    Record,
    RestoredState,
    RunRecord,
    ShadowRecord,
    SignalRecord,
    StateRecord,
    SummaryRecord,
)
from alphatrader.domain.state import StateChange, TradingState

SIGNAL = signal(plan((0.2, 0.5), (0.4, 0.5)))
RECORDS: list[Record] = [
    RunRecord("r", 3, "paper", "b", "{}", 1),
    IntentRecord(bracket(SIGNAL.exit_plan, 4), IntentStage.INTENDED, 2, "why"),
    OrderRecord(1, 900, "r.1", "stop2", "WORKING", 0, 3, "PreSubmitted"),
    FillRecord(Execution("e.1.01", 1, 900, 7, "BUY", 2, Decimal("1.50"), 4), "r.1"),
    CommissionRecord("e.1.01", Decimal("1.30"), "USD", 5),
    SignalRecord(SIGNAL, True, "accepted", "text", 6, 7, "approve", 2),
    StateRecord(StateChange(TradingState.HALTED, "a", "r", 8)),
    OperatorRecord("approve", "a", "r", 9, "r.s1"),
    SummaryRecord("r", True, "{}", 10),
    NoticeRecord(11, "info", "stop.resting", "text"),
    ShadowRecord("r.s1", "armed", "SPY", 7, 4, Decimal("1.50"), Decimal("2.10"), 1, 12, "target", Decimal(240)),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_is_read_back_as_it_was_written(record: Record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record


def test_every_kind_of_record_has_a_tag_of_its_own_and_a_case_here() -> None:
    assert {type(record) for record in RECORDS} == set(get_args(Record))
    tags = [kind.__struct_config__.tag for kind in get_args(Record)]
    assert len(set(tags)) == len(tags)


def test_a_fingerprint_holds_for_its_window_and_never_less_than_its_signal() -> None:
    record = SignalRecord(SIGNAL, True, "accepted", "", OPEN_NS)
    assert record.fingerprint_expires_ns == SIGNAL.expires_ns
    assert replace(record, dedupe_until_ns=SIGNAL.expires_ns + 5).fingerprint_expires_ns == SIGNAL.expires_ns + 5
    assert replace(record, dedupe_until_ns=SIGNAL.expires_ns - 5).fingerprint_expires_ns == SIGNAL.expires_ns


def test_a_shadow_is_told_when_it_ended() -> None:
    shadow = RECORDS[-1]
    assert isinstance(shadow, ShadowRecord)
    assert shadow.ts_ns == 12


def test_the_past_of_a_first_start_is_empty_and_active() -> None:
    past = RestoredState()
    assert past.trading_state is TradingState.ACTIVE
    assert past.intents == past.executions == past.commissions == past.fingerprints == past.shadows == ()
    assert past.own_exec_ids == past.order_times_ns == past.closed_trades == ()
