"""Limits and entitlements of keys, by a clock that the test holds."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.clocks import HandSeconds

from alphatrader.sim.alphavantage.plan import MAX_KEYS, PLANS, Meter

DAY = "2026-11-20"


def body(refusal: bytes | None) -> Any:
    return None if refusal is None else json.loads(refusal)


def test_a_minute_holds_as_many_requests_as_the_plan_says() -> None:
    wall = HandSeconds()
    meter = Meter(PLANS["premium75"], wall)
    answers = [meter.refusal("K", DAY, "GLOBAL_QUOTE") for _ in range(80)]
    assert [answer is None for answer in answers] == [True] * 75 + [False] * 5
    assert "spreading out" in body(answers[-1])["Information"]
    wall.now_s = 59.9
    assert meter.refusal("K", DAY, "GLOBAL_QUOTE") is not None
    wall.now_s = 60.0
    assert meter.refusal("K", DAY, "GLOBAL_QUOTE") is None


@given(st.lists(st.floats(0.0, 30.0), min_size=1, max_size=300))
def test_no_window_of_a_minute_ever_holds_more_than_the_plan(gaps_s: list[float]) -> None:
    wall = HandSeconds()
    meter = Meter(PLANS["premium75"], wall)
    served: list[float] = []
    for gap_s in gaps_s:
        wall.now_s += gap_s / 40
        if meter.refusal("K", DAY, "RSI") is None:
            served.append(wall.now_s)
    for start_s in served:
        assert sum(start_s <= at_s < start_s + 60.0 for at_s in served) <= 75


def test_the_free_day_ends_after_25_requests_and_begins_anew_with_the_markets_date() -> None:
    wall = HandSeconds()
    meter = Meter(PLANS["free"], wall)
    answers = []
    for _ in range(26):
        wall.now_s += 1.0
        answers.append(meter.refusal("K", DAY, "RSI"))
    assert [answer is None for answer in answers] == [True] * 25 + [False]
    assert "25 requests per day" in body(answers[-1])["Information"]
    wall.now_s += 1.0
    assert meter.refusal("K", "2026-11-23", "RSI") is None


def test_requests_that_were_refused_for_their_pace_do_not_use_up_the_day() -> None:
    wall = HandSeconds()
    meter = Meter(PLANS["free"], wall)
    assert meter.refusal("K", DAY, "RSI") is None
    assert "spreading out" in body(meter.refusal("K", DAY, "RSI"))["Information"]
    for _ in range(24):
        wall.now_s += 1.0
        assert meter.refusal("K", DAY, "RSI") is None
    wall.now_s += 1.0
    assert "25 requests per day" in body(meter.refusal("K", DAY, "RSI"))["Information"]


def test_what_a_plan_does_not_hold_is_refused_or_invented_as_the_service_does() -> None:
    wall = HandSeconds()
    assert "premium endpoint" in body(Meter(PLANS["free"], wall).refusal("K", DAY, "MACD"))["Information"]
    invented = body(Meter(PLANS["premium300"], wall).refusal("K", DAY, "REALTIME_OPTIONS"))
    assert invented["data"][0]["symbol"] == "XXYYZZ"
    assert Meter(PLANS["premium600"], wall).refusal("K", DAY, "REALTIME_OPTIONS") is None
    assert Meter(PLANS["premium75"], wall).refusal("K", DAY, "HISTORICAL_OPTIONS") is None


def test_the_number_of_keys_kept_is_bounded() -> None:
    meter = Meter(PLANS["free"], HandSeconds())
    for number in range(MAX_KEYS + 50):
        meter.refusal(f"K{number}", DAY, "RSI")
    assert len(meter._today) == MAX_KEYS
    assert len(meter._recent) == MAX_KEYS
