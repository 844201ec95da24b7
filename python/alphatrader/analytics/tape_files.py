"""Tapes from files: Lean tick zips, Parquet, and CSV with a time, price and size column.

Prints that carry no price discovery are left out and counted: suspicious, derivatively priced, average price, late, out
of sequence, on special terms, official open and close, crosses and auctions (``_core.SALE_NO_AGGRESSOR``); so are,
unless asked for, those outside 09:30-16:00 New York.
"""

import datetime as dt
import io
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from alphatrader import _core
from alphatrader.analytics.as_of import date_in_name
from alphatrader.analytics.files import read_data_file, read_zip_member
from alphatrader.analytics.settlement import NEW_YORK, instant_ns, is_half_day
from alphatrader.domain.errors import DataError

Column = Any
"""A pyarrow array, chunked or not: its stubs know no such type, and refuse plain scalars in its functions."""
pc: Any = pyarrow.compute

EXCLUDED = {
    "opening_auction": _core.SALE_OPENING | _core.SALE_REOPENING,
    "closing_auction": _core.SALE_CLOSING,
    "derivatively_priced": _core.SALE_DERIVATIVELY_PRICED,
    "late": _core.SALE_LATE,
    "out_of_sequence": _core.SALE_OUT_OF_SEQUENCE,
    "average_price": _core.SALE_AVERAGE_PRICE,
    "official_open_or_close": _core.SALE_OFFICIAL_OPEN | _core.SALE_OFFICIAL_CLOSE | _core.SALE_CORRECTED_CLOSE,
    "prior_reference_price": _core.SALE_PRIOR_REFERENCE_PRICE,
    "special_settlement": _core.SALE_CASH | _core.SALE_NEXT_DAY | _core.SALE_SELLER,
    "contingent": _core.SALE_CONTINGENT | _core.SALE_QUALIFIED_CONTINGENT,
    "price_variation": _core.SALE_PRICE_VARIATION,
    "cross": _core.SALE_CROSS,
}
"""Why a print is left out, and the sale conditions that say so; together they are ``_core.SALE_NO_AGGRESSOR``."""
_TIMES = ("ts_ns", "ts", "time", "timestamp", "datetime")
_SIZES = ("size", "volume", "quantity", "qty", "shares")
_CONDITIONS = ("conditions", "condition")


@dataclass(frozen=True)
class TapeFile:
    """Eligible prints in order of time: ns since the epoch, dollars, shares; and what was left out, by reason."""

    name: str
    """The file's name; of several files, of the first and how many more."""
    source: str
    days: int
    ts_ns: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    rows_total: int
    rows_dropped: dict[str, int]
    load_ms: float

    @property
    def volume(self) -> float:
        """Eligible shares."""
        return float(self.size.sum())


def load_tapes(paths: Sequence[Path], *, all_hours: bool = False) -> TapeFile:
    """Load several days as one tape, in order of time. Raises DataError, also where files overlap in time."""
    tapes = sorted((load_tape(path, all_hours=all_hours) for path in paths), key=lambda tape: int(tape.ts_ns[0]))
    for earlier, later in pairwise(tapes):
        if later.ts_ns[0] <= earlier.ts_ns[-1]:
            raise DataError(f"{earlier.name} and {later.name} overlap in time: give each print once")
    dropped: Counter[str] = Counter()
    for tape in tapes:
        dropped.update(tape.rows_dropped)
    first = tapes[0]
    return TapeFile(
        name=first.name if len(tapes) == 1 else f"{first.name} and {len(tapes) - 1} more",
        source=", ".join(sorted({tape.source for tape in tapes})),
        days=sum(tape.days for tape in tapes),
        ts_ns=np.concatenate([tape.ts_ns for tape in tapes]),
        price=np.concatenate([tape.price for tape in tapes]),
        size=np.concatenate([tape.size for tape in tapes]),
        rows_total=sum(tape.rows_total for tape in tapes),
        rows_dropped=dict(dropped),
        load_ms=sum(tape.load_ms for tape in tapes),
    )


def _days(ts_ns: NDArray[np.int64]) -> int:
    """Count the New York dates; no stock trades around midnight, so a fixed offset of five hours will do."""
    return len(np.unique((ts_ns - 5 * 3_600_000_000_000) // 86_400_000_000_000))


@dataclass
class _Rows:
    ts_ns: NDArray[np.int64]
    price: NDArray[np.float64]
    size: NDArray[np.float64]
    excluded: dict[str, NDArray[np.bool_]]


def load_tape(path: Path, *, all_hours: bool = False) -> TapeFile:
    """Load a day of prints. Raises DataError in one line for whatever cannot be read or trusted."""
    started = time.perf_counter()
    body = read_data_file(path)
    if body[:4] == b"PK\x03\x04":
        source = "Lean tick zip"
        rows = _lean(*read_zip_member(body, path), path)
    elif body[:4] == b"PAR1":
        source = "Parquet"
        rows = _named(_parquet(body, path), path)
    else:
        source = "CSV"
        rows = _named(_csv(body, path, pa_csv.ReadOptions()), path)
    keep, dropped = _eligible(rows, all_hours=all_hours)
    order = np.argsort(rows.ts_ns[keep], kind="stable")
    tape = TapeFile(
        name=str(path),
        source=source,
        days=_days(rows.ts_ns[keep]),
        ts_ns=rows.ts_ns[keep][order],
        price=rows.price[keep][order],
        size=rows.size[keep][order],
        rows_total=len(rows.ts_ns),
        rows_dropped=dropped,
        load_ms=(time.perf_counter() - started) * 1e3,
    )
    if len(tape.ts_ns) == 0:
        hint = "" if all_hours else "; --all-hours takes prints outside 09:30-16:00 too"
        raise DataError(f"{path} holds no eligible print ({len(rows.ts_ns)} rows, dropped: {dropped}){hint}")
    return tape


def _eligible(rows: _Rows, *, all_hours: bool) -> tuple[NDArray[np.bool_], dict[str, int]]:
    masks = {"bad_price": ~(np.isfinite(rows.price) & (rows.price > 0))}
    masks["bad_size"] = ~(np.isfinite(rows.size) & (rows.size > 0))
    masks |= rows.excluded
    if not all_hours:
        masks["outside_regular_hours"] = _outside_hours(rows.ts_ns)
    keep = np.ones(len(rows.ts_ns), dtype=bool)
    dropped: dict[str, int] = {}
    for reason, mask in masks.items():
        count = int((mask & keep).sum())  # a row counts under its first reason only
        if count:
            dropped[reason] = count
        keep &= ~mask
    return keep, dropped


def _outside_hours(ts_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    outside = np.ones(len(ts_ns), dtype=bool)
    if len(ts_ns) == 0:
        return outside
    day = dt.datetime.fromtimestamp(int(ts_ns.min()) // 1_000_000_000, NEW_YORK).date()
    last = dt.datetime.fromtimestamp(int(ts_ns.max()) // 1_000_000_000, NEW_YORK).date()
    if (last - day).days > 366:
        raise DataError(f"the tape spans {day} to {last}: give a file of one day")
    while day <= last:
        opens = instant_ns(dt.datetime.combine(day, dt.time(9, 30), NEW_YORK))
        closes = instant_ns(dt.datetime.combine(day, dt.time(13 if is_half_day(day) else 16), NEW_YORK))
        outside &= (ts_ns < opens) | (ts_ns >= closes)
        day += dt.timedelta(days=1)
    return outside


def _lean(member: str, body: bytes, path: Path) -> _Rows:
    name = member.lower()
    day = date_in_name(member) or date_in_name(path.name)
    if "quote" in name or "quote" in path.name.lower():
        raise DataError(f"{path} holds quotes: VPIN needs the file of trades")
    if day is None:
        raise DataError(f"{path} does not say its date: name it as Lean does, 20131010_trade.zip")
    table = _csv(body, path, pa_csv.ReadOptions(autogenerate_column_names=True))
    if table.num_columns != 6 or "tick" not in name:
        raise DataError(f"{path} is no Lean file of ticks (time, price, size, exchange, condition, suspicious)")
    midnight = instant_ns(dt.datetime.combine(day, dt.time(), NEW_YORK))
    try:
        milliseconds = _numbers(table.column(0))
        texts = pc.unique(table.column(4))
        flags = np.array([int(text or "0", 16) for text in texts.to_pylist()], dtype=np.uint32)
        says = _core.parse_lean_conditions_batch(flags)[pc.index_in(table.column(4), texts).to_numpy()]
        suspicious = _numbers(table.column(5)) != 0
        price = _numbers(table.column(1)) / 10_000
        size = _numbers(table.column(2))
    except (pa.ArrowInvalid, ValueError) as error:
        raise DataError(f"{path} has a row that is no tick ({str(error).splitlines()[0]}): download it again") from None
    excluded = {"suspicious": suspicious, **_excluded(says)}
    return _Rows(midnight + np.rint(milliseconds * 1e6).astype(np.int64), price, size, excluded)


def _named(table: pa.Table, path: Path) -> _Rows:
    columns = {name.lower(): table.column(name) for name in table.column_names}
    when: Column = next((columns[name] for name in _TIMES if name in columns), None)
    size: Column = next((columns[name] for name in _SIZES if name in columns), None)
    if when is None or size is None or "price" not in columns:
        raise DataError(
            f"{path} needs the columns ts_ns (or time), price and size, has {', '.join(table.column_names)}"
        )
    if table.num_rows == 0:
        raise DataError(f"{path} has a header and no rows: write it again")
    excluded: dict[str, NDArray[np.bool_]] = {}
    conditions: Column = next((columns[name] for name in _CONDITIONS if name in columns), None)
    try:
        if conditions is not None:
            excluded = _excluded(_core.parse_sale_conditions_batch(pc.cast(conditions, pa.string())))
        return _Rows(_instants(when, path), _numbers(columns["price"]), _numbers(size), excluded)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path}: a column does not hold what its name says ({str(error).splitlines()[0]})") from None


def _excluded(says: NDArray[np.uint32]) -> dict[str, NDArray[np.bool_]]:
    """Return for each reason which prints it leaves out, by what their conditions say."""
    return {reason: (says & conditions) != 0 for reason, conditions in EXCLUDED.items()}


def _instants(column: Column, path: Path) -> NDArray[np.int64]:
    """Turn times (ns, us, ms or s since the epoch, or timestamps; without a zone they are UTC) to ns."""
    if column.null_count:
        raise DataError(f"{path} has {column.null_count} rows without a time: correct them")
    if pa.types.is_string(column.type):
        column = pc.cast(column, pa.timestamp("ns"))
    if pa.types.is_timestamp(column.type):
        return np.asarray(pc.cast(pc.cast(column, pa.timestamp("ns", column.type.tz)), pa.int64()), dtype=np.int64)
    # Nanoseconds do not fit a float: integers stay integers.
    numbers = np.asarray(column, dtype=np.int64) if pa.types.is_integer(column.type) else _numbers(column)
    largest = float(np.abs(numbers).max()) if len(numbers) else 0.0
    for scale, least in ((1, 1e17), (1_000, 1e14), (1_000_000, 1e11), (1_000_000_000, 1e8)):
        if largest >= least:
            return (numbers * scale if numbers.dtype == np.int64 else np.rint(numbers * scale)).astype(np.int64)
    raise DataError(f"{path}: the times are no epoch times (largest {largest:g}): write ns since 1970 in UTC")


def _numbers(column: Column) -> NDArray[np.float64]:
    return np.asarray(pc.cast(column, pa.float64()), dtype=np.float64)


def _csv(body: bytes, path: Path, read: pa_csv.ReadOptions) -> pa.Table:
    convert = pa_csv.ConvertOptions(column_types={"f4": pa.string()}) if read.autogenerate_column_names else None
    try:
        return pa_csv.read_csv(io.BytesIO(body), read_options=read, convert_options=convert)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no well-formed CSV ({str(error).splitlines()[0]}): download it again") from None


def _parquet(body: bytes, path: Path) -> pa.Table:
    import pyarrow.parquet as pq  # noqa: PLC0415 - only needed for this format

    try:
        return pq.read_table(io.BytesIO(body))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(
            f"{path} is damaged or no Parquet file ({str(error).splitlines()[0]}): write it again"
        ) from None
