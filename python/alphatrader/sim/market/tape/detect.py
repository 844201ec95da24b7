"""Finding out what a file or folder of recorded data is, by its content, and reading it into the internal form."""

from pathlib import Path

import numpy as np

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape import databento, lean, lobster, recording
from alphatrader.sim.market.tape.assemble import assemble
from alphatrader.sim.market.tape.fitted import fit_quotes
from alphatrader.sim.market.tape.form import InstrumentTape, Quotes, Tape, merge
from alphatrader.sim.market.tape.listed import tick_of_prices
from alphatrader.sim.market.tape.spec import TapeSpec
from alphatrader.sim.market.tape.tables import read_table

_ZIP, _DBN, _ZSTD = b"PK\x03\x04", b"DBN", b"\x28\xb5\x2f\xfd"
_TABLES = (".csv", ".parquet")


def read_tape(wanted: TapeSpec) -> Tape:
    """Read a recorded day. Raises DataError in one line for whatever cannot be read or trusted."""
    path = wanted.path
    try:
        if path.is_dir():
            return _read_folder(wanted, sorted(path.iterdir()))
        return _read_file(wanted)
    except FileNotFoundError as error:
        raise DataError(f"tape {path}: there is no such file; check the path") from error
    except OSError as error:
        raise DataError(f"tape {path}: cannot be read ({error.strerror or error}); check it") from error


def _read_folder(wanted: TapeSpec, files: list[Path]) -> Tape:
    path = wanted.path
    if any(recording.SEGMENT.fullmatch(file.name) for file in files):
        return recording.read_recording(path)
    files = [file for file in files if file.is_file() and not file.name.startswith(".")]
    if zips := [file for file in files if _head(file) == _ZIP]:
        return _read_lean_folder(wanted, zips)
    tables = [file for file in files if file.suffix.lower() in _TABLES]
    if pairs := [file for file in tables if "_message_" in file.name and lobster.is_lobster(file)]:
        if len(pairs) > 1:
            raise DataError(f"tape {path}: holds {len(pairs)} LOBSTER samples; name the file of messages of one")
        return lobster.read_lobster(pairs[0], wanted.date)
    if not tables:
        raise DataError(f"tape {path}: holds no recorded day that can be read; docs/simulator-tape.md has the forms")
    return assemble([read_table(file) for file in tables], path, wanted.date, wanted.symbols[0])


def _read_file(wanted: TapeSpec) -> Tape:
    path = wanted.path
    head = _head(path)
    if head == _ZIP:
        return _read_lean(wanted)
    if head[:3] == _DBN or head == _ZSTD:
        return databento.read_dbn(path, wanted.date)
    if lobster.is_lobster(path):
        return lobster.read_lobster(path, wanted.date)
    files = [path] if wanted.quotes is None else [path, wanted.quotes]
    return assemble([read_table(file) for file in files], path, wanted.date, wanted.symbols[0])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _read_lean_folder(wanted: TapeSpec, zips: list[Path]) -> Tape:
    """Read all wanted symbols of the one day in a folder of Lean zips."""
    trades = [(lean.identify(file), file) for file in zips if _holds_trades(file)]
    if wanted.date is not None:
        trades = [(named, file) for named, file in trades if named.date == wanted.date]
    dates = sorted({named.date for named, _ in trades})
    if len(dates) != 1:
        held = ", ".join(dates) if dates else "no trades" + (f" of {wanted.date}" if wanted.date else "")
        raise DataError(f"tape {wanted.path}: holds {held}; choose one day with --session-date")
    read = [_read_lean(wanted._replace(path=file, quotes=None)) for _, file in trades]
    return Tape(dates[0], read[0].source, tuple(tape for day in read for tape in day.instruments))


def _holds_trades(file: Path) -> bool:
    try:
        return lean.identify(file).content == "trade_tick"
    except DataError:
        return False  # another of Lean's files: bars, open interest


def _read_lean(wanted: TapeSpec) -> Tape:
    """Read a Lean file of trades with its quotes: those named, else those beside it, else fitted ones."""
    found = lean.read_trades(wanted.path)
    trades, file = found.trades, found.file
    if not len(trades.ts_ns):
        raise DataError(f"tape {wanted.path}: holds no print")
    beside = wanted.quotes or lean.quotes_beside(wanted.path)
    quotes: Quotes | None = None
    seconds = None
    if beside is not None:
        other = lean.identify(beside)
        if (other.date, other.symbol) != (file.date, file.symbol):
            raise DataError(
                f"tape {beside}: is of {other.symbol} {other.date}, the prints of {file.symbol} {file.date}"
            )
        if other.content == "quote_tick":
            quotes = lean.read_tick_quotes(beside)
        elif other.content == "second_quote":
            seconds = lean.read_second_quotes(beside)
        else:
            raise DataError(f"tape {beside}: holds trades, not quotes")
    recorded = quotes is not None
    if quotes is None:
        quotes = fit_quotes(trades, seconds, float(tick_of_prices(trades.price)))
    merged = merge(trades.ts_ns, quotes.ts_ns, None)
    tape = InstrumentTape(
        file.symbol, "STK", trades, quotes, None, merged, quotes_are="recorded" if recorded else "fitted"
    )
    return Tape(file.date, "Lean ticks", (tape,))


def check_session(tape: Tape, path: Path, session: calendar.Session) -> None:
    """Raise DataError if nothing of the tape lies in market hours."""
    for instrument in tape.instruments:
        for stamps in (instrument.trades.ts_ns, instrument.quotes.ts_ns):
            if np.any((stamps >= session.open_ns) & (stamps < session.close_ns)):
                return
    raise DataError(f"tape {path}: has nothing in the market hours of {session.date}; give another file or date")
