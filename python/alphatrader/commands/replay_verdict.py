"""``alphatrader replay``: a recorded start through the same engine; its outputs are compared byte for byte."""

import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from alphatrader.adapters.parquet import read_events
from alphatrader.domain.errors import AlphaTraderError, DataError
from alphatrader.domain.events import LAYOUT
from alphatrader.engine.replay import digest_of, replay, same_output
from alphatrader.home import Home, StartFolder
from alphatrader.ops.console import Terminal


class ReplayDiffersError(AlphaTraderError):
    """The replay's outputs are not those of the run."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison of one start."""

    start: str
    events: int
    market_rows: int
    outputs: int
    recorded: int
    digest: str
    identical: bool
    torn: str
    seconds: float
    first_difference: int | None
    layout: int
    """Of the build that recorded it: an older one is compared by the fields that both builds know."""
    changed_strategies: tuple[str, ...]


def replay_command(*, run: Path, as_json: bool) -> None:
    """Replay every start of a home, or one. Raises DataError, ReplayDiffersError."""
    verdicts = [compare_start(start) for start in find_starts(run)]
    if as_json:
        print(msgspec.json.encode(verdicts).decode())
    else:
        for verdict in verdicts:
            _print(verdict)
    different = [verdict for verdict in verdicts if not verdict.identical]
    if different:
        worst = different[0]
        raise ReplayDiffersError(
            f"the replay of {worst.start} differs from the run at output {worst.first_difference}: "
            f"{worst.outputs} outputs replayed, {worst.recorded} recorded"
        )


def find_starts(run: Path) -> list[StartFolder]:
    """Return the event log folders of a home, or ``run`` itself if it is one. Raises DataError."""
    starts = Home(run).starts() or [start for start in (StartFolder(run),) if start.has_segments]
    if not starts:
        raise DataError(
            f"{run} holds no event log: name the home of a run (for example var/sim/…) or a folder in its events/"
        )
    return starts


def compare_start(start: StartFolder) -> Verdict:
    """Replay one start and compare. A log that a crash cut short is compared as far as it goes."""
    torn: list[str] = []
    before = time.perf_counter()
    result = replay(read_events(start.path, torn.append))
    seconds = time.perf_counter() - before
    recorded = start.outputs.read_bytes().splitlines() if start.outputs.exists() else []
    whole = not torn and start.closed.exists()
    ours = list(result.outputs)
    shared = min(len(ours), len(recorded))
    pairs = zip(ours, recorded, strict=False)
    difference = next((i for i, pair in enumerate(pairs) if not same_output(*pair, result.layout)), None)
    identical = difference is None and (len(ours) == len(recorded) or not whole)
    return Verdict(
        start=str(start.path),
        events=result.events,
        market_rows=result.market_rows,
        outputs=len(ours),
        recorded=len(recorded),
        digest=digest_of(ours),
        identical=identical,
        torn="" if whole else "; ".join(torn) or "the run was not closed",
        seconds=seconds,
        first_difference=difference if difference is not None or identical else shared,
        layout=result.layout,
        changed_strategies=result.changed_strategies,
    )


def _print(verdict: Verdict) -> None:
    terminal = Terminal()
    rate = verdict.events / verdict.seconds if verdict.seconds else 0.0
    terminal.fact(
        "replay", f"{verdict.start}: {verdict.events:,} events in {verdict.seconds:.1f} s ({rate:,.0f} a second)"
    )
    if verdict.torn:
        terminal.fact("replay", f"compared as far as the log goes: {verdict.torn}", "warning")
    if verdict.changed_strategies:
        names = ", ".join(verdict.changed_strategies)
        terminal.fact("replay", f"these strategies are not the files that ran: {names}", "warning")
    text = f"{verdict.outputs} signals and order intents, sha256 {verdict.digest}"
    if verdict.identical and verdict.layout < LAYOUT:
        terminal.fact(
            "replay", f"the same as the run in all that its older layout {verdict.layout} told: {text}", "good"
        )
    elif verdict.identical:
        terminal.fact("replay", f"identical to the run: {text}", "good")
    else:
        terminal.fact("replay", f"DIFFERS from the run: {text}", "error")
