"""Recorded tapes: the prints are the file's, book and chain fit around them, bad files are refused in one line."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from alphatrader import calendar
from alphatrader.domain.errors import DataError
from alphatrader.sim.market import Depth, MarketSpec, Print, Quote, build_market

DATA = Path(__file__).parents[4] / "shared/data/spy_ticks_2013-10"
TAPE = DATA / "20131010_tick_trade.zip"
MEMBER = "20131010_spy_Trade_Tick.csv"
OPEN_MS = 34_200_000

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


@needs_tape
@pytest.mark.data
def test_prints_are_those_of_the_file() -> None:
    market = build_market(MarketSpec(seed=1, tape=TAPE))
    assert market.session_date == "2013-10-10"
    assert market.label == "SIMULATED MARKET: real SPY prints of 2013-10-10, book and chain built around them"
    with zipfile.ZipFile(TAPE) as archive:
        text = io.TextIOWrapper(archive.open(archive.namelist()[0]), "ascii")
        recorded = [row for row in csv.reader(text) if OPEN_MS <= int(row[0]) < 57_600_000 and row[5] == "0"]
    midnight_ns = calendar.to_ns("2013-10-10", "00:00")
    spy = market.contracts()[0].con_id
    start_ns = market.now_ns
    live = [update for update in market.advance(start_ns + 600 * calendar.NS) if isinstance(update, Print)]
    seen = market.history(spy, market.open_ns, start_ns) + live
    assert len(live) > 1000
    assert [(p.ts_ns, p.price, p.size) for p in seen] == [
        (midnight_ns + int(row[0]) * 1_000_000, int(row[1]) / 10_000, float(row[2])) for row in recorded[: len(seen)]
    ]
    assert seen[-1].ts_ns < market.now_ns <= midnight_ns + int(recorded[len(seen)][0]) * 1_000_000 + 1
    names = {"P": "ARCA", "Q": "NASDAQ", "Z": "BATS", "D": "FINRA", "K": "EDGX"}
    for trade, row in zip(seen[::97], recorded[: len(seen) : 97], strict=True):
        assert trade.venue == names.get(row[3], trade.venue)
        assert ("F" in trade.conditions.split()) == bool(int(row[4], 16) & 0x20)


@needs_tape
@pytest.mark.data
def test_the_built_book_fits_the_recorded_quotes_and_prints() -> None:
    market = build_market(MarketSpec(seed=1, tape=TAPE))
    quote, inside, close, total = None, 0, 0, 0
    updates = market.advance(market.now_ns + 600 * calendar.NS)
    for update in updates:
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
def test_the_real_tape_is_deterministic() -> None:
    spec = MarketSpec(seed=1, tape=TAPE, start_fraction=0.1)
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
    assert prints[1].conditions == "F X"
    quotes = [update for update in updates if isinstance(update, Quote)]
    assert all(quote.ask - quote.bid == pytest.approx(0.01) for quote in quotes)
    last = prints[-1].price
    assert quotes[-1].bid - 0.05 < last < quotes[-1].ask + 0.05


def test_prints_outside_market_hours_and_suspicious_ones_are_left_out(tmp_path: Path) -> None:
    rows = [
        "20000000,1650000,100,P,1,0",
        *rows_of(300),
        f"{OPEN_MS + 2000},9990000,100,P,1,1",
        "60000000,1700000,1,P,1,0",
    ]
    tape = write_zip(tmp_path / "20131010_tick_trade.zip", "\n".join(rows))
    market = build_market(MarketSpec(seed=1, tape=tape, start_fraction=0.9999))
    live = market.advance(market.close_ns + 3600 * calendar.NS)
    assert not any(isinstance(update, Print) for update in live)
    prints = market.history(market.contracts()[0].con_id, 0, 2**62)
    assert len(prints) == 300
    assert max(trade.price for trade in prints) < 200
    assert market.previous_close("SPY") == 165.0


GOOD = "\n".join(rows_of(300))


@pytest.mark.parametrize(
    ("name", "member", "body", "words"),
    [
        ("20131010_tick_trade.zip", None, "not a zip", "cannot be read as a zip"),
        ("20131010_tick_trade.zip", MEMBER, "", "empty"),
        ("20131010_tick_trade.zip", MEMBER, "hello\nworld\n", "not in Lean's format"),
        ("20131010_tick_trade.zip", MEMBER, GOOD.replace(",100,P", ",,P", 1), "lacks a value"),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n1,2,3", "not in Lean's format"),
        ("20131010_tick_trade.zip", MEMBER, GOOD.replace(",100,P", ",-5,P", 1), "no share ever had"),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n34200000,1680000,1,P,1,0", "run backwards"),
        ("20131010_tick_trade.zip", MEMBER, GOOD + "\n1e99,1680000,1,P,1,0", "outside the day"),
        ("20131010_tick_trade.zip", MEMBER, GOOD.replace(",1,0", ",zz,0", 1), "sale condition"),
        ("20131010_tick_trade.zip", MEMBER, "\n".join(rows_of(20)), "fewer than"),
        ("20131010_tick_trade.zip", "readme.txt", GOOD, "readme.txt"),
        ("20131010_tick_trade.zip", MEMBER.replace("spy", "qqq"), GOOD, "QQQ"),
        ("20131012_tick_trade.zip", MEMBER, GOOD, "2013-10-12"),
        ("tape.zip", MEMBER, GOOD, "YYYYMMDD_tick_trade.zip"),
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
