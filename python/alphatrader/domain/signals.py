"""Signals: a decision down to the contract, with everything that explains it."""

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from alphatrader.domain.contracts import OptionKey
from alphatrader.domain.exit_plans import ExitPlan

Direction = Literal["bullish", "bearish"]


class Reason(Struct, frozen=True):
    """One input of a decision: its value, what it contributed to the score, and the words for it."""

    name: str
    value: float
    contribution: float
    text: str


class Signal(Struct, frozen=True):
    """A tradable idea. Prices in dollars per share of the option; times in ns since the epoch.

    ``stop_price`` is that of the option (None where the stop rests on the underlying's price), ``target_price`` that of
    the first target; ``ask`` is the reference of ``exit_plan``. ``fingerprint`` is what de-duplication compares:
    symbol, strategy, direction, contract and time window.
    """

    signal_id: str
    strategy: str
    symbol: str
    direction: Direction
    contract: OptionKey
    instrument_id: int
    score: float
    entry_limit: Decimal
    stop_price: Decimal | None
    target_price: Decimal | None
    bid: Decimal
    ask: Decimal
    spot: float
    created_ns: int
    expires_ns: int
    fingerprint: str
    reasons: tuple[Reason, ...]
    exit_plan: ExitPlan

    def fault(self) -> str:
        """Return why it could not be read back from the journal, empty if it could: a score that is no number, say.

        A start reads all that lives of the journal or nothing, so what cannot be read must not be written.
        """
        try:
            msgspec.json.decode(msgspec.json.encode(self), type=Signal)
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
            return str(error)
        return ""


class Denial(Struct, frozen=True):
    """A refusal by a guardrail or the risk gate: a stable ``code`` to count by, and a sentence."""

    code: str
    text: str
