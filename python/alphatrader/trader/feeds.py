"""The feeds beside the broker: Alpha Vantage (chains, news, indicators), at the real service or the simulated one."""

import dataclasses
from typing import Literal

from alphatrader.adapters.alphavantage.client import AlphaVantageClient
from alphatrader.adapters.alphavantage.feed import AlphaVantageFeed, FeedStatus
from alphatrader.control.simulator import SimulatedGateway
from alphatrader.domain.view import FeedView
from alphatrader.engine.runner import Runner
from alphatrader.engine.state import EngineState
from alphatrader.ops.config_sections import AppConfig
from alphatrader.ports import Clock

_STALE_AFTER_INTERVALS = 3


class FeedSet:
    """Runs the Alpha Vantage feed and describes every service that the engine does not watch by itself."""

    def __init__(self, config: AppConfig, runner: Runner, clock: Clock, gateway: SimulatedGateway | None) -> None:
        settings = config.alphavantage
        if gateway is not None:
            settings = settings.for_simulator(gateway.alphavantage_port)
        self._settings = settings
        self._state: EngineState = runner.engine.state
        self._time_scale = clock.time_scale
        self._client = AlphaVantageClient(settings)
        self._feed = AlphaVantageFeed(self._client, runner, clock, config.engine.symbols)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with self._client:
            await self._feed.run()

    def counters(self) -> dict[str, int | float]:
        """What the client did so far: requests, answers, failures, refusals for limits, bytes, latency."""
        return dataclasses.asdict(self._client.counters)

    def views(self) -> list[FeedView]:
        """Describe broker link, Redis and each polled kind; ages in wall milliseconds."""
        link, services = self._state.link, self._state.services
        broker: Literal["live", "stale"] = "live" if link.healthy and link.reconciled else "stale"
        text = link.text if not link.healthy else link.reconcile_text or link.text
        views = [
            FeedView("broker", broker, None, None, text),
            FeedView("redis", "live" if services.store_up else "stale", None, None, services.store_text),
        ]
        # The chain is watched by the engine; here it would stand twice.
        polled = [s for s in self._feed.statuses.values() if not s.name.startswith("chain:")]
        return views + [self._view(status) for status in polled]

    def _view(self, status: FeedStatus) -> FeedView:
        kind = status.name.partition(":")[0]
        settings = self._settings
        interval_s = {"chain": settings.chain_interval_s, "news": settings.news_interval_s}.get(
            kind, settings.technicals_interval_s
        )
        limit_ms = _STALE_AFTER_INTERVALS * 1e3 * max(interval_s / self._time_scale, settings.min_interval_wall_s)
        age_ms = status.age_ms()
        if status.state == "off":
            return FeedView(status.name, "off", None, None, status.reason)
        if age_ms is None:
            return FeedView(status.name, "stale" if status.reason else "waiting", None, limit_ms, status.reason)
        return FeedView(status.name, "stale" if age_ms > limit_ms else "live", age_ms, limit_ms, status.reason)
