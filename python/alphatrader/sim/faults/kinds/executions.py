"""Faults of executions, and executions that nobody asked for."""

from decimal import Decimal
from typing import ClassVar

from alphatrader.sim.behaviours import Evidence
from alphatrader.sim.faults.kinds.base import Fault


class HoldFills(Fault, frozen=True, tag="hold_fills"):
    """Orders trade, but nothing is said about it for ``for_s``; what is held is lost if the link drops meanwhile."""

    evidence: ClassVar[Evidence] = Evidence.ISSUE
    observed: ClassVar[str] = "fills that only reqExecutions and positions tell of (Lean #249)"

    for_s: float


class SplitFills(Fault, frozen=True, tag="split_fills"):
    """A fill comes as several executions of at most ``lot``, while ``for_s`` lasts."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "one execDetails and one commission for each part"

    lot: int = 1
    for_s: float = 10.0


class ReplayExecutions(Fault, frozen=True, tag="replay_executions"):
    """Send the last ``count`` executions once more as if they were live, to the clients that own them."""

    evidence: ClassVar[Evidence] = Evidence.PROVEN
    observed: ClassVar[str] = "an execId that is known already"

    count: int = 1
    commissions: bool = True


class CorrectExecution(Fault, frozen=True, tag="correct_execution"):
    """The exchange corrects the last execution: the same id but for its last part, at another ``price``."""

    evidence: ClassVar[Evidence] = Evidence.DOCUMENTED
    observed: ClassVar[str] = "execId ending in .02, which replaces .01; cash and cost follow"

    price: Decimal
    client_id: int | None = None


class BustExecution(Fault, frozen=True, tag="bust_execution"):
    """The exchange takes the last execution back: position and cash are as before it."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "a correction of quantity 0, or the position alone (behaviour bust_reported)"

    client_id: int | None = None


class Liquidate(Fault, frozen=True, tag="liquidate"):
    """The broker sells what is held of a contract without being asked; ``quantity`` 0 = all."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "an execution of no order of ours (liquidation = 1), and the position moves"

    con_id: int
    quantity: int = 0


class ForceFill(Fault, frozen=True, tag="force_fill"):
    """The newest live order (of a client) is filled now, at its limit or the quote; ``quantity`` 0 = all of it."""

    evidence: ClassVar[Evidence] = Evidence.MEMORY
    observed: ClassVar[str] = "a fill that the displayed market does not explain"

    quantity: int = 0
    client_id: int | None = None
