"""Faults of market data: silence, missing permission, halts, values that are not there."""

from typing import ClassVar, Literal

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import ContractChoice, Fault

Stream = Literal["quote", "trade", "depth", "all"]


class Mute(Fault, frozen=True, tag="mute"):
    """Stop a stream of one contract. ``symbol`` means the underlying; with ``options`` its options too."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "ticks end, or never begin, while the connection is well"

    symbol: str = ""
    con_id: int = 0
    stream: Stream = "all"
    for_s: float = 0.0
    """0 = until unmuted."""
    options: bool = False


class Unmute(Fault, frozen=True, tag="unmute"):
    """End a mute; without symbol and con_id, all of them."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "ticks go on"

    symbol: str = ""
    con_id: int = 0
    stream: Stream = "all"


class KillStreams(ContractChoice, frozen=True, tag="kill_streams"):
    """The streams that run now never speak again; those that are asked for anew do."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "silence without a code, until the client subscribes again"


class Permission(ContractChoice, frozen=True, tag="permission"):
    """Market data is not subscribed. 354, 10089, 10168, 10186: refused. 10090, 10091: no bid, ask and last.

    10167: delayed data instead (type 3, ticks 66 and up). 10092, 2152: depth refused, or of some exchanges only. 10189:
    tick-by-tick refused.
    """

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "the code on each new subscription"

    code: Literal[354, 10089, 10090, 10091, 10092, 10167, 10168, 10186, 10189, 2152] = 354


class EmptyQuotes(ContractChoice, frozen=True, tag="empty_quotes"):
    """Sides of the quote are absent: price -1, size 0."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "tickPrice -1 with size 0"

    sides: Literal["bid", "ask", "both"] = "both"


class MissingGreeks(ContractChoice, frozen=True, tag="missing_greeks"):
    """Option computations say what was not computed: -1 for volatility and prices, -2 for greeks."""

    evidence: ClassVar[Evidence] = Evidence.SOURCE
    observed: ClassVar[str] = "the libraries show None in the fields of modelGreeks"

    what: Literal["greeks", "volatility", "all"] = "all"


class FrozenData(ContractChoice, frozen=True, tag="frozen_data"):
    """marketDataType 2 and no more ticks, as after the close; then 1 again."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "message 58 with type 2, then silence"


class HaltTrading(ContractChoice, frozen=True, tag="halt"):
    """Tick 49 says halted, streams fall silent, depth is 316 (it must be asked for again); then tick 49 says 0."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "tick 49 = 1 (regulatory) or 2 (volatility), 316 on depth"

    reason: Literal["regulatory", "volatility"] = "volatility"


class ResetDepth(Fault, frozen=True, tag="reset_depth"):
    """Send 317 and then the whole book anew."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "317: the book is void, clear it"

    symbol: str


class TicksAfterCancel(ContractChoice, frozen=True, tag="ticks_after_cancel"):
    """Cancels of streams take effect ``by_s`` late: ticks arrive after the client let go."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "ticks under an id that the client has forgotten"

    by_s: float = 1.0


class UnknownTick(ContractChoice, frozen=True, tag="unknown_tick"):
    """Send a tick of a type that no library knows, once to each line."""

    evidence: ClassVar[Evidence] = Evidence.SOURCE
    observed: ClassVar[str] = "ib_async raises AssertionError in its decoder, logs it and goes on"

    tick_type: int = 199
