"""Lean tapes: prints and quotes are the file's, what was not recorded fits around them, bad files are refused."""

import csv
import io
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market import Depth, MarketSpec, Print, Quote, build_market
from alphatrader.sim.market.types import Auction, MarketUpdate, Phase, SessionChange

DATA = Path(__file__).parents[4] / "shared/data/spy_ticks_2013-10"
TAPE = DATA / "20131010_tick_trade.zip"
MEMBER = "20131010_spy_Trade_Tick.csv"
OPEN_MS = 34_200_000

IBM = DATA.parent / "ibm_ticks_2013-10/20131007_tick_trade.zip"

needs_tape = pytest.mark.skipif(not TAPE.exists(), reason="needs ../shared/data/spy_ticks_2013-10")


def write_zip(path: Path, body: str, member: str = MEMBER) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, body)
    return path


def rows_of(count: int, first_ms: int = OPEN_MS) -> list[str]:
    generator = np.random.default_rng(1)
    price = 1_680_000 + 100 * np.cumsum(generator.integers(-1, 2, count))
    return [
        f"{first_ms + 5 * i},{price[i]},{100 + i % 7},{'PQZ'[i % 3]},{['1', '20000020'][i % 2]},0" for i in range(count)
    ]


def run(market: Any, until_ns: int) -> list[MarketUpdate]:
    updates: list[MarketUpdate] = []
    while market.now_ns < until_ns:
        updates += market.advance(min(market.now_ns + 60 * calendar.NS, until_ns))
    return updates


def rows_in(file: Path) -> list[list[str]]:
    with zipfile.ZipFile(file) as archive:
        return list(csv.reader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "ascii")))


@needs_tape
@pytest.mark.data
def test_prints_are_those_of_the_file_bit_for_bit_from_pre_market_to_evening() -> None:
    market = build_market(MarketSpec(seed=1, tape=TAPE, start_fraction=0.97))
    assert market.session_date == "2013-10-10"
    assert market.label == (
        "SIMULATED MARKET: real SPY prints of 2013-10-10 (Lean ticks); built: quotes, book, options"
    )
    recorded = rows_in(TAPE)
    midnight_ns = calendar.to_ns("2013-10-10", "00:00")
    spy = market.contracts()[0]
    assert spy.long_name.endswith("(RECORDED 2013-10-10)")
    start_ns = market.now_ns
    live = [u for u in run(market, market.close_ns + 4 * 3600 * calendar.NS) if isinstance(u, Print)]
    seen = market.history(spy.con_id, 0, start_ns) + live
    assert len(live) > 1000
    assert [(p.ts_ns, p.price, p.size) for p in seen] == [
        (midnight_ns + int(row[0]) * 1_000_000, int(row[1]) / 10_000, float(row[2])) for row in recorded
    ]
    assert market.history(spy.con_id, 0, 2**62) == seen
    names = {"P": "ARCA", "Q": "NASDAQ", "Z": "BATS", "D": "FINRA", "K": "EDGX"}
    for trade, row in zip(seen[::97], recorded[::97], strict=True):
        assert trade.venue == names.get(row[3], trade.venue)
        assert ("F" in trade.conditions.split()) == bool(int(row[4], 16) & 0x20)


@needs_tape
@pytest.mark.data
def test_quotes_recorded_by_the_tick_are_played_as_they_are() -> None:
    market = build_market(MarketSpec(seed=1, tape=IBM, start_fraction=0.0))
    assert market.label == (
        "SIMULATED MARKET: real IBM prints and quotes of 2013-10-07 (Lean ticks); built: book, options"
    )
    ibm = market.contracts()[0]
    assert (ibm.symbol, ibm.primary_exchange) == ("IBM", "NYSE")
    quotes: list[tuple[int, float, float, float, float]] = []
    side: dict[str, tuple[float, float]] = {"bid": (0.0, 0.0), "ask": (0.0, 0.0)}
    midnight_ns = calendar.to_ns("2013-10-07", "00:00")
    for ms, bid, bid_size, ask, ask_size, *_ in rows_in(IBM.with_name("20131007_tick_quote.zip")):
        if int(bid):
            side["bid"] = (int(bid) / 10_000, float(bid_size))
        if int(ask):
            side["ask"] = (int(ask) / 10_000, float(ask_size))
            quotes.append((midnight_ns + int(ms) * 1_000_000, *side["bid"], *side["ask"]))
    start_ns, end_ns = market.now_ns, market.now_ns + 1800 * calendar.NS
    updates = run(market, end_ns)
    seen = [(u.ts_ns, u.bid, u.bid_size, u.ask, u.ask_size) for u in updates if isinstance(u, Quote)]
    expected = [
        quote for before, quote in pairwise(quotes) if start_ns <= quote[0] < end_ns and before[1:] != quote[1:]
    ]
    assert len(expected) > 2000
    assert seen[-len(expected) :] == expected
    assert len(seen) - len(expected) <= 1  # the state at the start
    ticks = {quote[0]: quote for quote in quotes}
    for at_ns in range(start_ns + 1_000_000_007, end_ns, 97 * calendar.NS):
        newest = max(stamp for stamp in ticks if stamp < at_ns)
        assert market.quote_history(ibm.con_id, at_ns, at_ns + 1, 1)[0][2:6] == ticks[newest][1:]


@needs_tape
@pytest.mark.data
def test_the_built_book_stands_behind_the_recorded_best_quote_and_is_named_so() -> None:
    market = build_market(MarketSpec(seed=1, tape=IBM, start_fraction=0.3))
    quote = market.quote(market.contracts()[0].con_id)
    for update in run(market, market.now_ns + 600 * calendar.NS):
        if isinstance(update, Quote) and update.con_id == quote.con_id:
            quote = update
        elif isinstance(update, Depth):
            assert update.bids[0][1:] == (quote.bid, quote.bid_size)
            assert update.asks[0][1:] == (quote.ask, quote.ask_size)
            assert update.bids[0][0] != "BUILT"
            assert [maker for maker, _, _ in update.bids[1:]] == ["BUILT"] * 4
            assert [price for _, price, _ in update.asks] == sorted(price for _, price, _ in update.asks)
            assert market.displayed(quote.con_id, "bid")[0] is not None


@needs_tape
@pytest.mark.data
def test_fitted_quotes_go_with_prints_and_recorded_bars() -> None:
    market = build_market(MarketSpec(seed=1, tape=TAPE))
    quote, inside, close, total = None, 0, 0, 0
    for update in run(market, market.now_ns + 600 * calendar.NS):
        if isinstance(update, Quote):
            quote = update
            assert quote.bid < quote.ask
        elif isinstance(update, Depth):
            assert update.bids[0][1] < update.asks[0][1]
        elif isinstance(update, Print) and quote is not None:
            total += 1
            inside += quote.bid - 0.0001 <= update.price <= quote.ask + 0.0001
            close += quote.bid - 0.0201 <= update.price <= quote.ask + 0.0201
    assert inside / total > 0.85
    assert close / total > 0.99
    table = market.chain("SPY")
    assert 160 < table.spot < 175
    assert {contract.expiry for contract in table.contracts} >= {"20131010", "20131011"}
    assert 0.05 < float(np.median(table.iv)) < 0.6


@needs_tape
@pytest.mark.data
@pytest.mark.parametrize("tape", [TAPE, IBM])
def test_a_tape_is_deterministic_however_time_is_cut(tape: Path) -> None:
    spec = MarketSpec(seed=1, tape=tape, start_fraction=0.1)
    first, second = build_market(spec), build_market(spec)
    middle_ns, end_ns = first.now_ns + 3_333_333_333, first.now_ns + 30 * calendar.NS
    assert first.advance(end_ns) == second.advance(middle_ns) + second.advance(end_ns)


def test_a_tape_without_quotes_gets_quotes_around_its_prints(tmp_path: Path) -> None:
    tape = write_zip(tmp_path / "20131010_tick_trade.zip", "\n".join(rows_of(4000)))
    market = build_market(MarketSpec(seed=1, tape=tape, start_fraction=0.0))
    updates = market.advance(market.now_ns + 20 * calendar.NS)
    prints = [update for update in updates if isinstance(update, Print)]
    assert len(prints) == 4000
    assert prints[0][2:] == (prints[0].price, 100.0, "ARCA", "")
    assert prints[1].conditions == "F"  # the mark of a trade-through exemption beside it is no cross
    quotes = [update for update in updates if isinstance(update, Quote)]
    assert all(quote.ask - quote.bid == pytest.approx(0.01) for quote in quotes)
    last = prints[-1].price
    assert quotes[-1].bid - 0.05 < last < quotes[-1].ask + 0.05


def test_all_prints_are_kept_but_late_and_suspicious_ones_make_no_last_price(tmp_path: Path) -> None:
    rows = [
        "20000000,1650000,100,P,1,0",
        *rows_of(300),
        f"{OPEN_MS + 2000},9990000,100,P,1,1",
        f"{OPEN_MS + 2000},9980000,100,P,800,0",
        "60000000,1700000,1,P,1,0",
    ]
    tape = write_zip(tmp_path / "20131010_tick_trade.zip", "\n".join(rows))
    market = build_market(MarketSpec(seed=1, tape=tape, start_fraction=0.0))
    spy = market.contracts()[0].con_id
    assert [trade.price for trade in market.history(spy, 0, 2**62)] == [165.0]
    assert market.previous_close("SPY") == 165.0
    updates = run(market, market.open_ns + 10 * calendar.NS)
    prints = [update for update in updates if isinstance(update, Print)]
    assert [trade.price for trade in prints[-2:]] == [999.0, 998.0]
    assert prints[-1].conditions == "L"
    assert market.quote(spy).last == prints[-3].price
    assert market.quote(spy).volume == 100 + sum(trade.size for trade in prints)
    assert max(bar.high for bar in market.minute_bars("SPY")) < 200
    assert market.phase(spy) is Phase.REGULAR
    later = run(market, market.close_ns + 3600 * calendar.NS)
    assert [update.price for update in later if isinstance(update, Print)] == [170.0]
    assert market.phase(spy) is Phase.POST
    run(market, market.close_ns + 4 * 3600 * calendar.NS)
    assert run(market, market.close_ns + 6 * 3600 * calendar.NS) == []
    assert market.phase(spy) is Phase.CLOSED


def test_a_tape_may_start_before_the_open(tmp_path: Path) -> None:
    rows = ["28000000,1640000,100,P,2000,0", "29100000,1650000,200,P,2000,0", *rows_of(300)]
    tape = write_zip(tmp_path / "a.zip", "\n".join(rows))
    market = build_market(MarketSpec(seed=1, tape=tape, start_at="08:00"))
    spy = market.contracts()[0].con_id
    assert market.now_ns == calendar.to_ns("2013-10-10", "08:00")
    assert market.phase(spy) is Phase.PRE
    assert [trade.price for trade in market.history(spy, 0, 2**62)] == [164.0]
    prints = [update for update in run(market, market.now_ns + 600 * calendar.NS) if isinstance(update, Print)]
    assert [(trade.price, trade.conditions) for trade in prints] == [(165.0, "T")]
    option = next(contract for contract in market.contracts() if contract.sec_type == "OPT")
    assert market.phase(option.con_id) is Phase.CLOSED
    assert market.displayed(option.con_id, "ask") == []
    assert run(market, market.open_ns + calendar.NS)


def test_the_session_is_told_and_its_crosses(tmp_path: Path) -> None:
    rows = [*rows_of(300), "34201600,1690000,50000,P,40,0", "57600500,1710000,70000,P,80,0", "57601000,1720000,1,D,1,0"]
    market = build_market(MarketSpec(seed=1, tape=write_zip(tmp_path / "a.zip", "\n".join(rows)), start_fraction=0.0))
    updates = run(market, market.close_ns + 60 * calendar.NS)
    told = [(u.event, u.ts_ns) for u in updates if isinstance(u, SessionChange)]
    assert told == [("open", market.open_ns), ("close", market.close_ns)]
    crosses = [(u.kind, u.price, u.size) for u in updates if isinstance(u, Auction)]
    assert crosses == [("open", 169.0, 50_000.0), ("close", 171.0, 70_000.0)]
    stamps = [update.ts_ns for update in updates]
    assert stamps == sorted(stamps)
    expiring = next(c for c in market.contracts() if c.expiry == "20131010")
    later = next(c for c in market.contracts() if c.expiry > "20131010")
    assert market.settlement_price(expiring.con_id) == 171.0
    assert market.settlement_price(later.con_id) is None


def test_what_clients_take_is_gone_for_a_while_and_comes_back(tmp_path: Path) -> None:
    rows = "\n".join(rows_of(4000))
    market = build_market(MarketSpec(seed=1, tape=write_zip(tmp_path / "a.zip", rows), start_fraction=0.0))
    market.advance(market.now_ns + calendar.NS)
    spy = market.contracts()[0].con_id
    (price, size), *_ = market.displayed(spy, "ask")
    market.consume(spy, "ask", price, size)
    assert market.displayed(spy, "ask")[0][0] > price
    assert market.quote(spy).ask > price
    run(market, market.open_ns + 60 * calendar.NS)
    quote = market.quote(spy)
    assert market.displayed(spy, "ask")[0] == (quote.ask, quote.ask_size)


GOOD = "\n".join(rows_of(300))


@pytest.mark.parametrize(
    ("name", "member", "body", "words"),
    [
        ("20131010_tick_trade.zip", None, "not a zip", "it needs ts_ns"),
        ("20131010_tick_trade.zip", MEMBER, "", "empty"),
        ("20131010_tick_trade.zip", MEMBER, "hello\nworld\n", "row 1 is not in the format"),
        (
            "20131010_tick_trade.zip",
            MEMBER,
            GOOD.replace(",100,P", ",,P", 1),
            "row 1 has a missing value|row 1 is not in",
        ),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n1,2,3", "row 301 is not in the format"),
        (
            "20131010_tick_trade.zip",
            MEMBER,
            GOOD.replace(",100,P", ",-5,P", 1),
            "row 1 has a price or size no share ever had",
        ),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n34200000,1680000,1,P,1,0", "run backwards at row 301"),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n1e99,1680000,1,P,1,0", "row 301 has a time outside the day"),
        ("20131010_tick_trade.zip", MEMBER, GOOD.replace(",1,0", ",zz,0", 1), "sale condition"),
        ("20131010_tick_trade.zip", MEMBER, "\n".join(rows_of(20, 60_000_000)), "nothing in the market hours"),
        ("20131010_tick_trade.zip", "readme.txt", GOOD, "readme.txt"),
        ("20131010_tick_trade.zip", MEMBER.replace("10_spy", "12_spy"), GOOD, "2013-10-12"),
        ("20131010_tick_trade.zip", MEMBER.replace("Trade", "Quote"), GOOD, "quotes, not trades"),
    ],
)
def test_a_bad_tape_is_refused_in_one_line(
    tmp_path: Path, name: str, member: str | None, body: str, words: str
) -> None:
    tape = tmp_path / name
    if member is None:
        tape.write_text(body)
    else:
        write_zip(tape, body, member)
    with pytest.raises(Exception, match=words) as caught:
        build_market(MarketSpec(seed=1, tape=tape))
    assert type(caught.value).__module__ == "alphatrader.domain.errors"
    assert "\n" not in str(caught.value)


def test_a_missing_tape_and_a_date_that_differs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        build_market(MarketSpec(seed=1, tape=tmp_path / "20131010_tick_trade.zip"))
    tape = write_zip(tmp_path / "20131010_tick_trade.zip", GOOD)
    with pytest.raises(DataError, match="2026-11-20"):
        build_market(MarketSpec(seed=1, tape=tape, session_date="2026-11-20"))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    whole = write_zip(tmp_path / "20131010_tick_trade.zip", GOOD)
    data = bytearray(whole.read_bytes())
    middle = len(data) // 3
    data[middle : middle + 40] = b"\x00" * 40
    whole.write_bytes(bytes(data))
    with pytest.raises(DataError):
        build_market(MarketSpec(seed=1, tape=whole))
