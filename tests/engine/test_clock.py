"""Clocks never go back, whatever the market that they follow does."""

import pytest
from tests.doubles.clocks import HandWall, S

from alphatrader.engine import clock as clock_module
from alphatrader.engine.clock import ScaledClock, SystemClock


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> HandWall:
    hand = HandWall()
    monkeypatch.setattr(clock_module, "time", hand)
    return hand


def test_the_wall_clock_never_goes_back(wall: HandWall) -> None:
    clock = SystemClock()
    assert clock.now_ns() == 50 * S
    wall.ns -= 10 * S
    assert clock.now_ns() == 50 * S
    wall.ns += 20 * S
    assert clock.now_ns() == 60 * S
    assert clock.time_scale == 1.0


def test_scaled_time_runs_faster_than_the_wall(wall: HandWall) -> None:
    clock = ScaledClock(1_000 * S, 10.0)
    wall.ns += 3 * S
    assert clock.now_ns() == 1_030 * S
    assert clock.time_scale == 10.0


def test_it_follows_a_market_that_ran_ahead(wall: HandWall) -> None:
    clock = ScaledClock(1_000 * S, 10.0)
    assert clock.drift_ns(5_000 * S) == 4_000 * S
    clock.synchronise(5_000 * S)
    assert clock.now_ns() == 5_000 * S
    wall.ns += S
    assert clock.now_ns() == 5_010 * S


def test_it_stands_until_a_market_that_was_behind_has_caught_up(wall: HandWall) -> None:
    clock = ScaledClock(1_000 * S, 10.0)
    wall.ns += 10 * S
    assert clock.now_ns() == 1_100 * S
    clock.synchronise(1_050 * S)  # the gateway was restarted five wall seconds ago in its market's past
    assert clock.now_ns() == 1_100 * S
    assert clock.drift_ns(1_050 * S) == 0
    wall.ns += 4 * S
    assert clock.now_ns() == 1_100 * S
    wall.ns += 2 * S
    assert clock.now_ns() == 1_110 * S
