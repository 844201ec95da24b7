"""A day recorded by the product itself: its prints, quotes and depth rows drive the market again."""

import asyncio
import json
import math
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alphatrader import calendar
from alphatrader.adapters.parquet import SegmentedEventLog
from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import CONTROL, DEPTH, DEPTH_RESET, QUOTE, TRADE, EventRow
from alphatrader.sim.market import Depth, MarketSpec, Print, Quote, build_market
from alphatrader.sim.market.types import Auction

DATE = "2026-11-20"
OPEN_NS, CLOSE_NS = calendar.to_ns(DATE, "09:30"), calendar.to_ns(DATE, "16:00")
S = calendar.NS
SPY, IWM, OPTION = 1, 2, 100


class Log:
    """Builds the rows of an event log."""

    def __init__(self) -> None:
        self.rows: list[EventRow] = []
        self.control(
            ev.RunStarted(
                ts_ns=OPEN_NS, run_id="r", mode="paper", seed=1, time_scale=1.0, settings="{}", build="test",
                session_date=DATE, session_open_ns=OPEN_NS, session_close_ns=CLOSE_NS,
            )
        )  # fmt: skip
        for number, symbol, con_id in ((SPY, "SPY", 756733), (IWM, "IWM", 9579970)):
            instrument = Instrument(number, symbol, con_id, "stock", Decimal("0.01"))
            self.control(ev.InstrumentAdded(ts_ns=OPEN_NS, instrument=instrument))
        key = OptionKey("SPY", "20261120", Decimal(650), Right.CALL)
        option = Instrument(OPTION, "SPY", 5, "option", Decimal("0.01"), 100, key)
        self.control(ev.InstrumentAdded(ts_ns=OPEN_NS, instrument=option))

    def control(self, event: ev.ControlEvent) -> None:
        self._add(event.ts_ns, CONTROL, 0, payload=ev.encode_event(event))

    def trade(
        self, at_s: float, instrument: int, price: float, size: float, venue: str = "ARCA", text: str = ""
    ) -> None:
        self._add(OPEN_NS + round(at_s * S), TRADE, instrument, price=price, size=size, venue=venue, text=text)

    def quote(self, at_s: float, instrument: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        row = {"price": bid, "size": bid_size, "price2": ask, "size2": ask_size}
        self._add(OPEN_NS + round(at_s * S), QUOTE, instrument, **row)

    def depth(self, at_s: float, op: int, side: int, position: int, price: float, size: float, maker: str) -> None:
        row = {"op": op, "side": side, "position": position, "price": price, "size": size, "venue": maker}
        self._add(OPEN_NS + round(at_s * S), DEPTH, SPY, **row)

    def reset(self, at_s: float) -> None:
        self._add(OPEN_NS + round(at_s * S), DEPTH_RESET, SPY)

    def _add(self, ts_ns: int, kind: int, instrument: int, **given: object) -> None:
        row = {"op": 0, "side": 0, "position": 0, "price": 0.0, "size": 0.0, "price2": 0.0, "size2": 0.0}
        texts = {"venue": None, "text": None, "payload": None}
        values = {**row, **texts, **given}
        self.rows.append((len(self.rows) + 1, ts_ns, kind, instrument, *values.values()))  # type: ignore[arg-type]

    def write(self, folder: Path, rotate_bytes: int = 1 << 26) -> Path:
        async def record() -> None:
            log = SegmentedEventLog.open(folder, rotate_bytes=rotate_bytes, flush_rows=64)
            for row in self.rows:
                log.append(row)
            await log.close()

        asyncio.run(record())
        return folder


def recorded_day() -> Log:
    log = Log()
    log.quote(1.0, SPY, 650.00, 300, 650.02, 200)
    log.quote(1.0, IWM, 240.00, 100, 240.01, 100)
    log.depth(1.1, 0, 1, 0, 650.00, 300, "ARCA")
    log.depth(1.1, 0, 0, 0, 650.02, 200, "NSDQ")
    log.depth(1.2, 0, 1, 1, 649.99, 700, "BATS")
    log.trade(1.5, SPY, 650.02, 150, "NASDAQ", " F I")
    log.trade(1.5, SPY, 650.01, 0.25, "FINRA", "")
    log.quote(1.5, SPY, 650.01, 50, 650.02, 50)
    log.trade(1.6, OPTION, 3.2, 4, "CBOE", "")
    log.trade(1.7, IWM, 240.01, 10)
    log.quote(2.0, SPY, math.nan, 0, 650.03, 500)
    log.reset(2.5)
    log.depth(2.6, 0, 0, 0, 650.04, 100, "ARCA")
    log.quote(3.0, SPY, 650.02, 100, 650.04, 100)
    return log


def test_prints_quotes_and_books_are_those_that_were_recorded(tmp_path: Path) -> None:
    folder = recorded_day().write(tmp_path / "events")
    market = build_market(MarketSpec(seed=1, tape=folder, start_fraction=0.0))
    assert market.label == (
        "SIMULATED MARKET: real SPY prints and quotes and book of 2026-11-20 (recorded by alphatrader run); "
        "built: options"
    )
    assert market.now_ns == OPEN_NS + S
    updates = market.advance(OPEN_NS + 4 * S)
    spy = market.contracts()[0]
    assert [tuple(u) for u in updates if isinstance(u, Print)] == [
        (OPEN_NS + S * 3 // 2, spy.con_id, 650.02, 150.0, "NASDAQ", "F I"),
        (OPEN_NS + S * 3 // 2, spy.con_id, 650.01, 0.25, "FINRA", ""),
    ]
    assert [(u.ts_ns - OPEN_NS, *u[2:6]) for u in updates if isinstance(u, Quote)] == [
        (S, 650.00, 300.0, 650.02, 200.0),
        (S * 3 // 2, 650.01, 50.0, 650.02, 50.0),
        (2 * S, 0.0, 0.0, 650.03, 500.0),
        (3 * S, 650.02, 100.0, 650.04, 100.0),
    ]
    order = [type(u).__name__ for u in updates if u.ts_ns == OPEN_NS + S * 3 // 2 and not isinstance(u, Auction)]
    assert order == ["Print", "Print", "Quote"]
    books = [(u.bids, u.asks) for u in updates if isinstance(u, Depth)]
    assert books == [
        ((("ARCA", 650.00, 300.0),), (("NSDQ", 650.02, 200.0),)),
        ((("ARCA", 650.00, 300.0), ("BATS", 649.99, 700.0)), (("NSDQ", 650.02, 200.0),)),
        ((), ()),
        ((), (("ARCA", 650.04, 100.0),)),
    ]


def test_several_symbols_of_one_recording(tmp_path: Path) -> None:
    folder = recorded_day().write(tmp_path / "events")
    market = build_market(MarketSpec(seed=1, tape=folder, symbols=("SPY", "IWM"), start_fraction=0.0))
    iwm = market.underlying("IWM")
    assert iwm is not None
    prints = [update for update in market.advance(OPEN_NS + 4 * S) if isinstance(update, Print)]
    assert [(trade.price, trade.size) for trade in prints if trade.con_id == iwm.con_id] == [(240.01, 10.0)]
    assert "built: book, options" in market.label  # IWM has none


def test_the_best_quote_leads_and_the_book_stands_behind_it(tmp_path: Path) -> None:
    market = build_market(MarketSpec(seed=1, tape=recorded_day().write(tmp_path / "events"), start_fraction=0.0))
    spy = market.contracts()[0].con_id
    market.advance(OPEN_NS + S * 18 // 10)
    assert market.displayed(spy, "bid") == [(650.01, 50.0), (650.00, 300.0), (649.99, 700.0)]
    assert market.displayed(spy, "ask") == [(650.02, 50.0)]
    market.advance(OPEN_NS + S * 22 // 10)
    assert market.displayed(spy, "bid") == []


def test_history_that_was_fed_before_the_live_rows_is_history(tmp_path: Path) -> None:
    log = Log()
    for second in range(100):
        log.trade(second, SPY, 640.0 + second / 100, 100)
    log.trade(10.5, IWM, 240.0, 1)
    log.quote(3600, SPY, 650.0, 1, 650.01, 1)
    log.quote(3600, IWM, 240.0, 1, 240.01, 1)
    log.trade(3601, SPY, 650.0, 5)
    market = build_market(MarketSpec(seed=1, tape=log.write(tmp_path / "events"), start_fraction=0.0))
    assert market.now_ns == OPEN_NS + 3600 * S
    spy = market.contracts()[0].con_id
    assert len(market.history(spy, 0, 2**62)) == 100
    assert market.quote(spy).last == 640.99
    assert market.previous_close("SPY") == 640.0


def test_a_log_of_many_segments_and_one_that_a_crash_tore(tmp_path: Path) -> None:
    log = Log()
    for row in range(3_000):
        log.quote(1 + row / 100, SPY, 650.0 + row / 100, 1 + row, 650.5 + row / 100, 1)
    folder = log.write(tmp_path / "events", rotate_bytes=60_000)
    segments = sorted(folder.iterdir())
    assert len(segments) > 3
    market = build_market(MarketSpec(seed=1, tape=folder, start_fraction=0.0))
    seen = [u.bid_size for u in market.advance(OPEN_NS + 40 * S) if isinstance(u, Quote)]
    assert seen == [1.0 + row for row in range(3_000)]
    # A segment that was not converted ends in half a message.
    table = pq.read_table(segments[-1])
    stream = segments[-1].with_suffix(".arrows")
    with pa.OSFile(str(stream), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=50):
            writer.write_batch(batch)
    stream.write_bytes(stream.read_bytes()[:-700])
    segments[-1].unlink()
    torn = build_market(MarketSpec(seed=1, tape=folder, start_fraction=0.0))
    part = [u.bid_size for u in torn.advance(OPEN_NS + 40 * S) if isinstance(u, Quote)]
    assert part == seen[: len(part)]
    assert 0 < len(seen) - len(part) <= 100
    segments[1].unlink()
    with pytest.raises(DataError, match="segment 2 of the event log is missing"):
        build_market(MarketSpec(seed=1, tape=folder))


def test_a_log_without_market_data_and_another_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no market data"):
        build_market(MarketSpec(seed=1, tape=Log().write(tmp_path / "events")))
    folder = recorded_day().write(tmp_path / "other")
    (segment,) = folder.iterdir()
    table = pq.read_table(segment)
    pq.write_table(table.replace_schema_metadata({b"alphatrader.event_schema_version": b"99"}), segment)
    with pytest.raises(DataError, match="event schema version 99"):
        build_market(MarketSpec(seed=1, tape=folder))
    segment.write_bytes(segment.read_bytes()[:300])
    with pytest.raises(DataError, match="is damaged"):
        build_market(MarketSpec(seed=1, tape=folder))


def chain_body(interest: int, iv: float) -> bytes:
    """Write an Alpha Vantage answer: the 650 call and put of a week later, and one of a strike nobody lists."""
    rows = [
        ("261127C00650000", "call", "650.00"),
        ("261127P00650000", "put", "650.00"),
        ("261127C00650010", "call", "650.01"),
    ]
    data = [
        {
            "contractID": f"SPY{name}", "symbol": "SPY", "expiration": "2026-11-27", "strike": strike, "type": kind,
            "bid": "1.0", "ask": "1.1", "open_interest": str(interest), "implied_volatility": str(iv), "date": DATE,
        }
        for name, kind, strike in rows
    ]  # fmt: skip
    return json.dumps({"endpoint": "Realtime Options", "message": "success", "data": data}).encode()


def test_a_recorded_chain_lends_its_open_interest_and_volatility(tmp_path: Path) -> None:
    log = recorded_day()
    log.control(ev.ChainReceived(ts_ns=OPEN_NS + 3 * S, symbol="SPY", source="alphavantage", body=b'{"Note": "limit"}'))
    for at_s, interest, iv in ((3, 12_345, 0.31), (7_200, 1, 0.9)):
        body = chain_body(interest, iv)
        log.control(ev.ChainReceived(ts_ns=OPEN_NS + at_s * S, symbol="SPY", source="alphavantage", body=body))
    market = build_market(MarketSpec(seed=1, tape=log.write(tmp_path / "events"), start_fraction=0.0))
    assert market.label.endswith("built: options on recorded open interest")
    named = {(c.expiry, c.right, c.strike): c.con_id for c in market.contracts() if c.sec_type == "OPT"}
    call, put = named["20261127", "C", Decimal(650)], named["20261127", "P", Decimal(650)]
    assert market.open_interest(call) == market.open_interest(put) == 12_345
    assert market.open_interest(named["20261127", "C", Decimal(655)]) != 12_345
    market.advance(OPEN_NS + 4 * S)
    assert market.greeks(call).iv == pytest.approx(0.31, rel=0.05)
