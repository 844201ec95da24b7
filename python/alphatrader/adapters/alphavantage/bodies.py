"""Reading answers: is it data, and if not, what is it? Pure functions over bytes."""

import math
import re
from typing import Any

import msgspec

from alphatrader.adapters.alphavantage.functions import Function
from alphatrader.domain.errors import AlphaTraderError, ConfigError, DataError, PacingError

HEAD_BYTES = 8_192
"""A chain is recognised by its beginning; its megabytes are decoded by the engine, in Rust."""
MAX_REFUSAL_TEXT = 300

_CHAIN_START = re.compile(rb'"data"\s*:\s*\[\s*(\]?)')
_PLACEHOLDER = re.compile(rb"ARTIFICIAL|XXYYZZ|premium endpoint", re.IGNORECASE)
_LIMIT = re.compile(r"rate limit|call frequency|requests? per (day|minute|second)|sparingly|higher API call", re.I)
_DAILY = re.compile(r"(\d+ requests per day|daily)", re.I)
_BAD_KEY = re.compile(r"apikey is invalid|api ?key .*(invalid|missing)", re.I)
_PREMIUM = re.compile(r"premium|entitlement|subscribe", re.I)


class DailyLimitError(PacingError):
    """The day's quota is used up: asking again soon is pointless."""


class EntitlementError(DataError):
    """The key's plan does not include this function."""


def check_chain(function: Function, symbol: str, body: bytes) -> None:
    """Refuse what is not a chain. Raises DataError, EntitlementError, PacingError, ConfigError."""
    head = body[:HEAD_BYTES]
    start = _CHAIN_START.search(head)
    if start is None:
        raise refusal(function, symbol, body)
    if _PLACEHOLDER.search(head):
        raise EntitlementError(
            f"Alpha Vantage answered {function.name} for {symbol} with invented sample rows: the key has no options "
            "plan (600 requests a minute or more). Subscribe to one, or the strategy works without dealer exposure."
        )
    if start.group(1):
        raise DataError(
            f"Alpha Vantage has no option contracts for {symbol} ({function.name}); check the symbol and the day."
        )


def read_data(function: Function, symbol: str, body: bytes) -> Any:
    """Decode an answer and return the value of its data key. Raises as :func:`check_chain` does."""
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"Alpha Vantage answered {function.name} for {symbol} with something that is not JSON ({error}); "
            "it may be under maintenance."
        ) from error
    data = decoded.get(function.data_key) if isinstance(decoded, dict) else None
    if not isinstance(data, dict | list):
        raise refusal(function, symbol, body)
    return data


def refusal(function: Function, symbol: str, body: bytes) -> AlphaTraderError:
    """Return the error that an answer without data stands for."""
    what = f"{function.name} for {symbol}"
    try:
        decoded = msgspec.json.decode(body[: HEAD_BYTES * 8])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return DataError(f"Alpha Vantage answered {what} with {len(body)} bytes that are no JSON; it may be down.")
    said = ""
    if isinstance(decoded, dict):
        for key in ("Information", "Note", "Error Message", "message", "error"):
            if isinstance(decoded.get(key), str):
                said = decoded[key][:MAX_REFUSAL_TEXT]
                break
    if _BAD_KEY.search(said):
        return ConfigError(f"Alpha Vantage refused the API key ({said}); set alphavantage.api_key to a valid one.")
    if _LIMIT.search(said):
        kind = DailyLimitError if _DAILY.search(said) and "per second" not in said else PacingError
        return kind(f"Alpha Vantage limits our requests, {what} was not answered: {said}")
    if _PREMIUM.search(said):
        return EntitlementError(f"Alpha Vantage does not include {what} in the key's plan: {said}")
    return DataError(f"Alpha Vantage gave no data for {what}: {said or 'an answer without a reason'}")


def read_sentiment(symbol: str, feed: Any) -> tuple[float, int]:
    """Return the mean sentiment of a symbol (-1..1), weighted by relevance, and the number of articles about it."""
    weighted = weights = 0.0
    articles = 0
    for article in feed if isinstance(feed, list) else ():
        for row in article.get("ticker_sentiment", ()) if isinstance(article, dict) else ():
            if row.get("ticker") != symbol:
                continue
            relevance, score = _number(row.get("relevance_score")), _number(row.get("ticker_sentiment_score"))
            if relevance is None or score is None or relevance <= 0:
                continue
            weighted += relevance * max(-1.0, min(1.0, score))
            weights += relevance
            articles += 1
    return (weighted / weights if weights else 0.0), articles


def read_indicator(function: Function, symbol: str, series: Any) -> dict[str, float]:
    """Return the newest values of an indicator, by the names that the service gives them. Raises DataError."""
    if isinstance(series, dict) and series:
        newest = series[max(series)]  # ISO times: the largest text is the latest
        if isinstance(newest, dict):
            values = {name: number for name, text in newest.items() if (number := _number(text)) is not None}
            if values:
                return values
    raise DataError(f"Alpha Vantage sent {function.name} for {symbol} without a value; the session may be too young.")


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None
