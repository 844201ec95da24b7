from pathlib import Path

import numpy as np
import pytest

from alphatrader.analytics.sample import write_sample
from alphatrader.analytics.tape_files import TapeFile, load_tapes
from alphatrader.analytics.vpin_report import vpin_report
from alphatrader.domain.errors import DataError

DATA = Path(__file__).parents[3] / "shared" / "data" / "spy_ticks_2013-10"
OPEN = 1_381_411_800_000_000_000


def tape(price: list[float], size: list[float]) -> TapeFile:
    count = len(price)
    return TapeFile(
        name="test",
        source="CSV",
        days=1,
        ts_ns=OPEN + np.arange(count, dtype=np.int64) * 1_000_000_000,
        price=np.array(price, dtype=float),
        size=np.array(size, dtype=float),
        rows_total=count,
        rows_dropped={},
        load_ms=0.0,
    )


def test_a_hand_made_tape() -> None:
    # Upticks buy, downticks sell; each print fills a bucket of 100. The first print has no side.
    report = vpin_report(tape([10, 11, 12, 11, 10], [100] * 5), bucket_volume=100, window=2)
    assert report.series.level[2:].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(report.series.level[0])
    mixed = vpin_report(tape([10, 11, 10, 11, 10], [50] * 5), bucket_volume=100, window=2)
    assert mixed.series.level[-1] < 1.0
    assert 0 < mixed.unclassified_share <= 0.2


def test_the_default_bucket_lets_one_day_fill_the_window(tmp_path: Path) -> None:
    loaded = load_tapes([write_sample(tmp_path, 7)[2]])
    report = vpin_report(loaded)
    assert report.series.bucket_volume == int(loaded.volume / 50)
    assert report.full.sum() >= 1


def test_several_days_are_one_tape(tmp_path: Path) -> None:
    first = write_sample(tmp_path, 7)[2]
    second = tmp_path / "next.csv"
    lines = first.read_text().splitlines()
    weekend = 3 * 86_400_000_000_000
    shifted = [f"{int(line.split(',', 1)[0]) + weekend},{line.split(',', 1)[1]}" for line in lines[1:]]
    second.write_text("\n".join([lines[0], *shifted]))
    one, both = load_tapes([first]), load_tapes([second, first])
    assert both.days == 2
    assert both.volume == 2 * one.volume
    assert (np.diff(both.ts_ns) >= 0).all()
    report = vpin_report(both)
    assert report.series.bucket_volume == int(one.volume / 50)
    assert report.full.sum() > 40
    with pytest.raises(DataError, match="overlap in time"):
        load_tapes([first, first])


def test_a_bucket_larger_than_the_tape_is_refused() -> None:
    with pytest.raises(DataError, match="lower --bucket-volume"):
        vpin_report(tape([10, 11], [100, 100]), bucket_volume=1_000)


@pytest.mark.data
def test_four_real_days_of_spy() -> None:
    paths = sorted(DATA.glob("*_tick_trade.zip"))
    if not paths:
        pytest.skip("the real tape ../shared/data/spy_ticks_2013-10 is not here")
    loaded = load_tapes(paths)
    report = vpin_report(loaded)
    levels = report.series.level[report.full]
    assert loaded.days == 4
    assert len(report.series.level) == int(loaded.volume // report.series.bucket_volume)
    assert 0.02 < levels.min() < levels.max() < 0.6
    assert report.unclassified_share < 0.001
