"""The one form in which every driver tells what its client saw, and the lines it is asked and answers in.

A driver is a process of its own, because three of the clients are a module of the same name. It reads one request a
line (``{"id": 1, "conn": "a", "op": "place", "args": {...}}``) and answers one a line (``{"id": 1, "ok": ...}`` or
``{"id": 1, "error": "..."}``). Nothing but the standard library and the client is imported here.
"""

import dataclasses
import enum
import json
import math
from datetime import datetime
from decimal import Decimal
from typing import Any

WAIT_S = 30.0
"""How long a driver waits for an answer before it says that none came."""

UNSET = {"", None, 2147483647, 9223372036854775807, 1.7976931348623157e308}

TICK_FIELDS = {
    0: "bidSize",
    1: "bid",
    2: "ask",
    3: "askSize",
    4: "last",
    5: "lastSize",
    6: "high",
    7: "low",
    8: "volume",
    9: "close",
    14: "open",
    15: "low13week",
    16: "high13week",
    17: "low26week",
    18: "high26week",
    19: "low52week",
    20: "high52week",
    21: "avVolume",
    23: "histVolatility",
    24: "impliedVolatility",
    27: "callOpenInterest",
    28: "putOpenInterest",
    29: "callVolume",
    30: "putVolume",
    37: "markPrice",
    46: "shortable",
    49: "halted",
    66: "bid",
    67: "ask",
    68: "last",
    69: "bidSize",
    70: "askSize",
    71: "lastSize",
    72: "high",
    73: "low",
    74: "volume",
    75: "close",
    76: "open",
    87: "avOptionVolume",
    89: "shortableShares",
}
"""Tick types as the ticker of ib_insync names them."""

GREEK_TICKS = {10: "bidGreeks", 11: "askGreeks", 12: "lastGreeks", 13: "modelGreeks", 53: "custom"}
GREEKS = ("impliedVol", "delta", "optPrice", "pvDividend", "gamma", "vega", "theta", "undPrice")


def plain(value: Any) -> Any:
    """Turn any value of a client into what JSON holds: objects by their fields, NaN and unset numbers to None."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, (int, float)):
        return None if value in UNSET or (isinstance(value, float) and not math.isfinite(value)) else value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if hasattr(value, "__dict__"):
        return {key: plain(item) for key, item in vars(value).items() if not key.startswith("_")}
    return str(value)


def fill(target: Any, fields: dict[str, Any]) -> Any:
    """Set fields of a client's object, which must have them; return it."""
    for name, value in fields.items():
        if not hasattr(target, name):
            raise AttributeError(f"{type(target).__name__} has no field {name}")
        setattr(target, name, value)
    return target


def answer(request: dict[str, Any], result: Any = None, error: BaseException | None = None) -> str:
    """Return the line that answers a request."""
    head = {"id": request["id"]}
    if error is not None:
        return json.dumps({**head, "error": f"{type(error).__name__}: {error}"})
    return json.dumps({**head, "ok": plain(result)})
