"""What is written comes back as it was; what an earlier build wrote comes back in today's layout."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.adapters.journal import version_1
from tests.adapters.journal.journal_records import one_of_each, operator

from alphatrader.adapters.journal import schema
from alphatrader.adapters.journal.rows import decode_record, encode_row
from alphatrader.domain.exit_plans import ExitPlan
from alphatrader.domain.records import IntentRecord, IntentStage, Record, SignalRecord


@pytest.mark.parametrize("record", one_of_each(), ids=lambda record: type(record).__name__)
def test_a_record_of_every_kind_fits_its_table_and_comes_back(tmp_path: Path, record: Record) -> None:
    row = encode_row(record)
    assert decode_record(row.columns[-1]) == record  # type: ignore[arg-type]
    connection = schema.connect(tmp_path / "journal.db")
    schema.migrate(connection, 0)
    connection.execute(row.statement, (1, 1, *row.columns))
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in schema.RECORD_TABLES]
    assert (sum(counts), max(counts)) == (1, 1)
    connection.close()


def test_every_kind_of_record_is_among_those() -> None:
    assert {type(record) for record in one_of_each()} == set(Record.__args__)


def test_notices_and_shadows_are_found_by_their_columns(tmp_path: Path) -> None:
    connection = schema.connect(tmp_path / "journal.db")
    connection.row_factory = sqlite3.Row
    schema.migrate(connection, 0)
    for seq, record in enumerate(one_of_each()):
        row = encode_row(record)
        connection.execute(row.statement, (seq, 3, *row.columns))
    notice = connection.execute("SELECT * FROM notices").fetchone()
    assert (notice["level"], notice["code"], notice["epoch"]) == ("warning", "order.not_sent", 3)
    shadow = connection.execute("SELECT * FROM shadows").fetchone()
    assert (shadow["signal_id"], shadow["strategy"]) == ("s2", "zero_dte")
    connection.close()


def test_an_intent_of_the_first_version_gets_the_plan_of_its_tickets() -> None:
    record = decode_record(version_1.INTENT.encode())
    assert isinstance(record, IntentRecord)
    assert (record.stage, record.intent.intent_id) == (IntentStage.INTENDED, version_1.OPEN_ID)
    assert record.intent.reference_price == Decimal("1.22")
    plan = record.intent.exit_plan
    assert plan is not None
    assert (plan.stop.kind, plan.max_hold_s, plan.trailing, plan.latest) == ("option_price", 180.0, None, None)
    assert decode_record(encode_row(record).columns[-1]) == record  # type: ignore[arg-type]


def test_a_signal_of_the_first_version_gets_a_plan() -> None:
    record = decode_record(version_1.SIGNAL.encode())
    assert isinstance(record, SignalRecord)
    assert isinstance(record.signal.exit_plan, ExitPlan)
    assert (record.signal.exit_plan.max_hold_s, record.mode) == (180.0, "on")


def test_an_old_order_that_closes_has_no_plan() -> None:
    record = decode_record(version_1.FLATTEN.encode())
    assert isinstance(record, IntentRecord)
    assert record.intent.exit_plan is None


def test_words_in_a_text_are_no_keys() -> None:
    named = msgspec.structs.replace(operator(1), reason='he said "max_hold_s" and "exit_plan"')
    assert decode_record(encode_row(named).columns[-1]) == named  # type: ignore[arg-type]


def test_a_damaged_old_payload_is_a_decoding_error() -> None:
    for damaged in (
        version_1.INTENT.replace('"tickets":', '"tickets_":'),
        version_1.SIGNAL.replace('"ask":"1.21"', '"ask":"0"'),
        version_1.SIGNAL[:-30],
    ):
        with pytest.raises(msgspec.MsgspecError):
            decode_record(damaged.encode())
