"""The event log: every row that entered the engine, in order, crash-safe, readable by any Arrow program.

``SegmentedEventLog`` writes the log of one start, ``read_events`` reads one, ``seal`` turns what a crash left behind
into Parquet.
"""

from alphatrader.adapters.parquet.conversion import seal
from alphatrader.adapters.parquet.event_log import SegmentedEventLog
from alphatrader.adapters.parquet.reading import read_events

__all__ = ["SegmentedEventLog", "read_events", "seal"]
