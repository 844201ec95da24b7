"""Real and simulated markets within the stated bounds; plots and table are the same at every run."""

from pathlib import Path

import numpy as np
import pytest

from alphatrader.domain.errors import DataError
from alphatrader.sim.calibration.__main__ import main
from alphatrader.sim.calibration.figures import CHAIN_FIGURES, TAPE_FIGURES, Figure, mean_of
from alphatrader.sim.calibration.gather import SIMULATED, Samples, gather_real, gather_simulated
from alphatrader.sim.calibration.plots import draw_all
from alphatrader.sim.calibration.table import BEGIN, END, put_into, to_markdown

DATA = Path(__file__).parents[4] / "shared/data"
NOT_IN_2013 = {"% odd lots (not reported in 2013)"}
"""Figures that real tapes of that year cannot have."""

needs_data = pytest.mark.skipif(not (DATA / "cboe_chains").exists(), reason="needs ../shared/data")


@pytest.fixture(scope="module")
def simulated() -> Samples:
    return gather_simulated("2026-11-19", (1, 2))


@pytest.fixture(scope="module")
def real() -> Samples:
    return gather_real(DATA)


def outside(figures: tuple[Figure, ...], samples: tuple) -> list[str]:  # type: ignore[type-arg]
    found = []
    for figure in figures:
        value = mean_of(figure, samples)
        if not figure.low <= value <= figure.high:
            found.append(f"{figure.name}: {value:.4g} is not within {figure.low:g} to {figure.high:g}")
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_simulated_market_lies_within_the_bounds(simulated: Samples) -> None:
    for tapes in simulated.tapes.values():
        assert outside(TAPE_FIGURES, tapes) == []
    assert outside(CHAIN_FIGURES, simulated.chains[SIMULATED]) == []


@needs_data
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_bounds_hold_the_real_markets_too(real: Samples) -> None:
    """A bound that a real market breaks is no bound of a realistic one; SPY and IBM bracket liquid stocks."""
    for name, tapes in real.tapes.items():
        figures = tuple(f for f in TAPE_FIGURES if f.name not in NOT_IN_2013 and np.isfinite(mean_of(f, tapes)))
        if name.startswith("IBM"):
            figures = tuple(f for f in figures if "one tick wide" not in f.name)
        assert outside(figures, tapes) == [], name
    for name, chains in real.chains.items():
        assert outside(CHAIN_FIGURES, chains) == [], name


@needs_data
@pytest.mark.data
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_plots_are_small_and_the_same_at_every_run(real: Samples, simulated: Samples, tmp_path: Path) -> None:
    both = Samples({**real.tapes, **simulated.tapes}, {**real.chains, **simulated.chains})
    first, second = draw_all(both, tmp_path / "a"), draw_all(both, tmp_path / "b")
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size < 100_000
        text = one.read_text()
        assert text.startswith("<?xml")
        assert "SPY simulated" in text
        assert "<metadata>" not in text
    markdown = to_markdown(both, "img")
    assert markdown.count("\n| ") == len(TAPE_FIGURES) + len(CHAIN_FIGURES) + 2  # and two lines of names
    assert "SPY 2013: 2013-10-07, 2013-10-08, 2013-10-09, 2013-10-10" in markdown


def test_the_table_replaces_what_stands_between_the_markers(tmp_path: Path) -> None:
    document = tmp_path / "simulator.md"
    document.write_text(f"# Title\n{BEGIN}\nold\n{END}\nrest\n")
    put_into(document, "new")
    put_into(document, "newer")
    assert document.read_text() == f"# Title\n{BEGIN}\nnewer\n{END}\nrest\n"
    document.write_text("no markers")
    with pytest.raises(DataError, match="lacks the lines"):
        put_into(document, "new")
    assert document.read_text() == "no markers"


def test_a_folder_without_data_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) != 0
    told = capsys.readouterr().err
    assert "holds no spy_ticks_2013-10" in told
    assert told.count("\n") == 1
