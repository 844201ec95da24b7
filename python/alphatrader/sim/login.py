"""What the simulated login may do: its market data subscriptions, and the settings of its gateway."""

from typing import Literal

from msgspec import Struct

Feed = Literal["stocks", "options", "indices", "depth"]
"""Top of book of stocks, OPRA, index values, and deep books."""
ALL_FEEDS: tuple[Feed, ...] = ("stocks", "options", "indices", "depth")


class Login(Struct, frozen=True):
    """``conflation_s`` is wall time between two updates of one L1 line; prints are never conflated."""

    feeds: frozenset[str] = frozenset(ALL_FEEDS)
    read_only: bool = False
    conflation_s: float = 0.05
    master_client_id: int | None = None
    """The client that hears of everybody's orders and executions, besides their owners."""

    def sees(self, sec_type: str) -> bool:
        """Whether the top of book of such a contract is subscribed to."""
        return {"STK": "stocks", "OPT": "options", "IND": "indices"}.get(sec_type, "") in self.feeds
