"""Tapes of users' own: CSV or Parquet files of prints, quotes and books, told apart by their columns.

===========  ==========================================================================================
prints       ``price``, ``size``; ``venue`` and ``conditions`` (letters, space separated) may be left out
quotes       ``bid``, ``bid_size``, ``ask``, ``ask_size`` (0 or empty = no such side); ``bid_venue``, ``ask_venue``
depth rows   ``op`` (insert, update, delete, reset), ``side`` (bid, ask), ``position``, ``price``, ``size``, ``maker``
whole books  ``bid_price_0``, ``bid_size_0``, ``ask_price_0``, ``ask_size_0``, ``bid_price_1``, ...
===========  ==========================================================================================

All have a time: ``ts_ns`` (integer ns since the epoch, UTC) or ``time`` (with its zone); and may have a ``symbol``.
Rows are in order of time. Prices are dollars.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.columns import LABEL, Columns, InOrder, Labels, check_rows, csv_batches, numbers

Content = Literal["prints", "quotes", "depth rows", "whole books"]

_LEVEL = re.compile(r"(bid|ask)_(price|size)_(\d+)")
_LABELS = ("symbol", "venue", "conditions", "bid_venue", "ask_venue", "op", "side", "maker")
_REQUIRED: dict[Content, tuple[str, ...]] = {
    "whole books": ("bid_price_0", "bid_size_0", "ask_price_0", "ask_size_0"),
    "depth rows": ("op", "side", "position", "price", "size"),
    "quotes": ("bid", "bid_size", "ask", "ask_size"),
    "prints": ("price", "size"),
}
_MAX_LEVELS = 50
_LIMIT = 1e9


class TableFile(NamedTuple):
    """One file as columns: numbers as floats, texts as codes with their ``names``, both by column."""

    path: Path
    content: Content
    ts_ns: NDArray[np.int64]
    numbers: dict[str, NDArray[np.float64]]
    codes: dict[str, NDArray[np.int16]]
    names: dict[str, tuple[str, ...]]

    def only(self, symbol: str) -> "TableFile":
        """Return the rows of one symbol."""
        if "symbol" not in self.codes or self.names["symbol"] == (symbol,):
            return self
        rows = self.codes["symbol"] == self.names["symbol"].index(symbol)
        numbers_of = {name: column[rows] for name, column in self.numbers.items()}
        codes_of = {name: column[rows] for name, column in self.codes.items()}
        return self._replace(ts_ns=self.ts_ns[rows], numbers=numbers_of, codes=codes_of)


def read_table(path: Path) -> TableFile:
    """Read a file. Raises DataError in one line, with the row where there is one."""
    parquet = _is_parquet(path)
    columns_here = _parquet_columns(path) if parquet else _csv_columns(path)
    content = _content_of(path, columns_here)
    wanted = _wanted(content, columns_here)
    columns, order, rows = Columns(), InOrder(path), 0
    labels = {name: Labels(f"values of {name}") for name in wanted if name in _LABELS}
    for batch in _parquet_batches(path, wanted) if parquet else _csv(path, wanted):
        # A CSV's first row is its header.
        before = rows if parquet else rows + 1
        ts_ns = _times(path, before, batch)
        order.check(before, ts_ns)
        part = {name: numbers(batch, name) for name in wanted if name not in _LABELS and name not in ("ts_ns", "time")}
        _check(path, before, content, part)
        columns.add(
            ts_ns=ts_ns,
            **{name: np.nan_to_num(column) for name, column in part.items()},
            **{name: label.codes(batch.column(name)) for name, label in labels.items()},
        )
        rows += batch.num_rows
    if not rows:
        raise DataError(f"tape {path}: has a header and no rows")
    numeric = [name for name in wanted if name not in _LABELS and name not in ("ts_ns", "time")]
    return TableFile(
        path=path,
        content=content,
        ts_ns=columns.take("ts_ns", np.int64),
        numbers={name: columns.take(name, np.float64) for name in numeric},
        codes={name: columns.take(name, np.int16) for name in labels},
        names={name: tuple(label.names) for name, label in labels.items()},
    )


def levels_of(file: TableFile) -> int:
    """Return how many levels a side a file of whole books has."""
    return 1 + max(int(match[3]) for name in file.numbers if (match := _LEVEL.fullmatch(name)))


def _content_of(path: Path, columns: list[str]) -> Content:
    if "ts_ns" in columns or "time" in columns:
        for content, required in _REQUIRED.items():
            if set(required) <= set(columns):
                return content
    raise DataError(
        f"tape {path}: has the columns {', '.join(columns[:12])}; it needs ts_ns (or time) and price, size for prints, "
        "bid, bid_size, ask, ask_size for quotes (docs/simulator-tape.md)"
    )


def _wanted(content: Content, columns: list[str]) -> list[str]:
    """Return the columns to read, the time first."""
    optional = {
        "prints": ("symbol", "venue", "conditions"),
        "quotes": ("symbol", "bid_venue", "ask_venue"),
        "depth rows": ("symbol", "maker"),
        "whole books": ("symbol",),
    }[content]
    levels = [name for name in columns if (match := _LEVEL.fullmatch(name)) and int(match[3]) < _MAX_LEVELS]
    named = [*_REQUIRED[content], *optional] if content != "whole books" else [*levels, *optional]
    return ["ts_ns" if "ts_ns" in columns else "time", *(name for name in named if name in columns)]


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _csv_columns(path: Path) -> list[str]:
    with path.open("rb") as file:
        header = file.readline(65_536)
    try:
        return [name.strip().strip('"') for name in header.decode("utf-8-sig").strip().split(",")]
    except UnicodeDecodeError as error:
        raise DataError(f"tape {path}: is no text and no known binary format (docs/simulator-tape.md)") from error


def _parquet_columns(path: Path) -> list[str]:
    try:
        return list(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"tape {path}: is no readable Parquet file ({str(error).splitlines()[0]})") from error


def _csv(path: Path, wanted: list[str]) -> Iterator[pa.RecordBatch]:
    types: dict[str, pa.DataType] = dict.fromkeys(wanted, pa.float64())
    types |= {name: LABEL for name in wanted if name in _LABELS}
    types |= {"ts_ns": pa.int64(), "time": pa.timestamp("ns", "UTC")}
    with path.open("rb") as file:
        yield from csv_batches(file, path, types, named=True)


def _parquet_batches(path: Path, wanted: list[str]) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(batch_size=65_536, columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"tape {path}: is damaged ({str(error).splitlines()[0]}); write it again") from error


def _times(path: Path, before: int, batch: pa.RecordBatch) -> NDArray[np.int64]:
    column: Any = batch.column(0)
    check_rows(path, before, {"no time": np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)})
    if pa.types.is_timestamp(column.type):
        if column.type.tz is None:
            raise DataError(f"tape {path}: its times have no zone; write them with one, or as ts_ns")
        column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
    if not pa.types.is_integer(column.type):
        raise DataError(f"tape {path}: its times are neither integers nor timestamps; write ts_ns (ns since 1970, UTC)")
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _check(path: Path, before: int, content: Content, part: dict[str, NDArray[np.float64]]) -> None:
    """Check that numbers are such as prices and sizes are. Raises DataError with the row."""
    checks = {}
    for name, column in part.items():
        known = np.isfinite(column) if content in ("prints", "depth rows") else ~np.isinf(column)
        checks[f"no number as {name}"] = known
        with np.errstate(invalid="ignore"):
            least = 1e-9 if content == "prints" else 0.0
            checks[f"a {name} that cannot be"] = ~known | np.isnan(column) | ((column >= least) & (column < _LIMIT))
    check_rows(path, before, checks)
