"""Reading Lean's zipped CSV files of recorded trades and quotes.

Times are milliseconds since midnight New York, prices 1/10,000 dollar.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from alphatrader.domain.errors import DataError

_FILE_NAME = re.compile(r"(\d{4})(\d{2})(\d{2})_tick_trade\.zip")
_MEMBER_NAME = re.compile(r"\d{8}_([a-z0-9.]+)_trade_tick\.csv", re.IGNORECASE)
_MAX_BYTES = 512 * 1024 * 1024
"""No trading day of one symbol is larger; a zip that claims more is damaged or hostile."""


_DAY_MS = 86_400_000
_LIMIT = 2**31


class RecordedTrades(NamedTuple):
    """All rows of a trade file. Prices in 1/10,000 dollar; venue letters and condition flags as written."""

    symbol: str
    date: str
    ms: NDArray[np.int64]
    price: NDArray[np.int64]
    size: NDArray[np.int64]
    venue: NDArray[np.str_]
    condition: NDArray[np.str_]
    suspicious: NDArray[np.bool_]


class RecordedQuotes(NamedTuple):
    """National best quotes by the second: (open, high, low, close) in 1/10,000 dollar and the last size, in shares."""

    ms: NDArray[np.int64]
    bid: NDArray[np.int64]
    bid_size: NDArray[np.int64]
    ask: NDArray[np.int64]
    ask_size: NDArray[np.int64]


class RecordedTicks(NamedTuple):
    """National best quotes tick by tick: prices in 1/10,000 dollar (0 = no such side), shares, venue letters."""

    ms: NDArray[np.int64]
    bid: NDArray[np.int64]
    bid_size: NDArray[np.int64]
    bid_venue: NDArray[np.str_]
    ask: NDArray[np.int64]
    ask_size: NDArray[np.int64]
    ask_venue: NDArray[np.str_]


def read_trades(path: Path) -> RecordedTrades:
    """Read a ``YYYYMMDD_tick_trade.zip``. Raises DataError with one line that says what is wrong with the file."""
    named = _FILE_NAME.fullmatch(path.name)
    if named is None:
        raise DataError(f"tape {path}: the file name must be YYYYMMDD_tick_trade.zip, which gives the session date")
    member, body = _read_member(path)
    symbol = _MEMBER_NAME.fullmatch(member)
    if symbol is None:
        raise DataError(
            f"tape {path}: holds {member!r}, not YYYYMMDD_symbol_Trade_Tick.csv; give a Lean tick-trade zip"
        )
    types: dict[str, pa.DataType] = {
        "ms": pa.float64(),  # some vintages of the files write fractions
        "price": pa.int64(),
        "size": pa.int64(),
        "venue": pa.string(),
        "condition": pa.string(),
        "suspicious": pa.int64(),
    }
    table = _parse(path, body, types)
    if not _plausible(table):
        raise DataError(f"tape {path}: has a time outside the day, or a price or size no share ever had")
    trades = RecordedTrades(
        symbol=symbol.group(1).upper(),
        date="-".join(named.groups()),
        ms=table["ms"].to_numpy().astype(np.int64),
        price=table["price"].to_numpy(),
        size=table["size"].to_numpy(),
        venue=table["venue"].to_numpy().astype(np.str_),
        condition=table["condition"].to_numpy().astype(np.str_),
        suspicious=table["suspicious"].to_numpy() != 0,
    )
    if (np.diff(trades.ms) < 0).any():
        raise DataError(f"tape {path}: has times that run backwards; its rows must be in order of time")
    return trades


def read_second_quotes(path: Path) -> RecordedQuotes | None:
    """Read the ``YYYYMMDD_second_quote.zip`` beside a trade file; None if there is none. Raises DataError."""
    beside = path.with_name(path.name.replace("_tick_trade", "_second_quote"))
    if not beside.exists():
        return None
    columns = ["ms"]
    columns += [f"{side}_{field}" for side in ("bid", "ask") for field in ("open", "high", "low", "close", "size")]
    _, body = _read_member(beside)
    table = _parse(beside, body, dict.fromkeys(columns, pa.float64()))

    def of(side: str) -> NDArray[np.int64]:
        return np.stack([whole(f"{side}_{field}") for field in ("open", "high", "low", "close")], axis=1)

    def whole(name: str) -> NDArray[np.int64]:
        # An empty or impossible field becomes 0, which means that the side is not known.
        values = table[name].to_numpy()
        return np.where((values > 0) & (values < _LIMIT), values, 0.0).astype(np.int64)

    return RecordedQuotes(whole("ms"), of("bid"), whole("bid_size"), of("ask"), whole("ask_size"))


def read_tick_quotes(path: Path) -> RecordedTicks | None:
    """Read the ``YYYYMMDD_tick_quote.zip`` beside a trade file; None if there is none. Raises DataError.

    The file has a row a side: bid, then ask of the same instant, each with the venue that holds it.
    """
    beside = path.with_name(path.name.replace("_tick_trade", "_tick_quote"))
    if not beside.exists():
        return None
    numbers = ("ms", "bid", "bid_size", "ask", "ask_size")
    types: dict[str, pa.DataType] = dict.fromkeys(numbers, pa.float64())
    types |= {"venue": pa.string(), "condition": pa.string(), "suspicious": pa.int64()}
    _, body = _read_member(beside)
    table = _parse(beside, body, types)
    ms, bid, bid_size, ask, ask_size = (np.nan_to_num(table[name].to_numpy()).astype(np.int64) for name in numbers)
    venue = table["venue"].to_numpy().astype(np.str_)
    row = np.arange(len(ms))
    newest_bid = np.maximum.accumulate(np.where(bid > 0, row, -1))
    newest_ask = np.maximum.accumulate(np.where(ask > 0, row, -1))
    # A bid whose ask follows at the same instant is half of a quote.
    half = np.append((bid[:-1] > 0) & (ask[1:] > 0) & (ms[1:] == ms[:-1]), False)
    whole = row[~half & (newest_bid >= 0) & (newest_ask >= 0)]
    at_bid, at_ask = newest_bid[whole], newest_ask[whole]
    return RecordedTicks(
        ms[whole], bid[at_bid], bid_size[at_bid], venue[at_bid], ask[at_ask], ask_size[at_ask], venue[at_ask]
    )


def _plausible(table: pa.Table) -> bool:
    """Whether all times lie within a day, and prices and sizes are positive and fit what they are kept in."""
    ms, price, size = (table[name].to_numpy() for name in ("ms", "price", "size"))
    return bool(
        ((ms >= 0) & (ms < _DAY_MS)).all() and ((price > 0) & (size > 0) & (price < _LIMIT) & (size < _LIMIT)).all()
    )


def _read_member(path: Path) -> tuple[str, bytes]:
    """Return name and content of the only file in a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise DataError(f"tape {path}: holds {len(members)} files, not one CSV; give a Lean data zip")
            if members[0].file_size > _MAX_BYTES:
                raise DataError(f"tape {path}: claims to unpack to {members[0].file_size} bytes, too much for one day")
            return members[0].filename, archive.read(members[0])
    except FileNotFoundError as error:
        raise DataError(f"tape {path}: there is no such file; check the path") from error
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise DataError(f"tape {path}: cannot be read as a zip file ({error}); fetch it again") from error


def _parse(path: Path, body: bytes, types: Mapping[str, pa.DataType]) -> pa.Table:
    if not body.strip():
        raise DataError(f"tape {path}: the CSV inside is empty")
    try:
        table = pacsv.read_csv(
            io.BytesIO(body),
            read_options=pacsv.ReadOptions(column_names=list(types), use_threads=False),
            convert_options=pacsv.ConvertOptions(column_types=dict(types), strings_can_be_null=False),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"tape {path}: the CSV inside is not in Lean's format ({reason})") from error
    if "price" in types and any(table[name].null_count for name in types):
        raise DataError(f"tape {path}: a row lacks a value; fetch the file again")
    return table
