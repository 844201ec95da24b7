"""The outside world of a trader, in memory: each port keeps what reached it and answers as the test says."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from alphatrader.domain.errors import AlphaTraderError
from alphatrader.domain.orders import BrokerSnapshot
from alphatrader.domain.records import RestoredState
from alphatrader.engine.workers import Ports


class MemoryJournal:
    """``while_writing`` is called in a durable write; ``failure`` is raised by it, ``epoch_failure`` by the fence."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.while_writing: Callable[[], None] = lambda: None
        self.failure: AlphaTraderError | None = None
        self.epoch_failure: AlphaTraderError | None = None

    def append(self, record: Any) -> None:
        self.records.append(record)

    async def append_durable(self, record: Any) -> None:
        self.while_writing()
        if self.failure is not None:
            raise self.failure
        self.records.append(record)

    async def check_epoch(self) -> None:
        if self.epoch_failure is not None:
            raise self.epoch_failure

    def restore(self, session_date: str) -> RestoredState:
        return RestoredState()

    def of(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]


class MemoryLog:
    """Rows as they would be recorded; market rows of a chunk as (first number, time, how many)."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.chunks: list[tuple[int, int, int]] = []

    def append(self, row: tuple[Any, ...]) -> None:
        self.rows.append(row)

    def append_rows(self, first_seq: int, ts_ns: int, rows: Any) -> None:
        self.chunks.append((first_seq, ts_ns, len(rows)))


class MemoryClaims:
    """Claims without a server."""

    def __init__(self) -> None:
        self.claimed: dict[str, int] = {}
        self.failure: AlphaTraderError | None = None

    async def claim(self, fingerprint: str, signal_id: str, now_ns: int, expires_ns: int) -> bool:
        if self.failure is not None:
            raise self.failure
        if self.claimed.get(fingerprint, 0) > now_ns:
            return False
        self.claimed[fingerprint] = expires_ns
        return True

    async def rebuild(self, fingerprints: Iterable[tuple[str, int]], now_ns: int) -> None:
        self.claimed.update(fingerprints)


class MemoryBroker:
    """Keeps every request, in order; ``failure`` is raised by the next ones."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer = BrokerSnapshot((), (), (), complete=True)
        self.failure: AlphaTraderError | None = None

    def _ask(self, *request: Any) -> None:
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure

    async def submit(self, approved: Any) -> None:
        self._ask("submit", approved.value.intent_id)

    async def reprice(self, order_id: int, limit_price: Decimal) -> None:
        self._ask("reprice", order_id, limit_price)

    async def move_stop(self, order_id: int, stop_price: Decimal) -> None:
        self._ask("move_stop", order_id, stop_price)

    async def resize(self, order_id: int, quantity: int) -> None:
        self._ask("resize", order_id, quantity)

    async def cancel(self, order_id: int) -> None:
        self._ask("cancel", order_id)

    async def snapshot(self) -> BrokerSnapshot:
        self._ask("snapshot")
        return self.answer


class MemoryMarketData:
    """Keeps what was asked for."""

    def __init__(self) -> None:
        self.watched: list[tuple[Any, ...]] = []
        self.renewed: list[tuple[int, str]] = []
        self.failure: AlphaTraderError | None = None

    async def watch_options(self, keys: Iterable[Any]) -> None:
        if self.failure is not None:
            raise self.failure
        self.watched.append(tuple(keys))

    async def resubscribe(self, instrument_id: int, stream: str) -> None:
        self.renewed.append((instrument_id, stream))


class MemoryPorts(Ports):
    """All of them."""

    journal: MemoryJournal
    log: MemoryLog
    broker: MemoryBroker
    market_data: MemoryMarketData
    store: MemoryClaims

    def __init__(self) -> None:
        super().__init__(MemoryJournal(), MemoryLog(), MemoryBroker(), MemoryMarketData(), MemoryClaims())  # type: ignore[arg-type]
