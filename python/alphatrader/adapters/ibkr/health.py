"""What the gateway's system messages say about the link: a state machine without I/O.

=====================  ==========================================  =================================================
message                meaning                                     effect
=====================  ==========================================  =================================================
socket lost            the gateway is gone                         nothing possible; reconnect
1100, 2110             gateway lost IBKR's servers                 no orders, data incomplete
1101                   back, subscriptions lost                    renew every stream, then healthy
1102                   back, subscriptions kept                    healthy
2103, 2105 (farm)      a data farm broke                           data incomplete; orders still possible
2104, 2106 (farm)      it is back, but streams may stay dead       cancel and renew every stream, then healthy
10197                  another session took the market data        data incomplete until a quote comes again
=====================  ==========================================  =================================================
"""

from dataclasses import dataclass, field
from enum import Enum

MAX_FARMS = 64

SERVER_LOST = frozenset({1100, 2110})
FARM_BROKEN = frozenset({2103, 2105})
FARM_BACK = frozenset({2104, 2106})
COMPETING_SESSION = 10197
DATA_LOST = 1101
DATA_KEPT = 1102


class Renewal(Enum):
    """What must be done with the streams."""

    NONE = 0
    LOST = 1
    """The gateway forgot them: ask again."""
    SUSPECT = 2
    """They may live or be dead: cancel, then ask again."""


@dataclass(slots=True)
class LinkHealth:
    """The link as far as it is known. ``connected``: handshake done and account confirmed."""

    connected: bool = False
    server_up: bool = True
    competing: bool = False
    renewing: bool = False
    broken_farms: set[str] = field(default_factory=set)

    @property
    def orders_possible(self) -> bool:
        """Whether an order sent now can reach the exchange."""
        return self.connected and self.server_up

    @property
    def healthy(self) -> bool:
        """Orders possible and market data complete."""
        return self.orders_possible and not (self.competing or self.renewing or self.broken_farms)

    def on_connecting(self) -> None:
        """A new connection begins: what the old one said no longer counts."""
        self.connected = False
        self.server_up = True
        self.competing = False
        self.broken_farms.clear()

    def on_connected(self) -> None:
        """The handshake is done; streams are not yet there."""
        self.connected = True
        self.renewing = True

    def on_lost(self) -> None:
        """The socket is gone."""
        self.connected = False

    def on_renewed(self) -> None:
        """All streams were asked for again."""
        self.renewing = False

    def on_quote(self) -> bool:
        """Note that market data flows; return whether that ended a competing session."""
        was, self.competing = self.competing, False
        return was

    def on_code(self, code: int, text: str) -> Renewal:
        """Take a system message; return what it asks of the streams."""
        if code in SERVER_LOST:
            self.server_up = False
        elif code == DATA_KEPT:
            self.server_up = True
        elif code == DATA_LOST:
            self.server_up = True
            self.renewing = True
            return Renewal.LOST
        elif code in FARM_BROKEN:
            if len(self.broken_farms) < MAX_FARMS:
                self.broken_farms.add(_farm(text))
        elif code in FARM_BACK:
            if _farm(text) in self.broken_farms:
                self.broken_farms.discard(_farm(text))
                self.renewing = True
                return Renewal.SUSPECT
        elif code == COMPETING_SESSION:
            self.competing = True
        return Renewal.NONE

    def describe(self) -> str:
        """Say in words what is wrong; empty if nothing is."""
        if not self.connected:
            return "not connected to the gateway"
        if not self.server_up:
            return "the gateway lost its connection to IBKR"
        faults = []
        if self.broken_farms:
            faults.append(f"data farm down: {', '.join(sorted(self.broken_farms))}")
        if self.competing:
            faults.append("another session of this user took the market data")
        if self.renewing:
            faults.append("renewing market data")
        return "; ".join(faults)


def is_link_code(code: int) -> bool:
    """Whether the message changes the health of the link."""
    return code in SERVER_LOST | FARM_BROKEN | FARM_BACK or code in (DATA_LOST, DATA_KEPT, COMPETING_SESSION)


def _farm(text: str) -> str:
    """Return the farm's name: ``Market data farm connection is broken:usfarm`` -> ``usfarm``."""
    return text.rsplit(":", 1)[-1].strip()
