"""Option chains from their bytes: JSON and CSV, against the readers of other libraries.

Each contestant ends with the numbers of every contract as typed columns. The peers neither parse the contracts'
symbols nor compare them with the other fields; ours does both.
"""

import gzip
import io
import json
import random
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pytest
from bench.contest import SIZES

from alphatrader._core import Chain, decode_alphavantage_chain, decode_cboe_csv

NUMBERS = {
    "last": "last",
    "mark": "mark",
    "bid": "bid",
    "bid_size": "bid_size",
    "ask": "ask",
    "ask_size": "ask_size",
    "volume": "volume",
    "open_interest": "open_interest",
    "implied_volatility": "iv",
    "delta": "delta",
    "gamma": "gamma",
    "theta": "theta",
    "vega": "vega",
}
SHARED_CHAINS = Path(__file__).parents[2] / "shared" / "data" / "cboe_chains"


def contract(i: int, rng: random.Random) -> dict[str, str]:
    strike, expiry = 100 + i % 600 * 2.5, ("2025-09-19", "2025-10-17", "2026-01-16")[i // 1_200 % 3]
    letter, kind = ("C", "call") if i // 600 % 2 else ("P", "put")
    prices = {name: f"{rng.random() * 50:.2f}" for name in ("last", "mark", "bid", "ask")}
    counts = {name: str(rng.randrange(50_000)) for name in ("bid_size", "ask_size", "volume", "open_interest")}
    greeks = {name: f"{rng.random() * 2 - 1:.5f}" for name in ("delta", "gamma", "theta", "vega", "rho")}
    return {
        "contractID": f"SPY{expiry[2:].replace('-', '')}{letter}{round(strike * 1000):08}",
        "symbol": "SPY",
        "expiration": expiry,
        "strike": f"{strike:.2f}",
        "type": kind,
        **prices,
        **counts,
        "date": "2025-09-12",
        "implied_volatility": f"{rng.random():.5f}",
        **greeks,
    }


def body_of(size: int) -> bytes:
    rng = random.Random(size)
    rows = [contract(i, rng) for i in range(size)]
    return json.dumps({"endpoint": "Historical Options", "message": "success", "data": rows}).encode()


def of_chain(chain: Chain, names: tuple[str, ...] = tuple(NUMBERS.values())) -> list[float]:
    batch = pa.record_batch(chain)
    return [float(batch.num_rows)] + [pc.sum(batch.column(name)).as_py() for name in names]


def of_table(table: pa.Table) -> list[float]:
    return [float(table.num_rows)] + [pc.sum(table[name].cast(pa.float64())).as_py() for name in NUMBERS]


def by_polars(body: bytes) -> pa.Table:
    fields = dict.fromkeys(("contractID", *NUMBERS), pl.String)
    frame = pl.read_json(body, schema={"data": pl.List(pl.Struct(fields))}).explode("data").unnest("data")
    return frame.with_columns(pl.col(list(NUMBERS)).cast(pl.Float64)).to_arrow()


def by_pandas(body: bytes) -> pa.Table:
    frame = pd.DataFrame(json.loads(body)["data"])
    return pa.Table.from_pandas(frame.astype(dict.fromkeys(NUMBERS, "float64")), preserve_index=False)


def by_json_and_polars(body: bytes) -> pa.Table:
    return pl.DataFrame(json.loads(body)["data"]).with_columns(pl.col(list(NUMBERS)).cast(pl.Float64)).to_arrow()


def by_json_and_pyarrow(body: bytes) -> pa.Table:
    table = pa.Table.from_pylist(json.loads(body)["data"])
    return pa.table({name: table[name].cast(pa.float64()) for name in NUMBERS})


@pytest.mark.parametrize("size", SIZES[:-1])
def test_chain_alphavantage_json(contest, size):
    body = body_of(size)
    race = contest("option chain, Alpha Vantage JSON", size=size, unit="contract")
    race.ours(lambda: decode_alphavantage_chain(body), checksum=of_chain)
    largest = 100_000
    race.peer("polars read_json", lambda: by_polars(body), checksum=of_table, demand=0.1, size_max=largest)
    race.peer("json + polars", lambda: by_json_and_polars(body), checksum=of_table, demand=0.1, size_max=largest)
    race.peer("json + pandas", lambda: by_pandas(body), checksum=of_table, demand=0.1, size_max=largest)
    race.peer("json + pyarrow", lambda: by_json_and_pyarrow(body), checksum=of_table, demand=0.1, size_max=largest)
    race.limit("search of the bytes", lambda: body.count(b"\x00"))
    race.run()


COLUMNS = ("last", "bid", "ask", "volume", "iv", "delta", "gamma", "open_interest")
SIDE = ("symbol", "last", "net", "bid", "ask", "volume", "iv", "delta", "gamma", "open_interest")
NAMES = ["date", *(f"call_{name}" for name in SIDE), "strike", *(f"put_{name}" for name in SIDE)]
TEXTS = ("date", "call_symbol", "put_symbol")


def of_sides(table: pa.Table) -> list[float]:
    totals = [
        pc.sum(table[f"call_{name}"].cast(pa.float64())).as_py()
        + pc.sum(table[f"put_{name}"].cast(pa.float64())).as_py()
        for name in COLUMNS
    ]
    return [2.0 * table.num_rows, *totals]


def polars_csv(body: bytes) -> pa.Table:
    schema = {name: pl.String if name in TEXTS else pl.Float64 for name in NAMES}
    return pl.read_csv(body, has_header=False, skip_lines=4, schema=schema).to_arrow()


def pyarrow_csv(body: bytes) -> pa.Table:
    types = {name: pa.string() if name in TEXTS else pa.float64() for name in NAMES}
    read = pa_csv.ReadOptions(skip_rows=4, column_names=NAMES, use_threads=False)
    return pa_csv.read_csv(io.BytesIO(body), read, convert_options=pa_csv.ConvertOptions(column_types=types))


def pandas_csv(body: bytes) -> pa.Table:
    types = {name: "str" if name in TEXTS else "float64" for name in NAMES}
    frame = pd.read_csv(
        io.BytesIO(body), header=None, skiprows=4, names=NAMES, dtype=types, float_precision="round_trip"
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_chain_cboe_csv(contest):
    path = SHARED_CHAINS / "spx_quotedata_2023-09-14.csv.gz"
    if not path.exists():
        pytest.skip("needs ../shared/data/cboe_chains")
    body = gzip.decompress(path.read_bytes())
    size = decode_cboe_csv(body).rows
    race = contest("option chain, Cboe CSV", size=size, unit="contract")
    race.ours(lambda: decode_cboe_csv(body), checksum=lambda chain: of_chain(chain, COLUMNS))
    race.peer("polars read_csv", lambda: polars_csv(body), checksum=of_sides, demand=0.5)
    race.peer("pyarrow read_csv", lambda: pyarrow_csv(body), checksum=of_sides, demand=0.5)
    race.peer("pandas read_csv", lambda: pandas_csv(body), checksum=of_sides, demand=0.1)
    race.limit("search of the bytes", lambda: body.count(b"\x00"))
    race.note("the peers leave the contracts' symbols as text: ours parses and checks two a line")
    race.run()
