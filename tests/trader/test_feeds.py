"""What the page is told of the feeds that the engine does not watch."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.doubles.clocks import HandClock
from tests.doubles.engine_bench import EngineBench, armed_settings

from alphatrader.adapters.alphavantage.feed import FeedStatus
from alphatrader.control.simulator import SimulatedGateway
from alphatrader.ops.config_sections import AppConfig
from alphatrader.trader.feeds import FeedSet


class Status(FeedStatus):
    """A status of a stated age."""

    def __init__(self, name: str, state: str = "on", reason: str = "", age_ms: float | None = None) -> None:
        self.name, self.state, self.reason = name, state, reason  # type: ignore[assignment]
        self._told_ms = age_ms

    def age_ms(self) -> float | None:
        return self._told_ms


def feeds(gateway: SimulatedGateway | None = None, scale: float = 1.0) -> tuple[Any, EngineBench]:
    bench = EngineBench(armed_settings()).ready()
    runner: Any = SimpleNamespace(engine=bench.engine, now_ns=lambda: bench.now_ns, post=bench.post)
    return FeedSet(AppConfig(), runner, HandClock(time_scale=scale), gateway), bench


async def test_without_a_key_the_feeds_are_off_and_say_why() -> None:
    found, _ = feeds()
    running = asyncio.create_task(found.run())
    async with asyncio.timeout(5):
        while {view.state for view in found.views()[2:]} != {"off"}:
            await asyncio.sleep(0.01)
    assert "no Alpha Vantage key" in found.views()[2].detail
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_broker_and_redis_are_told_as_the_engine_knows_them() -> None:
    found, bench = feeds()
    broker, redis = found.views()[:2]
    assert (broker.name, broker.state) == ("broker", "live")
    assert (redis.name, redis.state, redis.detail) == ("redis", "live", "test")
    bench.link(healthy=False)
    assert (found.views()[0].state, found.views()[0].detail) == ("stale", "lost")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status("news:SPY", state="off", reason="no key"), "off"),
        (Status("news:SPY"), "waiting"),
        (Status("news:SPY", reason="no answer"), "stale"),
        (Status("news:SPY", age_ms=899_000), "live"),
        (Status("news:SPY", age_ms=901_000), "stale"),
        (Status("rsi:SPY", age_ms=181_000), "stale"),
    ],
)
def test_an_old_number_never_looks_live(status: Status, state: str) -> None:
    found, _ = feeds()
    found._feed.statuses.clear()
    found._feed.statuses[status.name] = status
    assert [view.state for view in found.views()[2:]] == [state]


def test_ages_are_judged_by_the_wall_also_where_market_time_runs_faster() -> None:
    found, _ = feeds(SimulatedGateway(1, 2, 3), scale=100.0)
    found._feed.statuses.clear()
    found._feed.statuses["news:SPY"] = Status("news:SPY", age_ms=8_000)
    (view,) = found.views()[2:]
    assert (view.state, view.limit_ms) == ("live", 9_000)


def test_the_chain_stands_with_the_engine_alone() -> None:
    found, _ = feeds()
    found._feed.statuses.clear()
    found._feed.statuses["chain:SPY"] = Status("chain:SPY", age_ms=1)
    assert len(found.views()) == 2
    assert set(found.counters()) >= {"requests"}
