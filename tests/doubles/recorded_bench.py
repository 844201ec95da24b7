"""An engine's bench that records what its engine hears, as the trader's event log does."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from alphatrader.domain import events as ev
from alphatrader.domain.eventlog import CONTROL, DEPTH, EVENT_SCHEMA, QUOTE, TRADE, EventRow
from alphatrader.engine.commands import Command
from tests.doubles.engine_bench import EngineBench

_NAN = float("nan")


def batches_of(rows: Iterable[EventRow], size: int = 1_000) -> list[pa.RecordBatch]:
    """Rows as a log hands them out."""
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, EVENT_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=EVENT_SCHEMA).to_batches(max_chunksize=size)


class _RecordedMarket:
    """The market of the engine, whose rows are recorded on their way in."""

    def __init__(self, market: Any, rows: list[EventRow]) -> None:
        self._market, self._rows = market, rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self._market, name)

    def trade(self, ts_ns: int, number: int, price: float, size: float, venue: str, conditions: str) -> None:
        self._market.trade(ts_ns, number, price, size, venue, conditions)
        self._keep(ts_ns, TRADE, number, price=price, size=size, venue=venue, text=conditions)

    def quote(self, ts_ns: int, number: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        self._market.quote(ts_ns, number, bid, bid_size, ask, ask_size)
        self._keep(ts_ns, QUOTE, number, price=bid, size=bid_size, price2=ask, size2=ask_size)

    def depth(
        self, ts_ns: int, number: int, op: int, side: int, position: int, price: float, size: float, maker: str
    ) -> None:
        self._market.depth(ts_ns, number, op, side, position, price, size, maker)
        self._keep(ts_ns, DEPTH, number, op, side, position, price=price, size=size, venue=maker)

    def _keep(self, ts_ns: int, kind: int, *numbers: int, **values: Any) -> None:
        self._rows.append(event_row(len(self._rows), ts_ns, kind, *numbers, **values))


def event_row(
    seq: int,
    ts_ns: int,
    kind: int,
    instrument_id: int = 0,
    op: int = 0,
    side: int = 0,
    position: int = 0,
    *,
    price: float = _NAN,
    size: float = _NAN,
    price2: float = _NAN,
    size2: float = _NAN,
    venue: str | None = None,
    text: str | None = None,
    payload: bytes | None = None,
) -> EventRow:
    """One row of an event log."""
    return (seq, ts_ns, kind, instrument_id, op, side, position, price, size, price2, size2, venue, text, payload)


class RecordedBench(EngineBench):
    """``rows`` is the log of everything since the start."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.rows: list[EventRow] = []
        super().__init__(*arguments, **options)
        self.engine.state.market = _RecordedMarket(self.engine.state.market, self.rows)  # type: ignore[assignment]

    def post(self, event: ev.ControlEvent) -> list[Command]:
        payload = ev.encode_event(event)
        self.rows.append(event_row(len(self.rows), event.ts_ns, CONTROL, payload=payload))
        return super().post(event)
