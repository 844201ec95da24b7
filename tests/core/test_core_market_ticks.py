"""Whole recorded tick days through the market state, against a plain computation over the same prints."""

import csv
import io
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from _pytest.mark import ParameterSet

from alphatrader._core import KIND_TRADE, Market, bars

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DAYS = sorted(DATA.glob("*_ticks_2013-10/*_tick_trade.zip"))
MS = 1_000_000
UTC_MIDNIGHT_NS = {
    "20131007": 1_381_118_400,
    "20131008": 1_381_204_800,
    "20131009": 1_381_291_200,
    "20131010": 1_381_377_600,
}
NEW_YORK_OFFSET_NS = 4 * 3_600 * 10**9

pytestmark = pytest.mark.skipif(
    not DAYS, reason="../shared/data/*_ticks_2013-10 is absent: no recorded ticks to compare"
)


def prints_of(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Times in ns, prices in dollars, sizes and venues of the prints of a day."""
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.reader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "ascii")))
    midnight_ns = UTC_MIDNIGHT_NS[path.name[:8]] * 10**9 + NEW_YORK_OFFSET_NS
    ts_ns = midnight_ns + np.array([int(row[0]) for row in rows], np.int64) * MS
    price = np.array([int(row[1]) for row in rows]) / 10_000
    return ts_ns, price, np.array([float(row[2]) for row in rows]), [row[3] for row in rows]


def batch_of(ts_ns: np.ndarray, price: np.ndarray, size: np.ndarray, venues: list[str]) -> pa.RecordBatch:
    n = len(ts_ns)
    zeros = np.zeros(n, np.int8)
    return pa.record_batch(
        {
            "ts_ns": ts_ns, "kind": np.full(n, KIND_TRADE, np.int8), "instrument_id": np.ones(n, np.int32),
            "op": zeros, "side": zeros, "position": zeros.astype(np.int16), "price": price, "size": size,
            "price2": np.full(n, np.nan), "size2": np.full(n, np.nan),
            "venue": pa.array(venues).dictionary_encode(), "text": pa.nulls(n, pa.string()),
        }
    )  # fmt: skip


def sweeps_of(ts_ns: np.ndarray, price: np.ndarray, venues: list[str], side: list[int]) -> list[bool]:
    """A run is prints of one side within 10 ms of its first; the print that brings a second price or venue counts."""
    found, run = [], -1
    counted = False
    for i in range(len(ts_ns)):
        if run < 0 or side[i] != side[run] or not 0 <= ts_ns[i] - ts_ns[run] <= 10 * MS:
            run, counted = i, False
        seen = range(run, i + 1)
        sweep = not counted and side[i] != 0 and (
            len({price[k] for k in seen}) > 1 or len({venues[k] for k in seen if venues[k]}) > 1
        )  # fmt: skip
        counted |= sweep
        found.append(sweep)
    return found


def _parameter(day: Path) -> ParameterSet:
    slow = day.parent.name.startswith("spy") and day.name > "20131008"
    return pytest.param(day, id=f"{day.parent.name[:3]}-{day.name[:8]}", marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize("path", [_parameter(day) for day in DAYS])
def test_a_recorded_tick_day_equals_plain_computation(path: Path) -> None:
    ts_ns, price, size, venues = prints_of(path)
    market = Market()
    market.add_instrument(1, 0.01)
    market.add_bars(1, "volume", 100_000)
    whole = batch_of(ts_ns, price, size, venues)
    for start in range(0, len(ts_ns), 60_000):
        market.apply_batch(whole.slice(start, 60_000))
    snapshot = market.snapshot(1)

    assert snapshot.events == snapshot.trade_count == len(ts_ns)
    assert snapshot.session_volume == size.sum()
    assert snapshot.vwap == pytest.approx(float((price * size).sum() / size.sum()), rel=1e-12)
    assert (snapshot.session_high, snapshot.session_low, snapshot.last) == (price.max(), price.min(), price[-1])

    side, last = [], 0
    for change in np.sign(np.diff(price, prepend=price[0])):
        last = int(change) or last
        side.append(last)
    inside = ts_ns > ts_ns[-1] - 60 * 10**9
    signed = size * np.array(side)
    assert (snapshot.volume_60s, snapshot.signed_volume_60s) == (size[inside].sum(), signed[inside].sum())
    assert snapshot.odd_lot_share == (size[inside] < 100).mean(), "100 shares were the round lot in 2013"
    assert snapshot.block_count_60s == int(((size >= 10_000) | (size * price >= 200_000))[inside].sum())
    # A run begins at most 10 ms before the window.
    near = int(np.searchsorted(ts_ns, ts_ns[-1] - 61 * 10**9))
    sweeps = sweeps_of(ts_ns[near:], price[near:], venues[near:], side[near:])
    assert snapshot.sweep_count_60s == sum(np.array(sweeps)[inside[near:]])
    unclassified = size[: next(i for i, s in enumerate(side) if s)].sum()
    assert snapshot.unclassified_share == unclassified / size.sum()

    by_minute: dict[int, list[int]] = defaultdict(list)
    for i, minute in enumerate((ts_ns // (60 * 10**9)).tolist()):
        by_minute[minute].append(i)
    expected = [
        (m * 60 * 10**9, price[i[0]], price[i].max(), price[i].min(), price[i[-1]], size[i].sum())
        for m, i in sorted(by_minute.items())
    ]
    assert market.bars(1, 60, 10_000) == expected
    columns = pa.record_batch(bars(ts_ns, pa.array(price), size, by="time", length=60))
    assert columns.column("close").to_pylist() == [bar[4] for bar in expected]
    assert columns.column("trades").to_pylist() == [len(i) for _, i in sorted(by_minute.items())]

    by_volume = pa.record_batch(bars(ts_ns, price, size, by="volume", length=100_000))
    assert by_volume.equals(pa.record_batch(market.bar_series(1, "volume", 100_000, 100_000)))
    volumes = by_volume.column("volume").to_numpy()
    assert volumes.sum() == size.sum()
    assert (volumes[:-1] >= 100_000).all()


def test_recent_trades_are_the_newest_prints() -> None:
    ts_ns, price, size, venues = prints_of(DAYS[0])
    market = Market()
    market.add_instrument(1, 0.01)
    market.apply_batch(batch_of(ts_ns, price, size, venues))
    recent = market.recent_trades(1, 5_000)
    assert [trade[:3] for trade in recent] == list(
        zip(ts_ns[-4_096:].tolist(), price[-4_096:].tolist(), size[-4_096:].tolist(), strict=True)
    )
    assert set(Counter(trade[3] for trade in recent)) <= {-1, 0, 1}
