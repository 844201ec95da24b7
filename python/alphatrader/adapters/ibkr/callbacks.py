"""The table from messages to our methods: what the library's decoder calls (the names of the official EWrapper).

Messages that are not in the table are not even decoded.
"""

from dataclasses import dataclass
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import structlog

from alphatrader.adapters.ibkr.account import AccountFigures
from alphatrader.adapters.ibkr.reports import OrderReports
from alphatrader.adapters.ibkr.requests import FIRST_REQUEST_ID, PendingRequests
from alphatrader.adapters.ibkr.session import Session
from alphatrader.adapters.ibkr.snapshot import SnapshotPoller
from alphatrader.adapters.ibkr.streams import Streams
from alphatrader.adapters.ibkr.taps import Taps

_log = structlog.get_logger(__name__)

MESSAGE_IDS = (1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 46, 52, 53, 54, 55, 58, 59, 61, 62, 75, 76, 98, 99)
TICK_OPTION = 21


@dataclass(frozen=True, slots=True)
class OptionListing:
    """A row of secDefOptParams: what one exchange lists of one trading class."""

    exchange: str
    trading_class: str
    multiplier: str
    expiries: tuple[str, ...]
    strikes: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Receivers:
    """The parts of the adapter that hear something."""

    session: Session
    taps: Taps
    streams: Streams
    reports: OrderReports
    snapshots: SnapshotPoller
    account: AccountFigures


def make_callbacks(to: Receivers) -> SimpleNamespace:
    """Return the object that the decoder calls."""
    pending = to.session.pending
    return SimpleNamespace(
        # read by the decoders themselves: the zone of time stamps that carry none
        ib=SimpleNamespace(TimezoneTWS="US/Eastern"),
        defaultTimezone=UTC,
        error=_error_router(to),
        priceSizeTick=to.taps.price_size,
        tickSize=to.taps.size,
        tickString=to.taps.string,
        tickByTickAllLast=to.taps.tick_by_tick,
        updateMktDepth=to.taps.depth,
        updateMktDepthL2=to.taps.depth_l2,
        marketDataType=to.taps.market_data_type,
        openOrder=to.reports.open_order,
        orderStatus=to.reports.order_status,
        commissionReport=to.reports.commission,
        execDetails=to.snapshots.execution,
        execDetailsEnd=to.snapshots.execution_end,
        openOrderEnd=to.snapshots.open_order_end,
        position=to.snapshots.position,
        positionEnd=to.snapshots.position_end,
        updateAccountValue=to.account.value,
        updateAccountTime=to.account.batch_end,
        accountDownloadEnd=to.account.batch_end,
        contractDetails=pending.add,
        contractDetailsEnd=pending.finish,
        securityDefinitionOptionParameter=_option_listing(pending),
        securityDefinitionOptionParameterEnd=pending.finish,
        historicalTicksLast=_history_page(pending),
    )


def _error_router(to: Receivers) -> Any:
    def error(request_id: int, code: int, text: str, _reject_json: str = "") -> None:
        """Take error (4): of a question, of a stream, of an order, or of the link."""
        text = text.replace("\n", " ").strip()
        to.session.on_notice(code, text)
        if request_id >= FIRST_REQUEST_ID:
            if not to.session.pending.refuse(request_id, code, text):
                to.streams.on_error(request_id, code, text)
        elif request_id > 0:
            to.reports.error(request_id, code, text)
        else:
            _log.info("ibkr_notice", code=code, text=text)

    return error


def _option_listing(pending: PendingRequests) -> Any:
    def listing(
        request_id: int,
        exchange: str,
        _underlying: Any,
        trading_class: str,
        multiplier: str,
        expiries: list[str],
        strikes: list[float],
    ) -> None:
        pending.add(request_id, OptionListing(exchange, trading_class, multiplier, tuple(expiries), tuple(strikes)))

    return listing


def _history_page(pending: PendingRequests) -> Any:
    def page(request_id: int, ticks: list[Any], done: bool) -> None:
        for tick in ticks:
            pending.add(request_id, tick)
        if done:
            pending.finish(request_id)

    return page
