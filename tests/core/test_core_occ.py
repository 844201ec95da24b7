"""Option symbols from Python: golden cases, garbage, columns."""

import datetime as dt
import threading

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader._core import (
    CoreError,
    OccSymbolError,
    SchemaError,
    format_occ,
    format_occ_batch,
    parse_occ,
    parse_occ_batch,
)

GOLDEN = [
    ("SPY   250919C00650000", "SPY", "20250919", "C", 650_000),
    ("IBM270115C00390000", "IBM", "20270115", "C", 390_000),
    ("AAPL1 140621P00092857", "AAPL1", "20140621", "P", 92_857),
    ("SPXW230914P04505000", "SPXW", "20230914", "P", 4_505_000),
    ("SPY7230120C00400500", "SPY7", "20230120", "C", 400_500),
    ("1SPY  250919P00650125", "1SPY", "20250919", "P", 650_125),
    ("BRKB240229C00410000", "BRKB", "20240229", "C", 410_000),
    ("P240119C00010000", "P", "20240119", "C", 10_000),
    ("NDX  251219C99999999"[:3] + "   251219C99999999", "NDX", "20251219", "C", 99_999_999),
]
GARBAGE = [
    "",
    "SPY",
    "250919C00650000",
    "SPY250230C00650000",
    "SPY230229C00650000",
    "SPY251301C00650000",
    "SPY250900C00650000",
    "SPY250919X00650000",
    "SPY250919c00650000",
    "spy250919C00650000",
    "SPY250919C00650000\n",
    " SPY250919C00650000",
    "SPY 250919C00650000",
    "SP Y  250919C00650000",
    "SPY   250919C0065000",
    "SPY250919C0065000O",
    "SPY२५०९१९C00650000",
    "SPY250919C00000000",
    "TOOLONGROOT250919C00650000",
    "BRK.B 250919C00650000",
    "123456250919C00650000",
    "O:SPY250919C00650000",
    "SPY\x00\x00\x00250919C00650000",
]


@pytest.mark.parametrize(("symbol", "root", "expiry", "right", "strike_milli"), GOLDEN)
def test_golden_symbols(symbol: str, root: str, expiry: str, right: str, strike_milli: int) -> None:
    parsed = parse_occ(symbol)
    assert (parsed.root, parsed.expiry, parsed.right, parsed.strike_milli) == (root, expiry, right, strike_milli)
    assert (f"{parsed.year:04}{parsed.month:02}{parsed.day:02}", parsed.strike) == (expiry, strike_milli / 1000)
    compact, padded = (format_occ(root, expiry, right, strike_milli, padded=padded) for padded in (False, True))
    assert symbol in (compact, padded)
    assert (len(padded), padded.replace(" ", "")) == (21, compact)
    assert parse_occ(compact) == parse_occ(padded) == parsed


@pytest.mark.parametrize("symbol", GARBAGE)
def test_garbage_is_refused_in_one_line(symbol: str) -> None:
    with pytest.raises(OccSymbolError) as caught:
        parse_occ(symbol)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, CoreError)


def test_what_cannot_be_written_is_refused() -> None:
    for arguments in (
        ("SPY", "20250230", "C", 1),
        ("SPY", "2025-09-19", "C", 1),
        ("SPY", "19990115", "C", 1),
        ("SPY", "20250919", "call", 1),
        ("SPY", "20250919", "C", 0),
        ("SPY", "20250919", "C", 10**8),
        ("SPY250", "20250919", "C", -5),
        ("S Y", "20250919", "C", 1),
        ("SEVENCH", "20250919", "C", 1),
    ):
        with pytest.raises(OccSymbolError):
            format_occ(*arguments)


def plain_reading(text: str) -> tuple[str, str, str, int] | None:
    """The grammar with the standard library's calendar: root, expiry, right, strike_milli; None if it is no symbol."""
    if not (16 <= len(text) <= 21 and text.isascii()):
        return None
    head, date, right, strike = text[:-15], text[-15:-9], text[-9], text[-8:]
    root = head.rstrip(" ") if len(head) == 6 else head
    if not (root.isalnum() and root == root.upper() and not root.isdecimal()):
        return None
    if not (date.isdecimal() and strike.isdecimal() and right in "CP" and int(strike) > 0):
        return None
    try:
        day = dt.date(2000 + int(date[:2]), int(date[2:4]), int(date[4:]))
    except ValueError:
        return None
    return root, f"{day:%Y%m%d}", right, int(strike)


def parsed(text: str) -> tuple[str, str, str, int] | None:
    try:
        symbol = parse_occ(text)
    except OccSymbolError:
        return None
    return symbol.root, symbol.expiry, symbol.right, symbol.strike_milli


NEAR_SYMBOLS = st.builds(
    "".join,
    st.tuples(
        st.from_regex(r"[A-Z0-9]{0,7}|[A-Z]{3} {0,4}|[A-Z0-9]{5} |[ -~]{1,6}", fullmatch=True),
        st.from_regex(r"[0-9]{6}|2[0-9](0[1-9]|1[0-3])([0-2][0-9]|3[0-2])", fullmatch=True) | st.text(max_size=6),
        st.sampled_from("CCCPPPcpX٣"),
        st.from_regex(r"[0-9]{8}|0000000[0-9]|[0-9/:]{7,9}", fullmatch=True),
        st.sampled_from(["", "", "", "\n", " ", "\x00"]),
    ),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(texts=st.lists(NEAR_SYMBOLS | st.text(max_size=24), min_size=1, max_size=8))
def test_any_text_is_judged_as_by_a_plain_reading(texts: list[str]) -> None:
    expected = [plain_reading(text) for text in texts]
    assert [parsed(text) for text in texts] == expected
    for row, plain in zip(pa.record_batch(parse_occ_batch(texts)).to_pylist(), expected, strict=True):
        assert (row["error"] is None) == (plain is not None)
        if plain is not None:
            assert (row["root"], f"{row['expiry']:%Y%m%d}", row["right"], row["strike_milli"]) == plain


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    root=st.from_regex(r"[0-9]?[A-Z]{1,4}[0-9]?", fullmatch=True),
    day=st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)),
    right=st.sampled_from("CP"),
    strike_milli=st.integers(1, 99_999_999),
    padded=st.booleans(),
)
def test_what_is_written_is_read_back(root: str, day: dt.date, right: str, strike_milli: int, padded: bool) -> None:
    expiry = day.strftime("%Y%m%d")
    parsed = parse_occ(format_occ(root, expiry, right, strike_milli, padded=padded))
    assert (parsed.root, parsed.expiry, parsed.right, parsed.strike_milli) == (root, expiry, right, strike_milli)


SYMBOLS = [symbol for symbol, *_ in GOLDEN] + GARBAGE + [None]


def test_a_column_equals_its_symbols_one_by_one() -> None:
    batch = pa.record_batch(parse_occ_batch(pa.array(SYMBOLS, pa.string())))
    assert batch.schema.names == ["root", "expiry", "right", "strike_milli", "error"]
    for symbol, row in zip(SYMBOLS, batch.to_pylist(), strict=True):
        try:
            parsed = parse_occ(symbol) if symbol is not None else None
        except OccSymbolError:
            parsed = None
        if parsed is None:
            assert row["error"]
            assert [row[name] for name in ("root", "expiry", "right", "strike_milli")] == [None] * 4
        else:
            assert row == {
                "root": parsed.root,
                "expiry": dt.date(parsed.year, parsed.month, parsed.day),
                "right": parsed.right,
                "strike_milli": parsed.strike_milli,
                "error": None,
            }


@pytest.mark.parametrize(
    "column",
    [
        pa.array(SYMBOLS, pa.large_string()),
        pa.array(SYMBOLS, pa.string_view()),
        pa.array(SYMBOLS, pa.string()).dictionary_encode(),
        pa.chunked_array([SYMBOLS[:5], SYMBOLS[5:]], pa.string()),
        pa.array([None, *SYMBOLS], pa.string()).slice(1),
        pl.Series(SYMBOLS, dtype=pl.String),
        pl.Series(SYMBOLS, dtype=pl.Categorical),
        pd.Series(SYMBOLS, dtype=object),
        pd.Series(SYMBOLS, dtype="string[pyarrow]"),
        np.array(SYMBOLS, dtype=object),
        tuple(SYMBOLS),
        SYMBOLS,
    ],
    ids=[
        "large",
        "view",
        "dictionary",
        "chunked",
        "sliced",
        "polars",
        "categorical",
        "pandas objects",
        "pandas strings",
        "numpy",
        "tuple",
        "list",
    ],
)
def test_every_source_of_text_gives_the_same(column: object) -> None:
    expected = pa.record_batch(parse_occ_batch(pa.array(SYMBOLS, pa.string())))
    assert pa.record_batch(parse_occ_batch(column)).equals(expected)


def test_what_is_no_text_is_refused() -> None:
    for junk in (
        pa.array([1, 2]),
        pa.array([b"x"]),
        5,
        None,
        [1],
        [b"SPY"],
        "SPY250919C00650000",
        {"SPY": 1},
        np.ones(2),
    ):
        with pytest.raises(SchemaError):
            parse_occ_batch(junk)
    assert parse_occ_batch([]).num_rows == 0
    assert parse_occ_batch(pa.array([], pa.string())).num_rows == 0
    assert parse_occ_batch(pa.nulls(3)).num_rows == 3


def test_a_list_of_many_chunks_keeps_its_order() -> None:
    symbols = [f"SPY250919C{strike:08}" for strike in range(1, 5_001)]
    symbols[2_049] = "junk"
    batch = pa.record_batch(parse_occ_batch(symbols))
    strikes = [None if strike == 2_050 else strike for strike in range(1, 5_001)]
    assert batch.column("strike_milli").to_pylist() == strikes
    with pytest.raises(SchemaError, match="item 4999 "):
        parse_occ_batch([*symbols[:-1], 7])


def test_odd_items_are_read_wherever_they_stand_in_a_list() -> None:
    class Symbol(str):
        __slots__ = ()

    symbols: list[object] = ["SPY250919C00650000"] * 400
    symbols[5], symbols[130], symbols[131] = None, Symbol("QQQ250919C00650000"), float("nan")
    symbols[270], symbols[399] = "SPY250919C0065000é", pd.NA
    batch = pa.record_batch(parse_occ_batch(symbols))
    assert [row for row, root in enumerate(batch.column("root").to_pylist()) if root != "SPY"] == [
        5,
        130,
        131,
        270,
        399,
    ]
    assert batch.column("root")[130].as_py() == "QQQ"


def test_lone_surrogates_are_no_symbols() -> None:
    batch = pa.record_batch(parse_occ_batch(["SPY250919C00650000", "SPY250919C0065000\ud800"]))
    assert batch.column("root").to_pylist() == ["SPY", None]


def test_columns_are_taken_without_a_copy_and_the_gil_is_left_to_others() -> None:
    symbols = pa.array(["SPY250919C00650000"] * 1_000_000)
    before = pa.total_allocated_bytes()
    started, turns = threading.Event(), 0

    def work() -> None:
        started.set()
        parse_occ_batch(symbols)

    worker = threading.Thread(target=work)
    worker.start()
    started.wait()
    while worker.is_alive():
        turns += 1
    assert turns > 100
    assert pa.total_allocated_bytes() == before


def test_what_is_parsed_is_written_back_as_a_column() -> None:
    for padded in (True, False):
        texts = [format_occ(*terms, padded=padded) for terms in (row[1:] for row in GOLDEN)]
        rows = pa.record_batch(parse_occ_batch(texts))
        for batch in (rows, pl.DataFrame(rows), pa.Table.from_batches([rows, rows])):
            written = pa.record_batch(format_occ_batch(batch, padded=padded))
            assert written.column("symbol").to_pylist() == texts * (written.num_rows // len(texts))
            assert written.column("error").null_count == written.num_rows


def test_rows_that_cannot_be_written_say_why() -> None:
    rows = pa.record_batch(parse_occ_batch(["SPY250919C00650000", "junk"]))
    written = pa.record_batch(format_occ_batch(rows))
    assert written.column("symbol").to_pylist() == ["SPY   250919C00650000", None]
    assert written.column("error").to_pylist() == [None, "it is null"]
    with pytest.raises(SchemaError, match="strike"):
        format_occ_batch(rows.drop_columns(["strike_milli"]))
    with pytest.raises(SchemaError, match="Arrow"):
        format_occ_batch("SPY")  # type: ignore[arg-type]
