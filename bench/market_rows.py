"""Market rows for the benches: one underlying, made from a seed, as Arrow batches of the event log's columns."""

import numpy as np
import pyarrow as pa

from alphatrader._core import KIND_DEPTH, KIND_QUOTE, KIND_TRADE

BASE_NS = 1_772_463_600 * 10**9
"""2026-03-02 15:00 UTC: 10:00 in New York."""
STEP_NS = 100_000_000
GROUP = 4
"""Rows of one time: a broker's chunk of updates."""


def market_batch(size: int, kinds: dict[int, int], *, group: int = GROUP, seed: int = 7) -> pa.RecordBatch:
    """``size`` rows of a random walk, ``kinds`` by weight, ``group`` rows to one time, a hundred rows a second.

    More than two million come faster: all lie within one session, or the session's sums would begin anew.
    """
    draw = np.random.default_rng(seed)
    groups = -(-size // group)
    spacing_ns_max = min(20_000_000, 40_000_000_000_000 // size)
    ts_ns = np.repeat(BASE_NS + np.cumsum(draw.integers(0, spacing_ns_max * group, groups)), group)[:size]
    cents = 65_000 + np.cumsum(draw.choice([-1, 0, 0, 0, 1], size))
    kind = draw.choice(list(kinds), size, p=np.array(list(kinds.values())) / sum(kinds.values())).astype(np.int8)
    side, position = draw.integers(0, 2, size).astype(np.int8), draw.integers(0, 10, size).astype(np.int16)
    is_depth = kind == KIND_DEPTH
    rows_price = np.where(side == 1, cents - position, cents + 1 + position)
    nan = np.where(kind == KIND_QUOTE, 0.0, np.nan)
    return pa.record_batch(
        {
            "ts_ns": ts_ns,
            "kind": kind,
            "instrument_id": np.ones(size, np.int32),
            "op": np.where(is_depth, draw.choice([0, 1, 1, 2], size), 0).astype(np.int8),
            "side": np.where(is_depth, side, 0).astype(np.int8),
            "position": np.where(is_depth, position, 0).astype(np.int16),
            "price": np.where(is_depth, rows_price, cents) / 100,
            "size": draw.integers(1, 500, size).astype(np.float64),
            "price2": (cents + 1) / 100 + nan,
            "size2": draw.integers(1, 500, size) + nan,
            "venue": pa.array(np.array(["P", "Q", "Z"])[draw.integers(0, 3, size)]),
            "text": pa.array(np.where(kind == KIND_TRADE, "@", "")),
        }
    )


MIXED = {KIND_DEPTH: 4, KIND_QUOTE: 2, KIND_TRADE: 1}


def columns_of(batch: pa.RecordBatch) -> dict[str, np.ndarray]:
    """The numeric columns as NumPy arrays, without copying."""
    return {name: batch.column(name).to_numpy() for name in batch.schema.names if name not in ("venue", "text")}
