"""Records and events of earlier builds, brought to the layout of this one.

They work on decoded JSON, for the journal and for event logs alike; what has the present layout comes back as it was.

Layout 1 knew one strategy, whose trades ended at a stop, a target or after a longest hold: the prices stood in the
intent's tickets and in the signal, the hold in both. They become an exit plan, which gives the same prices again.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import Any

import msgspec
from msgspec import Struct

from alphatrader.domain.exit_plans import ExitPlan, StopTerms, TargetStep

Json = dict[str, Any]

_FRACTION_STEP = Decimal("1e-9")
"""Fractions are cut after nine digits. The stop is rounded down to a tick and the target up, so both are met again."""

_LEGS = frozenset({"entry", "stop", "target", "flatten"})
_END_OF_TIME_NS = 2**63 - 1


class _Ticket(Struct):
    leg: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class _Intent(Struct):
    purpose: str
    tickets: tuple[_Ticket, ...]
    max_hold_s: float = 0.0


class _Signal(Struct):
    stop_price: Decimal
    target_price: Decimal
    ask: Decimal
    max_hold_s: float = 0.0


class _Execution(Struct):
    exec_id: str
    order_id: int
    ts_ns: int
    order_ref: str = ""


def upgrade_intent(intent: Json) -> Json:
    """Give an opening ``OrderIntent`` the exit plan that its tickets stand for, and the entry's limit as its reference.

    Raises msgspec.ValidationError for what is no intent.
    """
    if "exit_plan" in intent:
        return intent
    old = msgspec.convert(intent, _Intent)
    tickets = {ticket.leg: ticket for ticket in old.tickets}
    entry, stop, target = tickets.get("entry"), tickets.get("stop"), tickets.get("target")
    if old.purpose != "open" or entry is None or not entry.limit_price or stop is None or stop.stop_price is None:
        return intent
    target_price = target.limit_price if target else None
    plan = _plan(entry.limit_price, stop.stop_price, target_price, old.max_hold_s)
    return {**intent, "exit_plan": plan, "reference_price": str(entry.limit_price)}


def upgrade_signal(signal: Json) -> Json:
    """Give a ``Signal`` the exit plan that its prices stand for, against its ask.

    Raises msgspec.ValidationError for what is no signal.
    """
    if "exit_plan" in signal:
        return signal
    old = msgspec.convert(signal, _Signal)
    if not old.ask:
        raise msgspec.ValidationError("A signal without an ask: its stop and target refer to nothing")
    return {**signal, "exit_plan": _plan(old.ask, old.stop_price, old.target_price, old.max_hold_s)}


def upgrade_record(record: Json) -> Json:
    """Upgrade a journal record of any kind. Raises msgspec.ValidationError."""
    match record:
        case {"type": "intent", "intent": dict(intent)}:
            return {**record, "intent": upgrade_intent(intent)}
        case {"type": "signal", "signal": dict(signal)}:
            return {**record, "signal": upgrade_signal(signal)}
    return record


def upgrade_restored(restored: Json, session_open_ns: int = 0, session_close_ns: int = _END_OF_TIME_NS) -> Json:
    """Upgrade the ``RestoredState`` within a recorded ``JournalRestored``. Raises msgspec.ValidationError.

    What layout 1 did not tell is taken from the executions that it told, as that build's engine did: an execution is
    ours if its order bears a reference of ours, and an order counts against the session's budget if it was executed.
    """
    intents = [{**opened, "intent": upgrade_intent(opened["intent"])} for opened in restored.get("intents", ())]
    upgraded = {**restored, "intents": intents}
    if "own_exec_ids" in restored:
        return upgraded
    executions = msgspec.convert(restored.get("executions", ()), tuple[_Execution, ...])
    own = [execution for execution in executions if execution.order_ref.rpartition(":")[2] in _LEGS]
    of_the_session = {e.order_id: e.ts_ns for e in executions if session_open_ns <= e.ts_ns < session_close_ns}
    return {
        **upgraded,
        "own_exec_ids": [execution.exec_id for execution in own],
        "order_times_ns": list(of_the_session.values()),
    }


def _plan(reference: Decimal, stop: Decimal, target: Decimal | None, max_hold_s: float) -> Json:
    gain = () if target is None else (TargetStep(gain_fraction=_fraction(target - reference, reference)),)
    loss = StopTerms(loss_fraction=_fraction(reference - stop, reference))
    plan: Json = msgspec.to_builtins(ExitPlan(stop=loss, targets=gain, max_hold_s=max_hold_s))
    return plan


def _fraction(difference: Decimal, reference: Decimal) -> float:
    return float((difference / reference).quantize(_FRACTION_STEP, rounding=ROUND_FLOOR))
