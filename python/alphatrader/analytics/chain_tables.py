"""Chains that come as tables: their columns are named as the Rust core wants them, and checked.

Target columns: see :class:`alphatrader._core.Chain`.
"""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute

from alphatrader import _core
from alphatrader.domain.errors import DataError

Column = Any
"""A pyarrow array, chunked or not: its stubs know no such type, and refuse plain scalars in its functions."""
pc: Any = pyarrow.compute

_NUMBERS = (
    "strike", "bid", "ask", "last", "mark", "bid_size", "ask_size", "volume", "open_interest",
    "iv", "delta", "gamma", "theta", "vega",
)  # fmt: skip
_ALIASES = {
    "expiration": "expiry",
    "type": "right",
    "option_type": "right",
    "implied_volatility": "iv",
    "openinterest": "open_interest",
    "symbol": "root",
    "underlying": "root",
    "contractid": "contract",
    "last_price": "last",
    "close": "last",
}


def from_parquet(body: bytes, path: Path) -> _core.Chain:
    """Read a Parquet table with the core's column names or Alpha Vantage's. Raises DataError.

    The spot and the time may stand in the file's metadata as ``spot`` and ``as_of``.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - only needed for this format

    try:
        table = pq.read_table(io.BytesIO(body))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(f"{path} is damaged or no Parquet file ({_first_line(error)}): write it again") from None
    return _chain(table, path, table.schema.metadata or {})


def from_alphavantage_csv(body: bytes, path: Path) -> _core.Chain:
    """Read ``datatype=csv`` of Alpha Vantage's option functions. Raises DataError."""
    table = _read_csv(body, path)
    dates = [str(date) for date in table.column("date").to_pylist()] if "date" in table.column_names else []
    return _chain(table, path, {b"as_of": max(dates).encode()} if dates else {})


def from_lean_universe(body: bytes, path: Path) -> _core.Chain:
    """Read a Lean option universe: the row without an expiry is the underlying, its close the spot."""
    table = _read_csv(body.removeprefix(b"#"), path)
    expiry: Column = pc.cast(table.column("expiry"), pa.string())
    is_option = pc.fill_null(pc.equal(pc.utf8_length(expiry), 8), False)
    underlying = table.filter(pc.invert(is_option))
    meta = {b"spot": str(underlying.column("close")[0].as_py()).encode()} if underlying.num_rows else {}
    root = path.name.split("_")[0].upper()
    options = table.filter(is_option)
    options = options.append_column("root", pa.array([root] * options.num_rows, pa.string()))
    return _chain(options, path, meta)


def _read_csv(body: bytes, path: Path) -> pa.Table:
    import pyarrow.csv as pc_csv  # noqa: PLC0415 - only needed for these formats

    try:
        return pc_csv.read_csv(io.BytesIO(body))
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no well-formed CSV ({_first_line(error)}): download it again") from None


def _chain(table: pa.Table, path: Path, metadata: Mapping[bytes, bytes]) -> _core.Chain:
    names = [_ALIASES.get(name.lower(), name.lower()) for name in table.column_names]
    columns: dict[str, Column] = {}
    for name, column in zip(names, table.columns, strict=True):
        columns.setdefault(name, column)
    missing = [name for name in ("expiry", "right", "strike") if name not in columns]
    if missing:
        raise DataError(f"{path} lacks the column {', '.join(missing)}: it is no option chain")
    rows = table.num_rows
    try:
        arrays: dict[str, Column] = {
            "root": _flat(columns.get("root", pa.nulls(rows, pa.string())), pa.string()),
            "expiry": _dates(columns["expiry"]),
            "right": _rights(columns["right"]),
        }
        for name in _NUMBERS:
            arrays[name] = _flat(columns.get(name, pa.nulls(rows, pa.float64())), pa.float64())
        spot = metadata.get(b"spot")
        as_of = metadata.get(b"as_of")
        return _core.Chain.from_arrow(
            pa.record_batch(arrays),
            spot=float(spot) if spot else None,
            as_of=as_of.decode() if as_of else None,
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, _core.CoreError, ValueError) as error:
        raise DataError(f"{path}: a column does not hold what its name says ({_first_line(error)})") from None


def _flat(column: Column, kind: pa.DataType) -> Column:
    """Return the column in one piece and of one type."""
    flat: Column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks)
    return pc.cast(flat, kind)


def _dates(column: Column) -> Column:
    if pa.types.is_temporal(column.type):
        return _flat(column, pa.date32())
    text = pc.replace_substring(_flat(column, pa.string()), "-", "")
    return pc.cast(pc.strptime(text, format="%Y%m%d", unit="s"), pa.date32())


def _rights(column: Column) -> Column:
    if pa.types.is_integer(column.type):
        return _flat(column, pa.int8())
    letter: Column = pc.utf8_slice_codeunits(pc.utf8_upper(_flat(column, pa.string())), 0, 1)
    if not pc.all(pc.is_in(letter, pa.array(["C", "P"]))).as_py():
        raise ValueError("a right is neither call nor put")
    return pc.cast(pc.if_else(pc.equal(letter, "C"), 1, -1), pa.int8())


def parity_spot(chain: _core.Chain, as_of_ns: int, settlements: Mapping[str, int]) -> float | None:
    """Estimate the spot from the nearest unsettled expiry: where call and put mids are closest, S = K + C - P.

    Interest and dividends over the rest of that expiry's life are left out. None without a pair of two-sided quotes.
    """
    rows = (
        pa.Table.from_batches([pa.record_batch(chain)]).select(["expiry", "right", "strike", "bid", "ask"]).to_pylist()
    )
    for expiry in sorted(key for key, settles in settlements.items() if settles > as_of_ns):
        mids: dict[float, dict[int, float]] = {}
        for row in rows:
            if f"{row['expiry']:%Y%m%d}" == expiry and (row["bid"] or 0) > 0 and (row["ask"] or 0) > 0:
                mids.setdefault(row["strike"], {})[row["right"]] = (row["bid"] + row["ask"]) / 2
        pairs = [
            (abs(pair[1] - pair[-1]), strike + pair[1] - pair[-1]) for strike, pair in mids.items() if len(pair) == 2
        ]
        if pairs:
            return min(pairs)[1]
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
