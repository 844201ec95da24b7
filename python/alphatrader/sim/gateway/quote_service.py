"""L1 lines: quotes conflated by wall time, prints (233) one by one, greeks of options, snapshots."""

from collections import defaultdict

from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.quote_messages import (
    CALL_OPEN_INTEREST,
    LIVE,
    PUT_OPEN_INTEREST,
    DayStats,
    day_ticks,
    greeks_changes,
    quote_changes,
    rt_volume,
    tick_size,
)
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import Greeks, ListedContract, MarketUpdate, Print, Quote, SimulatedMarket
from alphatrader.sim.wire.data_requests import MarketDataRequest
from alphatrader.sim.wire.fields import message

CONFLATION_S = 0.05
"""Wall time between two updates of one line. Real gateways take 0.25 s."""
GREEKS_CONFLATION_S = 0.2
MAX_LINES = 100
"""Market data lines a login: the broker's default."""


class Line:
    """One client's subscription of one contract, and what it was told last."""

    __slots__ = ("contract", "greeks_due_s", "prints", "quote", "quote_due_s", "req_id", "session")

    def __init__(self, session: Session, req_id: int, contract: ListedContract, *, prints: bool) -> None:
        self.session = session
        self.req_id = req_id
        self.contract = contract
        self.prints = prints
        self.quote: Quote | None = None
        self.quote_due_s = 0.0
        self.greeks_due_s = 0.0


class QuoteService:
    """Serves reqMktData. Call ``publish`` after each advance of the market."""

    def __init__(self, market: SimulatedMarket, contracts: ContractService, faults: FaultBoard) -> None:
        self._market = market
        self._contracts = contracts
        self._faults = faults
        self._lines: dict[int, dict[tuple[int, int], Line]] = defaultdict(dict)
        self._by_request: dict[tuple[int, int], Line] = {}
        self._stats: dict[int, DayStats] = {}
        self._fresh_quotes: dict[int, Quote] = {}
        self._fresh_greeks: dict[int, Greeks] = {}

    def load_stats(self) -> None:
        """Sum up the session so far, so that day volume and VWAP start right. It takes a while: do it once."""
        for contract in self._contracts.catalogue.underlyings():
            stats = self._stats.setdefault(contract.con_id, DayStats())
            for tick in self._market.history(contract.con_id, self._market.open_ns, self._market.now_ns):
                stats.add(tick)

    # ------------------------------------------------------------------------------------------------------- requests

    def start(self, session: Session, request: MarketDataRequest, now_s: float) -> None:
        """Open a line, or answer a snapshot."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        key = (_client(session), request.req_id)
        if key in self._by_request:
            session.error(request.req_id, 322, "Error processing request.-'xx' : cause - Duplicate ticker id")
            return
        if not request.snapshot and len(self._by_request) >= MAX_LINES:
            session.error(request.req_id, 101, "Max number of tickers has been reached")
            return
        line = Line(session, request.req_id, contract, prints="233" in request.generic_ticks)
        session.send(message(81, request.req_id, contract.min_tick, "a6", 3))
        session.send(message(58, 1, request.req_id, LIVE))
        self._send_present(line, open_interest="101" in request.generic_ticks or contract.sec_type == "OPT")
        if request.snapshot:
            session.send(message(57, 1, request.req_id))
            return
        line.quote_due_s = now_s + CONFLATION_S
        self._lines[contract.con_id][key] = line
        self._by_request[key] = line

    def stop(self, session: Session, req_id: int) -> None:
        """Close a line."""
        line = self._by_request.pop((_client(session), req_id), None)
        if line is None:
            session.error(req_id, 300, f"Can't find EId with tickerId:{req_id}")
            return
        self._drop(line)

    def forget(self, session: Session) -> None:
        """Close all lines of a client."""
        for key in [key for key in self._by_request if key[0] == _client(session)]:
            self._drop(self._by_request.pop(key))

    def _drop(self, line: Line) -> None:
        lines = self._lines[line.contract.con_id]
        lines.pop((_client(line.session), line.req_id), None)
        if not lines:
            del self._lines[line.contract.con_id]

    def watched(self) -> set[int]:
        """Contracts that somebody listens to."""
        return set(self._lines)

    # ------------------------------------------------------------------------------------------------------ publishing

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Send prints at once, and quotes of the lines whose time has come."""
        for update in updates:
            if isinstance(update, Print):
                self._on_print(update)
            elif isinstance(update, Quote):
                if update.con_id in self._lines:
                    self._fresh_quotes[update.con_id] = update
            elif isinstance(update, Greeks) and update.con_id in self._lines:
                self._fresh_greeks[update.con_id] = update
        self._fresh_quotes = {
            con_id: quote for con_id, quote in self._fresh_quotes.items() if not self._send_quotes(quote, now_s)
        }
        self._fresh_greeks = {
            con_id: greeks for con_id, greeks in self._fresh_greeks.items() if not self._send_greeks(greeks, now_s)
        }

    def _on_print(self, tick: Print) -> None:
        stats = self._stats.get(tick.con_id)
        if stats is None:
            stats = self._stats[tick.con_id] = DayStats()
        stats.add(tick)
        for line in self._lines.get(tick.con_id, {}).values():
            if line.prints and not self._faults.muted(line.contract, "trade"):
                line.session.send_data(rt_volume(line.req_id, tick, stats))

    def _send_quotes(self, quote: Quote, now_s: float) -> bool:
        """Update the lines of a contract; return whether none is left waiting."""
        complete = True
        for line in self._lines.get(quote.con_id, {}).values():
            if now_s < line.quote_due_s or self._faults.muted(line.contract, "quote"):
                complete = False
                continue
            changes = quote_changes(line.req_id, line.quote, quote)
            if not changes:
                continue
            if line.session.send_data(b"".join(changes)):
                line.quote = quote
                line.quote_due_s = now_s + CONFLATION_S
            else:
                complete = False
        return complete

    def _send_greeks(self, greeks: Greeks, now_s: float) -> bool:
        complete = True
        for line in self._lines.get(greeks.con_id, {}).values():
            if now_s < line.greeks_due_s or self._faults.muted(line.contract, "quote"):
                complete = False
                continue
            quote = line.quote or self._market.quote(greeks.con_id)
            if line.session.send_data(b"".join(greeks_changes(line.req_id, greeks, quote))):
                line.greeks_due_s = now_s + GREEKS_CONFLATION_S
            else:
                complete = False
        return complete

    def _send_present(self, line: Line, *, open_interest: bool) -> None:
        """Tell a new line everything that is known now."""
        contract, req_id = line.contract, line.req_id
        if self._faults.muted(contract, "quote"):
            return
        quote = self._market.quote(contract.con_id)
        out = quote_changes(req_id, None, quote)
        out += day_ticks(req_id, self._stats.get(contract.con_id, DayStats()))
        if contract.sec_type == "OPT":
            out += greeks_changes(req_id, self._market.greeks(contract.con_id), quote)
        if open_interest and contract.sec_type == "OPT":
            tick_type = CALL_OPEN_INTEREST if contract.right == "C" else PUT_OPEN_INTEREST
            out.append(tick_size(req_id, tick_type, self._market.open_interest(contract.con_id)))
        line.session.send(b"".join(out))
        line.quote = quote


def _client(session: Session) -> int:
    return -1 if session.client_id is None else session.client_id
