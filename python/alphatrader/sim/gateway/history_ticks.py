"""Ticks of the past: trades (98), quotes (97), midpoints (96), of the days that were simulated."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from alphatrader import _core
from alphatrader.sim.gateway.contract_service import ContractService
from alphatrader.sim.gateway.history_pacing import VIOLATION, HistoryPacing
from alphatrader.sim.gateway.session import Session
from alphatrader.sim.market.types import ListedContract, Print, Quote, SimulatedMarket
from alphatrader.sim.wire.data_requests import HistoricalTicksRequest, TickByTickRequest
from alphatrader.sim.wire.errors import invalid
from alphatrader.sim.wire.fields import FieldValue, message
from alphatrader.sim.wire.times import TimeTextError, read_time

_NS = 1_000_000_000
MAX_TICKS = 1000
"""Ticks a request, the broker's limit; ticks of the last second are always sent whole."""
_WINDOW_NS = 60 * _NS
_UNREPORTED_MASK = 2
_KINDS = {"TRADES": 98, "BID_ASK": 97, "MIDPOINT": 96}

Tick = TypeVar("Tick", Print, Quote)
Read = Callable[[int, int], Sequence[Tick]]


class HistoryTicks:
    """Serves reqHistoricalTicks."""

    def __init__(self, market: SimulatedMarket, contracts: ContractService, pacing: HistoryPacing) -> None:
        self._market = market
        self._contracts = contracts
        self._pacing = pacing

    def ticks(self, session: Session, request: HistoricalTicksRequest, now_s: float) -> None:
        """Send up to 1,000 ticks, forward from the start or backward from the end."""
        contract = self._contracts.resolve(session, request.req_id, request.contract)
        if contract is None:
            return
        try:
            start_ns, end_ns = read_time(request.start), read_time(request.end)
        except TimeTextError as error:
            session.error(request.req_id, 321, invalid(str(error)))
            return
        if (start_ns is None) == (end_ns is None):
            text = "Failed to request historical ticks:Exactly one of start date time and end date time must be given"
            session.error(request.req_id, 10187, text)
            return
        message_id = _KINDS.get(request.what)
        if message_id is None or not 1 <= request.count <= MAX_TICKS:
            what = "whatToShow" if message_id is None else "number of ticks"
            session.error(request.req_id, 10187, f"Failed to request historical ticks:Invalid {what}")
            return
        if not self._pacing.allows(request, 0, now_s):
            session.error(request.req_id, 162, VIOLATION)
            return
        count, fields = self._rows(contract, request, start_ns, end_ns)
        session.send(message(message_id, request.req_id, count, *fields, 1))

    def before(self, session: Session, request: TickByTickRequest, contract: ListedContract) -> None:
        """Send the ticks that a tick-by-tick stream asks for before it begins."""
        what = {"BidAsk": "BID_ASK", "MidPoint": "MIDPOINT"}.get(request.kind, "TRADES")
        count = min(request.past_ticks, MAX_TICKS)
        asked = HistoricalTicksRequest(request.req_id, request.contract, "", "", count, what, False, True)
        found, fields = self._rows(contract, asked, None, self._market.now_ns)
        session.send(message(_KINDS[what], request.req_id, found, *fields, 1))

    def _rows(
        self, contract: ListedContract, request: HistoricalTicksRequest, start_ns: int | None, end_ns: int | None
    ) -> tuple[int, list[FieldValue]]:
        con_id = contract.con_id
        first_ns, last_ns = self._span(con_id, regular_hours=request.regular_hours)
        fields: list[FieldValue] = []

        def collect(read: Read[Tick]) -> list[Tick]:
            if start_ns is not None:
                return _forward(read, max(start_ns, first_ns), last_ns, request.count)
            return _backward(read, first_ns, min(end_ns or last_ns, last_ns), request.count)

        if request.what == "TRADES":
            trades = collect(lambda a, b: self._market.history(con_id, a, b))
            for tick in trades:
                unreported = _core.parse_sale_conditions(tick.conditions) & _core.SALE_UNREPORTABLE
                mask = _UNREPORTED_MASK if unreported else 0
                fields += [tick.ts_ns // _NS, mask, tick.price, tick.size, tick.venue, tick.conditions]
            return len(trades), fields
        quotes = collect(lambda a, b: _changed(self._market.quote_history(con_id, a, b, _NS), request.what))
        for quote in quotes:
            if request.what == "BID_ASK":
                fields += [quote.ts_ns // _NS, 0, quote.bid, quote.ask, quote.bid_size, quote.ask_size]
            else:
                fields += [quote.ts_ns // _NS, 0, round((quote.bid + quote.ask) / 2, 6), 0]
        return len(quotes), fields

    def _span(self, con_id: int, *, regular_hours: bool) -> tuple[int, int]:
        """Return from when to when there may be ticks in the present session."""
        market = self._market
        if regular_hours:
            return market.open_ns, min(market.now_ns, market.close_ns)
        trading = market.hours(con_id).trading
        return min(market.open_ns, trading[0][0] if trading else market.open_ns), market.now_ns


def _forward(read: Read[Tick], start_ns: int, last_ns: int, count: int) -> list[Tick]:
    """Collect from ``start_ns`` on; the last second is complete, so that the next request can start after it."""
    found: list[Tick] = []
    cursor_ns = start_ns
    while cursor_ns < last_ns and len(found) <= count:
        until_ns = min(cursor_ns + _WINDOW_NS, last_ns)
        found += read(cursor_ns, until_ns)
        cursor_ns = until_ns
    keep = min(count, len(found))
    while 0 < keep < len(found) and found[keep].ts_ns // _NS == found[keep - 1].ts_ns // _NS:
        keep += 1
    return found[:keep]


def _backward(read: Read[Tick], first_ns: int, end_ns: int, count: int) -> list[Tick]:
    """Collect up to ``end_ns``, latest last; the first second is complete."""
    found: list[Tick] = []
    cursor_ns = end_ns
    while cursor_ns > first_ns and len(found) <= count:
        from_ns = max(cursor_ns - _WINDOW_NS, first_ns)
        found[:0] = read(from_ns, cursor_ns)
        cursor_ns = from_ns
    keep = max(0, len(found) - count)
    while keep > 0 and found[keep - 1].ts_ns // _NS == found[keep].ts_ns // _NS:
        keep -= 1
    return found[keep:]


def _changed(quotes: Sequence[Quote], what: str) -> list[Quote]:
    """Leave out quotes that repeat the one before; one-sided ones have no midpoint."""
    found: list[Quote] = []
    for quote in quotes:
        if what == "MIDPOINT" and (quote.bid <= 0 or quote.ask <= 0):
            continue
        if not found or quote[2:6] != found[-1][2:6]:
            found.append(quote)
    return found
