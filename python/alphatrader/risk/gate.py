"""The risk gate: the only maker of ``RiskApproved``. Missing data denies.

Opening: every check of :data:`alphatrader.risk.checks.CHECKS`. Closing: only what shrinks a position that we hold.
"""

from alphatrader.domain.approval import RiskApproved, approve
from alphatrader.domain.orders import OrderIntent
from alphatrader.domain.signals import Denial
from alphatrader.risk.checks import CHECKS, Ground, Standing
from alphatrader.risk.settings import RiskLimits

_NAMES = tuple(check.name for check in CHECKS)


class RiskGate:
    """Judges intents. Stateless: all that it needs is in its arguments."""

    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits

    def standing(self, ground: Ground) -> list[Denial]:
        """Return every reason why nothing can be opened now, whatever the order."""
        return [denial for check in CHECKS if check.ground is not None for denial in check.ground(ground)]

    def check_open(
        self, intent: OrderIntent, ground: Ground, standing: Standing
    ) -> RiskApproved[OrderIntent] | list[Denial]:
        """Approve an opening bracket, or return every reason against it."""
        denials = self.standing(ground)
        for check in CHECKS:
            if check.intent is not None:
                denials += check.intent(intent, standing, self._limits)
        return denials or approve(intent, _NAMES)

    def check_close(self, intent: OrderIntent, held: int, outgoing: int) -> RiskApproved[OrderIntent] | Denial:
        """Approve an order that sells no more than is held and not already on its way out."""
        selling = sum(t.quantity for t in intent.tickets if t.side == "SELL")
        if intent.purpose != "close" or any(t.side != "SELL" for t in intent.tickets):
            return Denial("not_reducing", "the order does not shrink a position")
        if selling < 1 or selling + outgoing > held:
            return Denial("over_position", f"{selling} + {outgoing} to sell, {held} held")
        return approve(intent, ("reducing", "within position"))
