"""Tradable contracts and the instruments that stand for them in the event stream."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class Right(StrEnum):
    """The right that an option gives. The value is the letter of the OCC symbol."""

    CALL = "C"
    PUT = "P"


class OptionKey(Struct, frozen=True, order=True):
    """What names a listed option apart from the broker's id.

    ``expiry`` is ``YYYYMMDD``; ``strike`` is exact.
    """

    symbol: str
    expiry: str
    strike: Decimal
    right: Right
    trading_class: str = ""

    def label(self, session_date: str) -> str:
        """Name it the way a trader says it: ``SPY 0DTE 651C``, or with the date if it expires later."""
        tenor = "0DTE" if self.expiry == session_date else f"{self.expiry[:4]}-{self.expiry[4:6]}-{self.expiry[6:]}"
        strike = f"{self.strike.normalize():f}"
        return f"{self.symbol} {tenor} {strike}{self.right.value}"


class Instrument(Struct, frozen=True):
    """A contract qualified by the broker, with the small id under which its events are recorded.

    ``option`` is None for the underlying itself. ``min_tick`` in dollars.
    """

    instrument_id: int
    symbol: str
    con_id: int
    kind: Literal["stock", "index", "option"]
    min_tick: Decimal
    multiplier: int = 1
    option: OptionKey | None = None
