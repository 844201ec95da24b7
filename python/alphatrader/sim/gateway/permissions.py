"""Which market data a login gets: live, frozen, delayed or none, and the codes that say so."""

from msgspec import Struct

from alphatrader.sim.behaviours import Behaviours
from alphatrader.sim.gateway.quote_messages import DELAYED, DELAYED_FROZEN, FROZEN, LIVE
from alphatrader.sim.login import Login
from alphatrader.sim.market.types import ListedContract

_REFUSALS = {
    354: "Requested market data is not subscribed.Delayed market data is available.",
    10089: "Requested market data requires additional subscription for API. See link in 'Market Data Connections' "
    "dialog for more details.Delayed market data is available.",
    10168: "Requested market data is not subscribed. Delayed market data is not enabled.",
}
_DISPLAYING_DELAYED = "Requested market data is not subscribed. Displaying delayed market data."
_PARTLY = (
    "Part of requested market data is not subscribed. Subscription-independent ticks are still active."
    "Delayed market data is available."
)


class Grant(Struct, frozen=True):
    """What a request gets: ``data_type`` 1 to 4, 0 = nothing; a code and text to send first (0 = none)."""

    data_type: int
    code: int = 0
    text: str = ""
    greeks: bool = True


def grant(login: Login, wanted_type: int, contract: ListedContract, *, closed: bool, behaviours: Behaviours) -> Grant:
    """Decide on an L1 line. ``wanted_type`` is what reqMarketDataType said last (1 to 4).

    Live data go to who subscribes to them, whatever was asked; frozen ones only while the market is closed.
    """
    name = f"{contract.symbol} {contract.primary_exchange or contract.exchange}/TOP/ALL"
    if not login.sees(contract.sec_type):
        if wanted_type in {DELAYED, DELAYED_FROZEN}:
            kind = DELAYED_FROZEN if closed and wanted_type == DELAYED_FROZEN else DELAYED
            return Grant(kind, 10167, f"{_DISPLAYING_DELAYED}{name}")
        code = int(behaviours.number("no_permission_code"))
        return Grant(0, code, _REFUSALS[code] + (name if code != 10168 else ""))
    kind = FROZEN if closed and wanted_type in {FROZEN, DELAYED_FROZEN} else LIVE
    if contract.sec_type == "OPT" and not login.sees("STK"):
        # The option's own prices arrive; what needs the underlying's does not.
        return Grant(kind, 10090, f"{_PARTLY}{name}", greeks=False)
    return Grant(kind)
