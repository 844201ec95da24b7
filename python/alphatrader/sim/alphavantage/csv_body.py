"""The same answers as CSV (``datatype=csv``): a header and one line a row, as the service writes them."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import msgspec

CSV_FUNCTIONS = frozenset({"REALTIME_OPTIONS", "HISTORICAL_OPTIONS", "GLOBAL_QUOTE", "RSI", "MACD", "BBANDS", "ATR"})
"""News has no CSV form; the parameter is ignored there."""


def as_csv(function: str, body: bytes) -> bytes | None:
    """Rewrite a JSON answer; None for a refusal or a function without a CSV form, which stays JSON."""
    if function not in CSV_FUNCTIONS:
        return None
    content: Mapping[str, Any] = msgspec.json.decode(body)
    rows = _rows(function, content)
    if not rows:
        return None
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _rows(function: str, content: Mapping[str, Any]) -> list[dict[str, str]]:
    if function in {"REALTIME_OPTIONS", "HISTORICAL_OPTIONS"}:
        return list(content.get("data") or ())
    if function == "GLOBAL_QUOTE":
        quote = next(iter(content.values()))
        return [_quote_row(quote)] if isinstance(quote, dict) and quote else []
    table = content.get(f"Technical Analysis: {function}") or {}
    return [{"time": time, **values} for time, values in table.items()]


def _quote_row(quote: Mapping[str, str]) -> dict[str, str]:
    """``05. price`` becomes ``price``, ``07. latest trading day`` ``latestDay``, and so on."""
    short = {"latest trading day": "latestDay", "previous close": "previousClose", "change percent": "changePercent"}
    names = (name.partition(". ")[2] for name in quote)
    return {short.get(name, name): value for name, value in zip(names, quote.values(), strict=True)}
