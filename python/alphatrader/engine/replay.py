"""Replay: the recorded events through the same engine; its outputs must be those of the recorded run, byte for byte.

Market rows go to Rust in ranges of an Arrow batch between two control events; no Python object is made for them.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from alphatrader._core import EventRows
from alphatrader.domain import events as ev
from alphatrader.domain.errors import DataError
from alphatrader.domain.eventlog import CONTROL
from alphatrader.engine.engine import Engine
from alphatrader.engine.old_layouts import recorded_event, recorded_settings
from alphatrader.strategies.registry import source_digest


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay produced. ``digest`` is the SHA-256 over the output lines."""

    run_id: str
    layout: int
    """Of the build that recorded it."""
    changed_strategies: tuple[str, ...]
    """Strategies whose files are not those of the run: other decisions are to be expected."""
    events: int
    market_rows: int
    outputs: tuple[bytes, ...]
    digest: str
    engine: Engine


def digest_of(lines: Iterable[bytes]) -> str:
    """SHA-256 over lines, each ended by a newline: the hash that runs and replays print."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()


def same_output(ours: bytes, recorded: bytes, layout: int) -> bool:
    """Whether a replayed output is the recorded one.

    Byte for byte; what a build of an older layout recorded is compared by the fields that both know.
    """
    if layout >= ev.LAYOUT:
        return ours == recorded
    return _agree(msgspec.json.decode(ours), msgspec.json.decode(recorded))


def changed_strategies(run: ev.RunStarted, engine: Engine) -> tuple[str, ...]:
    """Return the strategies of a recorded run whose files have changed since."""
    folder = engine.state.settings.strategies_dir
    return tuple(name for name, was in run.strategy_sources.items() if source_digest(name, folder) != was)


def _agree(ours: Any, recorded: Any) -> bool:
    if isinstance(ours, dict) and isinstance(recorded, dict):
        return all(_agree(ours[name], recorded[name]) for name in ours.keys() & recorded.keys())
    if isinstance(ours, list) and isinstance(recorded, list):
        return len(ours) == len(recorded) and all(map(_agree, ours, recorded))
    return bool(ours == recorded)


def replay(batches: Iterable[pa.RecordBatch]) -> ReplayResult:
    """Run recorded batches (in ``seq`` order) through a new engine. Raises DataError on a log without its start."""
    engine: Engine | None = None
    outputs: list[bytes] = []
    events = market_rows = 0
    run: ev.RunStarted | None = None
    for batch in batches:
        events += batch.num_rows
        rows = EventRows(batch)
        controls: list[int] = np.flatnonzero(batch.column("kind").to_numpy() == CONTROL).tolist()
        payloads: list[bytes | None] = batch.column("payload").take(pa.array(controls, pa.int64())).to_pylist()
        start = 0
        for index, payload in zip([*controls, batch.num_rows], [*payloads, b""], strict=True):
            if index > start:
                if engine is None:
                    raise DataError("the event log does not begin with the start of a run; it is not a whole recording")
                market_rows += engine.state.market.apply_rows(rows, start, index)
            start = index + 1
            if index == batch.num_rows:
                break
            event = recorded_event(payload or b"", run)
            if engine is None:
                if not isinstance(event, ev.RunStarted):
                    raise DataError(f"the event log begins with {type(event).__name__}, not with RunStarted")
                run = event
                engine = Engine(recorded_settings(run))
            engine.take(event)
            outputs += engine.state.drain_outputs()
    if engine is None or run is None:
        raise DataError("the event log is empty")
    return ReplayResult(
        run.run_id,
        run.layout,
        changed_strategies(run, engine),
        events,
        market_rows,
        tuple(outputs),
        digest_of(outputs),
        engine,
    )
