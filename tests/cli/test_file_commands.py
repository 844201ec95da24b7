import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alphatrader.cli import app
from alphatrader.domain.errors import ConfigError, DataError

DATA = Path(__file__).parents[3] / "shared" / "data"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    result = run("sample", directory)
    assert result.exit_code == 0
    assert result.stdout.startswith("SIMULATED - not market data (seed 7)")
    return directory


def test_exposure_prints_what_a_reader_must_know(sample: Path) -> None:
    result = run("exposure", sample / "sample_chain.csv")
    assert result.exit_code == 0
    for words in (
        "SIMX dealer exposure from Cboe CSV",
        "as of 2026-11-20 10:30 ET",
        "per 1% move",
        "per 100% move",
        "call wall",
        "zero gamma A",
        "zero gamma B",
        "max pain",
        "dropped: open_interest_below_min",
        "dealers are taken to be long calls and short puts",
        "open interest of 2026-11-20",
    ):
        assert words in result.stdout
    assert re.search(r"load [\d.]+ ms, compute [\d.]+ ms", result.stdout)


def test_exposure_as_json_has_every_figure_and_no_nan(sample: Path) -> None:
    result = run("exposure", sample / "sample_chain.csv", "--json", "--top", "3")
    body = json.loads(result.stdout, parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))
    assert body["gex_usd_per_100pct"] == pytest.approx(100 * body["gex_usd_per_pct"])
    assert body["rows_used"] + sum(body["rows_dropped"].values()) == body["rows_total"] == 968
    assert len(body["top_strikes"]) == 3
    assert body["expiries"] == ["20261120", "20261123", "20261127", "20261218"]


def test_exposure_options_change_what_is_counted(sample: Path) -> None:
    def used(*options: str) -> dict[str, float]:
        return json.loads(run("exposure", sample / "sample_chain.csv", "--json", *options).stdout)

    plain = used()
    assert used("--min-oi", "0")["rows_used"] > plain["rows_used"]
    assert used("--weight", "volume")["gex_usd_per_pct"] != plain["gex_usd_per_pct"]
    assert used("--expiry", "2026-12-18")["rows_used"] < plain["rows_used"]
    assert used("--spot", "590")["spot"] == 590
    recomputed = used("--recompute-gamma")
    assert recomputed["gex_usd_per_pct"] != plain["gex_usd_per_pct"]
    assert recomputed["gex_usd_per_pct"] == pytest.approx(plain["gex_usd_per_pct"], rel=0.01)


@pytest.mark.parametrize("command", ["exposure", "vpin"])
def test_plots(command: str, sample: Path, tmp_path: Path) -> None:
    source = sample / ("sample_chain.csv" if command == "exposure" else "sample_tape.csv")
    picture, page = tmp_path / "x.png", tmp_path / "x.html"
    assert run(command, source, "--plot", picture).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert run(command, source, "--plot", page).exit_code == 0
    text = page.read_text()
    assert "<svg" in text
    assert "<script" not in text
    # Nothing is loaded from elsewhere: names of XML namespaces are the only addresses.
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", text) == []
    assert re.findall(r"url\((?!#)[^)]*\)", text) == []


def test_a_plot_of_another_kind_is_refused(sample: Path, tmp_path: Path) -> None:
    result = run("exposure", sample / "sample_chain.csv", "--plot", tmp_path / "x.pdf")
    assert isinstance(result.exception, DataError)
    result = run("exposure", sample / "sample_chain.csv", "--plot", tmp_path / "absent" / "x.png")
    assert "cannot be written" in str(result.exception)


def test_vpin_prints_levels_and_their_rank(sample: Path) -> None:
    result = run("vpin", sample / "sample_tape.csv", "--bucket-volume", "20000")
    assert result.exit_code == 0
    for words in ("VPIN of 2026-11-20 from CSV", "buckets of 20,000 shares", "unclassified", "CDF", "Highest levels"):
        assert words in result.stdout


def test_vpin_as_json(sample: Path) -> None:
    result = run("vpin", sample / "sample_tape.csv", "--bucket-volume", "20000", "--window", "10", "--json")
    body = json.loads(result.stdout)
    assert body["level"][:9] == [None] * 9
    assert all(0 <= level <= 1 for level in body["level"][9:])
    assert len(body["level"]) == len(body["cdf"]) == len(body["bucket_end_ns"]) == body["buckets"]
    bulk = run("vpin", sample / "sample_tape.csv", "--bucket-volume", "20000", "--scheme", "bulk", "--json")
    assert json.loads(bulk.stdout)["level"][-1] != body["level"][-1]


def test_vpin_says_why_there_is_no_level(sample: Path) -> None:
    result = run("vpin", sample / "sample_tape.csv", "--window", "500")
    assert result.exit_code == 0
    assert "no level: the window needs 500 buckets" in result.stdout


def test_what_is_no_file_and_no_symbol_gets_one_line() -> None:
    for argument in ("absent.csv", "dir/absent.csv", "TOOLONGSYMBOL"):
        result = run("exposure", argument)
        assert isinstance(result.exception, DataError)
        assert "does not exist" in str(result.exception)


def test_a_symbol_needs_a_key(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("")
    result = run("exposure", "SPY", "--config", tmp_path / "c.yaml")
    assert isinstance(result.exception, ConfigError)
    assert "ALPHAVANTAGE_API_KEY" in str(result.exception)


@pytest.mark.data
def test_the_real_file_of_the_readme() -> None:
    path = DATA / "cboe_chains" / "spy_quotedata_2023-09-14.csv.gz"
    if not path.exists():
        pytest.skip("the real chains ../shared/data/cboe_chains are not here")
    body = json.loads(run("exposure", path, "--json").stdout)
    assert body["rows_used"] == 4_907
    assert body["gex_usd_per_pct"] == pytest.approx(1.5255e9, rel=1e-3)
    assert body["call_wall"] == 450
    assert body["zero_gamma_flip"] == pytest.approx(449.75, abs=0.1)
