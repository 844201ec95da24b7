"""The way of an operator's command to the trader: its control socket, one JSON line there and one back."""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from alphatrader.control.client import Peer, ask

Action = Literal["halt", "reduce", "resume", "flatten", "cancel_entries"]

_ADVICE = "stops at the broker stay. Start the trader, or act in the broker's own terminal"


class ControlRequest(Struct, frozen=True):
    """What is sent."""

    action: Action
    actor: str
    reason: str


class TraderControl:
    """A client of the trader's control socket."""

    def __init__(self, path: Path, *, actor: str = "dashboard") -> None:
        self._peer = Peer("the trader", path, _ADVICE)
        self._actor = actor

    async def command(self, action: Action, reason: str) -> str:
        """Send a command and return the trading state after it.

        Raises LinkError (nothing was sent), UnansweredError (it may have been carried out) and PeerRefusedError (the
        trader's own words).
        """
        answer = await ask(self._peer, ControlRequest(action, self._actor, reason), action)
        return str(answer.get("state", ""))
