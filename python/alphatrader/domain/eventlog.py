"""The recorded form of the event stream: one Arrow schema for market rows and control events.

Rows are in the order in which the engine saw them (``seq``). A row with ``kind`` 0 is a control event and carries
its JSON in ``payload``; all others are market rows, which Rust reads by column and without Python objects.
"""

from typing import NamedTuple

import pyarrow as pa

from alphatrader._core import MarketRows

SCHEMA_VERSION = 1

CONTROL, TRADE, QUOTE, DEPTH, DEPTH_RESET = range(5)
"""Values of ``kind``; the same as ``alphatrader._core.KIND_*``."""

EVENT_SCHEMA = pa.schema(
    [  # type: ignore[arg-type]  # the stub wants fields of one type
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("ts_ns", pa.int64(), nullable=False),
        pa.field("kind", pa.int8(), nullable=False),
        pa.field("instrument_id", pa.int32(), nullable=False),
        pa.field("op", pa.int8(), nullable=False),
        pa.field("side", pa.int8(), nullable=False),
        pa.field("position", pa.int16(), nullable=False),
        pa.field("price", pa.float64(), nullable=False),
        pa.field("size", pa.float64(), nullable=False),
        pa.field("price2", pa.float64(), nullable=False),
        pa.field("size2", pa.float64(), nullable=False),
        pa.field("venue", pa.string()),
        pa.field("text", pa.string()),
        pa.field("payload", pa.binary()),
    ],
    metadata={b"alphatrader.event_schema_version": str(SCHEMA_VERSION).encode()},
)

EventRow = tuple[int, int, int, int, int, int, int, float, float, float, float, str | None, str | None, bytes | None]
"""One row in the order of the schema's columns."""


class MarketRun(NamedTuple):
    """Market rows of one time, whose sequence numbers follow one another."""

    first_seq: int
    ts_ns: int
    rows: MarketRows
