"""Option symbols: a column and a list of them, against the ways that other libraries offer.

Every contestant yields root, expiry, right and strike of each symbol. The peers trust their input: they check no
alphabet, most of them no calendar; ours judges every byte. Symbols are half padded and half compact.
"""

import datetime as dt
import random
import re

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from bench.contest import SIZES

from alphatrader._core import format_occ_batch, parse_occ_batch

ROOTS = ("SPY", "SPXW", "QQQ", "AAPL", "A", "GOOGL", "AAPL1", "BRKB", "IWM", "NVDA")
EXPIRIES = tuple(f"{dt.date(2025, 1, 3) + dt.timedelta(7 * week):%y%m%d}" for week in range(60))
EPOCH = dt.date(1970, 1, 1)


def symbols_of(size: int) -> list[str]:
    rng = random.Random(size)
    padded = (root if i % 2 else root.ljust(6) for i, root in enumerate(rng.choices(ROOTS, k=size)))
    return [
        f"{root}{rng.choice(EXPIRIES)}{'CP'[rng.randrange(2)]}{rng.randrange(1, 20_000) * 500:08}" for root in padded
    ]


def sums(strikes: float, calls: float, days: float, root_lengths: float) -> list[float]:
    return [float(strikes), float(calls), float(days), float(root_lengths)]


def of_arrow(result: object) -> list[float]:
    table = pa.table(result) if isinstance(result, dict) else pa.Table.from_batches([pa.record_batch(result)])
    strikes, rights = table["strike_milli"], table["right"]
    return sums(
        pc.sum(strikes).as_py(),
        pc.sum(pc.equal(rights.cast(pa.string()), "C")).as_py(),
        pc.sum(table["expiry"].cast(pa.date32()).cast(pa.int32())).as_py(),
        pc.sum(pc.utf8_length(table["root"].cast(pa.string()))).as_py(),
    )


def by_polars(column: pl.Series) -> pl.DataFrame:
    symbol = pl.col("symbol")
    return pl.DataFrame({"symbol": column}).select(
        root=symbol.str.head(-15).str.strip_chars_end(" "),
        expiry=("20" + symbol.str.tail(15).str.slice(0, 6)).str.to_date("%Y%m%d"),
        right=symbol.str.tail(9).str.slice(0, 1),
        strike_milli=symbol.str.tail(8).cast(pl.Int64),
    )


def by_pyarrow(column: pa.Array) -> dict[str, pa.Array]:
    date = pc.utf8_slice_codeunits(column, -15, -9)
    return {
        "root": pc.utf8_rtrim(pc.utf8_slice_codeunits(column, 0, -15), " "),
        "expiry": pc.strptime(pc.binary_join_element_wise("20", date, ""), "%Y%m%d", "s").cast(pa.date32()),
        "right": pc.utf8_slice_codeunits(column, -9, -8),
        "strike_milli": pc.utf8_slice_codeunits(column, -8, 1_000).cast(pa.int64()),
    }


def by_pyarrow_regex(column: pa.Array) -> dict[str, pa.Array]:
    parts = pc.extract_regex(
        column, r"^(?P<root>[A-Z0-9]{1,6}) *(?P<date>[0-9]{6})(?P<right>[CP])(?P<strike>[0-9]{8})$"
    )
    date = pc.binary_join_element_wise("20", parts.field("date"), "")
    return {
        "root": parts.field("root"),
        "expiry": pc.strptime(date, "%Y%m%d", "s").cast(pa.date32()),
        "right": parts.field("right"),
        "strike_milli": parts.field("strike").cast(pa.int64()),
    }


def by_duckdb(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    return connection.sql(
        """select rtrim(left(symbol, length(symbol) - 15)) as root,
                  make_date(2000 + left(right(symbol, 15), 2)::int, left(right(symbol, 13), 2)::int,
                            left(right(symbol, 11), 2)::int) as expiry,
                  left(right(symbol, 9), 1) as "right", right(symbol, 8)::bigint as strike_milli
           from symbols"""
    ).to_arrow_table()


def by_pandas(column: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "root": column.str[:-15].str.rstrip(" "),
            "expiry": pd.to_datetime(column.str[-15:-9], format="%y%m%d"),
            "right": column.str[-9],
            "strike_milli": column.str[-8:].astype("int64"),
        }
    )


def of_pandas(frame: pd.DataFrame) -> list[float]:
    days = (frame["expiry"] - pd.Timestamp(EPOCH)).dt.days
    return sums(frame["strike_milli"].sum(), (frame["right"] == "C").sum(), days.sum(), frame["root"].str.len().sum())


PATTERN = re.compile(r"([A-Z0-9]{1,6}) *([0-9]{2})([0-9]{2})([0-9]{2})([CP])([0-9]{8})", re.ASCII)


def by_re(symbols: list[str]) -> list[tuple[str, dt.date, str, int]]:
    rows = []
    for symbol in symbols:
        match = PATTERN.fullmatch(symbol)
        assert match is not None
        root, year, month, day, right, strike = match.groups()
        rows.append((root, dt.date(2000 + int(year), int(month), int(day)), right, int(strike)))
    return rows


def of_rows(rows: list[tuple[str, dt.date, str, int]]) -> list[float]:
    return sums(
        sum(row[3] for row in rows),
        sum(row[2] == "C" for row in rows),
        sum((row[1] - EPOCH).days for row in rows),
        sum(len(row[0]) for row in rows),
    )


@pytest.mark.parametrize("size", SIZES)
def test_occ_parse_arrow_strings(contest, size):
    symbols = symbols_of(size)
    column = pa.array(symbols)
    series, objects = pl.Series(symbols), pd.Series(symbols)
    connection = duckdb.connect(config={"threads": 1})
    connection.register("symbols", pa.table({"symbol": column}))
    words = np.frombuffer(column.buffers()[2], np.uint8)
    words = words[: len(words) // 8 * 8].view(np.uint64)
    offsets = np.frombuffer(column.buffers()[1], np.int32)
    race = contest("OCC symbols, Arrow strings", size=size, unit="symbol")
    race.ours(lambda: parse_occ_batch(column), checksum=of_arrow)
    race.peer("polars slice + cast", lambda: by_polars(series), checksum=lambda f: of_arrow(f.to_dict()), demand=0.12)
    race.peer("pyarrow compute", lambda: by_pyarrow(column), checksum=of_arrow)
    race.peer("pyarrow regex", lambda: by_pyarrow_regex(column), checksum=of_arrow, size_max=1_000_000)
    race.peer(
        "DuckDB",
        lambda: by_duckdb(connection),
        checksum=lambda table: of_arrow({name: table[name] for name in table.column_names}),
    )
    race.peer("pandas", lambda: by_pandas(objects), checksum=of_pandas, size_max=100_000)
    race.peer("Python re", lambda: by_re(symbols), checksum=of_rows, size_max=100_000)
    race.limit("read of the buffers", lambda: (words.sum(), offsets.sum()), demand=10.0)
    race.note(
        "ours validates every byte and the calendar and writes a reason for invalid rows; the peers trust the text"
    )
    race.note(
        "profile of ours: a third gathers the words, a third judges them, a fifth is the check of offsets and UTF-8 in "
        "Arrow's own constructors; the limit only reads, while ours also writes some 25 bytes a symbol"
    )
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_occ_parse_list_of_str(contest, size):
    symbols = symbols_of(size)
    race = contest("OCC symbols, list of str", size=size, unit="symbol")
    race.ours(lambda: parse_occ_batch(symbols), checksum=of_arrow)
    race.peer("Python re", lambda: by_re(symbols), checksum=of_rows, demand=0.02, size_max=1_000_000)
    race.peer(
        "pa.array, then pyarrow compute",
        lambda: by_pyarrow(pa.array(symbols)),
        checksum=of_arrow,
    )
    race.peer(
        "pa.array, then ours",
        lambda: parse_occ_batch(pa.array(symbols)),
        checksum=of_arrow,
        demand=0.35,
    )
    race.peer(
        "polars Series, then polars", lambda: by_polars(pl.Series(symbols)), checksum=lambda f: of_arrow(f.to_dict())
    )
    race.note(
        "profile of ours: half the time fetches the strings from the interpreter, two calls each; the way "
        "over pa.array fetches them too and ends in the same parser"
    )
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_occ_format(contest, size):
    symbols = [symbol.replace(" ", "") for symbol in symbols_of(size)]
    rows = pa.record_batch(parse_occ_batch(symbols))
    frame = pl.DataFrame(rows)

    def polars_format() -> pl.Series:
        return frame.select(
            pl.col("root")
            + pl.col("expiry").dt.strftime("%y%m%d")
            + pl.col("right")
            + pl.col("strike_milli").cast(pl.String).str.zfill(8)
        ).to_series()

    def digest(column: pa.Array) -> list[float]:
        texts = column.cast(pa.string())
        return [float(pc.sum(pc.utf8_length(texts)).as_py()), float(texts.to_pylist() == symbols)]

    race = contest("OCC symbols, written", size=size, unit="symbol")
    race.ours(lambda: format_occ_batch(rows, padded=False), checksum=lambda r: digest(pa.record_batch(r).column(0)))
    race.peer("polars", polars_format, checksum=lambda series: digest(series.to_arrow()))
    race.run()
