"""The invented past: seeded, joined to the first previous close, the same at every interval."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphatrader import calendar
from alphatrader.sim.market.past import MINUTE_NS, SESSIONS_KEPT, Past, bars_of_prints, merged
from alphatrader.sim.market.types import Print
from alphatrader.sim.scripted import OPEN_NS, PREVIOUS_CLOSE, SPY_CON_ID, ScriptedMarket

S = 1_000_000_000


@pytest.fixture(scope="module")
def past():
    return Past(ScriptedMarket())


def test_it_ends_at_the_previous_close_and_never_changes(past):
    days = past.days("SPY")
    assert len(days) == SESSIONS_KEPT
    assert days[-1].close == PREVIOUS_CLOSE
    assert days == Past(ScriptedMarket()).days("SPY")
    assert all(day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high for day in days)
    assert past.first_ns("SPY") == days[0].start_ns
    assert past.knows("SPY")
    assert not past.knows("AAPL")


@settings(deadline=None, max_examples=30)
@given(st.integers(0, SESSIONS_KEPT - 1))
def test_minutes_add_up_to_their_day(number):
    past = Past(ScriptedMarket())
    day = past.days("SPY")[number]
    session = calendar.session_for(calendar.date_of(day.start_ns))
    minutes = past.minutes("SPY", session.open_ns, session.close_ns)
    assert len(minutes) == (session.close_ns - session.open_ns) // MINUTE_NS
    assert merged(minutes) == pytest.approx(day, abs=0.011)
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in minutes)


def test_seconds_add_up_to_their_minute(past):
    (minute,) = past.minutes("SPY", past.days("SPY")[-1].start_ns, past.days("SPY")[-1].start_ns + MINUTE_NS)
    seconds = past.seconds("SPY", minute.start_ns, minute.start_ns + MINUTE_NS)
    assert [bar.start_ns for bar in seconds] == [minute.start_ns + number * S for number in range(60)]
    assert merged(seconds) == pytest.approx(minute, abs=0.011)


def test_a_day_that_was_lived_through_stands_behind_the_invented_ones():
    market = ScriptedMarket()
    past = Past(market)
    market.add_history(
        [Print(OPEN_NS + number * 20 * S, SPY_CON_ID, 650 + number / 100, 10, "ARCA", "") for number in range(90)]
    )
    before = past.days("SPY")
    market.session_date = "2026-11-17"
    past.on_day()
    past.on_day()
    assert past.days("SPY")[:-1] == before
    lived = past.days("SPY")[-1]
    assert (lived.start_ns, lived.open, lived.close, lived.volume) == (OPEN_NS, 650.0, 650.89, 900)
    assert len(past.minutes("SPY", OPEN_NS, OPEN_NS + 86_400 * S)) == 30


def test_prints_make_bars_without_empty_ones():
    ticks = [Print(at * S, 1, price, 5, "", "") for at, price in ((0, 10.0), (30, 12.0), (59, 11.0), (200, 9.0))]
    assert [tuple(bar) for bar in bars_of_prints(ticks, MINUTE_NS)] == [
        (0, 10.0, 12.0, 10.0, 11.0, 15),
        (180 * S, 9.0, 9.0, 9.0, 9.0, 5),
    ]
