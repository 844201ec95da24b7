"""Nights: the wall's are waited for, a simulated market's are skipped, and its clock is followed."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.doubles.clocks import HandWall, LoopClock
from tests.doubles.terminal import RecordingTerminal

from alphatrader.calendar import NS, session_for, to_ns, to_text
from alphatrader.control.simulator import MarketClock
from alphatrader.domain.errors import ClosedMarketError, LinkError, PeerRefusedError
from alphatrader.engine import clock as clock_module
from alphatrader.sim.virtual import VirtualLoop
from alphatrader.trader import timekeeper
from alphatrader.trader.patience import StoppedError
from alphatrader.trader.stop import StopWish
from alphatrader.trader.timekeeper import SimulatedTime, WallTime

FRIDAY, MONDAY = session_for("2026-11-20"), session_for("2026-11-23")


def virtually(work: Callable[[VirtualLoop], Awaitable[None]]) -> float:
    """Run it in virtual time; return how long it took."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work(loop))  # type: ignore[arg-type]
        return loop.time()
    finally:
        loop.close()


def wall_time(loop: VirtualLoop, now_ns: int, terminal: RecordingTerminal, lead_s: float = 600) -> WallTime:
    found = WallTime(lead_s, terminal)  # type: ignore[arg-type]
    found._clock = LoopClock(loop, now_ns)  # type: ignore[assignment]
    return found


def test_a_weekend_is_waited_for_until_some_minutes_before_the_open() -> None:
    terminal = RecordingTerminal()

    async def wait(loop: VirtualLoop) -> None:
        kept = wall_time(loop, to_ns("2026-11-21", "11:23"), terminal)
        assert kept.session() == MONDAY
        await kept.approach(MONDAY, StopWish())
        assert to_text(kept.clock.now_ns()) == "2026-11-23 09:20:00"

    assert virtually(wait) == (MONDAY.open_ns - 600 * NS - to_ns("2026-11-21", "11:23")) / NS
    assert terminal.lines == [
        ("session", "info", "the session of 2026-11-23 opens at 09:30 in New York: connecting at 2026-11-23 09:20")
    ]


def test_a_running_session_is_not_waited_for() -> None:
    terminal = RecordingTerminal()

    async def wait(loop: VirtualLoop) -> None:
        kept = wall_time(loop, FRIDAY.open_ns + 3600 * NS, terminal)
        await kept.approach(kept.session(), StopWish())
        await kept.follow()

    assert virtually(wait) == 0
    assert terminal.lines == []


def test_a_stop_ends_the_waiting() -> None:
    async def wait(loop: VirtualLoop) -> None:
        stop = StopWish()
        loop.call_later(100, stop.ask, "stopped by SIGINT")
        with pytest.raises(StoppedError):
            await wall_time(loop, to_ns("2026-11-21", "11:23"), RecordingTerminal()).approach(MONDAY, stop)

    assert virtually(wait) == 100


class ScriptedGateway:
    """The control channel of a market that a test moves."""

    def __init__(self, now_ns: int, session_date: str, last_date: str = "2099-12-31") -> None:
        self.now_ns = now_ns
        self.session_date = session_date
        self.last_date = last_date
        self.took_s = 0.001
        self.asked: list[tuple[str, str]] = []
        self.failures: list[Exception] = []

    async def clock(self) -> MarketClock:
        return MarketClock(self.now_ns, 10.0, False, 7, self.session_date, 0, 0, "SIMULATED MARKET (seed 7)")

    async def timed_clock(self) -> tuple[MarketClock, float]:
        if self.failures:
            raise self.failures.pop(0)
        return await self.clock(), self.took_s

    async def advance(self, date: str, clock: str) -> MarketClock:
        self.asked.append((date, clock))
        if self.failures:
            raise self.failures.pop(0)
        self.now_ns, self.session_date = to_ns(date, clock), min(date, self.last_date)
        return await self.clock()


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> HandWall:
    hand = HandWall()
    monkeypatch.setattr(clock_module, "time", hand)
    return hand


async def simulated(gateway: ScriptedGateway, terminal: RecordingTerminal) -> SimulatedTime:
    return await SimulatedTime.of(gateway, terminal)  # type: ignore[arg-type]


@pytest.mark.parametrize(("speed", "clock"), [(10.0, "09:29:00"), (60.0, "09:24:00"), (1.0, "09:29:00")])
def test_a_simulated_night_is_skipped_to_shortly_before_the_open(wall: HandWall, speed: float, clock: str) -> None:
    gateway, terminal = ScriptedGateway(to_ns("2026-11-20", "16:00:30"), "2026-11-20"), RecordingTerminal()

    async def skip(_: VirtualLoop) -> None:
        kept = await simulated(gateway, terminal)
        kept._clock._scale = speed
        assert kept.session() == MONDAY
        await kept.approach(MONDAY, StopWish())
        assert to_text(kept.clock.now_ns()) == f"2026-11-23 {clock}"
        await kept.approach(MONDAY, StopWish())

    virtually(skip)
    assert gateway.asked == [("2026-11-23", clock)]
    assert "passes the night" in terminal.text()


def test_the_first_day_begins_where_the_market_stands(wall: HandWall) -> None:
    gateway = ScriptedGateway(to_ns("2026-11-20", "12:45"), "2026-11-20")

    async def begin(_: VirtualLoop) -> None:
        kept = await simulated(gateway, RecordingTerminal())
        assert (kept.session(), kept.seed, kept.label) == (FRIDAY, 7, "SIMULATED MARKET (seed 7)")
        await kept.approach(FRIDAY, StopWish())

    assert virtually(begin) == 0
    assert gateway.asked == []


def test_a_gateway_that_is_away_over_night_is_asked_again(wall: HandWall) -> None:
    gateway, terminal = ScriptedGateway(to_ns("2026-11-20", "17:00"), "2026-11-20"), RecordingTerminal()
    gateway.failures = [LinkError("nobody listens"), PeerRefusedError("09:29:00 has passed")]

    async def skip(_: VirtualLoop) -> None:
        kept = await simulated(gateway, terminal)
        await kept.approach(MONDAY, StopWish())
        assert kept.clock.now_ns() == MONDAY.open_ns - 60 * NS

    assert virtually(skip) == 3
    assert len(gateway.asked) == 3


def test_a_night_that_had_passed_already_is_no_fault(wall: HandWall) -> None:
    gateway = ScriptedGateway(to_ns("2026-11-20", "17:00"), "2026-11-20")

    async def skip(_: VirtualLoop) -> None:
        kept = await simulated(gateway, RecordingTerminal())
        # The answer to an earlier request was lost; it was carried out.
        gateway.failures = [PeerRefusedError("09:29:00 has passed")]
        gateway.now_ns, gateway.session_date = MONDAY.open_ns, MONDAY.date
        await kept.approach(MONDAY, StopWish())
        assert kept.clock.now_ns() == MONDAY.open_ns

    assert virtually(skip) == 0


def test_a_market_without_a_next_day_says_so(wall: HandWall) -> None:
    gateway = ScriptedGateway(to_ns("2026-11-20", "16:00:30"), "2026-11-20", last_date="2026-11-20")

    async def skip(_: VirtualLoop) -> None:
        kept = await simulated(gateway, RecordingTerminal())
        with pytest.raises(ClosedMarketError, match="no session on 2026-11-23: it ends with 2026-11-20"):
            await kept.approach(MONDAY, StopWish())

    virtually(skip)


def test_the_clock_follows_a_market_that_was_moved_and_lets_small_differences_be(wall: HandWall) -> None:
    start_ns = to_ns("2026-11-20", "12:45")
    gateway = ScriptedGateway(start_ns, "2026-11-20")

    async def follow(loop: VirtualLoop) -> None:
        kept = await simulated(gateway, RecordingTerminal())
        following = loop.create_task(kept.follow())
        gateway.now_ns = start_ns + 2 * NS  # a fifth of a wall second at ten times
        await asyncio.sleep(3)
        assert kept.clock.now_ns() == start_ns
        gateway.failures = [LinkError("away")]
        gateway.now_ns = start_ns + 600 * NS
        await asyncio.sleep(2)
        assert kept.clock.now_ns() == start_ns, "nobody answered"
        gateway.took_s = timekeeper._ANSWER_MAX_S * 2
        await asyncio.sleep(2)
        assert kept.clock.now_ns() == start_ns, "an answer that took long says little"
        gateway.took_s = 0.0
        await asyncio.sleep(2)
        assert kept.clock.now_ns() == start_ns + 600 * NS
        following.cancel()

    virtually(follow)


def test_a_gateway_restarted_in_its_past_holds_the_clock(wall: HandWall) -> None:
    start_ns = to_ns("2026-11-20", "12:45")
    gateway = ScriptedGateway(start_ns, "2026-11-20")

    async def follow(loop: VirtualLoop) -> None:
        kept = await simulated(gateway, RecordingTerminal())
        wall.ns += 10 * NS
        assert kept.clock.now_ns() == start_ns + 100 * NS
        following = loop.create_task(kept.follow())
        gateway.took_s, gateway.now_ns = 0.0, start_ns + 40 * NS
        await asyncio.sleep(3)
        wall.ns += 5 * NS
        assert kept.clock.now_ns() == start_ns + 100 * NS
        wall.ns += 2 * NS
        assert kept.clock.now_ns() == start_ns + 110 * NS
        following.cancel()

    virtually(follow)
