"""Shadow trades: strategies that decide live and are journaled with the outcome they would have had, without orders."""

from alphatrader.domain.contracts import OptionKey
from alphatrader.domain.records import ShadowRecord, SignalRecord
from alphatrader.domain.signals import Signal
from alphatrader.engine.commands import Command, Notify, WriteRecord
from alphatrader.engine.state import EngineState
from alphatrader.engine.valuation import Valuation
from alphatrader.execution.shadow import ShadowTrade
from alphatrader.signals.selection import OptionQuote


class Shadows:
    """Follows what shadow signals would have become."""

    def __init__(self, state: EngineState, valuation: Valuation) -> None:
        self._state = state
        self._valuation = valuation
        self.trades: dict[str, ShadowTrade] = {}
        """Unfinished ones, by signal id."""
        self._restored: list[SignalRecord] = []
        """Of earlier starts, until their contracts are qualified again."""

    def restore(self, records: tuple[SignalRecord, ...]) -> None:
        """Go on with those that had not ended when the journal was last written."""
        self._restored = list(records)

    def _signals(self) -> list[Signal]:
        return [trade.signal for trade in self.trades.values()] + [record.signal for record in self._restored]

    def contracts(self) -> list[OptionKey]:
        """Contracts that must be quoted."""
        if not self.trades and not self._restored:
            return []
        return [signal.contract for signal in self._signals()]

    def busy(self, strategy: str, symbol: str) -> bool:
        """Whether a shadow trade of the strategy in the underlying is unfinished."""
        return any(signal.strategy == strategy and signal.symbol == symbol for signal in self._signals())

    def open(self, signal: Signal, quote: OptionQuote, quantity: int) -> list[Command]:
        """Begin to follow a signal."""
        self.trades[signal.signal_id] = ShadowTrade(signal, quote.instrument, quantity, self._state.now_ns)
        text = f"{self._label(signal)}: would buy {quantity} at {signal.ask}; its outcome is journaled"
        return [Notify("info", "shadow.opened", text)]

    def step(self) -> list[Command]:
        """Look at every unfinished one."""
        commands: list[Command] = []
        if not self.trades and not self._restored:
            return commands
        self._adopt()
        for trade in list(self.trades.values()):
            bid = self._valuation.bid(trade.instrument)
            # One of an earlier configuration may be about an underlying that is not watched any more.
            symbol = self._state.symbols.get(trade.signal.symbol)
            spot = self._state.market.mid(symbol.instrument.instrument_id) if symbol and symbol.instrument else None
            if trade.step(self._state.now_ns, bid, spot, self._state.settings.execution):
                commands += self._finish(trade)
        return commands

    def _adopt(self) -> None:
        """Take up restored ones whose contracts are known by now."""
        for record in list(self._restored):
            instrument = next((i for i in self._state.instruments.values() if i.option == record.signal.contract), None)
            if instrument is not None:
                self._restored.remove(record)
                self.trades[record.signal.signal_id] = ShadowTrade(
                    record.signal, instrument, record.quantity, record.ts_ns
                )

    def _finish(self, trade: ShadowTrade) -> list[Command]:
        del self.trades[trade.signal.signal_id]
        signal, result = trade.signal, trade.result_usd
        reason = "; ".join(dict.fromkeys(part.reason for part in trade.exits))
        record = ShadowRecord(
            signal_id=signal.signal_id,
            strategy=signal.strategy,
            symbol=signal.symbol,
            con_id=trade.instrument.con_id,
            quantity=trade.quantity,
            entry_price=signal.ask,
            exit_price=trade.exit_price,
            opened_ns=trade.opened_ns,
            closed_ns=self._state.now_ns,
            reason=reason,
            result_usd=result,
        )
        held_s = (self._state.now_ns - trade.opened_ns) / 1e9
        text = f"would have closed after {held_s:.0f} s, P&L {result:+.2f} USD before fees ({reason})"
        return [WriteRecord(record), Notify("info", "shadow.closed", f"{self._label(signal)}: {text}")]

    def _label(self, signal: Signal) -> str:
        return signal.contract.label(self._state.run.session_date.replace("-", ""))
