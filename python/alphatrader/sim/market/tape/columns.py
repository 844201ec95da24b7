"""Columns that grow batch by batch, so that a file of any length is read in the memory of its result."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from alphatrader.domain.errors import DataError

LABEL = pa.dictionary(pa.int32(), pa.string())
"""Type of a text column with few values."""
MAX_LABELS = 10_000
_BLOCK_BYTES = 4 << 20
_ROW = re.compile(r"Row #(\d+)")


class Labels:
    """The few values of a text column and the numbers that stand for them."""

    def __init__(self, what: str, first: tuple[str, ...] = ()) -> None:
        self.what = what
        self.names = list(first)
        self._number = {name: number for number, name in enumerate(first)}

    def number(self, name: str) -> int:
        """Return the number of a value, a new one if it is new. Raises DataError when there are too many."""
        if name not in self._number:
            if len(self.names) >= MAX_LABELS:
                raise DataError(f"the tape names more than {MAX_LABELS} {self.what}; no real one has so many")
            self._number[name] = len(self.names)
            self.names.append(name)
        return self._number[name]

    def codes(self, column: Any) -> NDArray[np.int16]:
        """Return the numbers of a dictionary-encoded column; null counts as empty."""
        if not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        numbers = [self.number(name or "") for name in column.dictionary.to_pylist()]
        empty = self.number("") if column.null_count or not numbers else 0
        table = np.array([*numbers, empty], dtype=np.int16)
        index = column.indices.fill_null(len(numbers)).to_numpy(zero_copy_only=False)
        return np.asarray(table[index], dtype=np.int16)


class Columns:
    """Arrays of one type each, put together from batches."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {}

    def add(self, **parts: NDArray[Any]) -> None:
        """Append a batch; all parts are of one length."""
        for name, part in parts.items():
            self._parts.setdefault(name, []).append(part)

    def take(self, name: str, dtype: Any) -> NDArray[Any]:
        """Return a whole column and forget its parts."""
        parts = self._parts.pop(name, [])
        return np.concatenate(parts).astype(dtype, copy=False) if parts else np.empty(0, dtype=dtype)


def csv_batches(
    file: IO[bytes], path: Path, types: dict[str, pa.DataType], *, named: bool = False
) -> Iterator[pa.RecordBatch]:
    """Read a CSV batch by batch. ``named``: its first line names the columns, else they are those of ``types``.

    Raises DataError in one line that names the row.
    """
    read = pacsv.ReadOptions(column_names=None if named else list(types), use_threads=False, block_size=_BLOCK_BYTES)
    convert = pacsv.ConvertOptions(column_types=types, strings_can_be_null=False)
    try:
        with pacsv.open_csv(file, read_options=read, convert_options=convert) as reader:
            yield from reader
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        if "Empty CSV" in reason:
            raise DataError(f"tape {path}: the CSV inside is empty") from error
        row = _ROW.search(reason)
        where = f"row {row.group(1)}" if row else "the CSV inside"
        raise DataError(f"tape {path}: {where} is not in the format ({reason}); fetch the file again") from error


def check_rows(path: Path, before: int, checks: "dict[str, NDArray[np.bool_]]") -> None:
    """Raise DataError for the first row that fails one of the checks (text -> whether a row is good)."""
    bad = {text: int(np.argmin(good)) for text, good in checks.items() if not good.all()}
    if bad:
        text = min(bad, key=bad.__getitem__)
        raise DataError(f"tape {path}: row {before + bad[text] + 1} has {text}; correct it or fetch the file again")


class InOrder:
    """Checks over all batches of a file that its times do not run backwards."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: int | None = None

    def check(self, before: int, stamps: NDArray[np.int64]) -> None:
        """Check a batch. Raises DataError with the number of the row."""
        if not len(stamps):
            return
        joined = stamps if self._last is None else np.concatenate(([self._last], stamps))
        good = np.diff(joined) >= 0
        if not good.all():
            row = before + int(np.argmin(good)) + (2 if self._last is None else 1)
            raise DataError(f"tape {self._path}: times run backwards at row {row}; its rows must be in order of time")
        self._last = int(stamps[-1])


def numbers(batch: pa.RecordBatch, name: str) -> NDArray[np.float64]:
    """Return a column as floats, NaN for null."""
    return np.asarray(batch.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)
