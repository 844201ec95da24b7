"""Putting users' tables together into a tape: by symbol, and cut to one day."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.book_quotes import quotes_of_book
from alphatrader.sim.market.tape.fitted import fit_quotes
from alphatrader.sim.market.tape.form import (
    DELETE,
    INSERT,
    RESET,
    SIDES,
    UPDATE,
    DepthRows,
    DepthStates,
    InstrumentTape,
    Quotes,
    SaleKind,
    Stamps,
    Tape,
    Trades,
    merge,
)
from alphatrader.sim.market.tape.listed import tick_of_prices
from alphatrader.sim.market.tape.tables import TableFile, levels_of

_OPS = {"insert": INSERT, "update": UPDATE, "delete": DELETE, "reset": RESET}
_NO_PRINTS = Trades(
    np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0, np.int16), np.empty(0, np.int16), (), ()
)


def assemble(files: Sequence[TableFile], path: Path, date: str | None, unnamed: str) -> Tape:
    """Build a tape of the tables of one day; rows without a symbol are of ``unnamed``. Raises DataError."""
    symbols = sorted({name for file in files for name in file.names.get("symbol", (unnamed,)) if name})
    if not symbols:
        raise DataError(f"tape {path}: its rows have an empty symbol")
    day = _day_of([file.ts_ns for file in files], path, date)
    start_ns = calendar.to_ns(day, "00:00")
    tapes = []
    for symbol in symbols:
        own = [_cut(file.only(symbol), start_ns) for file in files if symbol in file.names.get("symbol", (unnamed,))]
        tapes.append(_instrument(symbol, own, path))
    return Tape(day, path.name, tuple(tapes))


def _day_of(stamps: Sequence[Stamps], path: Path, date: str | None) -> str:
    first = calendar.date_of(min(int(column[0]) for column in stamps))
    last = calendar.date_of(max(int(column[-1]) for column in stamps))
    if date is None and first != last:
        raise DataError(f"tape {path}: spans {first} to {last}; choose one day with --session-date")
    if date is not None and not first <= date <= last:
        raise DataError(f"tape {path}: is of {first}{f' to {last}' if last != first else ''}, not of {date}")
    return date or first


def _cut(file: TableFile, start_ns: int) -> TableFile:
    """Return the rows of one New York day; it has 25 hours at most."""
    first, last = np.searchsorted(file.ts_ns, (start_ns, start_ns + 25 * 3600 * calendar.NS)).tolist()
    part = slice(first, last)
    return file._replace(
        ts_ns=file.ts_ns[part],
        numbers={name: column[part] for name, column in file.numbers.items()},
        codes={name: column[part] for name, column in file.codes.items()},
    )


def _instrument(symbol: str, files: Sequence[TableFile], path: Path) -> InstrumentTape:
    by_content: dict[str, TableFile] = {}
    for file in files:
        if file.content in by_content:
            raise DataError(f"tape {path}: holds {file.content} of {symbol} twice; give each once")
        by_content[file.content] = file
    rows, books = by_content.get("depth rows"), by_content.get("whole books")
    if rows is not None and books is not None:
        raise DataError(f"tape {path}: holds depth rows and whole books of {symbol}; give one of them")
    trades = _trades(by_content["prints"]) if "prints" in by_content else _NO_PRINTS
    depth: DepthRows | DepthStates | None = None
    if rows is not None:
        depth = _depth_rows(rows)
    elif books is not None:
        depth = _depth_states(books, symbol)
    if "quotes" in by_content:
        quotes, are = _quotes(by_content["quotes"]), "recorded"
    elif depth is not None:
        quotes, are = quotes_of_book(depth), "of the book"
    elif len(trades.ts_ns):
        quotes, are = fit_quotes(trades, None, float(tick_of_prices(trades.price))), "fitted"
    else:
        raise DataError(f"tape {path}: holds nothing of {symbol} on that day")
    merged = merge(trades.ts_ns, quotes.ts_ns, depth.ts_ns if depth is not None else None)
    return InstrumentTape(symbol, "STK", trades, quotes, depth, merged, quotes_are=are)  # type: ignore[arg-type]


def _trades(file: TableFile) -> Trades:
    none = np.zeros(len(file.ts_ns), dtype=np.int16)
    return Trades(
        file.ts_ns,
        file.numbers["price"],
        file.numbers["size"],
        file.codes.get("venue", none),
        file.codes.get("conditions", none),
        file.names.get("venue", ("",)),
        tuple(map(SaleKind.of_letters, file.names.get("conditions", ("",)))),
    )


def _quotes(file: TableFile) -> Quotes:
    """Return quotes; the venues of both sides share one list of names."""
    names = list(dict.fromkeys(("", *file.names.get("bid_venue", ()), *file.names.get("ask_venue", ()))))
    venues = []
    for side in ("bid_venue", "ask_venue"):
        place = np.array([names.index(name) for name in file.names.get(side, ("",))], dtype=np.int16)
        venues.append(place[file.codes.get(side, np.zeros(len(file.ts_ns), dtype=np.int16))])
    bid, bid_size, ask, ask_size = (file.numbers[name] for name in ("bid", "bid_size", "ask", "ask_size"))
    return Quotes(file.ts_ns, bid, bid_size, ask, ask_size, venues[0], venues[1], tuple(names))


def _depth_rows(file: TableFile) -> DepthRows:
    none = np.zeros(len(file.ts_ns), dtype=np.int16)
    return DepthRows(
        file.ts_ns,
        _named(file, "op", _OPS),
        _named(file, "side", {name: number for number, name in enumerate(SIDES)}),
        file.numbers["position"].astype(np.int16),
        file.numbers["price"],
        file.numbers["size"],
        file.codes.get("maker", none),
        file.names.get("maker", ("",)),
    )


def _depth_states(file: TableFile, symbol: str) -> DepthStates:
    levels = range(levels_of(file))

    def cube(what: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
        return np.stack(
            [np.stack([file.numbers[f"{side}_{what}_{n}"] for n in levels], axis=1) for side in SIDES], axis=1
        )

    try:
        return DepthStates(file.ts_ns, cube("price"), cube("size"), "")
    except KeyError as error:
        raise DataError(f"tape {file.path}: lacks the column {error} of {symbol}'s book") from error


def _named(file: TableFile, column: str, numbers: "dict[str, int]") -> "np.ndarray[tuple[int], np.dtype[np.int8]]":
    """Turn a column of words into their numbers. Raises DataError for another word."""
    table = [numbers.get(name.lower(), -1) for name in file.names[column]]
    if -1 in table:
        wrong = file.names[column][table.index(-1)]
        raise DataError(f"tape {file.path}: has {wrong!r} as {column}; it is one of {', '.join(numbers)}")
    return np.array(table, dtype=np.int8)[file.codes[column]]
