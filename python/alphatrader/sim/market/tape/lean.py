"""Reading Lean's zipped CSV files of recorded trades and quotes.

Times are milliseconds since midnight New York, prices 1/10,000 dollar. What a file holds stands in the name of its one
member: ``20131010_spy_Trade_Tick.csv``, ``20131010_spy_Quote_Tick.csv``, ``20131010_spy_second_quote.csv``.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alphatrader import _core, calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.columns import LABEL, Columns, InOrder, Labels, check_rows, csv_batches, numbers
from alphatrader.sim.market.tape.form import Codes, Quotes, SaleKind, Stamps, Trades

Content = Literal["trade_tick", "quote_tick", "second_quote"]

_MEMBERS: dict[Content, re.Pattern[str]] = {
    "trade_tick": re.compile(r"(\d{8})_([a-z0-9.]+)_trade_tick\.csv", re.IGNORECASE),
    "quote_tick": re.compile(r"(\d{8})_([a-z0-9.]+)_quote_tick\.csv", re.IGNORECASE),
    "second_quote": re.compile(r"(\d{8})_([a-z0-9.]+)_second_quote\.csv", re.IGNORECASE),
}
_MAX_BYTES = 4 << 30
"""No trading day of one symbol is larger; a zip that claims more is damaged or hostile."""
_DAY_MS = 86_400_000.0
_LIMIT = 2**31
_UNIT = 10_000.0
_MS = 1_000_000.0
_MARKS = (False, True)
"""Suspicious or not: each condition makes two kinds of prints."""

_VENUE_NAMES = {
    "A": "AMEX", "B": "BEX", "C": "NSX", "D": "FINRA", "I": "ISE", "J": "EDGEA", "K": "EDGX", "M": "CHX",
    "N": "NYSE", "P": "ARCA", "Q": "NASDAQ", "S": "CTS", "T": "NASDAQ", "W": "CBSX", "X": "PSX", "Y": "BYX",
    "Z": "BATS",
}  # fmt: skip


class LeanFile(NamedTuple):
    """What a Lean zip is: its content, the session date (``YYYY-MM-DD``) and the symbol."""

    content: Content
    date: str
    symbol: str


class LeanTrades(NamedTuple):
    """A trade file: its prints, and for each of their kinds whether the file marks it suspicious."""

    file: LeanFile
    trades: Trades
    suspicious: tuple[bool, ...]


class SecondQuotes(NamedTuple):
    """National best quotes by the second: (open, high, low, close) in 1/10,000 dollar and the last size, in shares."""

    ts_ns: Stamps
    bid: NDArray[np.int64]
    bid_size: NDArray[np.int64]
    ask: NDArray[np.int64]
    ask_size: NDArray[np.int64]


def identify(path: Path) -> LeanFile:
    """Say what a Lean zip holds. Raises DataError if it is none."""
    with _opened(path) as (member, _):
        for content, pattern in _MEMBERS.items():
            named = pattern.fullmatch(member)
            if named:
                day, symbol = named.groups()
                return LeanFile(content, f"{day[:4]}-{day[4:6]}-{day[6:]}", symbol.upper())
    raise DataError(f"tape {path}: holds {member!r}, not YYYYMMDD_symbol_Trade_Tick.csv; give a Lean tick-trade zip")


def read_trades(path: Path) -> LeanTrades:
    """Read a file of trades, all rows as they are. Raises DataError with one line that says what is wrong with it."""
    file = identify(path)
    if file.content != "trade_tick":
        raise DataError(f"tape {path}: holds quotes, not trades; give the Lean tick-trade zip of that day")
    types: dict[str, pa.DataType] = {
        "ms": pa.float64(),  # some vintages of the files write fractions
        "price": pa.int64(),
        "size": pa.int64(),
        "venue": LABEL,
        "condition": LABEL,
        "suspicious": pa.int8(),
    }
    columns, order, rows = Columns(), InOrder(path), 0
    venues, conditions = Labels("venues"), Labels("sale conditions")
    midnight_ns = calendar.to_ns(file.date, "00:00")
    with _opened(path) as (_, body):
        for batch in csv_batches(body, path, types):
            ms, price, size = numbers(batch, "ms"), numbers(batch, "price"), numbers(batch, "size")
            check_rows(
                path,
                rows,
                {
                    "a missing value": np.isfinite(ms) & np.isfinite(price) & np.isfinite(size),
                    "a time outside the day": (ms >= 0) & (ms < _DAY_MS),
                    "a price or size no share ever had": (price > 0) & (size > 0) & (price < _LIMIT) & (size < _LIMIT),
                },
            )
            ts_ns = midnight_ns + np.rint(ms * _MS).astype(np.int64)
            order.check(rows, ts_ns)
            suspicious = numbers(batch, "suspicious") > 0
            columns.add(
                ts_ns=ts_ns,
                price=price / _UNIT,
                size=size,
                venue=venues.codes(batch.column("venue")),
                kind=conditions.codes(batch.column("condition")) * np.int16(2) + suspicious,
            )
            rows += batch.num_rows
    flags = np.array([_flags(path, text) for text in conditions.names], dtype=np.int64)
    says = _core.parse_lean_conditions_batch(flags).tolist()
    trades = Trades(
        ts_ns=columns.take("ts_ns", np.int64),
        price=columns.take("price", np.float64),
        size=columns.take("size", np.float64),
        venue=columns.take("venue", np.int16),
        kind=columns.take("kind", np.int16),
        venues=tuple(_VENUE_NAMES.get(letter, letter) for letter in venues.names),
        kinds=tuple(_kind(bits, suspicious=marked) for bits in says for marked in _MARKS),
    )
    return LeanTrades(file, trades, _MARKS * len(flags))


def read_tick_quotes(path: Path) -> Quotes:
    """Read a file of national best quotes by the tick. Raises DataError.

    It has a row a side: bid, then ask of the same instant, each with the venue that holds it.
    """
    file = identify(path)
    names = ("ms", "bid", "bid_size", "ask", "ask_size")
    types: dict[str, pa.DataType] = {
        **dict.fromkeys(names, pa.float64()),
        "venue": LABEL,
        "condition": LABEL,
        "suspicious": LABEL,
    }
    columns, order, rows = Columns(), InOrder(path), 0
    letters = Labels("venues")
    midnight_ns = calendar.to_ns(file.date, "00:00")
    with _opened(path) as (_, body):
        for batch in csv_batches(body, path, types):
            part = {name: np.nan_to_num(numbers(batch, name)) for name in names}
            inside = (part["ms"] >= 0) & (part["ms"] < _DAY_MS)
            sane = np.stack([(part[name] >= 0) & (part[name] < _LIMIT) for name in names[1:]]).min(axis=0)
            check_rows(path, rows, {"a time outside the day": inside, "a price or size no share ever had": sane})
            ts_ns = midnight_ns + np.rint(part.pop("ms") * _MS).astype(np.int64)
            order.check(rows, ts_ns)
            columns.add(**part, ts_ns=ts_ns, venue=letters.codes(batch.column("venue")))
            rows += batch.num_rows
    ts_ns = columns.take("ts_ns", np.int64)
    bid, ask = columns.take("bid", np.float64), columns.take("ask", np.float64)
    bid_size, ask_size = columns.take("bid_size", np.float64), columns.take("ask_size", np.float64)
    venue = columns.take("venue", np.int16)
    row = np.arange(len(ts_ns))
    at_bid = np.maximum.accumulate(np.where(bid > 0, row, -1))
    at_ask = np.maximum.accumulate(np.where(ask > 0, row, -1))
    # A bid whose ask follows at the same instant is half of a quote.
    half = np.append((bid[:-1] > 0) & (ask[1:] > 0) & (ts_ns[1:] == ts_ns[:-1]), False)
    whole = row[~half & ((at_bid >= 0) | (at_ask >= 0))]
    of_bid, of_ask = at_bid[whole], at_ask[whole]
    return Quotes(
        ts_ns=ts_ns[whole],
        bid=np.where(of_bid >= 0, bid[of_bid], 0.0) / _UNIT,
        bid_size=np.where(of_bid >= 0, bid_size[of_bid], 0.0),
        ask=np.where(of_ask >= 0, ask[of_ask], 0.0) / _UNIT,
        ask_size=np.where(of_ask >= 0, ask_size[of_ask], 0.0),
        bid_venue=_venue_codes(venue, of_bid),
        ask_venue=_venue_codes(venue, of_ask),
        venues=("", *(_VENUE_NAMES.get(letter, letter) for letter in letters.names)),
    )


def read_second_quotes(path: Path) -> SecondQuotes:
    """Read a file of national best quotes by the second. Raises DataError."""
    file = identify(path)
    fields = [f"{side}_{field}" for side in ("bid", "ask") for field in ("open", "high", "low", "close", "size")]
    columns = Columns()
    with _opened(path) as (_, body):
        for batch in csv_batches(body, path, dict.fromkeys(["ms", *fields], pa.float64())):
            columns.add(**{name: numbers(batch, name) for name in ["ms", *fields]})
    ms = columns.take("ms", np.float64)

    def whole(name: str) -> NDArray[np.int64]:
        # An empty or impossible field becomes 0, which means that the side is not known.
        values = columns.take(name, np.float64)
        return np.where((values > 0) & (values < _LIMIT), values, 0.0).astype(np.int64)

    def bars(side: str) -> NDArray[np.int64]:
        return np.stack([whole(f"{side}_{field}") for field in ("open", "high", "low", "close")], axis=1)

    good = (ms >= 0) & (ms < _DAY_MS)
    check_rows(path, 0, {"a time outside the day": good})
    ts_ns = calendar.to_ns(file.date, "00:00") + np.rint(ms * _MS).astype(np.int64)
    InOrder(path).check(0, ts_ns)
    return SecondQuotes(ts_ns, bars("bid"), whole("bid_size"), bars("ask"), whole("ask_size"))


def quotes_beside(path: Path) -> Path | None:
    """Return the file of quotes that lies beside a file of trades, by the tick rather than by the second."""
    for kind in ("tick_quote", "second_quote"):
        beside = path.with_name(path.name.replace("tick_trade", kind))
        if beside != path and beside.exists():
            return beside
    return None


def _venue_codes(venue: Codes, rows: NDArray[np.int64]) -> Codes:
    return np.where(rows >= 0, venue[rows] + 1, 0).astype(np.int16)


def _flags(path: Path, text: str) -> int:
    try:
        flags = int(text, 16)
    except ValueError as error:
        raise DataError(f"tape {path}: has a sale condition {text!r} that is no hexadecimal number") from error
    if not 0 <= flags < 1 << 32:
        raise DataError(f"tape {path}: has a sale condition {text!r} of more than 32 flags; give a Lean tick-trade zip")
    return flags


def _kind(says: int, *, suspicious: bool) -> SaleKind:
    """Return a kind of print. Its silence follows from the flags: not every letter says as much as they do."""
    return SaleKind(_core.format_sale_conditions(says), says, suspicious or bool(says & _core.SALE_NO_PRICE))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Open the only file in a zip and tell its name. Raises DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) != 1:
                raise DataError(f"tape {path}: holds {len(members)} files, not one CSV; give a Lean data zip")
            if members[0].file_size > _MAX_BYTES:
                raise DataError(f"tape {path}: claims to unpack to {members[0].file_size} bytes, too much for one day")
            with archive.open(members[0]) as body:
                yield members[0].filename, body
    except FileNotFoundError as error:
        raise DataError(f"tape {path}: there is no such file; check the path") from error
    except (OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise DataError(f"tape {path}: cannot be read as a zip file ({error}); fetch it again") from error
