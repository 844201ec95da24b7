"""The order in which a client hears of what happened: as most captures have it, or as others do."""

from collections.abc import Iterable

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.exchange.orders import OrderStatus
from alphatrader.sim.exchange.reports import FillReport, Notice, OrderReport, Report

_REJECTED = 201
_CANCELLED = 202


def arrange(reports: Iterable[Report], behaviours: Behaviours) -> list[Report]:
    """Put reports into the order that the behaviours say; nothing is lost but the repeated Filled, if unwanted."""
    twice = behaviours.on("filled_status_twice")
    arranged: list[Report] = []
    for report in reports:
        if not twice and _is_repetition(report):
            continue
        place = len(arranged)
        while place and _comes_first(report, arranged[place - 1], behaviours):
            place -= 1
        arranged.insert(place, report)
    return arranged


def _comes_first(second: Report, first: Report, behaviours: Behaviours) -> bool:
    """Whether a report is to be told before the one that the exchange made first."""
    if isinstance(first, Notice) and isinstance(second, OrderReport):
        rejected = first.code == _REJECTED and second.order.status is OrderStatus.INACTIVE
        return rejected and _same_order(first, second) and not behaviours.on("rejection_before_inactive")
    if isinstance(first, OrderReport) and isinstance(second, Notice):
        cancelled = second.code == _CANCELLED and first.order.status is OrderStatus.CANCELLED
        return cancelled and _same_order(second, first) and not behaviours.on("cancelled_status_before_202")
    if isinstance(first, FillReport) and isinstance(second, OrderReport):
        filled = second.order.status is OrderStatus.FILLED and second.order.perm_id == first.execution.perm_id
        return filled and behaviours.on("filled_before_execution")
    return False


def _is_repetition(report: Report) -> bool:
    return isinstance(report, OrderReport) and not report.full and report.order.status is OrderStatus.FILLED


def _same_order(notice: Notice, report: OrderReport) -> bool:
    return (notice.client_id, notice.order_id) == (report.order.client_id, report.order.order_id)
