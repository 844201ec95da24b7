"""The summary of a run: what happened, in numbers that can be checked against the gateway."""

from decimal import Decimal

from msgspec import Struct

from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.engine.latency import Percentiles
from alphatrader.engine.runner import Runner


class LatencySummary(Struct, frozen=True):
    """Wall milliseconds from the newest tick to a signal and to its order being out. Null unless the speed is 1."""

    tick_to_signal_p50_ms: float | None
    tick_to_signal_p99_ms: float | None
    tick_to_order_p50_ms: float | None
    tick_to_order_p99_ms: float | None
    samples: int


class PositionSummary(Struct, frozen=True):
    """A position on both sides."""

    con_id: int
    ours: int
    gateway: int


class RunSummary(Struct, frozen=True):
    """``summary.json``."""

    run_id: str
    mode: str
    market: str
    seed: int
    speed: float
    session_date: str
    wall_s: float
    events: int
    signals: int
    signals_accepted: int
    blocked: dict[str, int]
    orders: int
    fills: int
    realised_pnl_usd: Decimal
    unrealised_pnl_usd: Decimal
    fees_usd: Decimal
    net_pnl_usd: Decimal
    latency: LatencySummary
    open_orders: int | None
    positions: list[PositionSummary]
    positions_match: bool | None
    outputs_sha256: str
    clean: bool
    stopped_because: str


def build_summary(
    runner: Runner,
    *,
    market: str,
    wall_s: float,
    snapshot: BrokerSnapshot | None,
    digest: str,
    clean: bool,
    stopped_because: str,
) -> RunSummary:
    """Summarise a run; ``snapshot`` is the gateway's last word (None = it could not be had)."""
    engine = runner.engine
    run, book, scout = engine.state.run, engine.book, engine.scout
    cent = Decimal("0.01")
    realised, fees = book.realised_usd.quantize(cent), book.ledger.fees_usd.quantize(cent)
    unrealised = engine.unrealised_usd().quantize(cent)
    positions = _positions(runner, snapshot)
    complete = snapshot is not None and snapshot.complete
    return RunSummary(
        run_id=run.run_id,
        mode=run.mode,
        market=market,
        seed=run.seed,
        speed=run.time_scale,
        session_date=run.session_date,
        wall_s=round(wall_s, 1),
        events=runner.events,
        signals=scout.signals_made,
        signals_accepted=scout.signals_accepted,
        blocked=dict(sorted(scout.blocked.items())),
        orders=len(book.orders),
        fills=book.ledger.execution_count,
        realised_pnl_usd=realised,
        unrealised_pnl_usd=unrealised,
        fees_usd=fees,
        net_pnl_usd=realised + unrealised - fees,
        latency=_latency(runner.tick_to_signal.percentiles(), runner.tick_to_order.percentiles(), run.time_scale),
        open_orders=len(snapshot.open_orders) if snapshot is not None and complete else None,
        positions=positions,
        positions_match=all(p.ours == p.gateway for p in positions) if complete else None,
        outputs_sha256=digest,
        clean=clean,
        stopped_because=stopped_because,
    )


def _positions(runner: Runner, snapshot: BrokerSnapshot | None) -> list[PositionSummary]:
    if snapshot is None:
        return []
    ledger = runner.engine.book.ledger
    theirs = {row.con_id: row.quantity for row in snapshot.positions}
    numbers = sorted({p.con_id for p in ledger.open_positions()} | {c for c, quantity in theirs.items() if quantity})
    return [PositionSummary(c, ledger.position(c).quantity, theirs.get(c, 0)) for c in numbers]


def _latency(signal: Percentiles, order: Percentiles, speed: float) -> LatencySummary:
    if speed != 1.0:
        return LatencySummary(None, None, None, None, signal.count)
    return LatencySummary(signal.p50_ms, signal.p99_ms, order.p50_ms, order.p99_ms, signal.count)
