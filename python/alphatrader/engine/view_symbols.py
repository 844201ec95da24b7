"""One underlying as people see it: market, analytics, book, prints, bars."""

from alphatrader import _core
from alphatrader.domain.view import SymbolView
from alphatrader.engine.engine import Engine
from alphatrader.engine.state import SymbolState

_METRICS = tuple(
    name
    for name, kind in _core.Snapshot.__dict__.items()
    if not name.startswith("_") and name not in {"ts_ns", "bid", "ask", "last"} and not callable(kind)
)
_DEPTH_LEVELS, _TRADES, _BARS = 10, 30, 240


def symbol_view(engine: Engine, symbol: SymbolState) -> SymbolView:
    """Describe an underlying; empty before it is subscribed."""
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
    for (strategy, name), assessment in engine.assessments.items():
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
