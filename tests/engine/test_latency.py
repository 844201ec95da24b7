"""Percentiles of durations, over the newest samples alone."""

from alphatrader.engine.latency import LatencyMeter, Percentiles

MS = 1_000_000


def test_without_samples_nothing_is_claimed() -> None:
    assert LatencyMeter().percentiles() == Percentiles(0, None, None)


def test_median_and_tail_by_nearest_rank() -> None:
    meter = LatencyMeter()
    for ms in range(100, 0, -1):
        meter.add(ms * MS)
    assert meter.percentiles() == Percentiles(100, 51.0, 100.0)


def test_one_sample_is_both() -> None:
    meter = LatencyMeter()
    meter.add(3 * MS)
    assert meter.percentiles() == Percentiles(1, 3.0, 3.0)


def test_only_the_newest_count() -> None:
    meter = LatencyMeter(capacity=2)
    for ms in (500, 1, 2):
        meter.add(ms * MS)
    assert meter.percentiles() == Percentiles(2, 2.0, 2.0)
