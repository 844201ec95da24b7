"""VPIN with exact splits: the side given, and found by the tick rule."""

from typing import Any

import numpy as np
import pytest
from bench.contest import SIZES

from alphatrader._core import Vpin, VpinSeries, classify_trades, vpin
from bench import vpin_peers as peers

IN_CACHE = (
    "Up to a million trades the columns lie in the cache, and a read costs 0.1 ns or less a trade and column: there the"
    " kernel is bound by its arithmetic (about 10 vector instructions for 4 trades). At 10,000 a bucket holds 100"
    " trades: splitting, ranking the level and the cost of a call then outweigh the sums, and the peers' branch"
    " predictors have learnt the whole tape."
)


def of_levels(levels: Any) -> tuple[float, float, float]:
    """How many, their sum, and the last."""
    return float(len(levels)), float(np.sum(levels)), float(levels[-1]) if len(levels) else 0.0


def of_series(series: VpinSeries) -> tuple[float, float, float]:
    """The same of ours."""
    return of_levels(series.level[~np.isnan(series.level)])


def tape_of(size: int) -> peers.Tape:
    """2,000 trades a bucket, and fewer where the tape would not fill the window."""
    return peers.generated(size, min(2_000, size // 100))


@pytest.mark.parametrize("size", SIZES)
def test_vpin_exact_splits(contest: Any, size: int) -> None:
    tape = tape_of(size)
    frame, table = peers.polars_frame(tape), peers.pandas_frame(tape)
    race = contest("VPIN, exact splits", size=size, unit="trade")
    race.ours(
        lambda: vpin(
            tape.ts_ns, tape.price, tape.size, aggressor=tape.side, scheme="given", bucket_volume=tape.bucket_volume
        ),
        checksum=of_series,
    )
    race.peer("numba", lambda: peers.numba_given(tape), checksum=of_levels, demand=0.75, requires="numba")
    race.peer("numpy", lambda: peers.numpy_given(tape), checksum=of_levels)
    race.peer("polars", lambda: peers.polars_given(frame, tape), checksum=of_levels, demand=0.04, requires="polars")
    race.peer("pandas", lambda: peers.pandas_given(table, tape), checksum=of_levels, size_max=1_000_000)
    if size <= 1_000_000:
        race.peer("DuckDB", peers.duckdb_given(tape), checksum=of_levels, requires="duckdb")
    else:
        race.absent["DuckDB"] = "not run above 1,000,000"
    # The fastest read that NumPy has: a vector maximum of each column that is looked at.
    race.limit("read of the buffers", lambda: (tape.price.max(), tape.size.max(), tape.side.max()), demand=1.7)
    race.note(IN_CACHE)
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_vpin_by_the_tick_rule(contest: Any, size: int) -> None:
    tape = tape_of(size)
    frame = peers.polars_frame(tape)
    race = contest("VPIN, tick rule and exact splits", size=size, unit="trade")
    race.ours(
        lambda: vpin(tape.ts_ns, tape.price, tape.size, bucket_volume=tape.bucket_volume),
        checksum=of_series,
    )
    race.peer("numba", lambda: peers.numba_tick(tape), checksum=of_levels, demand=0.75, requires="numba")
    race.peer("numpy", lambda: peers.numpy_tick(tape), checksum=of_levels)
    race.peer("polars", lambda: peers.polars_tick(frame, tape), checksum=of_levels, demand=0.04, requires="polars")
    race.limit("read of the buffers", lambda: (tape.price.max(), tape.size.max()))
    race.note("The chain of the tick rule is broken by an addition of bit sets: no jump depends on a price.")
    race.run()


@pytest.mark.parametrize("size", SIZES)
def test_vpin_by_the_quote_rule(contest: Any, size: int) -> None:
    """Lee-Ready; the peers are our own other ways: classification alone, and the stream in batches of 1,000."""
    tape = tape_of(size)
    bid, ask = tape.price - 0.01, tape.price + np.where(tape.side > 0, 0.0, 0.02)
    stream_rows = 1_000

    def in_batches() -> Vpin:
        stream = Vpin(tape.bucket_volume, scheme="quote")
        for start in range(0, size, stream_rows):
            rows = slice(start, start + stream_rows)
            stream.extend(tape.ts_ns[rows], tape.price[rows], tape.size[rows], bid=bid[rows], ask=ask[rows])
        return stream

    race = contest("VPIN, quote rule (Lee-Ready)", size=size, unit="trade")
    race.ours(
        lambda: vpin(
            tape.ts_ns, tape.price, tape.size, bid=bid, ask=ask, scheme="quote", bucket_volume=tape.bucket_volume
        ),
        checksum=lambda series: (series.level[-1], series.cdf[-1]),
    )
    race.peer("the stream, 1,000 a call", in_batches, checksum=lambda stream: (stream.level, stream.cdf))
    race.limit("classification alone", lambda: classify_trades(tape.price, bid=bid, ask=ask, scheme="quote"))
    race.limit("read of the buffers", lambda: (tape.price.max(), tape.size.max(), bid.max(), ask.max()))
    race.run()
