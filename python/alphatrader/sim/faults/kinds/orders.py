"""Faults of orders: refused, lost, doubled, never answered, answered wrongly."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault, OrderChoice


class RejectNext(OrderChoice, frozen=True, tag="reject_next"):
    """Refuse the next ``count`` orders that fit, with a code; ``text`` empty = the broker's own words.

    ``when`` new = new orders, modify = new values for a live one, which then lives on as it was.
    """

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "201 and Inactive; 110 and other codes alone; on a modify the old order stays"

    code: int = 201
    text: str = ""
    when: Literal["new", "modify", "any"] = "new"


class SwallowNext(OrderChoice, frozen=True, tag="swallow_next"):
    """Lose the next ``count`` orders that fit: no answer ever, and the exchange never sees them, nor their children."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "PendingSubmit for ever, not in reqOpenOrders, a cancel is 10147 (Lean #93)"


class WarnNext(Fault, frozen=True, tag="warn_next"):
    """Send a coded message about the next order after it was accepted; the order lives (10349, 399, 2109)."""

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "the libraries take 10349 for a cancellation; the order works (pysystemtrade #1580)"

    code: int
    text: str = ""
    count: int = 1


class MuteOrders(OrderChoice, frozen=True, tag="mute_orders"):
    """Drop every callback of the orders that fit: they live and fill, and nothing is said. ``every`` N: 1 in N."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "PendingSubmit; reqOpenOrders, reqExecutions and positions tell the truth"


class NoticeOrder(Fault, frozen=True, tag="notice_order"):
    """Where the code stands among the statuses of a refusal (201) or a cancellation (202): first, last, or nowhere."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "201 then Inactive, or the other way round (thetagang #709); 202 before Cancelled"

    code: Literal[201, 202]
    place: Literal["first", "last", "never"]
    count: int = 1


class Deactivate(Fault, frozen=True, tag="deactivate"):
    """The newest live order (of a client) turns Inactive at the exchange, with no code."""

    evidence: ClassVar[Evidence] = Evidence.LIVE
    observed: ClassVar[str] = "status Inactive: ib_insync calls it active, ib_async done"

    client_id: int | None = None


class FillAfterCancel(Fault, frozen=True, tag="fill_after_cancel"):
    """The next ``count`` cancels are confirmed though the order still works; it is filled ``by_s`` later.

    ``notice`` 202 = Cancelled and 202 come first; 10148 = the cancel is refused first.
    """

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "an execution after Cancelled, or after 10148"

    by_s: float = 0.3
    notice: Literal[202, 10148] = 202
    count: int = 1


class FillInCancel(Fault, frozen=True, tag="fill_in_cancel"):
    """The next ``count`` cancels cross a fill: PendingCancel, ``quantity`` filled (0 = all), what is left cancelled."""

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "an execution between PendingCancel and the end"

    quantity: int = 0
    count: int = 1


class ForkOnModify(Fault, frozen=True, tag="fork_on_modify"):
    """The next ``count`` modifications leave two live orders: the old one, and a new one under the same order id."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "one order id, two permIds; the orphan fills hours later (nautilus #4564)"

    count: int = 1


class StaleStatus(Fault, frozen=True, tag="stale_status"):
    """After the next ``count`` statuses ``after``, an older ``status`` comes once more."""

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "both libraries go back from Filled to Submitted, and from PendingCancel"

    after: Literal["Filled", "PendingCancel", "Cancelled", "Submitted"] = "Filled"
    status: Literal["Submitted", "PreSubmitted", "PendingSubmit", "PendingCancel"] = "Submitted"
    count: int = 1


class DuplicateStatuses(Fault, frozen=True, tag="duplicate_statuses"):
    """Send every orderStatus twice."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the same status twice"

    for_s: float = 10.0
