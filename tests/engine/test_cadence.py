"""When decisions are made, from event time alone."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.event_time import EventTime

from alphatrader.engine.cadence import Cadence
from alphatrader.engine.settings import DecisionSettings

MS = 1_000_000
START_NS = 1_763_994_600_000_000_000

settings = st.builds(
    DecisionSettings,
    min_spacing_ms=st.integers(1, 500),
    min_spacing_wall_ms=st.integers(1, 50),
    max_idle_ms=st.integers(1, 1_000),
)
scales = st.sampled_from([0.1, 1.0, 10.0, 60.0])
gaps_ms = st.lists(st.integers(0, 5_000), max_size=60)


def rows_at(gaps: list[int]) -> list[int]:
    times, now_ns = [], START_NS
    for gap in gaps:
        now_ns += gap * MS
        times.append(now_ns)
    return times


def decided(cadence: Cadence, rows: list[int], end_ns: int) -> list[int]:
    """When it is decided while these rows come."""
    found = [START_NS]
    driver = EventTime(cadence, START_NS, found.append)
    for ts_ns in rows:
        driver.data(ts_ns)
    driver.advance(end_ns)
    return found


@given(settings, scales, gaps_ms)
def test_two_decisions_are_never_closer_than_the_spacing(
    chosen: DecisionSettings, scale: float, gaps: list[int]
) -> None:
    cadence = Cadence(chosen, scale)
    rows = rows_at(gaps)
    times = decided(cadence, rows, (rows or [START_NS])[-1] + 10_000 * MS)
    assert all(b - a >= cadence.spacing_ns for a, b in pairwise(times))


@given(settings, scales, gaps_ms)
def test_it_is_never_quiet_for_longer_than_the_idle_limit(
    chosen: DecisionSettings, scale: float, gaps: list[int]
) -> None:
    cadence = Cadence(chosen, scale)
    rows = rows_at(gaps)
    end_ns = (rows or [START_NS])[-1] + 10_000 * MS
    times = decided(cadence, rows, end_ns)
    assert all(b - a <= cadence.idle_ns + 1 for a, b in pairwise([*times, end_ns]))


@given(settings, scales, gaps_ms)
def test_data_are_decided_on_as_soon_as_the_spacing_allows(
    chosen: DecisionSettings, scale: float, gaps: list[int]
) -> None:
    cadence = Cadence(chosen, scale)
    rows = rows_at(gaps)
    times = decided(cadence, rows, (rows or [START_NS])[-1] + cadence.spacing_ns + 1)
    for ts_ns in rows:
        assert min(t for t in times if t >= ts_ns) - ts_ns <= cadence.spacing_ns


@given(settings, gaps_ms)
def test_the_same_rows_give_the_same_decisions(chosen: DecisionSettings, gaps: list[int]) -> None:
    rows = rows_at(gaps)
    end_ns = (rows or [START_NS])[-1]
    assert decided(Cadence(chosen, 1.0), rows, end_ns) == decided(Cadence(chosen, 1.0), rows, end_ns)


def test_limits_of_the_wall_grow_with_the_scale_of_time() -> None:
    chosen = DecisionSettings(min_spacing_ms=100, min_spacing_wall_ms=5, max_idle_ms=250)
    slow, fast = Cadence(chosen, 1.0), Cadence(chosen, 60.0)
    assert (slow.spacing_ns, slow.idle_ns) == (100 * MS, 250 * MS)
    assert (fast.spacing_ns, fast.idle_ns) == (300 * MS, 15_000 * MS)


def test_a_market_slower_than_the_wall_changes_no_limit() -> None:
    chosen = DecisionSettings()
    assert Cadence(chosen, 0.5).idle_ns == Cadence(chosen, 1.0).idle_ns


def test_history_is_looked_at_once_a_second_of_its_own_time_each_instrument_apart() -> None:
    cadence = Cadence(DecisionSettings(warmup_spacing_s=1), 60.0)
    times = [START_NS + 400 * MS * number for number in range(6)]
    assert [cadence.history_due(1, ts_ns) for ts_ns in times] == [True, False, False, True, False, False]
    assert [cadence.history_due(2, ts_ns) for ts_ns in times[:2]] == [True, False]
