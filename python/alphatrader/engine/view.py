"""Builds the :class:`~alphatrader.domain.view.EngineView` from the engine's state, a few times a second."""

from collections.abc import Iterable
from decimal import Decimal

from alphatrader import _core
from alphatrader.domain.orders import Leg
from alphatrader.domain.records import SignalRecord
from alphatrader.domain.view import EngineView, FeedView, NoticeView, PositionView, SignalView, SymbolView
from alphatrader.engine.engine import Engine
from alphatrader.engine.state import SymbolState
from alphatrader.execution.trades import Trade

_METRICS = tuple(
    name
    for name, kind in _core.Snapshot.__dict__.items()
    if not name.startswith("_") and name not in {"ts_ns", "bid", "ask", "last"} and not callable(kind)
)
_DEPTH_LEVELS, _TRADES, _BARS = 10, 30, 240


def build_view(
    engine: Engine, notices: Iterable[NoticeView], services: Iterable[FeedView], market_label: str, now_ns: int
) -> EngineView:
    """Describe everything at ``now_ns``. ``services`` are feeds that the engine does not watch (Redis, broker, ...)."""
    state, book, scout, run = engine.state, engine.book, engine.scout, engine.state.run
    blocks = [denial.text for symbol in state.symbols for denial in scout.entry_blocks(symbol)]
    counters = {
        "signals": scout.signals_made,
        "signals_accepted": scout.signals_accepted,
        "orders": len(book.orders),
        "executions": book.ledger.execution_count,
        **{f"blocked.{code}": count for code, count in sorted(scout.blocked.items())},
    }
    return EngineView(
        ts_ns=now_ns,
        run_id=run.run_id,
        build=run.build,
        mode=run.mode,
        simulated=bool(market_label),
        market_label=market_label,
        time_scale=run.time_scale,
        session_date=run.session_date,
        session_open_ns=run.session_open_ns,
        session_close_ns=run.session_close_ns,
        warming_up=state.warming_up,
        trading_state=state.trading_state.value,
        state_reason=state.state_reason,
        entries_paused=tuple(dict.fromkeys(blocks)),
        feeds=(*engine.feeds.views(), *services),
        symbols=tuple(_symbol_view(engine, symbol) for symbol in state.symbols.values()),
        positions=tuple(_positions(engine)),
        signals=tuple(_signal_view(record, run.session_date.replace("-", "")) for record in scout.history),
        notices=tuple(notices),
        realised_usd=book.realised_usd,
        unrealised_usd=engine.unrealised_usd(),
        fees_usd=book.ledger.fees_usd,
        account=dict(state.account),
        counters=counters,
        open_orders=len(book.live_orders()),
    )


def _symbol_view(engine: Engine, symbol: SymbolState) -> SymbolView:
    market = engine.state.market
    if symbol.instrument is None:
        return SymbolView(symbol.symbol, 0, None, None, None, {}, (), (), (), (), None, None, {})
    number = symbol.instrument.instrument_id
    snapshot = market.snapshot(number)
    bids, asks = market.levels(number, _DEPTH_LEVELS)
    # Flags become 0 and 1: the view promises numbers, and its readers check.
    metrics = {name: None if (value := getattr(snapshot, name)) is None else float(value) for name in _METRICS}
    toxicity = engine.toxicity.get(symbol.symbol)
    if toxicity is not None:
        metrics["toxicity"] = toxicity.score
        metrics["toxicity_patterns"] = toxicity.patterns
        metrics["toxicity_imbalance_volatility"] = toxicity.imbalance_volatility
    for (name, strategy), assessment in engine.assessments.items():
        if name == symbol.symbol:
            sign = -1.0 if assessment.direction == "bearish" else 1.0
            metrics[f"score.{strategy}"] = sign * assessment.score
    return SymbolView(
        symbol=symbol.symbol,
        ts_ns=snapshot.ts_ns,
        bid=snapshot.bid,
        ask=snapshot.ask,
        last=snapshot.last,
        metrics=metrics,
        bids=tuple(bids),
        asks=tuple(asks),
        trades=tuple(market.recent_trades(number, _TRADES)),
        bars=tuple(market.bars(number, 60, _BARS)),
        exposure=symbol.exposure.view if symbol.exposure else None,
        sentiment=symbol.sentiment,
        technicals=dict(symbol.technicals),
    )


def _positions(engine: Engine) -> list[PositionView]:
    views = []
    trades = {trade.intent.con_id: trade for trade in engine.book.open_trades}
    for position in engine.book.ledger.open_positions():
        trade = trades.get(position.con_id)
        instrument = engine.state.by_con_id.get(position.con_id)
        mark, mark_ns = _mark(engine, instrument.instrument_id) if instrument else (None, 0)
        multiplier = instrument.multiplier if instrument else 100
        unrealised = None if mark is None else (mark - position.average_price) * position.quantity * multiplier
        views.append(
            PositionView(
                label=_label(engine, trade, position.con_id),
                instrument_id=instrument.instrument_id if instrument else 0,
                con_id=position.con_id,
                quantity=position.quantity,
                average_price=position.average_price.quantize(Decimal("0.0001")),
                mark=mark,
                mark_ts_ns=mark_ns,
                unrealised_usd=None if unrealised is None else unrealised.quantize(Decimal("0.01")),
                stop_price=_leg_price(trade, Leg.STOP),
                target_price=_leg_price(trade, Leg.TARGET),
                stop_resting=trade is not None and trade.stop_resting(),
                opened_ns=trade.opened_ns if trade else 0,
            )
        )
    return views


def _mark(engine: Engine, instrument_id: int) -> tuple[Decimal | None, int]:
    """Mark a long option at its bid: what it would fetch."""
    bid, _, _, _, _, quote_ns = engine.state.market.l1(instrument_id)
    return (Decimal(repr(bid)), quote_ns) if quote_ns and bid > 0 else (None, 0)


def _leg_price(trade: Trade | None, leg: Leg) -> Decimal | None:
    order = trade.leg(leg) if trade else None
    if trade is None or order is None:
        return None
    return order.ticket.stop_price or trade.limits.get(order.ticket.order_id, order.ticket.limit_price)


def _label(engine: Engine, trade: Trade | None, con_id: int) -> str:
    contract = trade.intent.contract if trade else None
    instrument = engine.state.by_con_id.get(con_id)
    contract = contract or (instrument.option if instrument else None)
    return contract.label(engine.state.run.session_date.replace("-", "")) if contract else f"contract {con_id}"


def _signal_view(record: SignalRecord, session_date: str) -> SignalView:
    signal = record.signal
    return SignalView(
        ts_ns=signal.created_ns,
        signal_id=signal.signal_id,
        label=signal.contract.label(session_date),
        direction=signal.direction,
        score=signal.score,
        entry_limit=signal.entry_limit,
        stop_price=signal.stop_price,
        target_price=signal.target_price,
        accepted=record.accepted,
        code=record.code,
        text=record.text,
        reasons=tuple((r.name, r.value, r.contribution, r.text) for r in signal.reasons),
    )
