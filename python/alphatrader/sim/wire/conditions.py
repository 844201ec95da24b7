"""Conditions of an order: what must be true of a price, the time, margin, volume... before it works or is cancelled."""

from enum import IntEnum

from msgspec import Struct

from alphatrader.sim.wire.fields import FieldReader, FieldValue, MalformedRequestError


class ConditionKind(IntEnum):
    """The protocol's numbers; 2 does not exist."""

    PRICE = 1
    TIME = 3
    MARGIN = 4
    EXECUTION = 5
    VOLUME = 6
    PERCENT_CHANGE = 7


_OF_CONTRACT = frozenset({ConditionKind.PRICE, ConditionKind.VOLUME, ConditionKind.PERCENT_CHANGE})
_CONJUNCTIONS = frozenset({"a", "o"})


class WireCondition(Struct, frozen=True):
    """One condition. ``conjunction`` ``a``/``o`` (and/or) joins it to the next.

    ``value`` is a price in dollars, a time, a cushion in percent, a volume in shares or a change in percent, as the
    client wrote it. An execution condition has ``sec_type``, ``exchange`` and ``symbol`` instead.
    """

    kind: ConditionKind
    conjunction: str
    is_more: bool = True
    value: str = ""
    con_id: int = 0
    exchange: str = ""
    trigger_method: int = 0
    sec_type: str = ""
    symbol: str = ""


def read_condition(fields: FieldReader) -> WireCondition:
    """Take one condition. Raises MalformedRequestError."""
    number = fields.integer("conditionType")
    try:
        kind = ConditionKind(number)
    except ValueError:
        raise MalformedRequestError(f"conditionType was {number}, not 1 or 3 to 7") from None
    conjunction = fields.text("conjunction").lower()
    if conjunction not in _CONJUNCTIONS:
        raise MalformedRequestError(f"conjunction was {conjunction[:20]!r}, not a or o")
    if kind is ConditionKind.EXECUTION:
        return WireCondition(
            kind,
            conjunction,
            sec_type=fields.text("conditionSecType"),
            exchange=fields.text("conditionExchange"),
            symbol=fields.text("conditionSymbol"),
        )
    is_more = fields.flag("isMore")
    value = fields.text("conditionTime") if kind is ConditionKind.TIME else _number(fields)
    if kind not in _OF_CONTRACT:
        return WireCondition(kind, conjunction, is_more, value)
    con_id, exchange = fields.integer("conditionConId"), fields.text("conditionExchange")
    method = fields.integer("conditionTriggerMethod") if kind is ConditionKind.PRICE else 0
    return WireCondition(kind, conjunction, is_more, value, con_id, exchange, method)


def condition_fields(condition: WireCondition) -> tuple[FieldValue, ...]:
    """Write one condition the way it is read."""
    start: tuple[FieldValue, ...] = (int(condition.kind), condition.conjunction)
    if condition.kind is ConditionKind.EXECUTION:
        return (*start, condition.sec_type, condition.exchange, condition.symbol)
    start = (*start, condition.is_more, condition.value)
    if condition.kind not in _OF_CONTRACT:
        return start
    if condition.kind is ConditionKind.PRICE:
        return (*start, condition.con_id, condition.exchange, condition.trigger_method)
    return (*start, condition.con_id, condition.exchange)


def _number(fields: FieldReader) -> str:
    value = fields.decimal("conditionValue")
    return "" if value is None else f"{value:f}"
