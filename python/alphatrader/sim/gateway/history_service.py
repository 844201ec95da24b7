"""The past: bars (17), bars that go on (90), schedules (106), head timestamps (88), histograms (89)."""

from collections import defaultdict

from msgspec import Struct

from alphatrader import calendar
from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.faults.board import FaultBoard
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.history_bars import (
    QUOTE_KINDS,
    TRADE_KINDS,
    VOLATILITY_KINDS,
    BarSource,
    HistoryBar,
    quoted_price,
)
from alphatrader.sim.gateway.history_pacing import VIOLATION, HistoryPacing
from alphatrader.sim.gateway.history_window import Window, find_window
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.past import Past
from alphatrader.sim.market.types import ListedContract, MarketUpdate, Print, Quote, SimulatedMarket
from alphatrader.sim.wire.data_requests import HeadTimestampRequest, HistogramRequest, HistoryRequest
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.requests import Numbered
from alphatrader.sim.wire.times import (
    DAY_S,
    Duration,
    TimeTextError,
    eastern,
    read_bar_size_s,
    read_duration,
    read_time,
    stamp,
    utc_text,
)

KEEP_UP_S = 1.0
"""Wall time between two updates of a bar that goes on."""
MAX_OPEN = 50
"""Requests of history that may be open at once."""
_NS = calendar.NS
_MAX_SECOND_BARS_S = 2000
_HMDS = "Historical Market Data Service error message:"
_KINDS = TRADE_KINDS | QUOTE_KINDS | VOLATILITY_KINDS | {"SCHEDULE", "FEE_RATE"}
_PERIODS = {"second": "S", "day": "D", "week": "W", "month": "M", "year": "Y"}


class GoingOn(Struct):
    """A request that is kept up to date, and its bar in the making."""

    session: Session
    request: HistoryRequest
    contract: ListedContract
    window: Window
    bar: HistoryBar | None
    changed: bool = False
    due_s: float = 0.0


class HistoryService:
    """Serves requests about the past."""

    def __init__(
        self,
        market: SimulatedMarket,
        contracts: ContractService,
        past: Past,
        behaviours: Behaviours,
        faults: FaultBoard,
    ) -> None:
        self._market = market
        self._contracts = contracts
        self._past = past
        self._faults = faults
        self._source = BarSource(market, past)
        self.pacing = HistoryPacing(behaviours)
        self._going_on: dict[tuple[Session, int], GoingOn] = {}

    # ------------------------------------------------------------------------------------------------------------ bars

    def bars(self, session: Session, request: HistoryRequest, now_s: float) -> None:
        """Send bars; with keepUpToDate, go on with them."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        try:
            end_ns, duration, bar_s = self._read(request)
        except TimeTextError as error:
            session.error(request.req_id, 321, invalid(str(error)))
            return
        if (session, request.req_id) in self._going_on:
            session.error(request.req_id, 322, "Error processing request.-'bN' : cause - Duplicate ticker id")
            return
        if not self.pacing.allows(request, bar_s, now_s) or len(self._going_on) >= MAX_OPEN:
            session.error(request.req_id, 162, VIOLATION)
            return
        window = find_window(self._market, contract, end_ns, duration, bar_s, regular_hours=request.regular_hours)
        if request.what == "SCHEDULE":
            self._send_schedule(session, request, window)
            return
        bars = [] if request.what == "FEE_RATE" else self._source.bars(contract, window, request.what)
        if not bars and not request.keep_up_to_date:
            self.no_data(session, request.req_id, contract, request.what)
            return
        self._send_bars(session, request, window, bars)
        if request.keep_up_to_date:
            open_bar = bars[-1] if bars and bars[-1].start_ns == window.start_of(self._market.now_ns) else None
            key = session, request.req_id
            self._going_on[key] = GoingOn(session, request, contract, window, open_bar)

    def _read(self, request: HistoryRequest) -> tuple[int, Duration, int]:
        """Check what was asked. Raises TimeTextError."""
        if request.what not in _KINDS:
            raise TimeTextError(f"Invalid whatToShow {request.what}")
        bar_s, duration = read_bar_size_s(request.bar_size), read_duration(request.duration)
        end_ns = read_time(request.end)
        if end_ns is not None and request.what == "ADJUSTED_LAST":
            raise TimeTextError("End date not supported with adjusted last")
        if request.keep_up_to_date and (end_ns is not None or request.what not in {"TRADES", *QUOTE_KINDS}):
            raise TimeTextError("keepUpToDate needs an empty end date and TRADES, MIDPOINT, BID or ASK")
        if bar_s == 1 and (duration.unit != "S" or duration.length > _MAX_SECOND_BARS_S):
            raise TimeTextError("Time length exceed max.")
        if request.what == "SCHEDULE" and bar_s != DAY_S:
            raise TimeTextError("SCHEDULE needs bars of 1 day")
        return end_ns or self._market.now_ns, duration, bar_s

    def _send_bars(self, session: Session, request: HistoryRequest, window: Window, bars: list[HistoryBar]) -> None:
        fields: list[FieldValue] = []
        for bar in bars:
            fields.append(_bar_date(bar.start_ns, window.bar_s, request.date_format, session.version))
            fields += [bar.open, bar.high, bar.low, bar.close, *_amounts(bar, request.what)]
        start_ns, end_ns = window.whole
        start, end = stamp(start_ns, session.version), stamp(end_ns, session.version)
        session.send(message(17, request.req_id, start, end, len(bars), *fields))

    def _send_schedule(self, session: Session, request: HistoryRequest, window: Window) -> None:
        rows: list[FieldValue] = []
        intervals = window.past + window.today
        for start_ns, end_ns in intervals:
            rows += [_local(start_ns), _local(end_ns), f"{eastern(start_ns):%Y%m%d}"]
        start_ns, end_ns = window.whole
        head = (request.req_id, _local(start_ns), _local(end_ns), "US/Eastern", len(intervals))
        session.send(message(106, *head, *rows))

    # ----------------------------------------------------------------------------------------------------------- others

    def head_timestamp(self, session: Session, request: HeadTimestampRequest) -> None:
        """Send the oldest moment of which there is history."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        if request.what not in _KINDS - {"SCHEDULE"}:
            session.error(request.req_id, 321, invalid(f"Invalid whatToShow {request.what}"))
            return
        known = contract.sec_type != "OPT" and self._past.knows(contract.symbol)
        first_ns = self._past.first_ns(contract.symbol) if known else self._market.open_ns
        text = str(first_ns // _NS) if request.date_format == 2 else utc_text(first_ns)
        session.send(message(88, request.req_id, text))

    def histogram(self, session: Session, request: HistogramRequest) -> None:
        """Send traded size by price over a period."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        count, _, unit = request.period.strip().partition(" ")
        kind = _PERIODS.get(unit.rstrip("s"))
        if not count.isdigit() or kind is None or not int(count):
            session.error(request.req_id, 321, invalid(f"Invalid time period {request.period}"))
            return
        window = find_window(
            self._market,
            contract,
            self._market.now_ns,
            Duration(int(count), kind),
            60,
            regular_hours=request.regular_hours,
        )
        sizes: dict[float, float] = defaultdict(float)
        for bar in self._source.bars(contract, window, "TRADES"):
            sizes[round(bar.close, 2)] += bar.volume
        rows = [value for price in sorted(sizes) for value in (price, int(sizes[price]))]
        session.send(message(89, request.req_id, len(sizes), *rows))

    def cancel(self, session: Session, request: Numbered) -> None:
        """End a request that goes on; real gateways confirm it by an error."""
        if self._going_on.pop((session, request.number), None) is None:
            session.error(request.number, 366, f"No historical data query found for ticker id:{request.number}")
            return
        session.error(request.number, 162, f"{_HMDS}API historical data query cancelled: {request.number}")

    def forget(self, session: Session) -> None:
        """End what goes on for a client."""
        for key in [key for key in self._going_on if key[0] is session]:
            del self._going_on[key]

    def watched(self) -> set[int]:
        """Contracts whose bars go on."""
        return {line.contract.con_id for line in self._going_on.values()}

    # ------------------------------------------------------------------------------------------------------- publishing

    def publish(self, updates: list[MarketUpdate], now_s: float) -> None:
        """Go on with the bars that are kept up to date."""
        if not self._going_on:
            return
        by_contract: dict[int, list[GoingOn]] = defaultdict(list)
        for line in self._going_on.values():
            by_contract[line.contract.con_id].append(line)
        for update in updates:
            if isinstance(update, Print | Quote):
                for line in by_contract.get(update.con_id, ()):
                    _go_on(line, update)
        for line in self._going_on.values():
            if line.changed and now_s >= line.due_s and not self._faults.muted(line.contract, "trade"):
                line.changed, line.due_s = False, now_s + KEEP_UP_S
                self._send_update(line)

    def _send_update(self, line: GoingOn) -> None:
        bar, request = line.bar, line.request
        if bar is None:
            return
        volume, average, count = _amounts(bar, request.what)
        date = _bar_date(bar.start_ns, line.window.bar_s, request.date_format, line.session.version)
        shown = (count, date, bar.open, bar.close, bar.high, bar.low, average, volume)
        line.session.send_data(message(90, request.req_id, *shown))

    @staticmethod
    def no_data(session: Session, req_id: int, contract: ListedContract, what: str) -> None:
        """Say that there is nothing."""
        text = f"{_HMDS}HMDS query returned no data: {contract.symbol}@{contract.exchange} {what}"
        session.error(req_id, 162, text)


def _go_on(line: GoingOn, update: Print | Quote) -> None:
    if isinstance(update, Print) != (line.request.what == "TRADES"):
        return
    if isinstance(update, Print):
        price, size = update.price, update.size
        piece = HistoryBar(update.ts_ns, price, price, price, price, size, price * size, 1)
    else:
        price = quoted_price(update, line.request.what)
        if price <= 0:
            return
        piece = HistoryBar(update.ts_ns, price, price, price, price)
    start_ns = line.window.start_of(update.ts_ns)
    if line.bar is not None and line.bar.start_ns == start_ns:
        line.bar.add(piece)
    else:
        piece.start_ns = start_ns
        line.bar = piece
    line.changed = True


def _amounts(bar: HistoryBar, what: str) -> tuple[FieldValue, FieldValue, FieldValue]:
    """Volume, average price and count; -1 for what is not traded."""
    if what not in TRADE_KINDS:
        return -1, -1, -1
    return bar.volume, bar.average, bar.count


def _local(ts_ns: int) -> str:
    return f"{eastern(ts_ns):%Y%m%d-%H:%M:%S}"


def _bar_date(start_ns: int, bar_s: int, date_format: int, version: int) -> str:
    if bar_s >= DAY_S:
        return f"{eastern(start_ns):%Y%m%d}"
    return str(start_ns // _NS) if date_format == 2 else stamp(start_ns, version)
