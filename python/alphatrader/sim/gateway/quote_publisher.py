"""The round of L1 data: prints one by one, quotes and greeks conflated by wall time, one write a client."""

from collections import defaultdict

from alphatrader import _core
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.generic_ticks import GenericTicks
from alphatrader.sim.gateway.greeks import Computations, compute
from alphatrader.sim.gateway.quote_lines import Line, Lines
from alphatrader.sim.gateway.quote_messages import (
    ASK_EXCHANGE,
    BID_EXCHANGE,
    CAN_EXECUTE,
    HALTED,
    LAST_EXCHANGE,
    PRE_OPEN,
    RT_TRADE_VOLUME,
    RT_VOLUME,
    best_exchanges,
)
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.gateway.valuation import OptionTerms
from alphatrader.sim.gateway.venues import letter
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import (
    Auction,
    Depth,
    Greeks,
    Halt,
    ListedContract,
    MarketTables,
    MarketUpdate,
    Phase,
    Print,
    Quote,
    SessionChange,
    SimulatedMarket,
)

GREEKS_CONFLATION_S = 0.2
EXTRAS_S = 1.0
"""Wall time between two updates of a line's generic ticks."""
EXTRAS_LOOK_S = 0.1


class QuotePublisher:
    """Keeps what the market said last, and tells the open lines."""

    def __init__(
        self,
        market: SimulatedMarket,
        contracts: ContractService,
        faults: FaultBoard,
        lines: Lines,
        conflation_s: float,
        past: Past,
    ) -> None:
        self._market = market
        self._contracts = contracts
        self._faults = faults
        self._lines = lines
        self._conflation_s = conflation_s
        self.stats: dict[int, DayStats] = defaultdict(DayStats)
        self._generic = GenericTicks(market, self.stats, past)
        self._closes: dict[str, dict[int, float]] = {}
        self._quotes: dict[int, Quote] = {}
        self._exchanges: dict[int, tuple[str, str]] = {}
        self._fresh_quotes: dict[int, Quote] = {}
        self._fresh_greeks: dict[int, Greeks] = {}
        self._terms: tuple[tuple[int, ...], OptionTerms] | None = None
        self._out: dict[Session, list[bytes]] = {}
        self._extras_look_s = 0.0

    def load_stats(self) -> None:
        """Sum up the session so far for the underlyings."""
        for contract in self._contracts.catalogue.underlyings():
            stats = self.stats[contract.con_id]
            for tick in self._market.history(contract.con_id, self._market.open_ns, self._market.now_ns):
                stats.add(tick)

    # ------------------------------------------------------------------------------------------------------- the round

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Take in what happened and send what is due."""
        self._take_in(updates)
        if self._fresh_quotes:
            waiting = [quote for quote in self._fresh_quotes.values() if not self._send_quotes(quote, now_s)]
            self._fresh_quotes = {quote.con_id: quote for quote in waiting}
        if self._fresh_greeks:
            self._send_greeks(now_s)
        for polled in self._lines.polled.values():
            if now_s >= polled.due_s and self._speaks(polled.contract) and all(map(self._listed, polled.legs)):
                polled.due_s = now_s + polled.interval_s
                self._put(polled.session, polled.poll())
        self._send_extras(now_s)
        out, self._out = self._out, {}
        for session, messages in out.items():
            session.send_data(b"".join(messages))

    def _take_in(self, updates: list[MarketUpdate]) -> None:
        watched = self._lines.by_contract
        for update in updates:
            if isinstance(update, Quote):
                if update.con_id in watched:
                    self._fresh_quotes[update.con_id] = update
            elif isinstance(update, Greeks):
                if update.con_id in watched:
                    self._fresh_greeks[update.con_id] = update
            elif isinstance(update, Print):
                self._on_print(update)
            elif isinstance(update, Depth):
                if update.con_id in watched:
                    self._exchanges[update.con_id] = best_exchanges(update)
            else:
                self._on_event(update)

    def _speaks(self, contract: ListedContract) -> bool:
        """Whether anything is said of a contract: what has expired is silent, and so is what a fault mutes."""
        return self._listed(contract.con_id) and not self._faults.muted(contract, "quote")

    def _listed(self, con_id: int) -> bool:
        return self._contracts.catalogue.listed(con_id) is not None

    def _put(self, session: Session, messages: list[bytes]) -> None:
        if messages:
            self._out.setdefault(session, []).extend(messages)

    def _on_print(self, tick: Print) -> None:
        stats = self.stats[tick.con_id]
        stats.add(tick)
        for line in self._lines.of(tick.con_id):
            if line.generic.isdisjoint({"233", "375"}) or self._faults.muted(line.contract, "trade"):
                continue
            out = [line.encoder.volume(RT_VOLUME, tick, stats)] if "233" in line.generic else []
            if "375" in line.generic and not _core.parse_sale_conditions(tick.conditions) & _core.SALE_UNREPORTABLE:
                out.append(line.encoder.volume(RT_TRADE_VOLUME, tick, stats))
            if tick.venue:
                out.append(line.encoder.string(LAST_EXCHANGE, letter(tick.venue)))
            self._put(line.session, out)

    def _on_event(self, update: Auction | Halt | SessionChange) -> None:
        if isinstance(update, SessionChange):
            if update.event == "day":
                self.stats.clear()
                self._closes.clear()
            return
        for line in self._lines.of(update.con_id):
            if isinstance(update, Halt):
                self._put(line.session, [line.encoder.generic(HALTED, float(update.halted))])
            elif "225" in line.generic:
                encoder = line.encoder
                out = [encoder.size(34, update.size), encoder.price(35, update.price, 0), encoder.size(36, 0.0)]
                self._put(line.session, out)

    def _send_quotes(self, quote: Quote, now_s: float) -> bool:
        """Update the lines of a contract; return whether none is left waiting."""
        complete = True
        self._quotes[quote.con_id] = quote
        for line in self._lines.of(quote.con_id):
            if now_s < line.quote_due_s or line.session.congested or self._faults.muted(line.contract, "quote"):
                complete = False
                continue
            out = self._changes(line, quote)
            if out:
                self._put(line.session, out)
                line.quote_due_s = now_s + self._conflation_s
            line.quote = quote
        return complete

    def _changes(self, line: Line, quote: Quote) -> list[bytes]:
        encoder = line.encoder
        if line.index:
            out = encoder.index(line.quote, quote)
        else:
            out = encoder.quote(line.quote, quote, self._mask(line.contract))
        stats = self.stats.get(quote.con_id)
        if stats is not None and (told := (stats.open, stats.high, stats.low)) != line.told:
            out += encoder.day(stats, line.told)
            line.told = told
        exchanges = self._exchanges.get(quote.con_id)
        if exchanges is not None and exchanges != line.exchanges:
            for tick_type, now, before in zip((BID_EXCHANGE, ASK_EXCHANGE), exchanges, line.exchanges, strict=True):
                if now != before:
                    out.append(encoder.string(tick_type, now))
            line.exchanges = exchanges
        return out

    def _mask(self, contract: ListedContract) -> int:
        if contract.sec_type == "STK" and self._market.phase(contract.con_id) is Phase.PRE:
            return CAN_EXECUTE | PRE_OPEN
        return CAN_EXECUTE

    # ---------------------------------------------------------------------------------------------------------- greeks

    def _send_greeks(self, now_s: float) -> None:
        """Compute and send for all options that have a line whose time has come."""
        due: list[Line] = []
        waiting: set[int] = set()
        for con_id in self._fresh_greeks:
            for line in self._lines.of(con_id):
                if not line.greeks:
                    continue
                if now_s < line.greeks_due_s or line.session.congested or self._faults.muted(line.contract, "quote"):
                    waiting.add(con_id)
                else:
                    due.append(line)
        if due:
            contracts = {line.contract.con_id: line.contract for line in due}
            found = self._compute(contracts)
            for line in due:
                line.greeks_due_s = now_s + GREEKS_CONFLATION_S
                self._put(line.session, self._computations(line, found[line.contract.con_id]))
        self._fresh_greeks = {con_id: value for con_id, value in self._fresh_greeks.items() if con_id in waiting}

    def _compute(self, contracts: dict[int, ListedContract]) -> dict[int, Computations]:
        con_ids = tuple(contracts)
        if self._terms is None or self._terms[0] != con_ids:
            self._terms = (con_ids, OptionTerms(list(contracts.values())))
        quotes = {con_id: self._quotes.get(con_id) or self._market.quote(con_id) for con_id in con_ids}
        greeks = {con_id: self._fresh_greeks.get(con_id) or self._market.greeks(con_id) for con_id in con_ids}
        return compute(list(contracts.values()), self._terms[1], greeks, quotes, self._market.now_ns)

    def _computations(self, line: Line, found: Computations) -> list[bytes]:
        encoder, types = line.encoder, line.encoder.types
        out = [encoder.option(types.bid_option, found.bid), encoder.option(types.ask_option, found.ask)]
        last = line.quote.last if line.quote else 0.0
        if last > 0 and last != line.last_computed:
            line.last_computed = last
            out.append(encoder.option(types.last_option, found.last))
        out.append(encoder.option(types.model_option, found.model))
        return out

    # ------------------------------------------------------------------------------------------------- slower and once

    def _send_extras(self, now_s: float) -> None:
        """Send generic ticks that changed; lines are looked at a few times a second only, there may be many."""
        if now_s < self._extras_look_s:
            return
        self._extras_look_s = now_s + EXTRAS_LOOK_S
        for lines in self._lines.by_contract.values():
            for line in lines.values():
                if line.generic and now_s >= line.extras_due_s and self._speaks(line.contract):
                    self._put(line.session, self._extras(line, now_s))

    def _extras(self, line: Line, now_s: float) -> list[bytes]:
        line.extras_due_s = now_s + EXTRAS_S
        con_id = line.contract.con_id
        quote = line.quote or self._market.quote(con_id)
        out = []
        for tick in self._generic.values(line.contract, line.generic, quote, now_s):
            if line.extras.get(tick.tick_type) != tick.value:
                line.extras[tick.tick_type] = tick.value
                out.append(tick.encode(line.encoder))
        return out

    def send_present(self, line: Line, now_s: float, *, sides: bool) -> None:
        """Tell a new line everything that is known now; without ``sides``, no bid and no offer."""
        if self._faults.muted(line.contract, "quote"):
            return
        contract, encoder = line.contract, line.encoder
        quote = self._market.quote(contract.con_id)
        self._quotes[contract.con_id] = quote
        shown = quote if sides else quote._replace(bid=0.0, bid_size=0.0, ask=0.0, ask_size=0.0)
        out = self._changes(line, shown)
        line.quote = shown
        close = self._previous_close(contract)
        if close > 0:
            out.append(encoder.price(encoder.types.close, close, 0))
        out.append(encoder.generic(HALTED, float(self._market.phase(contract.con_id) is Phase.HALTED)))
        if line.greeks:
            self._quotes[contract.con_id] = shown
            out += self._computations(line, self._compute({contract.con_id: contract})[contract.con_id])
            self._quotes[contract.con_id] = quote
        out += self._extras(line, now_s)
        line.session.send(b"".join(out))
        line.quote_due_s = now_s + self._conflation_s

    def _previous_close(self, contract: ListedContract) -> float:
        if contract.sec_type != "OPT":
            return self._market.previous_close(contract.symbol)
        if not isinstance(self._market, MarketTables):
            return 0.0
        closes = self._closes.get(contract.symbol)
        if closes is None:
            table = self._market.previous_chain(contract.symbol)
            middle = (table.bid + table.ask) / 2
            pairs = zip(table.contracts, middle.tolist(), strict=True)
            closes = self._closes[contract.symbol] = {option.con_id: round(price, 2) for option, price in pairs}
        return closes.get(contract.con_id, 0.0)
