"""The schema of recorded rows: a change of it is a change of the format."""

import pyarrow as pa

from alphatrader import _core
from alphatrader.domain import eventlog

COLUMNS = [
    ("seq", pa.int64()), ("ts_ns", pa.int64()), ("kind", pa.int8()), ("instrument_id", pa.int32()), ("op", pa.int8()),
    ("side", pa.int8()), ("position", pa.int16()), ("price", pa.float64()), ("size", pa.float64()),
    ("price2", pa.float64()), ("size2", pa.float64()), ("venue", pa.string()), ("text", pa.string()),
    ("payload", pa.binary()),
]  # fmt: skip


def test_version_1_has_these_columns_in_this_order() -> None:
    assert eventlog.SCHEMA_VERSION == 1
    assert [(field.name, field.type) for field in eventlog.EVENT_SCHEMA] == COLUMNS
    assert [field.name for field in eventlog.EVENT_SCHEMA if field.nullable] == ["venue", "text", "payload"]
    assert eventlog.EVENT_SCHEMA.metadata == {b"alphatrader.event_schema_version": b"1"}


def test_rust_writes_rows_of_the_same_schema() -> None:
    written = pa.record_batch(_core.MarketRows.record_batch([]))
    assert [field.name for field in written.schema] == [name for name, _ in COLUMNS]


def test_kinds_are_those_of_the_core() -> None:
    ours = (eventlog.CONTROL, eventlog.TRADE, eventlog.QUOTE, eventlog.DEPTH, eventlog.DEPTH_RESET)
    assert ours == (_core.KIND_CONTROL, _core.KIND_TRADE, _core.KIND_QUOTE, _core.KIND_DEPTH, _core.KIND_DEPTH_RESET)
