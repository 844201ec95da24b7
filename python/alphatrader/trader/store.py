"""Redis in a session: health, the claims that the journal knows, the projection, the monitoring figures."""

import asyncio
import contextlib
from collections.abc import Callable

from redis.asyncio import Redis

from alphatrader.adapters.redis import Monitoring, Projection, RedisSignalStore, StoreHealth
from alphatrader.domain.errors import StoreError
from alphatrader.domain.view import EngineView
from alphatrader.engine.runner import Runner
from alphatrader.trader.feeds import FeedSet

_BEAT_S = 1.0


class StoreLink:
    """Keeps Redis useful and never waits for it on the way of an order."""

    def __init__(
        self, client: Redis, store: RedisSignalStore, runner: Runner, view: Callable[[], EngineView], feeds: FeedSet
    ) -> None:
        self._feeds = feeds
        self._runner = runner
        self._store = store
        self._monitoring = Monitoring()
        self._health = StoreHealth(client, store, runner)
        self._projection = Projection(client, view, monitoring=self._monitoring)

    async def run(self) -> None:
        """Run until cancelled."""
        runner = self._runner
        known = list(runner.engine.entries.fingerprints().items())
        # If it fails the health check goes on from here: it reports, and writes the claims back once the server is up.
        with contextlib.suppress(StoreError):
            await self._store.rebuild(known, runner.now_ns())
        async with asyncio.TaskGroup() as group:
            group.create_task(self._health.run())
            group.create_task(self._projection.run())
            group.create_task(self._beat())

    async def _beat(self) -> None:
        """Publish signs of life and figures of the broker's link."""
        runner, monitoring = self._runner, self._monitoring
        before, counted = runner.events, runner.broker_errors.copy()
        while True:
            await asyncio.sleep(_BEAT_S)
            now_ns, state = runner.now_ns(), runner.engine.state
            if state.link.healthy:
                monitoring.beat("ibkr_ingestion", now_ns)
            if any(s.exposure is not None for s in state.symbols.values()):
                monitoring.beat("av_ingestion", now_ns)
            monitoring.set_ibkr(
                now_ns,
                {
                    "connected": int(state.link.healthy),
                    "events_per_s": round((runner.events - before) / _BEAT_S, 1),
                    "orders": len(runner.engine.book.orders),
                    "executions": runner.engine.book.ledger.execution_count,
                    "loop_lag_ms": state.services.lag_ms,
                },
            )
            monitoring.set_alphavantage(now_ns, "requests", {**self._feeds.counters()})
            for code in (runner.broker_errors - counted).elements():
                monitoring.count_ibkr_error(now_ns, str(code))
            before, counted = runner.events, runner.broker_errors.copy()
