"""Reading LOBSTER samples: a file of messages and one of the book after each of them, row by row.

``AAPL_2012-06-21_34200000_57600000_message_10.csv`` and ``..._orderbook_10.csv``. Times are seconds since midnight New
York, prices 1/10,000 dollar; sizes and prints are those of NASDAQ alone.
"""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.book_quotes import quotes_of_book
from alphatrader.sim.market.tape.columns import Columns, InOrder, check_rows, csv_batches, numbers
from alphatrader.sim.market.tape.form import DepthStates, Floats, InstrumentTape, SaleKind, Stamps, Tape, Trades, merge

_NAME = re.compile(r"([A-Z0-9.]+)_(?:(\d{4}-\d{2}-\d{2})_)?.*(message|orderbook)_(\d+)\.csv")
_MESSAGE = ("time", "type", "order_id", "size", "price", "direction")
_EXECUTED = (4.0, 5.0)
"""Types of message: a visible and a hidden order was executed."""
_UNIT, _NS = 10_000.0, 1e9
_DUMMY = 9e9
"""Prices that stand for an empty level are +-9999999999."""
_VENUE = "NASDAQ"
_DAY_S = 86_400.0


def is_lobster(path: Path) -> bool:
    """Return whether a file's name and first line are those of a LOBSTER file."""
    if _NAME.fullmatch(path.name) is None:
        return False
    with path.open("rb") as file:
        first = file.readline(4_096)
    return bool(re.fullmatch(rb"-?[\d.]+(,-?[\d.]+)+\s*", first))


def read_lobster(path: Path, date: str | None) -> Tape:
    """Read a pair of files, given either. Raises DataError."""
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise DataError(f"tape {path}: LOBSTER files are named SYMBOL_DATE_..._message_LEVELS.csv")
    symbol, levels, day = named[1], int(named[4]), named[2] or date
    if day is None:
        raise DataError(f"tape {path}: does not say its date; give it with --session-date")
    messages = path.with_name(path.name.replace("_orderbook_", "_message_"))
    books = path.with_name(path.name.replace("_message_", "_orderbook_"))
    for file in (messages, books):
        if not file.exists():
            raise DataError(f"tape {file}: is missing; a LOBSTER sample is a file of messages and one of the book")
    ts_ns, kind, size, price = _messages(messages, calendar.to_ns(day, "00:00"))
    depth = _books(books, levels, ts_ns)
    executed = np.isin(kind, _EXECUTED)
    count = int(executed.sum())
    nowhere = np.zeros(count, dtype=np.int16)
    trades = Trades(ts_ns[executed], price[executed], size[executed], nowhere, nowhere, (_VENUE,), (SaleKind(""),))
    quotes = quotes_of_book(depth)
    merged = merge(trades.ts_ns, quotes.ts_ns, depth.ts_ns)
    tape = InstrumentTape(symbol, "STK", trades, quotes, depth, merged, quotes_are="of the book")
    return Tape(day, f"LOBSTER, {_VENUE} alone", (tape,))


def _messages(path: Path, midnight_ns: int) -> tuple[Stamps, Floats, Floats, Floats]:
    """Return time, type, size and price in dollars of each message."""
    columns, order, rows = Columns(), InOrder(path), 0
    with path.open("rb") as file:
        for batch in csv_batches(file, path, dict.fromkeys(_MESSAGE, pa.float64())):
            part = {name: numbers(batch, name) for name in ("time", "type", "size", "price")}
            whole = np.stack([np.isfinite(column) for column in part.values()]).min(axis=0)
            check_rows(
                path,
                rows,
                {"a missing value": whole, "a time outside the day": (part["time"] >= 0) & (part["time"] < _DAY_S)},
            )
            ts_ns = midnight_ns + np.rint(part["time"] * _NS).astype(np.int64)
            order.check(rows, ts_ns)
            columns.add(ts_ns=ts_ns, type=part["type"], size=part["size"], price=part["price"] / _UNIT)
            rows += batch.num_rows
    kind, size, price = (columns.take(name, np.float64) for name in ("type", "size", "price"))
    return columns.take("ts_ns", np.int64), kind, size, price


def _books(path: Path, levels: int, ts_ns: Stamps) -> DepthStates:
    """Return the book after each message. Raises DataError if there is not one for each."""
    names = [f"{side}_{what}_{n}" for n in range(levels) for side in ("ask", "bid") for what in ("price", "size")]
    columns = Columns()
    with path.open("rb") as file:
        for batch in csv_batches(file, path, dict.fromkeys(names, pa.float64())):
            columns.add(rows=np.stack([numbers(batch, name) for name in names], axis=1))
    table = columns.take("rows", np.float64)
    if len(table) != len(ts_ns):
        raise DataError(f"tape {path}: has {len(table)} rows, the messages {len(ts_ns)}; they must go together")
    shaped = table.reshape(len(table), levels, 2, 2)  # level, side, (price, size)
    price, size = np.swapaxes(shaped[..., 0], 1, 2), np.swapaxes(shaped[..., 1], 1, 2)
    empty = np.abs(price) >= _DUMMY
    return DepthStates(ts_ns, np.where(empty, 0.0, price / _UNIT), np.where(empty, 0.0, size), _VENUE)
