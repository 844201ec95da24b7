"""The registry of every key in Redis: name, type, life, how often it is written, what it holds.

``{symbol}`` in a template stands for the symbol *in braces*, ``market:{SPY}:book``: on a cluster the braces put all
keys of one symbol into one slot, so that scripts over several of them run there too. ``*`` stands for a further name.
``{scope}`` is who shares de-duplication, in braces for the same reason.
Every value is a JSON document with ``ts_ns``, the time of its content in market time (nanoseconds), however often it
is written: a key that lives is not yet a number that is fresh.
"""

from dataclasses import dataclass
from typing import Literal

from alphatrader.domain.errors import DataError


@dataclass(frozen=True, slots=True)
class KeySpec:
    """One kind of key. ``ttl_s`` None = it does not expire; ``refresh_s``: written at least so often."""

    template: str
    ttl_s: float | None
    refresh_s: float
    holds: str
    kind: Literal["string", "stream"] = "string"

    def name(self, tag: str = "", item: str = "") -> str:
        """Return the key's name; ``tag`` is the symbol, or the scope of claims. Raises DataError if it has a brace."""
        if "{" in tag or "}" in tag:
            raise DataError(f"{tag!r} has a brace in it and can't be part of a Redis key: check the settings.")
        return self.template.replace("{symbol}", f"{{{tag}}}").replace("{scope}", f"{{{tag}}}").replace("*", item)


_EVERY_TICK = 0.0
"""At every round of the projection."""

BOOK = KeySpec("market:{symbol}:book", 1, _EVERY_TICK, "depth, best first: bids and asks as [price, size]")
TRADES = KeySpec(
    "market:{symbol}:trades", 1, _EVERY_TICK, "latest prints: ts_ns, price, size, aggressor (+1 buy, -1 sell)"
)
LAST = KeySpec("market:{symbol}:last", 10, 0.5, "last price and size")
BARS = KeySpec("market:{symbol}:bars", 10, 2, "one-minute bars: start_ns, open, high, low, close, volume")
TICKER = KeySpec("market:{symbol}:ticker", 10, 0.5, "bid, ask, last and the session's figures")
SPREAD = KeySpec("market:{symbol}:spread", 10, 0.5, "ask - bid in dollars and in basis points of the mid")
IMBALANCE = KeySpec("market:{symbol}:imbalance", 10, 0.5, "order book and order flow imbalance")
SWEEP = KeySpec("market:{symbol}:sweep", 10, 1, "sweeps and blocks in the last 60 s")
UNUSUAL_VOLUME = KeySpec("market:{symbol}:unusual_volume", 10, 1, "volume of 60 s over the mean of the minutes before")
TIMESTAMP = KeySpec("market:{symbol}:timestamp", 10, 0.5, "time of the newest market event")
CHAIN = KeySpec(
    "options:{symbol}:chain", 10, 2, "by strike: open interest, volume, implied volatility; source, rows used"
)
GREEKS = KeySpec("options:{symbol}:greeks", 10, 2, "dollar greeks of the whole chain: delta, gamma, vanna, charm")
GEX = KeySpec("options:{symbol}:gex", 10, 2, "gamma exposure: totals, walls, zero gamma")
DEX = KeySpec("options:{symbol}:dex", 10, 2, "delta exposure, both conventions")
UNUSUAL = KeySpec("options:{symbol}:unusual", 10, 2, "strikes whose volume exceeds their open interest")
FLOW = KeySpec("options:{symbol}:flow", 10, 2, "call and put volume of the chain and their ratio")
SENTIMENT_SCORE = KeySpec("sentiment:{symbol}:score", 300, 30, "news sentiment, -1..1")
SENTIMENT_ARTICLES = KeySpec("sentiment:{symbol}:articles", 300, 30, "articles behind the score")
TECHNICALS = KeySpec("technicals:{symbol}:*", 60, 10, "rsi, macd, bbands, atr: the newest values by the source's names")
METRICS = KeySpec("metrics:{symbol}:*", 10, 1, "one number of the market state each (null = not known)")
GEX_BY_STRIKE = KeySpec("metrics:{symbol}:gex_by_strike", 10, 2, "by strike: call, put and net gamma exposure")
CONNECTED = KeySpec("ibkr:connected", 10, 1, "whether the link to the broker is healthy")
ACCOUNT = KeySpec("ibkr:account", 60, 2, "account figures in dollars")
FOREIGN = KeySpec(
    "ibkr:foreign", 60, 2, "positions, booked P&L and fees of the account that are not ours: in no other figure"
)
STRATEGY = KeySpec(
    "signals:strategy:*", 10, 1, "a strategy's mode, budget share and, by underlying, score, last refusal and counts"
)
PROPOSALS = KeySpec("signals:proposals", 10, 0.5, "signals that wait for `alphatrader approve ID`, with their expiry")
HEARTBEAT = KeySpec("module:heartbeat:*", 10, 1, "a module's last sign of life; not renewed without a new one")
IBKR_METRICS = KeySpec("monitoring:ibkr:metrics", 60, 2, "counters of the broker's link")
IBKR_ERRORS = KeySpec("monitoring:ibkr:errors", 60, 2, "errors of the broker's link, by code")
AV_MONITORING = KeySpec("monitoring:api:av:*", 60, 2, "Alpha Vantage: requests, errors, budget")
VIEW = KeySpec("view:engine", 10, _EVERY_TICK, "the whole EngineView and the wall time of its writing (written_at_ns)")
NOTICES = KeySpec(
    "stream:notices", None, _EVERY_TICK, "lines of the event feed; at least once, about 10,000 kept", "stream"
)
SIGNALS = KeySpec("stream:signals", None, _EVERY_TICK, "signals and what became of them; likewise", "stream")
CLAIM = KeySpec("claims:{scope}:signal:*", 172_800, 0, "who claimed a fingerprint, until when (engine time)")
CLAIMS_READY = KeySpec("claims:{scope}:ready:*", 172_800, 0, "a trader has written back what its journal knows")
PROBE = KeySpec("health:probe", 60, 0, "written by the health check: a server out of memory refuses it")

REGISTRY: tuple[KeySpec, ...] = tuple(value for value in list(globals().values()) if isinstance(value, KeySpec))

STREAM_MAXLEN = 10_000


def hash_slot(key: str) -> int:
    """Return the slot of a key on a Redis Cluster (CRC16 of the part in the first braces, else of all)."""
    start = key.find("{")
    end = key.find("}", start + 1)
    part = key[start + 1 : end] if start >= 0 and end > start + 1 else key
    crc = 0
    for byte in part.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % 16_384
