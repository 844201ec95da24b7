"""Rows to record."""

import math
from collections.abc import Iterable, Iterator

import pyarrow as pa

from alphatrader.domain.eventlog import CONTROL, QUOTE, TRADE, EventRow


def row(seq: int) -> EventRow:
    if seq % 7 == 0:
        return (seq, 10 * seq, CONTROL, 0, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, None, None, b'{"type":"DecisionTimer"}')
    if seq % 3 == 0:
        return (seq, 10 * seq, TRADE, 1, 0, 0, 0, 650.0 + seq / 100, 100.0, 0.0, 0.0, "ARCA", "T I", None)
    return (seq, 10 * seq, QUOTE, 1, 0, 0, 0, 650.0, 300.0, math.nan, 0.0, None, None, None)


def rows(count: int, first: int = 1) -> Iterator[EventRow]:
    return (row(seq) for seq in range(first, first + count))


def unbatched(batches: Iterable[pa.RecordBatch]) -> list[tuple[object, ...]]:
    """Rows as tuples; NaN as a word, so that they can be compared."""
    found: list[tuple[object, ...]] = []
    for batch in batches:
        columns = (column.to_pylist() for column in batch.columns)
        found += [plain(values) for values in zip(*columns, strict=True)]
    return found


def plain(values: Iterable[object]) -> tuple[object, ...]:
    return tuple("nan" if isinstance(value, float) and math.isnan(value) else value for value in values)
