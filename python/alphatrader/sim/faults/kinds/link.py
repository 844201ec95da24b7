"""Faults of the link: between client and gateway, and between gateway and the broker's servers."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault


class DropLink(Fault, frozen=True, tag="drop_link"):
    """Close the TCP connections (of one client or all); with ``refuse_for_s``, refuse new ones for that long."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the daily restart of the gateway; a client reads end of file, then 502 on its own side"

    refuse_for_s: float = 0.0
    client_id: int | None = None


class FreezeLink(Fault, frozen=True, tag="freeze_link"):
    """Half-open connections: nothing is read, nothing is sent, the connection stands."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "silence; only a heartbeat of the client's own (currentTime) finds it"

    for_s: float


class ServerOutage(Fault, frozen=True, tag="server_outage"):
    """The gateway loses the broker: 1100 (or 2110), silence for ``for_s``, then 1102, or 1101 with all streams gone.

    ``storm_every_s`` repeats the 1100. Resting orders keep working at the exchange; what is said of fills comes
    ``executions_late_s`` after the end. ``orders``: what is asked meanwhile waits, is refused, or is lost. With
    ``drop_link`` the gateway closes the connections at the end instead of saying that all is well.
    """

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "1100 once or hundreds of times (833 in 15 hours were counted), then 1102 or 1101"

    for_s: float
    data_lost: bool = False
    code: Literal[1100, 2110] = 1100
    storm_every_s: float = 0.0
    executions_late_s: float = 0.0
    orders: Literal["queued", "refused", "lost"] = "queued"
    drop_link: bool = False


class LoggedOut(Fault, frozen=True, tag="logged_out"):
    """The gateway logs out and stays so until ``login`` (or for ``for_s``): a Sunday's login waits for a human.

    ``door`` closed = connections are refused; silent = they are accepted and never answered.
    """

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "502 on the client's side, or a connection that never answers"

    door: Literal["closed", "silent"] = "silent"
    for_s: float = 0.0


class Login(Fault, frozen=True, tag="login"):
    """The human has come: the gateway is logged in again."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "connections are accepted and answered"


class OccupyClientId(Fault, frozen=True, tag="occupy_client_id"):
    """A client id stays in use although nobody is connected with it, as after a half-open connection."""

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "326, then the connection is closed; the libraries show a time-out"

    client_id: int
    for_s: float


class ReadOnly(Fault, frozen=True, tag="read_only"):
    """The API is switched to read-only: orders, cancels and the lists of orders are 321."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "321 on every order and cancel, and on reqOpenOrders"

    for_s: float = 0.0


class PacingViolation(Fault, frozen=True, tag="pacing_violation"):
    """The next ``count`` requests are answered by 100; with ``disconnect`` the last one ends the connection."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "100 in place of an answer; repeated, the connection is closed"

    count: int = 1
    disconnect: bool = False
    client_id: int | None = None


class LowerNextValidId(Fault, frozen=True, tag="lower_next_valid_id"):
    """Announce a next order id lower by ``by`` at the next connect."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "nextValidId below ids already used; an order under one of them is 103"

    by: int = 10
