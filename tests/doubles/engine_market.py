"""The market on an engine's bench: what is listed, what it costs, what trades. Moved by hand."""

from decimal import Decimal
from typing import Any, Self

from alphatrader import calendar
from alphatrader.domain import events as ev
from alphatrader.domain.contracts import Instrument, OptionKey, Right
from alphatrader.domain.records import RestoredState
from alphatrader.engine.commands import Command
from alphatrader.engine.engine import Engine
from alphatrader.engine.settings import EngineSettings
from tests.doubles.chain_bodies import chain_body

S = 1_000_000_000
DATE, NEXT_DATE = "2025-11-24", "2025-11-25"
EXPIRY, NEXT_EXPIRY = "20251124", "20251125"
OPEN_NS, CLOSE_NS = calendar.session_for(DATE).open_ns, calendar.session_for(DATE).close_ns
SPY = Instrument(1, "SPY", 756733, "stock", Decimal("0.01"))
_UNDERLYINGS: dict[str, tuple[int, str, float]] = {
    "SPY": (756733, "stock", 650.0),
    "QQQ": (320227571, "stock", 600.0),
    "SPX": (416904, "index", 6500.0),
}
"""Contract id, kind and price at the start."""


class EngineMarket:
    """An engine that has been started, and its market."""

    run_id = "t"

    def __init__(
        self,
        settings: EngineSettings | None = None,
        restored: RestoredState | None = None,
        *,
        date: str = DATE,
        expiries: tuple[str, ...] = (EXPIRY,),
        at: str = "11:30",
        run_id: str = "",
    ) -> None:
        self.run_id = run_id or self.run_id
        self.engine = Engine(settings or EngineSettings())
        self.session = calendar.session_for(date)
        self.expiries = expiries
        self.now_ns = calendar.to_ns(date, at)
        self.prices = {symbol: _UNDERLYINGS[symbol][2] for symbol in self.engine.state.symbols}
        self.commands: list[Command] = []
        self.exec_ids = 0
        self.strategies: dict[str, Any] = {strategy.name: strategy for strategy in self.engine.strategies}
        self.post(
            ev.RunStarted(
                ts_ns=self.now_ns,
                run_id=self.run_id,
                mode="paper",
                seed=0,
                time_scale=1.0,
                settings=self.engine.state.settings.model_dump_json(),
                build="test",
                session_date=date,
                session_open_ns=self.session.open_ns,
                session_close_ns=self.session.close_ns,
                layout=ev.LAYOUT,
            )
        )
        self.post(ev.JournalRestored(ts_ns=self.now_ns, restored=restored or RestoredState()))
        for number, symbol in enumerate(self.prices, start=1):
            con_id, kind, _ = _UNDERLYINGS[symbol]
            instrument = Instrument(number, symbol, con_id, kind, Decimal("0.01"))  # type: ignore[arg-type]
            self.post(ev.InstrumentAdded(ts_ns=self.now_ns, instrument=instrument))

    def post(self, event: ev.ControlEvent) -> list[Command]:
        commands = self.engine.handle(event)
        self.commands += commands
        return commands

    # ------------------------------------------------------------------ what is listed

    def universe(
        self, symbol: str = "SPY", trading_class: str = "", expiries: tuple[str, ...] | None = None
    ) -> list[Command]:
        """Tell what is listed: strikes a dollar apart around the present price."""
        middle = round(self.prices[symbol])
        return self.post(
            ev.OptionUniverse(
                ts_ns=self.now_ns,
                symbol=symbol,
                trading_class=trading_class or symbol,
                multiplier=100,
                expiries=self.expiries if expiries is None else expiries,
                strikes=tuple(Decimal(strike) for strike in range(middle - 10, middle + 11)),
            )
        )

    def add_options(self, symbol: str = "SPY", expiry: str = EXPIRY, trading_class: str = "") -> None:
        """Qualify nine strikes, both rights. The same contract has the same id at every start."""
        middle = round(self.prices[symbol])
        for strike in range(middle - 4, middle + 5):
            for right in (Right.CALL, Right.PUT):
                self.add_option(OptionKey(symbol, expiry, Decimal(strike), right, trading_class or symbol))

    def add_option(self, key: OptionKey) -> None:
        number = 1_000 + sum(1 for i in self.engine.state.instruments.values() if i.option is not None)
        place = 20_000 * list(_UNDERLYINGS).index(key.symbol) + 2 * int(key.strike) + (key.right is Right.PUT)
        con_id = 1_000_000 * int(key.expiry[4:]) + place
        instrument = Instrument(number, key.symbol, con_id, "option", Decimal("0.01"), 100, key)
        self.post(ev.InstrumentAdded(ts_ns=self.now_ns, instrument=instrument))

    # ------------------------------------------------------------------ market

    @property
    def price(self) -> float:
        """Of the first underlying."""
        return next(iter(self.prices.values()))

    @price.setter
    def price(self, price: float) -> None:
        self.prices[next(iter(self.prices))] = price

    def advance(self, seconds: float) -> Self:
        self.now_ns += int(seconds * S)
        return self

    def at(self, clock: str, date: str | None = None) -> Self:
        """Move on to a New York time."""
        self.now_ns = calendar.to_ns(date or self.session.date, clock)
        return self

    def quotes(self) -> Self:
        """Fresh quotes of underlyings and options, books and chains, at the present prices."""
        market = self.engine.state.market
        for number, (symbol, price) in enumerate(self.prices.items(), start=1):
            body = chain_body(self.session.date, symbol, round(price))
            self.post(ev.ChainReceived(ts_ns=self.now_ns, symbol=symbol, source="alphavantage", body=body))
            market.quote(self.now_ns, number, price - 0.01, 900, price + 0.01, 200)
            for side, sign in ((1, -1), (0, 1)):
                for row in range(5):
                    level = price + sign * 0.01 * (row + 1)
                    market.depth(self.now_ns, number, 0, side, row, level, 300 + 300 * side, "ARCA")
        for instrument in self.engine.state.instruments.values():
            if instrument.option is not None:
                self.quote_option(instrument)
        return self

    def quote_option(self, instrument: Instrument, bid: float | None = None) -> Self:
        """Quote a contract, two cents wide; without ``bid`` at what the underlying's price makes of it."""
        option = instrument.option
        assert option is not None
        gap = float(option.strike) - self.prices[option.symbol]
        inner = -gap if option.right is Right.CALL else gap
        later = 1.0 if option.expiry != self.session.date.replace("-", "") else 0.0
        value = max(0.05, round(1.6 + later + 0.5 * inner + 0.05 * inner * inner, 2)) if bid is None else bid
        number = instrument.instrument_id
        self.engine.state.market.quote(self.now_ns, number, value, 40, round(value + 0.02, 2), 40)
        return self

    def prints(self) -> Self:
        """A print of each underlying, and fresh quotes: every feed is young."""
        for number, price in enumerate(self.prices.values(), start=1):
            self.engine.state.market.trade(self.now_ns, number, price, 100, "ARCA", "")
        return self.quotes()

    def flow(self, seconds: int = 400, step: float = 0.004) -> Self:
        """Buyers lift offers second after second: OFI, aggressor volume and momentum all point up."""
        market = self.engine.state.market
        for second in range(seconds):
            self.now_ns += S
            drift = step if second >= seconds - 120 else 0.0
            self.price = round(self.price + drift + (0.01 if second % 2 else -0.01), 4)
            tick = round(self.price, 2)
            market.quote(self.now_ns, 1, tick - 0.01, 500 + 10 * (second % 7), tick + 0.01, 200)
            market.trade(self.now_ns + 1, 1, tick + 0.01, 2_000, "ARCA", "")
        return self.quotes()
