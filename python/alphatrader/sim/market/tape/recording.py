"""Reading a day that this product recorded itself: the event log of a start (``events/<start>/``, docs/storage.md).

Prints, quotes and depth rows of the recorded stocks and indices drive the market again, at the engine's times and in
its order. Chains that were received meanwhile lend their open interest and their level of volatility to the options.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alphatrader import _core
from alphatrader.domain import eventlog
from alphatrader.domain import events as ev
from alphatrader.domain.errors import DataError
from alphatrader.sim.market.tape.columns import Columns, Labels
from alphatrader.sim.market.tape.form import (
    DEPTH,
    QUOTE,
    RESET,
    TRADE,
    DepthRows,
    InstrumentTape,
    Quotes,
    RecordedChain,
    SaleKind,
    Tape,
    Trades,
)

SEGMENT = re.compile(r"segment-(\d{6})\.(parquet|arrows)")
_BATCH_ROWS = 65_536
_VERSION_KEY = b"alphatrader.event_schema_version"
_KIND_OF = np.full(8, 255, dtype=np.uint8)
_KIND_OF[[eventlog.TRADE, eventlog.QUOTE, eventlog.DEPTH, eventlog.DEPTH_RESET]] = (TRADE, QUOTE, DEPTH, DEPTH)
_WANTED = (b'"type":"InstrumentAdded"', b'"type":"RunStarted"', b'"type":"ChainReceived"')
_NUMBERS = ("ts_ns", "kind", "op", "side", "position", "price", "size", "price2", "size2")


class _Instrument:
    """What is gathered of one instrument."""

    def __init__(self, symbol: str, kind: str) -> None:
        self.symbol = symbol
        self.sec_type = "IND" if kind == "index" else "STK"
        self.columns = Columns()
        self.venues = Labels("venues")
        self.conditions = Labels("sale conditions")


def read_recording(folder: Path) -> Tape:
    """Read the event log of a start; a torn end, the mark of a crash, ends it there. Raises DataError."""
    instruments: dict[int, _Instrument] = {}
    chains: list[RecordedChain] = []
    date = ""
    for batch in _batches(folder):
        kind = batch.column("kind").to_numpy()
        for row in np.flatnonzero(kind == eventlog.CONTROL).tolist():
            event = _control(batch.column("payload")[row].as_py(), folder)
            if isinstance(event, ev.RunStarted):
                date = event.session_date
            elif isinstance(event, ev.InstrumentAdded) and event.instrument.kind != "option":
                named = event.instrument
                instruments.setdefault(named.instrument_id, _Instrument(named.symbol, named.kind))
            elif isinstance(event, ev.ChainReceived):
                chains += _chain(event)
        _gather(batch, kind, instruments)
    tapes = tuple(tape for held in instruments.values() if (tape := _tape_of(held)) is not None)
    if not tapes or not date:
        raise DataError(f"tape {folder}: the event log holds no market data of a stock or index; give another start's")
    return Tape(date, "recorded by alphatrader run", tapes, tuple(chains))


def _batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """Yield the log's batches in order. Raises DataError: a missing or damaged segment, another version."""
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):  # .arrows sorts before .parquet, which is complete where both exist
        if match := SEGMENT.fullmatch(path.name):
            found[int(match[1])] = path
    for position, number in enumerate(sorted(found), start=1):
        if number != position:
            raise DataError(f"tape {folder}: segment {position} of the event log is missing; restore it from a backup")
        path = found[number]
        try:
            yield from _parquet(path) if path.suffix == ".parquet" else _stream(path)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"tape {path}: is damaged ({str(error).splitlines()[0]}); restore it") from error


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        _check_schema(file.schema_arrow, path)
        yield from file.iter_batches(batch_size=_BATCH_ROWS)


def _stream(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the whole messages of a segment that was not converted yet; what follows them is a crash's torn end."""
    with pa.OSFile(str(path), "rb") as source, pa.ipc.open_stream(source) as reader:
        _check_schema(reader.schema, path)
        while True:
            try:
                batch = reader.read_next_batch()
            except (StopIteration, pa.ArrowException, OSError):
                return
            yield batch


def _check_schema(schema: pa.Schema, path: Path) -> None:
    version = (schema.metadata or {}).get(_VERSION_KEY, b"none").decode("ascii", "replace")
    if version != str(eventlog.SCHEMA_VERSION):
        raise DataError(
            f"tape {path}: has event schema version {version}, this build reads {eventlog.SCHEMA_VERSION}; "
            "play it with the build that recorded it"
        )


def _control(payload: bytes | None, folder: Path) -> ev.Event | None:
    """Decode the control events that matter here."""
    if payload is None or not any(tag in payload for tag in _WANTED):
        return None
    try:
        return ev.decode_event(payload)
    except msgspec.ValidationError as error:
        raise DataError(f"tape {folder}: a control event cannot be read ({error}); restore the log") from error


def _chain(event: ev.ChainReceived) -> list[RecordedChain]:
    decode = _core.decode_alphavantage_chain if event.source == "alphavantage" else _core.decode_cboe_csv
    try:
        table = pa.record_batch(decode(event.body))
    except _core.CoreError:
        return []  # the trader could not read it either: an error body, as services send them
    names = ("expiry", "right", "strike", "open_interest", "iv")
    return [RecordedChain(event.ts_ns, event.symbol, {name: table[name].to_pylist() for name in names})]


def _gather(
    batch: pa.RecordBatch, kind: "np.ndarray[tuple[int], np.dtype[np.int8]]", held: dict[int, _Instrument]
) -> None:
    """Sort a batch's market rows by instrument."""
    number = batch.column("instrument_id").to_numpy()
    for instrument_id in np.unique(number[kind != eventlog.CONTROL]).tolist():
        if (instrument := held.get(instrument_id)) is None:
            continue  # an option: built around the underlying, as every option of a tape is
        rows = np.flatnonzero((number == instrument_id) & (kind != eventlog.CONTROL))
        part = batch.take(rows)
        instrument.columns.add(
            **{name: part.column(name).to_numpy() for name in _NUMBERS},
            venue=instrument.venues.codes(part.column("venue")),
            text=instrument.conditions.codes(part.column("text")),
        )


def _tape_of(held: _Instrument) -> InstrumentTape | None:
    """Put an instrument's rows into the internal form; None if it has no quote and no print."""
    columns = {name: held.columns.take(name, np.float64) for name in ("price", "size", "price2", "size2")}
    codes = {name: held.columns.take(name, np.int16) for name in ("op", "side", "position", "venue", "text")}
    ts_ns, log_kind = held.columns.take("ts_ns", np.int64), held.columns.take("kind", np.int8)
    if np.any(np.diff(ts_ns) < 0):  # history that was asked for while live rows came in
        order = np.argsort(ts_ns, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        codes = {name: column[order] for name, column in codes.items()}
        ts_ns, log_kind = ts_ns[order], log_kind[order]
    merged = _KIND_OF[log_kind]
    is_trade, is_quote, is_depth = merged == TRADE, merged == QUOTE, merged == DEPTH
    if not is_quote.any():
        return None
    trades = Trades(
        ts_ns[is_trade], columns["price"][is_trade], columns["size"][is_trade], codes["venue"][is_trade],
        codes["text"][is_trade], tuple(held.venues.names),
        tuple(map(SaleKind.of_letters, held.conditions.names)),
    )  # fmt: skip
    bid, bid_size, ask, ask_size = (
        np.nan_to_num(columns[name][is_quote]) for name in ("price", "size", "price2", "size2")
    )
    nowhere = np.zeros(int(is_quote.sum()), dtype=np.int16)
    quotes = Quotes(ts_ns[is_quote], bid, bid_size, ask, ask_size, nowhere, nowhere, ("",))
    depth = None
    if is_depth.any():
        op = np.where(log_kind == eventlog.DEPTH_RESET, RESET, codes["op"]).astype(np.int8)
        depth = DepthRows(
            ts_ns[is_depth], op[is_depth], codes["side"][is_depth].astype(np.int8), codes["position"][is_depth],
            columns["price"][is_depth], columns["size"][is_depth], codes["venue"][is_depth], tuple(held.venues.names),
        )  # fmt: skip
    return InstrumentTape(held.symbol, "IND" if held.sec_type == "IND" else "STK", trades, quotes, depth, merged)
