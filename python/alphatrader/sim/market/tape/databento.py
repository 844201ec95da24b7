"""Reading Databento's DBN: order by order (MBO), best quotes (MBP-1) or prints, if ``databento-dbn`` is installed.

Times are those of receipt (``ts_recv``), by which such files are in order. A book is taken after each whole event of
the exchange, ten levels a side.
"""

import bisect
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.book_quotes import quotes_of_book
from alphatrader.sim.market.tape.fitted import fit_quotes
from alphatrader.sim.market.tape.form import DepthStates, InstrumentTape, Quotes, SaleKind, Tape, Trades, merge
from alphatrader.sim.market.tape.listed import tick_of_prices

LEVELS = 10
_CHUNK_BYTES = 1 << 20
_SCALE = 1e9
_UNDEFINED = 2**63 - 1
_LAST = 128
"""Flag of the last record of an event."""
_VENUES = {"XNAS": "NASDAQ", "XNYS": "NYSE", "ARCX": "ARCA", "BATS": "BATS", "EDGX": "EDGX", "IEXG": "IEX"}


def read_dbn(path: Path, date: str | None) -> Tape:
    """Read a file of one instrument, compressed or not. Raises DataError, also where the decoder is not installed."""
    dataset, symbol, records = _open(path)
    venue = _VENUES.get(dataset.partition(".")[0], dataset.partition(".")[0])
    gathered = _Gathered()
    try:
        for record in records:
            gathered.take(record)
    except (ValueError, RuntimeError) as error:
        raise DataError(f"tape {path}: cannot be decoded ({error}); fetch it again") from error
    trades = gathered.trades(venue)
    depth, quotes = gathered.states(venue), gathered.quotes(venue)
    are = "recorded"
    if quotes is None and depth is not None:
        quotes, are = quotes_of_book(depth), "of the book"
    elif quotes is None and len(trades.ts_ns):
        quotes, are = fit_quotes(trades, None, float(tick_of_prices(trades.price))), "fitted"
    if quotes is None:
        raise DataError(f"tape {path}: holds no prints, quotes or orders; give a file of mbo, mbp-1 or trades")
    if np.any(np.diff(trades.ts_ns) < 0) or np.any(np.diff(quotes.ts_ns) < 0):
        raise DataError(f"tape {path}: times run backwards; its records must be in order of receipt")
    merged = merge(trades.ts_ns, quotes.ts_ns, depth.ts_ns if depth is not None else None)
    tape = InstrumentTape(symbol, "STK", trades, quotes, depth, merged, quotes_are=are)  # type: ignore[arg-type]
    return Tape(date or calendar.date_of(int(quotes.ts_ns[-1])), f"Databento {dataset}", (tape,))


def _open(path: Path) -> tuple[str, str, Iterator[Any]]:
    """Return dataset, symbol and the records."""
    try:
        import databento_dbn  # noqa: PLC0415 - an extra that few need
    except ImportError as error:
        raise DataError(f"tape {path}: is Databento's DBN, which needs the package databento-dbn") from error
    records = _records(path, databento_dbn.DBNDecoder())
    try:
        metadata = next(records)
        symbols = list(metadata.symbols)
    except (StopIteration, AttributeError, ValueError, RuntimeError, databento_dbn.DBNError) as error:
        raise DataError(f"tape {path}: is no readable DBN ({error}); fetch it again") from error
    if len(symbols) != 1:
        raise DataError(f"tape {path}: is of {len(symbols)} instruments; ask Databento for one a file")
    return str(metadata.dataset), str(symbols[0]), records


def _records(path: Path, decoder: Any) -> Iterator[Any]:
    with path.open("rb") as file:
        compressed = file.read(4) == b"\x28\xb5\x2f\xfd"
    try:
        with pa.OSFile(str(path), "rb") as raw:
            source = pa.CompressedInputStream(raw, "zstd") if compressed else raw
            while chunk := source.read(_CHUNK_BYTES):
                decoder.write(chunk)
                yield from decoder.decode()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"tape {path}: cannot be unpacked ({error}); fetch it again") from error


class _Side:
    """One side of a book of orders: shares by price, best first."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._shares: dict[int, int] = {}

    def add(self, price: int, shares: int) -> None:
        """Add shares at a price; negative ones go."""
        key = price * self._sign
        left = self._shares.get(key, 0) + shares
        if left > 0:
            if key not in self._shares:
                bisect.insort(self._keys, key)
            self._shares[key] = left
        elif self._shares.pop(key, None) is not None:
            del self._keys[bisect.bisect_left(self._keys, key)]

    def top(self) -> tuple[list[float], list[float]]:
        """Return prices in dollars and shares of the best levels, filled up with zeros."""
        keys = self._keys[:LEVELS]
        fill = [0.0] * (LEVELS - len(keys))
        return [k * self._sign / _SCALE for k in keys] + fill, [float(self._shares[k]) for k in keys] + fill


class _Gathered:
    """What the records of a file say, in columns."""

    def __init__(self) -> None:
        self._sides = {"A": _Side(1), "B": _Side(-1)}
        self._orders: dict[int, tuple[str, int, int]] = {}
        self._trade_ts, self._trade = array("q"), array("d")
        self._quote_ts, self._quote = array("q"), array("d")
        self._book_ts, self._book = array("q"), array("d")

    def take(self, record: Any) -> None:
        """Take a record; those of other kinds (statistics, definitions) are left out."""
        kind = type(record).__name__.upper()
        if kind.startswith("MBO"):
            self._take_order(record)
        elif kind.startswith(("MBP1", "TRADE")):
            if str(record.action) == "T":
                self._take_trade(record)
            if kind.startswith("MBP1"):
                level = record.levels[0]
                self._quote_ts.append(record.ts_recv)
                for price, size in ((level.bid_px, level.bid_sz), (level.ask_px, level.ask_sz)):
                    there = price != _UNDEFINED
                    self._quote.extend((price / _SCALE, float(size)) if there else (0.0, 0.0))

    def _take_trade(self, record: Any) -> None:
        self._trade_ts.append(record.ts_recv)
        self._trade.extend((record.price / _SCALE, float(record.size)))

    def _take_order(self, record: Any) -> None:
        action, order_id = str(record.action), record.order_id
        if action == "T":
            self._take_trade(record)
        elif action == "R":
            self._sides = {"A": _Side(1), "B": _Side(-1)}
            self._orders.clear()
        elif action in ("A", "M", "C"):
            side, price, shares = self._orders.pop(order_id, (str(record.side), record.price, 0))
            if side in self._sides:
                self._sides[side].add(price, -shares)
            left = shares - record.size if action == "C" else record.size
            if action != "C":
                side, price = str(record.side), record.price
            if left > 0 and side in self._sides:
                self._sides[side].add(price, left)
                self._orders[order_id] = (side, price, left)
        if record.flags & _LAST:
            self._book_ts.append(record.ts_recv)
            for side in ("A", "B"):
                for column in self._sides[side].top():
                    self._book.extend(column)

    def trades(self, venue: str) -> Trades:
        """Return the prints."""
        ts_ns, table = np.array(self._trade_ts, dtype=np.int64), np.array(self._trade).reshape(-1, 2)
        here = np.zeros(len(ts_ns), dtype=np.int16)
        return Trades(ts_ns, table[:, 0], table[:, 1], here, here, (venue,), (SaleKind(""),))

    def states(self, venue: str) -> DepthStates | None:
        """Return the books after each event, None if the file is not of orders."""
        if not self._book_ts:
            return None
        table = np.array(self._book).reshape(-1, 2, 2, LEVELS)  # event, side, (price, size), level
        return DepthStates(np.array(self._book_ts, dtype=np.int64), table[:, :, 0], table[:, :, 1], venue)

    def quotes(self, venue: str) -> Quotes | None:
        """Return the recorded best quotes, None if the file has none."""
        if not self._quote_ts:
            return None
        ts_ns, table = np.array(self._quote_ts, dtype=np.int64), np.array(self._quote).reshape(-1, 4)
        here = np.ones(len(ts_ns), dtype=np.int16)
        return Quotes(ts_ns, table[:, 0], table[:, 1], table[:, 2], table[:, 3], here, here, ("", venue))
