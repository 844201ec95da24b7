"""VPIN with exact splits by the peers: the imbalance of each full bucket, then the level over the window.

Each takes the columns in its own form, built outside the timing, and returns the levels. Only ours checks the columns,
tells when a bucket ended, and ranks the levels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Sides = NDArray[np.int8]


@dataclass(frozen=True)
class Tape:
    """A generated tape: half of the prints are of 100 shares, the price walks by cents, a bid-ask bounce."""

    ts_ns: NDArray[np.int64]
    price: Floats
    size: Floats
    side: Sides
    bucket_volume: int
    window: int = 50


def generated(trades: int, trades_a_bucket: int = 2_000) -> Tape:
    """Build the tape of a seed."""
    rng = np.random.default_rng(20131010)
    size = np.where(rng.random(trades) < 0.5, 100, rng.integers(1, 1_000, trades)).astype(np.float64)
    side = rng.choice(np.array([-1, 1], np.int8), trades)
    mid = 17_000 + np.cumsum(rng.choice(np.array([-1, 0, 0, 0, 0, 0, 1]), trades))
    return Tape(
        ts_ns=np.arange(trades, dtype=np.int64) * 20_000_000,
        price=(mid + side) / 100,
        size=size,
        side=side,
        bucket_volume=int(size.mean() * trades_a_bucket),
    )


@cache
def _compiled() -> tuple[Callable[..., Floats], Callable[..., Floats]]:
    import numba

    def by_side(size: Floats, side: Sides, bucket: float, window: int) -> Floats:
        imbalances = np.empty(int(size.sum() / bucket) + 1)
        count, volume, signed = 0, 0.0, 0.0
        for i in range(size.size):
            rest, direction = size[i], side[i]
            while volume + rest >= bucket:
                take = bucket - volume
                imbalances[count] = abs(signed + take * direction)
                count += 1
                rest -= take
                volume = signed = 0.0
            volume += rest
            signed += rest * direction
        return rolling(imbalances[:count], bucket, window)

    def by_tick(price: Floats, size: Floats, bucket: float, window: int) -> Floats:
        imbalances = np.empty(int(size.sum() / bucket) + 1)
        count, volume, signed, direction, last = 0, 0.0, 0.0, 0, np.nan
        for i in range(size.size):
            if price[i] > last:
                direction = 1
            elif price[i] < last:
                direction = -1
            last = price[i]
            rest = size[i]
            while volume + rest >= bucket:
                take = bucket - volume
                imbalances[count] = abs(signed + take * direction)
                count += 1
                rest -= take
                volume = signed = 0.0
            volume += rest
            signed += rest * direction
        return rolling(imbalances[:count], bucket, window)

    @numba.njit
    def rolling(imbalances: Floats, bucket: float, window: int) -> Floats:
        levels = np.empty(max(imbalances.size - window + 1, 0))
        total = 0.0
        for i in range(imbalances.size):
            total += imbalances[i]
            if i >= window:
                total -= imbalances[i - window]
            if i >= window - 1:
                levels[i - window + 1] = total / (window * bucket)
        return levels

    return numba.njit(by_side), numba.njit(by_tick)


def numba_given(tape: Tape) -> Floats:
    """One loop over the trades."""
    return _compiled()[0](tape.size, tape.side, tape.bucket_volume, tape.window)


def numba_tick(tape: Tape) -> Floats:
    """The same with the tick rule in the loop."""
    return _compiled()[1](tape.price, tape.size, tape.bucket_volume, tape.window)


def _levels(signed_at_edges: Floats, tape: Tape) -> Floats:
    imbalances = np.abs(np.diff(signed_at_edges, prepend=0.0))
    sums = np.concatenate(([0.0], np.cumsum(imbalances)))
    return (sums[tape.window :] - sums[: -tape.window]) / (tape.window * tape.bucket_volume)


def numpy_given(tape: Tape, side: NDArray[Any] | None = None) -> Floats:
    """Signed volume at each bucket's edge, by a search in the running volume."""
    direction = tape.side if side is None else side
    volume, signed = np.cumsum(tape.size), np.cumsum(tape.size * direction)
    edges = np.arange(1, int(volume[-1] // tape.bucket_volume) + 1) * float(tape.bucket_volume)
    at = np.searchsorted(volume, edges)
    return _levels(signed[at] - (volume[at] - edges) * direction[at], tape)


def numpy_tick(tape: Tape) -> Floats:
    """The newest change of the price, found by a running maximum of its row."""
    change = np.sign(np.diff(tape.price, prepend=tape.price[0]))
    newest = np.maximum.accumulate(np.where(change != 0, np.arange(change.size), 0))
    return numpy_given(tape, change[newest])


def pandas_frame(tape: Tape) -> Any:
    """The columns as a data frame."""
    import pandas as pd

    return pd.DataFrame({"price": tape.price, "size": tape.size, "side": tape.side})


def pandas_given(frame: Any, tape: Tape) -> Floats:
    """As with NumPy, by series."""
    volume, signed = frame["size"].cumsum(), (frame["size"] * frame["side"]).cumsum()
    edges = np.arange(1, int(volume.iloc[-1] // tape.bucket_volume) + 1) * float(tape.bucket_volume)
    at = volume.searchsorted(edges)
    over = (volume.iloc[at].to_numpy() - edges) * frame["side"].iloc[at].to_numpy()
    imbalances = (signed.iloc[at].reset_index(drop=True) - over).diff().abs()
    imbalances.iloc[0] = abs(signed.iloc[at[0]] - over[0])
    levels = imbalances.rolling(tape.window).sum().dropna() / (tape.window * tape.bucket_volume)
    return np.asarray(levels, dtype=np.float64)


def polars_frame(tape: Tape) -> Any:
    """The columns as a data frame."""
    import polars as pl

    return pl.DataFrame({"price": tape.price, "size": tape.size, "side": tape.side})


def polars_given(frame: Any, tape: Tape, side: Any = None) -> Floats:
    """The trades at edges, each once for each bucket it fills."""
    import polars as pl

    bucket = float(tape.bucket_volume)
    side = pl.col("side") if side is None else side
    volume = pl.col("size").cum_sum()
    levels = (
        frame.lazy()
        .select(volume=volume, signed=(pl.col("size") * side).cum_sum(), size="size", side=side)
        .with_columns(
            first=((pl.col("volume") - pl.col("size")) // bucket).cast(pl.Int64) + 1,
            last=(pl.col("volume") // bucket).cast(pl.Int64) + 1,
        )
        .filter(pl.col("last") > pl.col("first"))
        .with_columns(edge=pl.int_ranges("first", "last"))
        .explode("edge")
        .select(at=pl.col("signed") - (pl.col("volume") - pl.col("edge") * bucket) * pl.col("side"))
        .select(
            level=pl.col("at").diff().fill_null(pl.col("at")).abs().rolling_sum(tape.window) / (tape.window * bucket)
        )
        .collect()
    )
    return levels["level"].drop_nulls().to_numpy()


def polars_tick(frame: Any, tape: Tape) -> Floats:
    """The sign of the price change, the last one that was not 0."""
    import polars as pl

    change = pl.col("price").diff().sign()
    side = pl.when(change != 0).then(change).forward_fill().fill_null(0)
    return polars_given(frame, tape, side)


def duckdb_given(tape: Tape) -> Callable[[], Floats]:
    """A table of its own, so that no conversion is timed; the query of the others in SQL."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    columns = {"i": np.arange(tape.size.size), "size": tape.size, "side": tape.side}  # noqa: F841 - read by name in SQL
    connection.execute("create table tape as select * from columns order by i")
    bucket, in_window = tape.bucket_volume, tape.window * tape.bucket_volume
    query = f"""
        with running as (
            select size, side, sum(size) over (order by i) as volume, sum(size * side) over (order by i) as signed
            from tape
        ), filled as (
            select *, floor((volume - size) / {bucket})::bigint as before, floor(volume / {bucket})::bigint as after
            from running
        ), edges as (
            select unnest(range(before + 1, after + 1)) as edge, volume, signed, side from filled where after > before
        ), imbalances as (
            select edge, abs(so_far - coalesce(lag(so_far) over (order by edge), 0)) as imbalance
            from (select edge, signed - (volume - edge * {bucket}) * side as so_far from edges)
        )
        select sum(imbalance) over (order by edge rows {tape.window - 1} preceding) / {in_window} as level
        from imbalances qualify row_number() over (order by edge) >= {tape.window} order by edge
    """
    return lambda: np.asarray(connection.execute(query).fetchnumpy()["level"], dtype=np.float64)
