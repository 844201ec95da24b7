"""Polling: each kind of data of each symbol at its own interval, posted as control events.

A failure of one kind never delays another, and none of them ends the feed: the age of the last good answer grows, and
guardrails read that age.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import structlog

from alphatrader.adapters.alphavantage.bodies import (
    DailyLimitError,
    EntitlementError,
    read_indicator,
    read_sentiment,
)
from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.functions import FUNCTIONS, INDICATORS
from alphatrader.domain.errors import AlphaTraderError, ConfigError, PacingError
from alphatrader.domain.events import ChainFailed, ChainReceived, IndicatorReceived, SentimentReceived
from alphatrader.ports import Clock, EventSink

_log = structlog.get_logger(__name__)

MAX_PAUSE_S = 3_600.0
MIN_PAUSE_S = 0.02
"""After an answer that took longer than the interval, so that nothing else starves."""
ENTITLEMENT_PAUSE_S = 600.0


@dataclass(slots=True)
class FeedStatus:
    """How one polled thing is doing. ``last_ok_s`` on the monotonic clock; None = never."""

    name: str
    state: Literal["waiting", "live", "failing", "off"] = "waiting"
    last_ok_s: float | None = None
    reason: str = ""
    pause_s: float = 0.0

    def age_ms(self) -> float | None:
        """Return the age of the last good answer in wall milliseconds."""
        return None if self.last_ok_s is None else (time.monotonic() - self.last_ok_s) * 1e3


class AlphaVantageFeed:
    """Implements :class:`alphatrader.ports.ChainSource`. ``client`` must be entered by the caller."""

    def __init__(self, client: AlphaVantageClient, sink: EventSink, clock: Clock, symbols: Sequence[str]) -> None:
        self._client = client
        self._sink = sink
        self._clock = clock
        self._symbols = tuple(symbols)
        self.statuses: dict[str, FeedStatus] = {}
        for symbol in self._symbols:
            for kind in ("chain", "news", *INDICATORS):
                name = f"{kind.lower()}:{symbol}"
                self.statuses[name] = FeedStatus(name)

    @property
    def off_reason(self) -> str:
        """Why the feed does nothing; empty if it works."""
        return "" if self._client.has_key else "no Alpha Vantage key; set alphavantage.api_key to have chains and news"

    async def run(self) -> None:
        """Poll until cancelled. Without a key it says so once for each symbol and returns."""
        if self.off_reason:
            for status in self.statuses.values():
                status.state, status.reason = "off", self.off_reason
            for symbol in self._symbols:
                self._sink.post(ChainFailed(ts_ns=self._sink.now_ns(), symbol=symbol, reason=self.off_reason))
            return
        settings = self._client.settings
        async with asyncio.TaskGroup() as group:
            for symbol in self._symbols:
                group.create_task(self._poll(f"chain:{symbol}", settings.chain_interval_s, self._chain_of(symbol)))
            for symbol in self._symbols:
                group.create_task(self._poll(f"news:{symbol}", settings.news_interval_s, self._news_of(symbol)))
                for name in INDICATORS:
                    group.create_task(
                        self._poll(
                            f"{name.lower()}:{symbol}", settings.technicals_interval_s, self._indicator_of(name, symbol)
                        )
                    )

    async def fetch_chain(self, symbol: str) -> None:
        """Fetch a chain once and post ChainReceived or ChainFailed."""
        try:
            await self._chain_of(symbol)()
        except AlphaTraderError as error:
            self._sink.post(ChainFailed(ts_ns=self._sink.now_ns(), symbol=symbol, reason=str(error)))

    # ------------------------------------------------------------------------------------------ kinds

    def _chain_of(self, symbol: str) -> Callable[[], Awaitable[None]]:
        async def fetch() -> None:
            body = await self._client.chain(symbol)
            self._sink.post(ChainReceived(ts_ns=self._sink.now_ns(), symbol=symbol, source="alphavantage", body=body))

        return fetch

    def _news_of(self, symbol: str) -> Callable[[], Awaitable[None]]:
        async def fetch() -> None:
            score, articles = read_sentiment(symbol, await self._client.data("NEWS_SENTIMENT", symbol))
            self._sink.post(SentimentReceived(ts_ns=self._sink.now_ns(), symbol=symbol, score=score, articles=articles))

        return fetch

    def _indicator_of(self, name: str, symbol: str) -> Callable[[], Awaitable[None]]:
        async def fetch() -> None:
            values = read_indicator(FUNCTIONS[name], symbol, await self._client.data(name, symbol))
            self._sink.post(IndicatorReceived(ts_ns=self._sink.now_ns(), symbol=symbol, name=name, values=values))

        return fetch

    # ------------------------------------------------------------------------------------------ polling

    async def _poll(self, name: str, interval_s: float, fetch: Callable[[], Awaitable[None]]) -> None:
        status = self.statuses[name]
        kind, _, symbol = name.partition(":")
        every_s = max(interval_s / self._clock.time_scale, self._client.settings.min_interval_wall_s)
        while True:
            started_s = time.monotonic()
            try:
                await fetch()
            except AlphaTraderError as error:
                self._failed(status, error)
                if kind == "chain":
                    self._sink.post(ChainFailed(ts_ns=self._sink.now_ns(), symbol=symbol, reason=str(error)))
            else:
                status.state, status.reason, status.pause_s = "live", "", 0.0
                status.last_ok_s = time.monotonic()
            took_s = time.monotonic() - started_s
            await asyncio.sleep(max(every_s - took_s, status.pause_s, MIN_PAUSE_S))

    def _failed(self, status: FeedStatus, error: AlphaTraderError) -> None:
        """Note a failure, and how long to leave the service alone: asking on in spite of a limit prolongs it."""
        if status.reason != str(error):
            _log.warning("alphavantage_failed", feed=status.name, reason=str(error))
        status.state, status.reason = "failing", str(error)
        if isinstance(error, DailyLimitError | ConfigError):
            status.pause_s = MAX_PAUSE_S
        elif isinstance(error, PacingError):
            status.pause_s = min(max(status.pause_s * 2, self._client.settings.limit_pause_s), MAX_PAUSE_S)
        elif isinstance(error, EntitlementError):
            status.pause_s = ENTITLEMENT_PAUSE_S
        else:
            status.pause_s = 0.0
