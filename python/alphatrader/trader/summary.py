"""The summary of a session: what happened, in numbers that can be checked against the gateway."""

from decimal import Decimal

from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.domain.view import EngineView
from alphatrader.engine.latency import Percentiles
from alphatrader.engine.runner import Runner
from alphatrader.ops.run_summary import LatencySummary, PositionSummary, RunSummary

_CENT = Decimal("0.01")


def build_summary(
    runner: Runner,
    view: EngineView,
    *,
    wall_s: float,
    snapshot: BrokerSnapshot | None,
    digest: str,
    clean: bool,
    stopped_because: str,
) -> RunSummary:
    """Summarise a session; ``snapshot`` is the gateway's last word (None = it could not be had)."""
    run = runner.engine.state.run
    realised, unrealised, fees = (
        amount.quantize(_CENT) for amount in (view.realised_usd, view.unrealised_usd, view.fees_usd)
    )
    positions = _positions(runner, snapshot)
    complete = snapshot is not None and snapshot.complete
    blocked = {name.removeprefix("blocked."): n for name, n in view.counters.items() if name.startswith("blocked.")}
    return RunSummary(
        run_id=run.run_id,
        mode=run.mode,
        market=view.market_label or "Interactive Brokers",
        seed=run.seed,
        speed=run.time_scale,
        session_date=run.session_date,
        wall_s=round(wall_s, 1),
        events=runner.events,
        signals=view.counters["signals"],
        signals_accepted=view.counters["signals_accepted"],
        blocked=blocked,
        orders=view.counters["orders"],
        fills=view.counters["executions"],
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
    held = {con_id for con_id in ledger.con_ids() if ledger.quantity(con_id)}
    numbers = sorted(held | {con_id for con_id, quantity in theirs.items() if quantity})
    return [PositionSummary(c, ledger.quantity(c), theirs.get(c, 0)) for c in numbers]


def _latency(signal: Percentiles, order: Percentiles, speed: float) -> LatencySummary:
    if speed != 1.0:
        return LatencySummary(None, None, None, None, signal.count)
    return LatencySummary(signal.p50_ms, signal.p99_ms, order.p50_ms, order.p99_ms, signal.count)
