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
        if arranged and _swapped(arranged[-1], report, behaviours):
            arranged.insert(len(arranged) - 1, report)
        else:
            arranged.append(report)
    return arranged


def _swapped(first: Report, second: Report, behaviours: Behaviours) -> bool:
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
