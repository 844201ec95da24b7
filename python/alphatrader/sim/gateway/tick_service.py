"""Streams in which nothing is conflated: tick-by-tick (99) and five-second bars (50)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from alphatrader import _core
from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.day_stats import DayStats
from alphatrader.sim.gateway.history_ticks import HistoryTicks
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, MarketUpdate, Print, Quote, SimulatedMarket
from alphatrader.sim.wire.data_requests import RealTimeBarsRequest, TickByTickRequest
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import message

TICK_KINDS = {"Last": 1, "AllLast": 2, "BidAsk": 3, "MidPoint": 4}
BAR_NS = 5_000_000_000
_NS = 1_000_000_000

_TICKS_FAILED = "Failed to request tick-by-tick data:"
_UNREPORTED_MASK = 2
_BID_PAST_LOW, _ASK_PAST_HIGH = 1, 2


class TickLine(Struct):
    """One tick-by-tick subscription."""

    session: Session
    req_id: int
    contract: ListedContract
    kind: int
    ignore_size: bool
    quote: Quote | None = None


class BarLine(Struct):
    """One bar subscription and the bar in the making."""

    session: Session
    req_id: int
    contract: ListedContract
    what: str
    start_ns: int
    prices: list[float]
    regular_hours: bool = False
    volume: float = 0.0
    value: float = 0.0
    count: int = 0
    previous: float = 0.0


Line = TickLine | BarLine


class TickService:
    """Serves reqTickByTickData and reqRealTimeBars."""

    def __init__(
        self,
        market: SimulatedMarket,
        contracts: ContractService,
        faults: FaultBoard,
        behaviours: Behaviours,
        stats: Mapping[int, DayStats],
    ) -> None:
        self._market = market
        self._contracts = contracts
        self._faults = faults
        self._behaviours = behaviours
        self._stats = stats
        self._lines: dict[int, list[TickLine]] = defaultdict(list)
        self._bars: list[BarLine] = []

    def start_ticks(self, session: Session, request: TickByTickRequest, past: HistoryTicks) -> None:
        """Open a tick-by-tick stream, after the past ticks that were asked for."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        kind = TICK_KINDS.get(request.kind)
        if kind is None:
            session.error(request.req_id, 321, invalid(f"Invalid tick type {request.kind}"))
            return
        refused = contract.sec_type == "OPT" and self._behaviours.on("option_tick_by_tick_refused")
        if refused or (contract.sec_type == "IND" and kind > 1):
            session.error(request.req_id, 10189, f"{_TICKS_FAILED}No market data permissions for {contract.symbol}")
            return
        if self._open(session, request.req_id):
            session.error(request.req_id, 322, "Error processing request.-'bN' : cause - Duplicate ticker id")
            return
        if sum(map(len, self._lines.values())) >= self._behaviours.number("tick_by_tick_limit"):
            session.error(request.req_id, 10190, "Max number of tick-by-tick requests has been reached.")
            return
        if request.past_ticks > 0:
            past.before(session, request, contract)
        self._lines[contract.con_id].append(TickLine(session, request.req_id, contract, kind, request.ignore_size))

    def _open(self, session: Session, req_id: int) -> bool:
        every = [line for lines in self._lines.values() for line in lines]
        return any(_is(line, session, req_id) for line in every) or any(_is(bar, session, req_id) for bar in self._bars)

    def start_bars(self, session: Session, request: RealTimeBarsRequest) -> None:
        """Open a stream of five-second bars; real gateways know no other size, whatever is asked for."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        if request.what not in {"TRADES", "MIDPOINT", "BID", "ASK"}:
            session.error(request.req_id, 321, invalid(f"Invalid whatToShow {request.what}"))
            return
        if self._open(session, request.req_id):
            session.error(request.req_id, 322, "Error processing request.-'bN' : cause - Duplicate ticker id")
            return
        start_ns = self._market.now_ns // BAR_NS * BAR_NS
        quote = self._market.quote(contract.con_id)
        line = BarLine(session, request.req_id, contract, request.what, start_ns, [], request.regular_hours)
        line.previous = quote.last if request.what == "TRADES" else _shown(quote, request.what)
        self._bars.append(line)

    def stop_ticks(self, session: Session, req_id: int) -> None:
        """Close a tick-by-tick stream."""
        if not self._remove(lambda line: isinstance(line, TickLine) and _is(line, session, req_id)):
            session.error(req_id, 300, f"Can't find EId with tickerId:{req_id}")

    def stop_bars(self, session: Session, req_id: int) -> None:
        """Close a stream of bars."""
        if not self._remove(lambda line: isinstance(line, BarLine) and _is(line, session, req_id)):
            session.error(req_id, 300, f"Can't find EId with tickerId:{req_id}")

    def forget(self, session: Session) -> None:
        """Close all streams of a client."""
        self._remove(lambda line: line.session is session)

    def watched(self) -> set[int]:
        """Contracts that somebody listens to."""
        return {con_id for con_id, lines in self._lines.items() if lines} | {bar.contract.con_id for bar in self._bars}

    def _remove(self, chosen: Callable[[Line], bool]) -> bool:
        before = len(self._bars) + sum(map(len, self._lines.values()))
        self._bars = [line for line in self._bars if not chosen(line)]
        for lines in self._lines.values():
            lines[:] = [line for line in lines if not chosen(line)]
        return len(self._bars) + sum(map(len, self._lines.values())) < before

    # ------------------------------------------------------------------------------------------------------ publishing

    def publish(self, updates: list[MarketUpdate]) -> None:
        """Send every tick, and the bars that are complete."""
        for update in updates:
            if isinstance(update, Print | Quote):
                for line in self._lines.get(update.con_id, ()):
                    self._tick(line, update)
                if self._bars:
                    self._collect(update)
        if self._bars:
            for bar in self._bars:
                self._close_bars(bar, self._market.now_ns)

    def _tick(self, line: TickLine, update: Print | Quote) -> None:
        stream: Literal["trade", "quote"] = "trade" if isinstance(update, Print) else "quote"
        if (line.kind <= 2) != (stream == "trade") or self._faults.muted(line.contract, stream):
            return
        second = update.ts_ns // _NS
        if isinstance(update, Print):
            unreported = bool(_core.parse_sale_conditions(update.conditions) & _core.SALE_UNREPORTABLE)
            if unreported and line.kind == 1:
                return
            mask = _UNREPORTED_MASK if unreported else 0
            fields = (update.price, update.size, mask, update.venue, update.conditions)
            line.session.send_data(message(99, line.req_id, line.kind, second, *fields))
            return
        old, line.quote = line.quote, update
        if line.kind == TICK_KINDS["BidAsk"]:
            same = old is not None and (
                (update.bid, update.ask) == (old.bid, old.ask) if line.ignore_size else update[2:6] == old[2:6]
            )
            if not same:
                sides = (update.bid, update.ask, update.bid_size, update.ask_size, self._mask(update))
                line.session.send_data(message(99, line.req_id, 3, second, *sides))
        elif old is None or _shown(update, "MIDPOINT") != _shown(old, "MIDPOINT"):
            line.session.send_data(message(99, line.req_id, 4, second, _shown(update, "MIDPOINT")))

    def _mask(self, quote: Quote) -> int:
        """Return the attributes of a quote: a bid under the day's low, an ask above its high."""
        stats = self._stats.get(quote.con_id)
        if stats is None or not stats.trades:
            return 0
        past_low = _BID_PAST_LOW if 0 < quote.bid < stats.low else 0
        return past_low | (_ASK_PAST_HIGH if quote.ask > stats.high else 0)

    def _collect(self, update: Print | Quote) -> None:
        for bar in self._bars:
            if bar.contract.con_id != update.con_id or isinstance(update, Print) != (bar.what == "TRADES"):
                continue
            self._close_bars(bar, update.ts_ns)
            if isinstance(update, Print):
                bar.prices.append(update.price)
                bar.volume += update.size
                bar.value += update.price * update.size
                bar.count += 1
            else:
                bar.prices.append(_shown(update, bar.what))

    def _close_bars(self, bar: BarLine, now_ns: int) -> None:
        """Send the bars whose five seconds are over; one without ticks repeats the last price."""
        while now_ns >= bar.start_ns + BAR_NS:
            prices = bar.prices or [bar.previous]
            hours = self._market.open_ns <= bar.start_ns < self._market.close_ns
            if (hours or not bar.regular_hours) and not self._faults.muted(
                bar.contract, "trade" if bar.what == "TRADES" else "quote"
            ):
                wap = bar.value / bar.volume if bar.volume else prices[-1]
                ohlc = (prices[0], max(prices), min(prices), prices[-1])
                shown = (bar.start_ns // _NS, *ohlc, bar.volume, round(wap, 6), bar.count)
                bar.session.send_data(message(50, 3, bar.req_id, *shown))
            bar.previous = prices[-1]
            bar.start_ns += BAR_NS
            bar.prices = []
            bar.volume, bar.value, bar.count = 0.0, 0.0, 0


def _shown(quote: Quote, what: str) -> float:
    if what == "BID":
        return quote.bid
    if what == "ASK":
        return quote.ask
    return round((quote.bid + quote.ask) / 2, 6)


def _is(line: Line, session: Session, req_id: int) -> bool:
    return line.session is session and line.req_id == req_id
