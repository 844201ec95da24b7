"""Faults of requests and messages by what they are about: refused, late, lost, doubled, out of order, incomplete."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault

Asked = Literal[
    "market_data",
    "depth",
    "tick_by_tick",
    "real_time_bars",
    "history",
    "historical_ticks",
    "head_timestamp",
    "contract_details",
    "option_parameters",
    "symbol_search",
    "orders",
    "cancels",
    "open_orders",
    "completed_orders",
    "executions",
    "positions",
    "account_updates",
    "account_updates_multi",
    "account_summary",
    "pnl",
    "current_time",
    "stream_cancels",
    "history_cancels",
    "everything",
]
Told = Literal[
    "statuses",
    "open_orders",
    "executions",
    "commissions",
    "notices",
    "positions",
    "portfolio",
    "account_values",
    "ticks",
    "depth",
    "order_messages",
    "everything",
]


class RefuseRequests(Fault, frozen=True, tag="refuse_requests"):
    """Answer the next ``count`` requests of a kind by a code; ``text`` empty = the broker's own words.

    For pacing (162, 101, 309, 10190, 322), contracts (200), history (162, 10187), cancels (300, 310, 366).
    """

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the code under the id of the request"

    what: Asked
    code: int
    text: str = ""
    count: int = 1
    for_s: float = 0.0
    symbol: str = ""


class LateAnswers(Fault, frozen=True, tag="late_answers"):
    """The next ``count`` requests of a kind (0 = any number) are answered ``by_s`` late, after the client gave up."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "answers under an id that has timed out (ib_async #128: KeyError)"

    what: Asked = "contract_details"
    by_s: float = 1.0
    count: int = 0
    for_s: float = 0.0


class LoseRequests(Fault, frozen=True, tag="lose_requests"):
    """The next ``count`` requests of a kind are never answered."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "the request times out"

    what: Asked
    count: int = 1
    for_s: float = 0.0


class WithholdEnd(Fault, frozen=True, tag="withhold_end"):
    """Leave out the end marker of the next ``count`` answers."""

    evidence: ClassVar[Evidence] = Evidence.LIVE
    observed: ClassVar[str] = "rows, but never their end: message 55 on a quiet account; a positions time-out"

    what: Literal[
        "positions",
        "open_orders",
        "completed_orders",
        "executions",
        "account_updates",
        "account_updates_multi",
        "account_summary",
        "contract_details",
        "option_parameters",
        "snapshot",
    ]
    count: int = 1


class OmitRows(Fault, frozen=True, tag="omit_rows"):
    """The next ``count`` answers hold only their first ``keep`` rows, and end as if they were complete."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "open orders or positions that are missing from a complete answer"

    what: Literal["positions", "open_orders", "completed_orders", "executions", "contract_details"]
    keep: int = 0
    count: int = 1


class Delay(Fault, frozen=True, tag="delay"):
    """Hold back messages by ``by_s`` while ``for_s`` lasts; ``cancels`` = cancels take effect late.

    ``orders`` keeps the order of all order messages; ``statuses``, ``executions``, ``commissions``, ``positions``:
    these alone, so that others overtake them (Filled before its execution, the commission much later);
    ``everything``: a slow gateway. ``until_open``: cancels wait for the next open.
    """

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "late or reordered callbacks; cancels confirmed only at the open (Lean #256)"

    what: Literal["orders", "cancels", "statuses", "executions", "commissions", "positions", "everything"] = "orders"
    by_s: float = 1.0
    for_s: float = 10.0
    until_open: bool = False


class LoseMessages(Fault, frozen=True, tag="lose_messages"):
    """Messages of a kind are lost on their way: the next ``count`` (0 = all), one of ``every`` N, for ``for_s``.

    Answers to requests are spared, but for ``everything``.
    """

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "callbacks that never come; a later request tells the truth"

    what: Told
    count: int = 0
    every: int = 1
    for_s: float = 0.0


class RepeatMessages(Fault, frozen=True, tag="repeat_messages"):
    """Messages of a kind come twice."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the same execution, status or position twice"

    what: Told
    count: int = 0
    for_s: float = 10.0


class ReverseMessages(Fault, frozen=True, tag="reverse_messages"):
    """Messages of a kind are gathered for ``for_s`` and then sent in reverse: later partial fills come first."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "cumulative quantities that go down"

    what: Literal["statuses", "executions", "commissions", "order_messages"] = "executions"
    for_s: float = 0.5


class SendError(Fault, frozen=True, tag="error"):
    """Send any code. ``req_id`` -1 = no request; ``last_order`` = the newest order of each client."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "the code; nothing else happens"

    code: int
    text: str = ""
    req_id: int | Literal["last_order"] = -1
    client_id: int | None = None
