"""Builds the :class:`~alphatrader.domain.view.EngineView` from the engine's state, a few times a second."""

from collections.abc import Iterable
from decimal import Decimal

from alphatrader.domain.orders import Leg
from alphatrader.domain.records import SignalRecord
from alphatrader.domain.view import (
    EngineView,
    FeedView,
    ForeignPositionView,
    ForeignView,
    NoticeView,
    PositionView,
    ProposalView,
    SignalView,
    StrategySymbolView,
    StrategyView,
)
from alphatrader.engine.engine import Engine
from alphatrader.engine.view_symbols import symbol_view
from alphatrader.execution.trade import Trade

_CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")


def build_view(
    engine: Engine, notices: Iterable[NoticeView], services: Iterable[FeedView], market_label: str, now_ns: int
) -> EngineView:
    """Describe everything at ``now_ns``. ``services`` are feeds that the engine does not watch (Redis, broker, ...)."""
    state, book, entries, run = engine.state, engine.book, engine.entries, engine.state.run
    blocks = [denial.text for symbol in state.symbols for denial in engine.ground.blocks(symbol)]
    refusals = entries.refusals
    counters = {
        "signals": refusals.signals,
        "signals_accepted": refusals.accepted,
        "orders": len(book.orders),
        "executions": book.ledger.execution_count,
        **{f"blocked.{code}": count for code, count in sorted(refusals.blocked.items())},
    }
    today = run.session_date.replace("-", "")
    positions = tuple(_positions(engine))
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
        symbols=tuple(symbol_view(engine, symbol) for symbol in state.symbols.values()),
        positions=positions,
        signals=tuple(_signal_view(record, today) for record in entries.history),
        notices=tuple(notices),
        realised_usd=engine.valuation.realised_usd,
        # The sum of the rows, so that a page's total is what its rows add up to.
        unrealised_usd=sum((p.unrealised_usd or Decimal(0) for p in positions), Decimal(0)),
        fees_usd=engine.valuation.fees_usd,
        account=dict(state.account),
        counters=counters,
        open_orders=len(book.live_orders()),
        strategies=tuple(_strategies(engine)),
        proposals=tuple(
            ProposalView(p.signal.signal_id, p.signal.strategy, p.signal.contract.label(today), p.expires_ns)
            for p in entries.proposals.values()
        ),
        foreign=_foreign(engine),
        unrealised_known=all(position.mark is not None for position in positions),
    )


def _strategies(engine: Engine) -> list[StrategyView]:
    settings = engine.state.settings
    return [
        StrategyView(
            name=name,
            mode=block.mode,
            budget_share=block.budget_share,
            symbols=tuple(_strategy_symbol(engine, name, symbol) for symbol in settings.symbols_of(name)),
        )
        for name, block in settings.strategies.items()
    ]


def _strategy_symbol(engine: Engine, strategy: str, symbol: str) -> StrategySymbolView:
    tally = engine.entries.refusals.of(strategy, symbol)
    assessment = engine.assessments.get((strategy, symbol))
    sign = -1.0 if assessment is not None and assessment.direction == "bearish" else 1.0
    return StrategySymbolView(
        symbol=symbol,
        score=sign * assessment.score if assessment else 0.0,
        code=assessment.code if assessment else "",
        blocked=tally.last.code if tally.last else "",
        blocked_text=tally.last.text if tally.last else "",
        signals=tally.signals,
        signals_accepted=tally.accepted,
        open_trades=sum(
            1
            for trade in engine.book.open_trades
            if trade.intent.strategy == strategy and trade.intent.contract and trade.intent.contract.symbol == symbol
        ),
    )


def _positions(engine: Engine) -> list[PositionView]:
    views = []
    trades = {trade.intent.con_id: trade for trade in engine.book.open_trades}
    for position in engine.book.ledger.open_positions():
        trade = trades.get(position.con_id)
        instrument = engine.state.by_con_id.get(position.con_id)
        mark = engine.valuation.mark(position)
        views.append(
            PositionView(
                label=_label(engine, trade, position.con_id),
                instrument_id=instrument.instrument_id if instrument else 0,
                con_id=position.con_id,
                quantity=position.quantity,
                average_price=position.average_price.quantize(_PRICE),
                mark=mark.price,
                mark_ts_ns=mark.quoted_ns,
                unrealised_usd=mark.unrealised_usd.quantize(_CENT),
                stop_price=_leg_price(trade, Leg.STOP),
                target_price=_leg_price(trade, Leg.TARGET),
                stop_resting=trade is not None and trade.stop_resting(),
                opened_ns=trade.opened_ns if trade else 0,
                strategy=trade.intent.strategy if trade else "",
            )
        )
    return views


def _foreign(engine: Engine) -> ForeignView:
    ledger = engine.book.ledger
    executed = tuple(
        ForeignPositionView(_label(engine, None, p.con_id), p.con_id, p.quantity, p.average_price.quantize(_PRICE))
        for p in ledger.foreign_positions()
    )
    return ForeignView(executed, ledger.foreign_realised_usd, ledger.foreign_fees_usd)


def _leg_price(trade: Trade | None, leg: Leg) -> Decimal | None:
    orders = [order for order in trade.legs(leg) if not order.dead] if trade else []
    if trade is None or not orders:
        return None
    ticket = orders[0].ticket
    if leg is Leg.STOP:
        return trade.stops.get(ticket.order_id, ticket.stop_price)
    return trade.limits.get(ticket.order_id, ticket.limit_price)


def _label(engine: Engine, trade: Trade | None, con_id: int) -> str:
    contract = trade.intent.contract if trade else None
    instrument = engine.state.by_con_id.get(con_id)
    contract = contract or (instrument.option if instrument else None)
    if contract is not None:
        return contract.label(engine.state.run.session_date.replace("-", ""))
    return instrument.symbol if instrument else f"contract {con_id}"


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
        strategy=signal.strategy,
        mode=record.mode,
    )
