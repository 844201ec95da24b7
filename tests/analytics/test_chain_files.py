import datetime as dt
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from alphatrader import calendar
from alphatrader.analytics.as_of import date_in_name
from alphatrader.analytics.chain_files import load_chain
from alphatrader.analytics.exposure_report import ExposureOptions, exposure_report
from alphatrader.analytics.sample import write_sample
from alphatrader.analytics.settlement import NEW_YORK, instant_ns
from alphatrader.domain.errors import DataError

DATA = Path(__file__).parents[3] / "shared" / "data"
CBOE = sorted((DATA / "cboe_chains").glob("*.csv.gz"))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    write_sample(directory, 7)
    return directory


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"the real data ../shared/data/{path.relative_to(DATA)} is not here")
    return path


def test_the_sample_says_that_it_is_simulated_and_depends_on_its_seed_only(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "a", 7)
    second = write_sample(tmp_path / "b", 7)
    other = write_sample(tmp_path / "c", 8)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in other]
    assert b"SIMULATED" in first[0].read_bytes()[:200]
    assert b"SIMULATED" in first[1].read_bytes()[:200]


def test_a_cboe_file_states_spot_and_time(sample: Path) -> None:
    loaded = load_chain(sample / "sample_chain.csv")
    assert (loaded.source, loaded.roots, loaded.spot, loaded.spot_from) == ("Cboe CSV", ("SIMX",), 600.0, "the file")
    assert loaded.as_of_ns == instant_ns(dt.datetime(2026, 11, 20, 10, 30, tzinfo=NEW_YORK))
    assert loaded.chain.rows == 968
    assert loaded.open_interest_date == "2026-11-20"


def test_each_expiry_settles_when_the_calendar_says(sample: Path) -> None:
    settlements = load_chain(sample / "sample_chain.csv").settlement_ns
    assert settlements == {
        expiry: calendar.option_settlement_ns("SIMX", expiry)
        for expiry in ("20261120", "20261123", "20261127", "20261218")
    }
    half_day = dt.datetime.fromtimestamp(settlements["20261127"] / 1e9, NEW_YORK)
    assert (half_day.hour, half_day.minute) == (13, 0)


def test_both_layouts_of_the_sample_give_the_same_exposure(sample: Path) -> None:
    at = dt.datetime(2026, 11, 20, 10, 30, tzinfo=NEW_YORK)
    options = ExposureOptions(gamma="recompute")
    from_csv = exposure_report(load_chain(sample / "sample_chain.csv"), options).exposure
    from_json = exposure_report(load_chain(sample / "sample_chain.json", spot=600.0, as_of=at), options).exposure
    assert from_csv.rows_used == from_json.rows_used
    assert from_json.gex_usd_per_pct == pytest.approx(from_csv.gex_usd_per_pct, rel=1e-3)
    assert from_json.call_wall == from_csv.call_wall
    assert from_json.zero_gamma_flip == pytest.approx(from_csv.zero_gamma_flip, abs=0.05)


def test_alpha_vantage_json_takes_its_spot_from_parity(sample: Path) -> None:
    loaded = load_chain(sample / "sample_chain.json")
    assert loaded.spot == pytest.approx(600.0, abs=0.2)
    assert "put-call parity" in loaded.spot_from
    assert load_chain(sample / "sample_chain.json", spot=601.0).spot == 601.0


def test_parquet_gives_the_same_rows(sample: Path, tmp_path: Path) -> None:
    original = load_chain(sample / "sample_chain.csv")
    table = pa.Table.from_batches([pa.record_batch(original.chain)])
    meta = {"spot": "600", "as_of": "2026-11-20 10:30"}
    pa.parquet.write_table(table.replace_schema_metadata(meta), tmp_path / "chain.parquet")
    loaded = load_chain(tmp_path / "chain.parquet")
    assert (loaded.source, loaded.spot, loaded.as_of_ns) == ("Parquet", 600.0, original.as_of_ns)
    first = exposure_report(original, ExposureOptions()).exposure
    second = exposure_report(loaded, ExposureOptions()).exposure
    assert first.gex_usd_per_pct == second.gex_usd_per_pct


def test_parquet_with_alpha_vantage_names(tmp_path: Path) -> None:
    table = pa.table(
        {
            "symbol": ["SIMX"] * 2,
            "expiration": ["2026-11-20"] * 2,
            "type": ["call", "put"],
            "strike": ["600", "600"],
            "open_interest": ["10", "20"],
            "gamma": ["0.05", "0.05"],
            "delta": ["0.5", "-0.5"],
            "implied_volatility": ["0.2", "0.2"],
        }
    )
    pa.parquet.write_table(table, tmp_path / "2026-11-20.parquet")
    at = dt.datetime(2026, 11, 20, 12, tzinfo=NEW_YORK)
    loaded = load_chain(tmp_path / "2026-11-20.parquet", spot=600.0, as_of=at)
    report = exposure_report(loaded, ExposureOptions())
    assert report.exposure.gex_usd_per_pct == pytest.approx((10 - 20) * 0.05 * 100 * 600**2 * 0.01)


def test_one_expiry_can_be_chosen(sample: Path) -> None:
    loaded = load_chain(sample / "sample_chain.csv")
    whole = exposure_report(loaded, ExposureOptions()).exposure
    parts = [exposure_report(loaded, ExposureOptions(expiries=(expiry,))) for expiry in loaded.settlement_ns]
    assert sum(part.exposure.gex_usd_per_pct for part in parts) == pytest.approx(whole.gex_usd_per_pct)
    same = exposure_report(loaded, ExposureOptions(expiries=("2026-11-20",))).exposure
    assert same.gex_usd_per_pct == parts[0].exposure.gex_usd_per_pct
    with pytest.raises(DataError, match="the chain has no expiry 2026-11-21: it has 20261120"):
        exposure_report(loaded, ExposureOptions(expiries=("2026-11-21",)))


def test_what_cannot_be_used_is_said(sample: Path) -> None:
    late = dt.datetime(2027, 1, 5, 12, tzinfo=NEW_YORK)
    with pytest.raises(DataError, match="none of 968 rows can be used"):
        exposure_report(load_chain(sample / "sample_chain.csv", as_of=late), ExposureOptions())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"hello world", "is no option chain"),
        (b"\x89PNG\r\n\x1a\n\x00\x00,", "is no option chain"),
        (b"PK\x03\x04abc", "is a zip"),
        (b"PAR1abc", "no Parquet file"),
        (b"{", "chain.x"),
        (b'{"data": []}', "chain.x"),
        (b"a,b,c\n1,2,3\n", "chain.x"),
        (b"#expiry,strike,right\n20261120,x,C\n", "does not hold what its name says"),
        (b"contractID,symbol\nA,B\n", "lacks the column"),
    ],
)
def test_a_bad_file_gets_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "chain.x").write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_chain(tmp_path / "chain.x")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chain_without_a_time_asks_for_one(sample: Path, tmp_path: Path) -> None:
    rows = json.loads((sample / "sample_chain.json").read_text())["data"]
    for row in rows:
        del row["date"]
    (tmp_path / "chain.json").write_text(json.dumps({"data": rows}))
    with pytest.raises(DataError, match="--as-of"):
        load_chain(tmp_path / "chain.json")
    (tmp_path / "2026-11-20.json").write_text(json.dumps({"data": rows}))
    assert load_chain(tmp_path / "2026-11-20.json").as_of_from == "the file's name"


def test_a_chain_without_quotes_asks_for_the_spot(sample: Path, tmp_path: Path) -> None:
    rows = json.loads((sample / "sample_chain.json").read_text())["data"]
    for row in rows:
        row["bid"] = row["ask"] = "0.00"
    (tmp_path / "chain.json").write_text(json.dumps({"data": rows}))
    with pytest.raises(DataError, match="--spot"):
        load_chain(tmp_path / "chain.json")


def test_a_truncated_download_gets_one_line(sample: Path, tmp_path: Path) -> None:
    body = gzip.compress((sample / "sample_chain.csv").read_bytes())
    (tmp_path / "chain.csv.gz").write_bytes(body[: len(body) // 2])
    with pytest.raises(DataError, match="ends in the middle"):
        load_chain(tmp_path / "chain.csv.gz")


@pytest.mark.data
@pytest.mark.parametrize("path", CBOE or [DATA / "cboe_chains" / "any.csv.gz"], ids=lambda path: path.name)
def test_every_real_cboe_file_is_read_whatever_its_locale(path: Path) -> None:
    loaded = load_chain(needs(path))
    assert loaded.source == "Cboe CSV"
    assert loaded.spot_from == "the file"
    assert loaded.as_of_from.startswith("the file (")
    moment = dt.datetime.fromtimestamp(loaded.as_of_ns / 1e9, NEW_YORK)
    assert moment.date() == date_in_name(path.name)
    report = exposure_report(loaded, ExposureOptions())
    result = report.exposure
    assert result.rows_used + sum(result.rows_dropped.values()) == result.rows_total
    assert result.rows_used > 1_000
    assert result.gex_usd_per_100pct == pytest.approx(100 * result.gex_usd_per_pct)
    assert result.zero_gamma_flip is None or 0.8 * result.spot <= result.zero_gamma_flip <= 1.2 * result.spot


@pytest.mark.data
def test_spy_of_2023_09_14_against_sums_made_here() -> None:
    loaded = load_chain(needs(DATA / "cboe_chains" / "spy_quotedata_2023-09-14.csv.gz"))
    result = exposure_report(loaded, ExposureOptions()).exposure
    gex = dex = used = 0.0
    for row in pa.Table.from_batches([pa.record_batch(loaded.chain)]).to_pylist():
        expiry = f"{row['expiry']:%Y%m%d}"
        if expiry == "20230914" or (row["open_interest"] or 0) < 5:
            continue  # settled half an hour before the file was made
        used += 1
        gex += row["right"] * row["gamma"] * row["open_interest"] * 100 * loaded.spot**2 * 0.01
        dex += row["delta"] * row["open_interest"] * 100 * loaded.spot
    assert result.rows_used == used
    assert result.gex_usd_per_pct == pytest.approx(gex, rel=1e-9)
    assert result.dex_usd == pytest.approx(dex, rel=1e-9)
    assert result.rows_dropped["expired"] > 0


@pytest.mark.data
def test_am_and_pm_settled_series_of_one_expiry_are_told() -> None:
    loaded = load_chain(needs(DATA / "cboe_chains" / "spx_quotedata_2023-09-14.csv.gz"))
    assert loaded.roots == ("SPX", "SPXW")
    assert any(note.startswith("20230915: ") for note in loaded.notes)


@pytest.mark.data
def test_lean_universes() -> None:
    loaded = load_chain(needs(DATA / "goog_chains_2015-12" / "universe" / "goog_20151224.csv"))
    assert (loaded.source, loaded.roots, loaded.spot) == ("Lean universe CSV", ("GOOG",), 748.4)
    assert exposure_report(loaded, ExposureOptions()).exposure.rows_used > 500
    empty = load_chain(needs(DATA / "aapl_split_2014-06" / "universe_20140606.csv"), spot=92.72)
    with pytest.raises(DataError, match="can be used"):
        exposure_report(empty, ExposureOptions())


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("premium_gate_realtime_options.json", "chain"),
        ("daily_limit.json", "limit"),
        ("historical_options_empty.json", "no "),
        ("bad_key.json", ""),
    ],
)
def test_refusals_of_alpha_vantage_are_no_chains(name: str, words: str) -> None:
    path = needs(DATA / "alphavantage" / "bodies" / name)
    with pytest.raises(DataError) as caught:
        load_chain(path)
    assert words in str(caught.value).lower()
    assert "\n" not in str(caught.value)
    assert "XXXXXXXXXXXXXXXX" not in str(caught.value)


@pytest.mark.data
def test_alpha_vantage_csv() -> None:
    path = needs(DATA / "alphavantage" / "bodies" / "realtime_options_spy_2025-09-12_first4.csv")
    loaded = load_chain(path, spot=657.41, as_of=dt.datetime(2025, 9, 12, 12, tzinfo=NEW_YORK))
    assert (loaded.source, loaded.roots, loaded.chain.rows) == ("Alpha Vantage CSV", ("SPY",), 4)
    assert exposure_report(loaded, ExposureOptions()).exposure.rows_used == 3
