"""Summaries of starts that were killed: written by the next start, from what the journal knows."""

import time

import msgspec

from alphatrader.adapters.journal import JournalReader, SqliteJournal
from alphatrader.domain.records import RunRecord, SummaryRecord
from alphatrader.ops.run_summary import LatencySummary, RunSummary

KILLED = "it did not come to its end: killed, crashed, or the machine failed"
_NEWEST = 5_000
"""How many of the newest signals, orders and fills are looked at; a session has hundreds."""


def close_unfinished(journal: SqliteJournal) -> list[RunSummary]:
    """Write a summary for every start that has none; return them, the newest first. Blocking. Raises JournalError."""
    reader = journal.reader()
    summaries = [_summary_of(reader, run) for run in reader.unfinished_runs()]
    for summary in summaries:
        text = msgspec.json.encode(summary).decode()
        journal.append(SummaryRecord(summary.run_id, False, text, time.time_ns()))
    return summaries


def _summary_of(reader: JournalReader, run: RunRecord) -> RunSummary:
    """Count what carries the start's id."""
    prefix = f"{run.run_id}."
    signals = [record for record in reader.signals(_NEWEST) if record.signal.signal_id.startswith(prefix)]
    fills = [record for record in reader.fills(_NEWEST) if record.intent_id.startswith(prefix)]
    orders = {record.order_id for record in reader.orders(_NEWEST) if record.intent_id.startswith(prefix)}
    refused = [record.code for record in signals if not record.accepted]
    return RunSummary(
        run_id=run.run_id,
        mode=run.mode,
        market="",
        seed=0,
        speed=0.0,
        session_date="",
        wall_s=None,
        events=None,
        signals=len({record.signal.signal_id for record in signals}),
        signals_accepted=sum(record.accepted for record in signals),
        blocked={code: refused.count(code) for code in sorted(set(refused))},
        orders=len(orders),
        fills=len({record.execution.stem for record in fills}),
        realised_pnl_usd=None,
        unrealised_pnl_usd=None,
        fees_usd=None,
        net_pnl_usd=None,
        latency=LatencySummary(None, None, None, None, 0),
        open_orders=None,
        positions=[],
        positions_match=None,
        outputs_sha256="",
        clean=False,
        stopped_because=KILLED,
        killed=True,
    )
