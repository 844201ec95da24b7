"""Finding out what a file or folder of recorded data is, by its content, and reading it into the internal form."""

from pathlib import Path

import numpy as np

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape import lean
from alphatrader.sim.market.tape.fitted import fit_quotes
from alphatrader.sim.market.tape.form import InstrumentTape, Quotes, Tape, merge
from alphatrader.sim.market.tape.listed import tick_of_prices
from alphatrader.sim.market.tape.spec import TapeSpec

_ZIP = b"PK\x03\x04"


def read_tape(wanted: TapeSpec) -> Tape:
    """Read a recorded day. Raises DataError in one line for whatever cannot be read or trusted."""
    path = wanted.path
    head = _head(path)
    if head == _ZIP:
        return _read_lean(wanted)
    raise DataError(f"tape {path}: is no recorded day that can be read; docs/simulator-tape.md lists the formats")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except FileNotFoundError as error:
        raise DataError(f"tape {path}: there is no such file; check the path") from error
    except OSError as error:
        raise DataError(f"tape {path}: cannot be read ({error.strerror}); check it") from error


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
