"""Counters and heartbeats of the trader's modules, kept in the process; the projection writes them out."""

from collections.abc import Iterator

from alphatrader.adapters.redis.keys import AV_MONITORING, HEARTBEAT, IBKR_ERRORS, IBKR_METRICS, KeySpec

Number = int | float | str | None

NAMES_MAX = 500
"""Names in one document; a stream of new error codes must not grow without end."""


class Monitoring:
    """Call it on the event loop only. Nothing here waits or does I/O; every ``ts_ns`` is engine time."""

    def __init__(self) -> None:
        self._documents: dict[tuple[KeySpec, str], dict[str, Number]] = {}

    def beat(self, module: str, ts_ns: int) -> None:
        """A sign of life of ``module`` (``ibkr_ingestion``, ``av_ingestion``, ...)."""
        self._documents[HEARTBEAT, module] = {"ts_ns": ts_ns}

    def set_ibkr(self, ts_ns: int, values: dict[str, Number]) -> None:
        """Set figures of the broker's link (rows a second, lag, orders sent, ...)."""
        self._update(IBKR_METRICS, "", ts_ns, values)

    def count_ibkr_error(self, ts_ns: int, code: str) -> None:
        """Count an error of the broker by its code."""
        self._count(IBKR_ERRORS, "", ts_ns, code)

    def set_alphavantage(self, ts_ns: int, topic: str, values: dict[str, Number]) -> None:
        """Set figures of ``topic`` (``requests``, ``budget``, ...)."""
        self._update(AV_MONITORING, topic, ts_ns, values)

    def count_alphavantage(self, ts_ns: int, topic: str, name: str) -> None:
        """Count ``name`` under ``topic`` (``errors``: by reason)."""
        self._count(AV_MONITORING, topic, ts_ns, name)

    def documents(self) -> Iterator[tuple[KeySpec, str, dict[str, Number]]]:
        """Yield (kind of key, item, document)."""
        for (spec, item), values in self._documents.items():
            yield spec, item, values

    def _update(self, spec: KeySpec, item: str, ts_ns: int, values: dict[str, Number]) -> None:
        document = self._documents.setdefault((spec, item), {})
        document["ts_ns"] = ts_ns
        for name, value in values.items():
            if name in document or len(document) < NAMES_MAX:
                document[name] = value

    def _count(self, spec: KeySpec, item: str, ts_ns: int, name: str) -> None:
        document = self._documents.setdefault((spec, item), {})
        document["ts_ns"] = ts_ns
        if name not in document and len(document) >= NAMES_MAX:
            name = "other"
        before = document.get(name, 0)
        document[name] = before + 1 if isinstance(before, (int, float)) else 1
