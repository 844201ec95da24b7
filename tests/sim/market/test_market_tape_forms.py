"""Other forms of recorded days: users' tables, LOBSTER, Databento. Played as they are, or refused in one line."""

import csv
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader import calendar
from alphatrader.domain.errors import ClosedMarketError, DataError
from alphatrader.sim.market import Depth, MarketSpec, Print, Quote, build_market
from alphatrader.sim.market.tape.databento import read_dbn
from alphatrader.sim.market.tape.form import (
    DEPTH,
    QUOTE,
    TRADE,
    DepthStates,
    InstrumentTape,
    Quotes,
    SaleKind,
    Trades,
    merge,
)
from alphatrader.sim.market.tape.listed import underlying_of
from alphatrader.sim.market.tape.player import TapeUnderlying
from alphatrader.sim.market.types import MarketUpdate

L2 = Path(__file__).parents[4] / "shared/data/l2"
DATE = "2026-11-20"
OPEN_NS = calendar.to_ns(DATE, "09:30")
S = calendar.NS

needs_l2 = pytest.mark.skipif(not L2.exists(), reason="needs ../shared/data/l2")


def run(market: Any, seconds: float) -> list[MarketUpdate]:
    until_ns = market.now_ns + int(seconds * S)
    return market.advance(until_ns)


def prints_table(count: int = 400, symbol: str | None = None, **more: Any) -> pa.Table:
    generator = np.random.default_rng(3)
    price = 40.0 + np.round(np.cumsum(generator.integers(-1, 2, count)) * 0.01, 2)
    columns: dict[str, Any] = {
        "ts_ns": OPEN_NS + np.arange(count) * 50_000_001,
        "price": price,
        "size": generator.integers(1, 400, count).astype(float) + 0.5,
        "venue": [("ARCA", "IEX", "FINRA")[i % 3] for i in range(count)],
        "conditions": [("", "I", "F I", "Z")[i % 4] for i in range(count)],
    }
    if symbol is not None:
        columns["symbol"] = [symbol] * count
    return pa.table({**columns, **more})


def quotes_table(count: int = 200) -> pa.Table:
    bid = 40.0 + np.round(np.cumsum(np.random.default_rng(4).integers(-1, 2, count)) * 0.01, 2)
    return pa.table(
        {
            "ts_ns": OPEN_NS + np.arange(count) * 100_000_000 - 1_000,
            "bid": bid,
            "bid_size": np.arange(count) + 1.0,
            "ask": np.where(np.arange(count) % 50 == 7, 0.0, bid + 0.02),
            "ask_size": np.where(np.arange(count) % 50 == 7, 0.0, 300.0),
            "bid_venue": ["NYSE"] * count,
        }
    )


def write(table: pa.Table, path: Path) -> Path:
    if path.suffix == ".csv":
        pacsv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_of_prints_with_one_of_quotes_is_played_as_it_is(tmp_path: Path, suffix: str) -> None:
    prints, quotes = prints_table(symbol="XYZ"), quotes_table()
    tape, beside = write(prints, tmp_path / f"a{suffix}"), write(quotes, tmp_path / f"b{suffix}")
    quotes = quotes.append_column("symbol", pa.array(["XYZ"] * len(quotes)))
    write(quotes, beside)
    market = build_market(MarketSpec(seed=1, tape=tape, tape_quotes=beside, start_fraction=0.0))
    assert market.label == f"SIMULATED MARKET: real XYZ prints and quotes of {DATE} (a{suffix}); built: book, options"
    xyz = market.contracts()[0]
    assert (xyz.symbol, xyz.primary_exchange, xyz.long_name) == ("XYZ", "ARCA", f"XYZ (RECORDED {DATE})")
    past = market.history(xyz.con_id, 0, 2**62)
    updates = run(market, 60)
    seen = past + [update for update in updates if isinstance(update, Print)]
    assert [tuple(trade) for trade in seen] == [
        (row["ts_ns"], xyz.con_id, row["price"], row["size"], row["venue"], row["conditions"])
        for row in prints.to_pylist()
    ]
    told = [(u.ts_ns, u.bid, u.bid_size, u.ask, u.ask_size) for u in updates if isinstance(u, Quote)]
    rows = [(r["ts_ns"], r["bid"], r["bid_size"], r["ask"], r["ask_size"]) for r in quotes.to_pylist()]
    assert told[-150:] == rows[-150:]
    assert [u for u in updates if isinstance(u, Depth)][-1].bids[0][0] == "NYSE"


def test_prints_that_tell_no_price_of_the_moment_make_no_last_price(tmp_path: Path) -> None:
    letters = ["", "Z", "W", "4", "L", "C", "N", "R", "V", "7", "H", "G", "P", "M", "Q", "9", "U", "F T W", "TW"]
    table = pa.table(
        {
            "ts_ns": OPEN_NS + np.arange(len(letters)) * 1_000,
            "price": 40.0 + np.arange(len(letters)),
            "size": [100.0] * len(letters),
            "conditions": letters,
        }
    )
    tape = write(table, tmp_path / "a.parquet")
    market = build_market(MarketSpec(seed=1, tape=tape, symbols=("XYZ",), start_fraction=0.0))
    run(market, 5)
    xyz = market.contracts()[0]
    assert len(market.history(xyz.con_id, 0, 2**62)) == len(letters)
    assert market.quote(xyz.con_id).last == 40.0


def test_a_folder_of_several_symbols_and_forms(tmp_path: Path) -> None:
    write(
        pa.concat_tables([prints_table(symbol="AAA"), prints_table(symbol="BBB")]).sort_by("ts_ns"), tmp_path / "p.csv"
    )
    market = build_market(MarketSpec(seed=1, tape=tmp_path, start_fraction=0.0))
    assert [contract.symbol for contract in market.contracts() if contract.sec_type == "STK"] == ["AAA", "BBB"]
    updates = run(market, 5)
    assert [u.ts_ns for u in updates] == sorted(u.ts_ns for u in updates)
    by_id = {
        c.con_id: len([u for u in updates if isinstance(u, Print) and u.con_id == c.con_id])
        for c in market.contracts()[:2]
    }
    assert list(by_id.values()) == [100, 100]
    one = build_market(MarketSpec(seed=1, tape=tmp_path, symbols=("BBB",)))
    assert [contract.symbol for contract in one.contracts() if contract.sec_type == "STK"] == ["BBB"]
    with pytest.raises(DataError, match="is of AAA, BBB, but CCC"):
        build_market(MarketSpec(seed=1, tape=tmp_path, symbols=("CCC",)))


def test_times_with_a_zone_and_rows_without_a_symbol(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,price,size\n2026-11-20T09:30:00.000000001-05:00,50.1,100\n2026-11-20T14:30:01Z,50.2,\n")
    with pytest.raises(DataError, match="row 3 has no number as size"):
        build_market(MarketSpec(seed=1, tape=path))
    path.write_text("time,price,size\n2026-11-20T09:30:00.000000001-05:00,50.1,100\n2026-11-20T14:30:01Z,50.2,7\n")
    market = build_market(MarketSpec(seed=1, tape=path, symbols=("ABC",), start_fraction=0.0))
    assert [(p.ts_ns, p.size) for p in run(market, 2) if isinstance(p, Print)] == [
        (OPEN_NS + 1, 100.0),
        (OPEN_NS + S, 7.0),
    ]


def depth_rows(path: Path) -> Path:
    """Write operations; the books they make are worked out by hand in the test."""
    rows = [
        (0, "insert", "bid", 0, 10.00, 100, "ARCA"), (0, "insert", "ask", 0, 10.02, 200, "ARCA"),
        (1, "insert", "bid", 0, 10.01, 50, "IEX"), (2, "update", "ask", 0, 10.03, 300, "BATS"),
        (3, "delete", "bid", 1, 0, 0, ""), (4, "delete", "bid", 7, 0, 0, ""), (5, "reset", "bid", 0, 0, 0, ""),
        (5, "insert", "ask", 0, 10.05, 10, "ARCA"),
    ]  # fmt: skip
    lines = ["ts_ns,op,side,position,price,size,maker"]
    lines += [f"{OPEN_NS + at * S + 1},{','.join(map(str, rest))}" for at, *rest in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_depth_rows_make_the_book_and_its_best_quote(tmp_path: Path) -> None:
    market = build_market(MarketSpec(seed=1, tape=depth_rows(tmp_path / "d.csv"), symbols=("ABC",), start_fraction=0.0))
    assert "real ABC prints and quotes and book" in market.label
    con_id = market.contracts()[0].con_id
    books = []
    for _ in range(6):
        depths = [update for update in run(market, 1) if isinstance(update, Depth)]
        books.append((depths[-1].bids, depths[-1].asks) if depths else None)
        quote = market.quote(con_id)
        for side, price, size in (("bid", quote.bid, quote.bid_size), ("ask", quote.ask, quote.ask_size)):
            assert (market.displayed(con_id, side) or [(0.0, 0.0)])[0] == (price, size)  # type: ignore[arg-type]
    assert books == [
        ((("ARCA", 10.00, 100.0),), (("ARCA", 10.02, 200.0),)),
        ((("IEX", 10.01, 50.0), ("ARCA", 10.00, 100.0)), (("ARCA", 10.02, 200.0),)),
        ((("IEX", 10.01, 50.0), ("ARCA", 10.00, 100.0)), (("BATS", 10.03, 300.0),)),
        ((("IEX", 10.01, 50.0),), (("BATS", 10.03, 300.0),)),
        None,
        ((), (("ARCA", 10.05, 10.0),)),
    ]


def test_a_book_is_the_same_wherever_the_market_starts(tmp_path: Path) -> None:
    path = depth_rows(tmp_path / "d.csv")
    whole = build_market(MarketSpec(seed=1, tape=path, symbols=("ABC",), start_fraction=0.0))
    late = build_market(MarketSpec(seed=1, tape=path, symbols=("ABC",), start_fraction=0.7))
    run(whole, 3.0)
    while whole.now_ns < late.now_ns:
        run(whole, 0.1)
    con_id = whole.contracts()[0].con_id
    assert whole.displayed(con_id, "bid") == late.displayed(con_id, "bid")
    assert run(whole, 0.1)[-1:] in ([], run(late, 0.1)[-1:])


def test_whole_books_of_a_users_own(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text(
        "ts_ns,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1\n"
        f"{OPEN_NS},20.0,5,20.02,6,19.99,7,,\n{OPEN_NS + S},20.01,1,20.02,2,20.0,3,20.03,4\n"
    )
    market = build_market(MarketSpec(seed=1, tape=path, symbols=("ABC",), start_fraction=0.0))
    con_id = market.contracts()[0].con_id
    run(market, 0.5)
    assert market.displayed(con_id, "bid") == [(20.0, 5.0), (19.99, 7.0)]
    assert market.displayed(con_id, "ask") == [(20.02, 6.0)]
    run(market, 1.0)
    assert market.displayed(con_id, "ask") == [(20.02, 2.0), (20.03, 4.0)]
    assert market.quote(con_id)[2:6] == (20.01, 1.0, 20.02, 2.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns"),
        ("a,b,c\n1,2,3\n", "it needs ts_ns"),
        ("ts_ns,price,size\n", "no rows|empty"),
        (f"ts_ns,price,size\n{OPEN_NS},x,1\n", "row 2"),
        (f"ts_ns,price,size\n{OPEN_NS},1,1\n{OPEN_NS},1,1,1\n", "row 3"),
        (f"ts_ns,price,size\n{OPEN_NS},1,1\n{OPEN_NS - 1},1,1\n", "run backwards at row 3"),
        (f"ts_ns,price,size\n{OPEN_NS},0,1\n", "row 2 has a price that cannot be"),
        (f"ts_ns,price,size\n{OPEN_NS},1,-1\n", "row 2 has a size that cannot be"),
        (f"ts_ns,bid,bid_size,ask,ask_size\n{OPEN_NS},-1,1,2,1\n", "row 2 has a bid that cannot be"),
        ("time,price,size\n2026-11-20T09:30:00,1,1\n", "row 2"),
        (f"ts_ns,price,size\n{OPEN_NS},1,1\n{OPEN_NS + 86_400 * S},1,1\n", "spans 2026-11-20 to 2026-11-21"),
        (f"ts_ns,price,size\n{OPEN_NS + 86_400 * S},1,1\n", "2026-11-21"),
        (f"ts_ns,price,size\n{OPEN_NS - 7 * 3600 * S},1,1\n", "nothing in the market hours"),
        (f"ts_ns,op,side,position,price,size\n{OPEN_NS},put,bid,0,1,1\n", "'put' as op"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_in_one_line_with_its_row(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(Exception, match=words) as caught:
        build_market(MarketSpec(seed=1, tape=path))
    assert type(caught.value).__module__.startswith(("alphatrader.domain.errors", "alphatrader.calendar"))
    assert "\n" not in str(caught.value)


def test_one_of_several_days_is_chosen_by_its_date(tmp_path: Path) -> None:
    monday = OPEN_NS + 3 * 86_400 * S
    path = tmp_path / "t.csv"
    path.write_text(f"ts_ns,price,size\n{OPEN_NS},11,1\n{monday},12,1\n")
    market = build_market(MarketSpec(seed=1, tape=path, session_date="2026-11-23", start_fraction=0.0))
    assert market.session_date == "2026-11-23"
    assert [update.price for update in run(market, 1) if isinstance(update, Print)] == [12.0]


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(DataError, match="is no text and no known binary format"):
        build_market(MarketSpec(seed=1, tape=tmp_path / "x"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no recorded day"):
        build_market(MarketSpec(seed=1, tape=tmp_path / "empty"))
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(DataError, match="no readable Parquet"):
        build_market(MarketSpec(seed=1, tape=tmp_path / "broken.parquet"))
    with pytest.raises(DataError, match="no such file"):
        build_market(MarketSpec(seed=1, tape=tmp_path / "nowhere"))


def test_a_half_day_ends_early(tmp_path: Path) -> None:
    open_ns = calendar.to_ns("2026-11-27", "09:30")
    path = tmp_path / "t.csv"
    path.write_text(f"ts_ns,price,size\n{open_ns},11,1\n{open_ns + 12_599 * S},12,1\n{open_ns + 13_000 * S},13,1\n")
    market = build_market(MarketSpec(seed=1, tape=path, start_fraction=0.999))
    assert market.close_ns == calendar.to_ns("2026-11-27", "13:00")
    assert [u.price for u in run(market, 3600) if isinstance(u, Print)] == [12.0, 13.0]


stamps = st.lists(st.integers(0, 30), max_size=30).map(sorted)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(stamps, stamps, stamps)
def test_merging_keeps_time_and_puts_prints_before_quotes_before_books(
    trades: list[int], quotes: list[int], depth: list[int]
) -> None:
    columns = [np.array(column, dtype=np.int64) for column in (trades, quotes, depth)]
    merged = merge(*columns)
    expected = sorted([(t, TRADE) for t in trades] + [(t, QUOTE) for t in quotes] + [(t, DEPTH) for t in depth])
    assert merged.tolist() == [kind for _, kind in expected]


def test_a_million_prints_cost_less_than_forty_bytes_each(tmp_path: Path) -> None:
    count = 1_000_000
    body = "".join(f"{34_200_000 + i // 60},{1_000_000 + i % 50 * 100},100,{'PQZ'[i % 3]},1,0\n" for i in range(count))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("20131010_spy_Trade_Tick.csv", body)
    market = build_market(MarketSpec(seed=1, tape=tmp_path / "a.zip", start_fraction=0.5))
    tape = market._by_symbol["SPY"].tape  # type: ignore[union-attr]
    held = sum(c.nbytes for part in (tape.trades, tape.quotes) for c in part if isinstance(c, np.ndarray))
    assert len(tape.trades.ts_ns) == count
    assert held + tape.merged.nbytes < 40 * count


# ------------------------------------------------------------------------------------------- LOBSTER, Databento


@needs_l2
@pytest.mark.data
def test_a_lobster_book_is_the_recorded_one_at_any_time() -> None:
    spec = MarketSpec(seed=1, tape=L2 / "AAPL_orderbook_10.csv", session_date="2012-06-21", start_fraction=0.0)
    market = build_market(spec)
    assert market.label == (
        "SIMULATED MARKET: real AAPL prints and quotes and book of 2012-06-21 (LOBSTER, NASDAQ alone); built: options"
    )
    aapl = market.contracts()[0].con_id
    with (L2 / "AAPL_message_10.csv").open() as file:
        messages = list(csv.reader(file))
    with (L2 / "AAPL_orderbook_10.csv").open() as file:
        books = [[float(value) for value in row] for row in csv.reader(file)]
    midnight_ns = calendar.to_ns("2012-06-21", "00:00")
    times = [midnight_ns + round(float(row[0]) * 1e9) for row in messages]
    start_ns, prints, checked = market.now_ns, [], 0
    while market.now_ns < start_ns + 49 * S:
        prints += [update for update in market.advance(market.now_ns + S // 10) if isinstance(update, Print)]
        count = sum(at < market.now_ns for at in times)
        if not count:
            continue
        row = books[count - 1]
        asks = [(row[i] / 10_000, row[i + 1]) for i in range(0, 40, 4)]
        bids = [(row[i + 2] / 10_000, row[i + 3]) for i in range(0, 40, 4)]
        assert market.displayed(aapl, "ask") == asks
        assert market.displayed(aapl, "bid") == bids
        quote = market.quote(aapl)
        assert (quote.bid, quote.bid_size, quote.ask, quote.ask_size) == (*bids[0], *asks[0])
        checked += 1
    assert checked > 400
    executed = [
        (at, int(row[4]) / 10_000, float(row[3])) for at, row in zip(times, messages, strict=True) if row[1] in "45"
    ]
    assert [(trade.ts_ns, trade.price, trade.size) for trade in prints] == [e for e in executed if e[0] < market.now_ns]


@needs_l2
@pytest.mark.data
def test_a_lobster_sample_needs_its_date_and_both_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not say its date"):
        build_market(MarketSpec(seed=1, tape=L2 / "AAPL_message_10.csv"))
    lone = tmp_path / "AAPL_2012-06-21_34200000_57600000_message_10.csv"
    lone.write_bytes((L2 / "AAPL_message_10.csv").read_bytes())
    with pytest.raises(DataError, match=r"orderbook_10\.csv: is missing"):
        build_market(MarketSpec(seed=1, tape=lone))
    book = tmp_path / lone.name.replace("message", "orderbook")
    book.write_bytes(b"".join((L2 / "AAPL_orderbook_10.csv").read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(DataError, match="has 998 rows, the messages 999"):
        build_market(MarketSpec(seed=1, tape=lone))
    book.write_bytes((L2 / "AAPL_orderbook_10.csv").read_bytes())
    assert build_market(MarketSpec(seed=1, tape=tmp_path)).session_date == "2012-06-21"


@needs_l2
@pytest.mark.data
def test_databento_orders_become_the_book_that_they_make() -> None:
    dbn = pytest.importorskip("databento_dbn")
    zstandard = pytest.importorskip("zstandard")
    path = L2 / "ESH4_2023-12-24.mbo.dbn.zst"
    tape = read_dbn(path, None)
    (instrument,) = tape.instruments
    decoder = dbn.DBNDecoder()
    with path.open("rb") as file:
        decoder.write(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(file.read())).read())
    orders: dict[int, Any] = {}
    expected: list[tuple[int, list[tuple[float, float]], list[tuple[float, float]]]] = []
    for record in decoder.decode()[1:]:
        action = str(record.action)
        if action == "R":
            orders.clear()
        elif action in "AM":
            orders[record.order_id] = [str(record.side), record.price, record.size]
        elif action == "C" and record.order_id in orders:
            orders[record.order_id][2] -= record.size
            if orders[record.order_id][2] <= 0:
                del orders[record.order_id]
        if record.flags & 128 and len(expected) % 40 == 0:
            sides = []
            for side, sign in (("B", -1), ("A", 1)):
                by_price: dict[int, int] = {}
                for own, price, size in orders.values():
                    if own == side:
                        by_price[price] = by_price.get(price, 0) + size
                sides.append([(p / 1e9, float(by_price[p])) for p in sorted(by_price, key=lambda p: p * sign)[:10]])
            expected.append((record.ts_recv, *sides))
        elif record.flags & 128:
            expected.append((record.ts_recv, [], []))
    assert isinstance(instrument.depth, DepthStates)
    assert instrument.depth.ts_ns.tolist() == [at for at, _, _ in expected]
    for row in range(0, len(expected), 40):
        for side, wanted in ((1, expected[row][1]), (0, expected[row][2])):
            levels = zip(
                instrument.depth.price[row, side].tolist(), instrument.depth.size[row, side].tolist(), strict=True
            )
            assert [level for level in levels if level[1]] == wanted
    prints = read_dbn(L2 / "ESU4_2024-07-01_4min.trades.dbn.zst", None).instruments[0].trades
    best = read_dbn(L2 / "ESU4_2024-07-01_4min.mbp-1.dbn.zst", None).instruments[0]
    assert np.array_equal(prints.ts_ns, best.trades.ts_ns)
    assert np.array_equal(prints.price, best.trades.price)
    assert best.quotes_are == "recorded"
    with pytest.raises(ClosedMarketError, match="2023-12-24"):
        build_market(MarketSpec(seed=1, tape=path))


@needs_l2
@pytest.mark.data
def test_databento_without_its_decoder_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(DataError, match="needs the package databento-dbn"):
        build_market(MarketSpec(seed=1, tape=L2 / "ESH4_2023-12-24.mbo.dbn.zst"))


event = st.tuples(st.integers(0, 3_000_000_000), st.integers(1, 400), st.integers(1, 9))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    prints=st.lists(event, max_size=30),
    quotes=st.lists(event, min_size=1, max_size=30),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    late=st.integers(0, 30),
)
def test_any_tape_is_played_as_it_is_however_time_is_cut_and_wherever_it_starts(
    prints: list[tuple[int, int, int]], quotes: list[tuple[int, int, int]], cuts: list[int], late: int
) -> None:
    columns = [np.array(sorted(rows), dtype=np.int64).reshape(-1, 3).T for rows in (prints, quotes)]
    (trade_at, trade_price, trade_size), (quote_at, bid, size) = columns
    none, cents = np.zeros(len(trade_at), dtype=np.int16), 0.01
    trades = Trades(OPEN_NS + trade_at, trade_price * cents, trade_size / 4, none, none, ("IEX",), (SaleKind("I"),))
    nowhere = np.zeros(len(quote_at), dtype=np.int16)
    best = Quotes(
        OPEN_NS + quote_at, bid * cents, size * 1.0, (bid + size) * cents, size * 2.0, nowhere, nowhere, ("",)
    )
    tape = InstrumentTape("ABC", "STK", trades, best, None, merge(trades.ts_ns, best.ts_ns, None))
    contract = underlying_of(tape, DATE)

    whole = TapeUnderlying(tape, contract, OPEN_NS)
    updates: list[MarketUpdate] = []
    now_ns, turn = OPEN_NS, 0
    while now_ns < OPEN_NS + 4 * S:
        now_ns += cuts[turn % len(cuts)] * S // 10
        turn += 1
        updates += whole.step(now_ns)
    assert [(u.ts_ns, u.price, u.size) for u in updates if isinstance(u, Print)] == list(
        zip(trades.ts_ns.tolist(), trades.price.tolist(), trades.size.tolist(), strict=True)
    )
    rows = list(zip(*(column.tolist() for column in best[:5]), strict=True))
    changed = [row for before, row in zip([None, *rows], rows, strict=False) if before is None or before[1:] != row[1:]]
    assert [(u.ts_ns, *u[2:6]) for u in updates if isinstance(u, Quote)] == changed

    start_ns = OPEN_NS + late * S // 10
    later = TapeUnderlying(tape, contract, start_ns)
    assert later.past.history(0, start_ns) == [u for u in updates if isinstance(u, Print) and u.ts_ns < start_ns]
    later.step(now_ns)
    assert later.quote(now_ns) == whole.quote(now_ns)
    assert later.levels("ask") == whole.levels("ask")
