"""Market data: lines, limits, greeks, snapshots, delayed and frozen data."""

from alphatrader.sim.behaviours.model import Behaviour, Evidence

TABLE = (
    Behaviour(
        "snapshot_end_s", Evidence.MEMORY, "tickSnapshotEnd comes this many seconds after the snapshot", (11.0, 0.0)
    ),
    Behaviour("tick_by_tick_limit", Evidence.MEMORY, "Tick-by-tick streams a login; one more is 10190", (5, 3)),
)
