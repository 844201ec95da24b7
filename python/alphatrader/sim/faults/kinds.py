"""The faults that can be asked for, as they are written in JSON and YAML: ``{"kind": "mute", "symbol": "SPY", ...}``.

All times are wall seconds. A field that isn't known is refused.
"""

from typing import Literal

from msgspec import Struct

Stream = Literal["quote", "trade", "depth", "all"]


class Fault(Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """Base class."""


class DropLink(Fault, frozen=True, tag="drop_link"):
    """Close the TCP connections (of one client or all); with ``refuse_for_s``, refuse new ones for that long."""

    refuse_for_s: float = 0.0
    client_id: int | None = None


class FreezeLink(Fault, frozen=True, tag="freeze_link"):
    """Half-open connections: nothing is read, nothing is sent."""

    for_s: float


class Mute(Fault, frozen=True, tag="mute"):
    """Stop a stream of one contract. ``symbol`` means the underlying; with ``options`` its options too."""

    symbol: str = ""
    con_id: int = 0
    stream: Stream = "all"
    for_s: float = 0.0
    """0 = until unmuted."""
    options: bool = False


class Unmute(Fault, frozen=True, tag="unmute"):
    """End a mute; without symbol and con_id, all of them."""

    symbol: str = ""
    con_id: int = 0
    stream: Stream = "all"


class RejectNext(Fault, frozen=True, tag="reject_next"):
    """Refuse the next ``count`` new orders (of one type, if given) with a code and text."""

    code: int = 201
    text: str = "Order rejected - reason:SIMULATED rejection"
    count: int = 1
    order_type: str = ""


class SwallowNext(Fault, frozen=True, tag="swallow_next"):
    """Lose the next ``count`` orders (of one type, if given): no answer ever, and the exchange never sees them."""

    count: int = 1
    order_type: str = ""


class WarnNext(Fault, frozen=True, tag="warn_next"):
    """Send a coded message about the next order after it was accepted; the order lives (10349, 399)."""

    code: int
    text: str
    count: int = 1


class Delay(Fault, frozen=True, tag="delay"):
    """Hold back order messages, or put cancels into effect late, by ``by_s`` while ``for_s`` lasts."""

    what: Literal["orders", "cancels"] = "orders"
    by_s: float = 1.0
    for_s: float = 10.0


class DuplicateStatuses(Fault, frozen=True, tag="duplicate_statuses"):
    """Send every orderStatus twice."""

    for_s: float = 10.0


class SendError(Fault, frozen=True, tag="error"):
    """Send any code. ``req_id`` -1 = no request; ``last_order`` = the newest order of each client."""

    code: int
    text: str
    req_id: int | Literal["last_order"] = -1
    client_id: int | None = None


class WithholdEnd(Fault, frozen=True, tag="withhold_end"):
    """Leave out the end marker of the next ``count`` answers."""

    what: Literal["positions", "open_orders", "completed_orders", "executions", "account_updates", "contract_details"]
    count: int = 1


class LowerNextValidId(Fault, frozen=True, tag="lower_next_valid_id"):
    """Announce a next order id lower by ``by`` at the next connect."""

    by: int = 10


class HoldFills(Fault, frozen=True, tag="hold_fills"):
    """Orders trade, but nothing is said about it for ``for_s``; what is held is lost if the link drops meanwhile."""

    for_s: float


class ResetDepth(Fault, frozen=True, tag="reset_depth"):
    """Send 317 and then the whole book anew."""

    symbol: str


class ServerOutage(Fault, frozen=True, tag="server_outage"):
    """1100, silence of data and order messages for ``for_s``, then 1102; or 1101, with all subscriptions gone."""

    for_s: float
    data_lost: bool = False


class AlphaVantage(Fault, frozen=True, tag="alphavantage"):
    """Let the next ``count`` requests to the Alpha Vantage server fail: ``limit``, ``placeholder``, ``hang``..."""

    what: str
    count: int = 1


class Clear(Fault, frozen=True, tag="clear"):
    """End all faults that last."""


AnyFault = (
    DropLink
    | FreezeLink
    | Mute
    | Unmute
    | RejectNext
    | SwallowNext
    | WarnNext
    | Delay
    | DuplicateStatuses
    | SendError
    | WithholdEnd
    | LowerNextValidId
    | HoldFills
    | ResetDepth
    | ServerOutage
    | AlphaVantage
    | Clear
)
