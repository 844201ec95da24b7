"""The past: bars (17), ticks (98), head timestamps (88). There is one session of it, and only trades are kept."""

from collections.abc import Iterator

from msgspec import Struct

from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.gateway.tick_service import UNREPORTED_CONDITIONS
from alphatrader.sim.market.types import ListedContract, Print, SimulatedMarket
from alphatrader.sim.wire.data_requests import HeadTimestampRequest, HistoricalTicksRequest, HistoryRequest
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.times import (
    TimeTextError,
    eastern,
    read_bar_size_s,
    read_duration_ns,
    read_time,
    stamp,
    utc_text,
)

_NS = 1_000_000_000
_DAY_S = 86_400
MAX_TICKS = 1000
"""Ticks a request, the broker's limit; ticks of the last second are always sent whole."""
_WINDOW_NS = 60 * _NS

_NO_DATA = "Historical Market Data Service error message:HMDS query returned no data: "


class Bar(Struct):
    """A bar of trades."""

    start_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0
    value: float = 0.0
    count: int = 0

    def add(self, tick: Print) -> None:
        """Count a print."""
        self.high = max(self.high, tick.price)
        self.low = min(self.low, tick.price)
        self.close = tick.price
        self.volume += tick.size
        self.value += tick.price * tick.size
        self.count += 1


class HistoryService:
    """Serves requests about the past."""

    def __init__(self, market: SimulatedMarket, contracts: ContractService) -> None:
        self._market = market
        self._contracts = contracts

    def bars(self, session: Session, request: HistoryRequest) -> None:
        """Send bars built from prints."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        try:
            end_ns = min(read_time(request.end) or self._market.now_ns, self._market.now_ns)
            start_ns = end_ns - read_duration_ns(request.duration)
            bar_s = read_bar_size_s(request.bar_size)
        except TimeTextError as error:
            session.error(request.req_id, 321, f"Error validating request.-'xx' : cause - {error}")
            return
        if request.keep_up_to_date:
            self._no_data(session, request.req_id, contract, "keepUpToDate is not offered, use 5-second bars")
            return
        if request.what not in {"TRADES", "ADJUSTED_LAST"}:
            self._no_data(session, request.req_id, contract, f"the SIMULATED gateway keeps no {request.what}")
            return
        fields: list[FieldValue] = []
        count = 0
        for bar in self._build(contract, start_ns, end_ns, bar_s):
            count += 1
            fields.append(_bar_date(bar.start_ns, bar_s, request.date_format, session.version))
            fields += [bar.open, bar.high, bar.low, bar.close]
            fields += [bar.volume, round(bar.value / bar.volume, 6) if bar.volume else bar.close, bar.count]
        if not count:
            self._no_data(session, request.req_id, contract, "no trades in that time")
            return
        start, end = stamp(start_ns, session.version), stamp(end_ns, session.version)
        session.send(message(17, request.req_id, start, end, count, *fields))

    def _build(self, contract: ListedContract, start_ns: int, end_ns: int, bar_s: int) -> Iterator[Bar]:
        bar_ns = bar_s * _NS
        # Bars of a day and less are counted from midnight in New York, so that hours and days fall where people expect.
        midnight = eastern(self._market.open_ns).replace(hour=0, minute=0, second=0, microsecond=0)
        origin_ns = int(midnight.timestamp()) * _NS
        bar: Bar | None = None
        for tick in self._market.history(contract.con_id, start_ns, end_ns):
            bar_start_ns = origin_ns + (tick.ts_ns - origin_ns) // bar_ns * bar_ns
            if bar is None or bar.start_ns != bar_start_ns:
                if bar is not None:
                    yield bar
                bar = Bar(bar_start_ns, tick.price, tick.price, tick.price, tick.price)
            bar.add(tick)
        if bar is not None:
            yield bar

    def ticks(self, session: Session, request: HistoricalTicksRequest) -> None:
        """Send up to 1,000 trades, forward from the start or backward from the end."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        try:
            start_ns, end_ns = read_time(request.start), read_time(request.end)
        except TimeTextError as error:
            session.error(request.req_id, 321, f"Error validating request.-'xx' : cause - {error}")
            return
        if (start_ns is None) == (end_ns is None):
            text = "Error validating request.-'xx' : cause - Please specify either start or end time, not both"
            session.error(request.req_id, 10187, text)
            return
        if request.what != "TRADES":
            self._no_data(session, request.req_id, contract, f"the SIMULATED gateway keeps no {request.what}")
            return
        count = max(1, min(request.count, MAX_TICKS))
        if start_ns is not None:
            found = self._forward(contract, start_ns, count)
        else:
            assert end_ns is not None
            found = self._backward(contract, end_ns, count)
        fields: list[FieldValue] = []
        for tick in found:
            unreported = not UNREPORTED_CONDITIONS.isdisjoint(tick.conditions.replace(" ", ""))
            fields += [tick.ts_ns // _NS, 2 if unreported else 0, tick.price, tick.size, tick.venue, tick.conditions]
        session.send(message(98, request.req_id, len(found), *fields, 1))

    def head_timestamp(self, session: Session, request: HeadTimestampRequest) -> None:
        """Send the open of the session: there is nothing older."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        open_ns = self._market.open_ns
        text = str(open_ns // _NS) if request.date_format == 2 else utc_text(open_ns)
        session.send(message(88, request.req_id, text))

    def _forward(self, contract: ListedContract, start_ns: int, count: int) -> list[Print]:
        """Collect from ``start_ns`` on; the last second is complete, so that the next request can start after it."""
        found: list[Print] = []
        cursor_ns = max(start_ns, self._market.open_ns)
        while cursor_ns < self._market.now_ns and len(found) < count:
            until_ns = min(cursor_ns + _WINDOW_NS, self._market.now_ns)
            found += self._market.history(contract.con_id, cursor_ns, until_ns)
            cursor_ns = until_ns
        if len(found) <= count:
            return found
        last_second = found[count - 1].ts_ns // _NS
        keep = count
        while keep < len(found) and found[keep].ts_ns // _NS == last_second:
            keep += 1
        return found[:keep]

    def _backward(self, contract: ListedContract, end_ns: int, count: int) -> list[Print]:
        found: list[Print] = []
        cursor_ns = min(end_ns, self._market.now_ns)
        while cursor_ns > self._market.open_ns and len(found) < count:
            from_ns = max(cursor_ns - _WINDOW_NS, self._market.open_ns)
            found = [*self._market.history(contract.con_id, from_ns, cursor_ns), *found]
            cursor_ns = from_ns
        if len(found) <= count:
            return found
        first_second = found[-count].ts_ns // _NS
        keep = len(found) - count
        while keep > 0 and found[keep - 1].ts_ns // _NS == first_second:
            keep -= 1
        return found[keep:]

    @staticmethod
    def _no_data(session: Session, req_id: int, contract: ListedContract, reason: str) -> None:
        session.error(req_id, 162, f"{_NO_DATA}{contract.symbol}@{contract.exchange} ({reason})")


def _bar_date(start_ns: int, bar_s: int, date_format: int, version: int) -> str:
    if bar_s >= _DAY_S:
        return f"{eastern(start_ns):%Y%m%d}"
    return str(start_ns // _NS) if date_format == 2 else stamp(start_ns, version)
