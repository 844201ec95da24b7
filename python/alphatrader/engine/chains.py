"""What comes from Alpha Vantage: chains become exposures, news and indicators are kept with their time."""

from alphatrader._core import CoreError
from alphatrader.analytics.exposures import compute_exposure
from alphatrader.domain import events as ev
from alphatrader.engine.commands import Command, Notify
from alphatrader.engine.state import EngineState, SymbolState


class Chains:
    """Takes chains, sentiment and indicators."""

    def __init__(self, state: EngineState) -> None:
        self._state = state

    def on_chain(self, event: ev.ChainReceived) -> list[Command]:
        """Keep a body until spot is known to value it at."""
        self._state.symbols[event.symbol].pending_chain = (event.ts_ns, event.source, event.body)
        return []

    def on_chain_failed(self, event: ev.ChainFailed) -> list[Command]:
        """Say once why there is no chain; the age of the last one goes on growing."""
        return self._trouble(self._state.symbols[event.symbol], event.reason)

    def on_sentiment(self, event: ev.SentimentReceived) -> list[Command]:
        """Keep the news' sentiment."""
        self._state.symbols[event.symbol].sentiment = (event.ts_ns, event.score, event.articles)
        return []

    def on_indicator(self, event: ev.IndicatorReceived) -> list[Command]:
        """Keep an indicator's newest values."""
        self._state.symbols[event.symbol].technicals[event.name] = (event.ts_ns, event.values)
        return []

    def step(self, symbol: SymbolState) -> list[Command]:
        """Compute the exposure of a chain that waits, at the present spot."""
        if symbol.pending_chain is None or symbol.instrument is None:
            return []
        spot = self._state.market.mid(symbol.instrument.instrument_id)
        if spot is None:
            return []
        (ts_ns, source, body), symbol.pending_chain = symbol.pending_chain, None
        first = symbol.exposure is None
        try:
            symbol.exposure = compute_exposure(symbol.symbol, source, body, spot, ts_ns)
        except CoreError as error:
            return self._trouble(symbol, str(error))
        symbol.chain_error = ""
        if not first:
            return []
        view = symbol.exposure.view
        text = f"{symbol.symbol}: GEX {view.gex_usd_per_pct / 1e6:+,.0f} M$ per 1%, call wall {view.call_wall}"
        return [Notify("info", "chain.first", f"{text}, put wall {view.put_wall}, {view.rows_used} rows")]

    def _trouble(self, symbol: SymbolState, reason: str) -> list[Command]:
        if symbol.chain_error == reason:
            return []
        symbol.chain_error = reason
        return [Notify("warning", "chain.trouble", f"{symbol.symbol}: {reason}")]
