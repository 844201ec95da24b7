"""Chain decoders on real bodies, damaged bodies and garbage; chains from other Arrow libraries."""

import contextlib
import csv
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader._core import (
    Chain,
    ChainDecodeError,
    CoreError,
    PlaceholderDataError,
    RateLimitedError,
    SchemaError,
    decode_alphavantage_chain,
    decode_cboe_csv,
    parse_occ,
)

ROW = {
    "contractID": "SPY250912P00620000",
    "symbol": "SPY",
    "expiration": "2025-09-12",
    "strike": "620.00",
    "type": "put",
    "last": "0.01",
    "mark": "0.01",
    "bid": "0.00",
    "bid_size": "0",
    "ask": "0.01",
    "ask_size": "178",
    "volume": "0",
    "open_interest": "35436",
    "date": "2025-09-12",
    "implied_volatility": "2.78127",
    "delta": "-0.00055",
    "gamma": "0.00002",
    "theta": "-0.03836",
    "vega": "0.00068",
    "rho": "-0.00002",
}
TERMS = ["root", "expiry", "right", "strike"]
PRICES = ["bid", "ask", "last", "mark", "bid_size", "ask_size", "volume", "open_interest"]
GREEKS = ["iv", "delta", "gamma", "theta", "vega"]


def body(*rows: Mapping[str, object]) -> bytes:
    return json.dumps({"endpoint": "Realtime Options", "message": "success", "data": rows}).encode()


def rows_of(chain: Chain) -> list[dict[str, object]]:
    return pa.record_batch(chain).to_pylist()


def test_an_alphavantage_row_keeps_every_number() -> None:
    chain = decode_alphavantage_chain(body(ROW, ROW))
    assert (chain.rows, chain.spot, chain.as_of, chain.dropped) == (2, None, "2025-09-12", {})
    assert chain.expiries() == ["20250912"]
    row = rows_of(chain)[0]
    assert list(row) == TERMS + PRICES + GREEKS
    assert (row["root"], row["right"], row["strike"], row["iv"]) == ("SPY", -1, 620.0, 2.78127)
    assert (row["bid"], row["ask_size"], row["open_interest"], row["theta"]) == (0.0, 178.0, 35436.0, -0.03836)


def test_bad_rows_are_counted_by_reason() -> None:
    bad_id, mismatch, bad_type = ROW | {"contractID": "?"}, ROW | {"strike": "621"}, ROW | {"type": "spread"}
    chain = decode_alphavantage_chain(body(ROW, bad_id, mismatch, ROW | {"type": "call"}, bad_type))
    assert chain.rows == 1
    assert chain.dropped == {"bad_contract_id": 1, "contract_mismatch": 2, "bad_type": 1}


EXPECTED_BODIES: dict[str, type[CoreError] | int] = {
    "bad_call.json": ChainDecodeError,
    "bad_function.json": ChainDecodeError,
    "bad_key.json": ChainDecodeError,
    "burst_limit.json": RateLimitedError,
    "daily_limit.json": RateLimitedError,
    "old_note_limit.json": RateLimitedError,
    "premium_gate_realtime_options.json": PlaceholderDataError,
    "historical_options_empty.json": 0,
    "historical_options_ibm_first_contract.json": 1,
    "news_sentiment_2024-05-04_first_article.json": ChainDecodeError,
    "cboe_cdn_json_ndx_2024-04-03_excerpt.json": ChainDecodeError,
}


@pytest.mark.data
@pytest.mark.parametrize("name", EXPECTED_BODIES)
def test_real_alphavantage_bodies(shared_data: Path, name: str) -> None:
    content = (shared_data / "alphavantage/bodies" / name).read_bytes()
    expected = EXPECTED_BODIES[name]
    if isinstance(expected, int):
        assert decode_alphavantage_chain(content).rows == expected
        return
    with pytest.raises(CoreError) as caught:
        decode_alphavantage_chain(content)
    assert type(caught.value) is expected
    assert "XXXXXXXXXXXXXXXX" not in str(caught.value), "the place of the API key"


def test_an_echoed_key_never_shows() -> None:
    for text in (
        "We have detected your API key as K3YK3YK3YK3YK3Y1 and",
        "apikey=K3YK3YK3YK3YK3Y1&x",
        "K3YK3YK3YK3YK3Y1",
    ):
        for name in ("Information", "Note", "Error Message"):
            with pytest.raises(ChainDecodeError) as caught:
                decode_alphavantage_chain(json.dumps({name: text}).encode())
            assert "K3YK3Y" not in str(caught.value)


def cboe_contracts(content: bytes) -> tuple[float, list[dict[str, object]]]:
    """A plain reading of the file with the standard library, to compare with."""
    lines = content.decode("utf-8", "replace").splitlines()
    spot = float(lines[1].rpartition("Last: ")[2].partition(",Change")[0])
    contracts = []
    for fields in csv.reader(lines[4:]):
        for at in (1, 12):
            symbol = parse_occ(fields[at])
            numbers = [float(fields[at + offset].replace(",", "")) for offset in (1, 3, 4, 5, 6, 7, 8, 9)]
            last, bid, ask, volume, iv, delta, gamma, open_interest = numbers
            contracts.append(
                {
                    "root": symbol.root,
                    "right": 1 if at == 1 else -1,
                    "strike": float(fields[11]),
                    "last": last,
                    "bid": bid,
                    "ask": ask,
                    "volume": volume,
                    "iv": iv,
                    "delta": delta,
                    "gamma": gamma,
                    "open_interest": open_interest,
                    "expiry": f"{symbol.year}-{symbol.month:02}-{symbol.day:02}",
                }
            )
    return spot, contracts


@pytest.mark.data
def test_every_cboe_file_equals_a_plain_reading(cboe_file: Path) -> None:
    content = gzip.decompress(cboe_file.read_bytes())
    chain = decode_cboe_csv(content)
    spot, contracts = cboe_contracts(content)
    assert (chain.spot, chain.rows, chain.dropped) == (spot, len(contracts), {})
    assert chain.as_of
    assert '"' not in chain.as_of
    table = pa.Table.from_pylist(contracts)
    decoded = pa.Table.from_batches([pa.record_batch(chain)])
    for name in table.column_names:
        expected = table[name].cast(pa.timestamp("s")).cast(pa.date32()) if name == "expiry" else table[name]
        assert decoded[name].cast(expected.type).equals(expected), name
    for name in ("mark", "theta", "vega", "bid_size"):
        assert decoded[name].null_count == chain.rows


@pytest.mark.data
def test_a_header_in_spanish_is_read(shared_data: Path) -> None:
    content = gzip.decompress((shared_data / "cboe_chains/spx_2022-03-23_spanish_header.csv.gz").read_bytes())
    chain = decode_cboe_csv(content)
    assert (chain.spot, chain.as_of) == (4479.0898, "23 de marzo de 2022, 10:11 GMT-4")
    assert decode_cboe_csv(content.replace(b"\n", b"\r\n")).rows == chain.rows


@pytest.mark.parametrize("junk", [b"", b"hello", b"<html>busy</html>", b"\x1f\x8b\x08\x00", b"a,b\n1,2\n", b"\n" * 100])
def test_what_is_no_chain_is_refused(junk: bytes) -> None:
    for decode in (decode_cboe_csv, decode_alphavantage_chain):
        with pytest.raises(ChainDecodeError):
            decode(junk)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(content: bytes) -> None:
    for decode in (decode_cboe_csv, decode_alphavantage_chain):
        with contextlib.suppress(ChainDecodeError):
            decode(content)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(at=st.integers(0, 900), junk=st.binary(min_size=1, max_size=4))
def test_any_damage_is_decoded_or_refused(at: int, junk: bytes) -> None:
    content = body(ROW, ROW)
    try:
        chain = decode_alphavantage_chain(content[:at] + junk + content[at + len(junk) :])
    except ChainDecodeError:
        return
    assert chain.rows + sum(chain.dropped.values()) <= 2


def test_deep_nesting_is_refused() -> None:
    for opener in (b"[", b'{"a":'):
        with pytest.raises(ChainDecodeError):
            decode_alphavantage_chain(b'{"data":' + opener * 200_000)


def test_chains_pass_between_arrow_libraries() -> None:
    chain = decode_alphavantage_chain(body(ROW, ROW | {"contractID": "SPY250912P00620000", "bid": "-"}))
    batch = pa.record_batch(chain)
    assert batch.column("bid").null_count == 1
    for source in (chain, batch, pa.Table.from_batches([batch]), pl.DataFrame(chain)):
        again = Chain.from_arrow(source, spot=651.5, as_of="now")
        assert (again.rows, again.spot, again.as_of) == (2, 651.5, "now")
        assert pa.record_batch(again).equals(batch)
    assert pa.schema(chain) == batch.schema


def test_chains_of_another_shape_are_named() -> None:
    batch = pa.record_batch(decode_alphavantage_chain(body(ROW)))
    assert Chain.from_arrow(batch.select(["expiry", "right", "strike", "gamma"])).rows == 1
    with pytest.raises(SchemaError, match="strike"):
        Chain.from_arrow(batch.drop_columns(["strike"]))
    with pytest.raises(SchemaError, match=r"gamma.*Float64"):
        Chain.from_arrow(batch.set_column(14, "gamma", pa.array([1], pa.int64())))
    with pytest.raises(CoreError, match="spot"):
        Chain.from_arrow(batch, spot=float("nan"))
    with pytest.raises(SchemaError, match="Arrow"):
        Chain.from_arrow("chain")  # type: ignore[arg-type]


def test_hostile_rows_are_dropped_by_reason_or_refused_by_name() -> None:
    twice = json.dumps(ROW)[:-1] + ', "bid": "1"}'
    content = body(ROW, ROW).replace(b"[", b"[" + twice.encode() + b", ", 1)
    assert decode_alphavantage_chain(content).dropped == {"duplicate_key": 1}
    for name, value in (("bid", []), ("contractID", {"a": 1}), ("date", [[1]])):
        with pytest.raises(ChainDecodeError, match=r"row 2 of `data`, byte \d+"):
            decode_alphavantage_chain(body(ROW, ROW | {name: value}, ROW))
    for broken in (
        body(ROW, ROW, ROW)[:-200],
        body(ROW, ROW, ROW).replace(b'"data"', b'"data": [], "data"'),
        body(ROW, ROW | {"symbol": "S?Y"}).replace(b"S?Y", b"S\xffY"),
        body(ROW, ROW | {"symbol": "S?Y"}).replace(b"S?Y", b"S\nY"),
        body(ROW, ROW)[:-1],
        body(ROW, ROW) + b"{}",
        body(ROW, ROW | {"bid": 1}).replace(b": 1,", b": 1e999,"),
    ):
        with pytest.raises(ChainDecodeError):
            decode_alphavantage_chain(broken)


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e999", "-", "", "0x10", "1_000", "１２", " "])
def test_numbers_that_are_none_are_null(text: str) -> None:
    batch = pa.record_batch(decode_alphavantage_chain(body(ROW, ROW | {"gamma": text}, ROW)))
    assert batch.column("gamma").is_valid().to_pylist() == [True, False, True]
    assert batch.column("gamma").null_count == 1


numbers = st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,9})?|[0-9]{15,20}|-?[0-9]\.[0-9]{1,3}e-?[0-9]{1,3}", fullmatch=True)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    rows=st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=9), indent=st.sampled_from([None, 1, 4])
)
def test_numbers_equal_those_of_python_to_the_last_bit(rows: list[tuple[str, str, str]], indent: int | None) -> None:
    data = [ROW | dict(zip(("bid", "gamma", "theta"), row, strict=True)) for row in rows]
    batch = pa.record_batch(decode_alphavantage_chain(json.dumps({"data": data}, indent=indent).encode()))
    for i, name in enumerate(("bid", "gamma", "theta")):
        expected = [number if abs(number := float(row[i])) < float("inf") else None for row in rows]
        assert batch.column(name).to_pylist() == expected


def test_a_batch_is_taken_and_given_without_a_copy() -> None:
    batch = pa.record_batch(decode_alphavantage_chain(body(ROW, ROW)))
    again = pa.record_batch(Chain.from_arrow(batch, spot=651.5))
    for name in TERMS + PRICES + GREEKS:
        ours, theirs = batch.column(name).buffers(), again.column(name).buffers()
        assert [b and b.address for b in ours] == [b and b.address for b in theirs], name


@pytest.mark.data
def test_quoted_numbers_of_a_real_file_change_nothing(shared_data: Path) -> None:
    """The same file with thousands separators in quotes, as other exports of Cboe write them."""
    content = gzip.decompress((shared_data / "cboe_chains/spy_quotedata_2023-09-14.csv.gz").read_bytes())
    head, rows = content.split(b"\n")[:4], list(csv.reader(content.decode().splitlines()[4:]))
    for fields in rows:
        fields[6], fields[10], fields[21] = (f"{int(fields[at]):,}" for at in (6, 10, 21))
    quoted = io.StringIO()
    csv.writer(quoted).writerows(rows)
    separated = b"\n".join(head) + b"\n" + quoted.getvalue().encode()
    assert b'"1,' in separated
    assert pa.record_batch(decode_cboe_csv(separated)).equals(pa.record_batch(decode_cboe_csv(content)))
